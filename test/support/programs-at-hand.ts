import { spawnSync } from "node:child_process";

/** For the `skip` of a test that needs commands: false when all are there, else the reason. */
export function missing(...commands: string[]): string | false {
  const absent = commands.filter((command) => spawnSync(command, ["--version"]).error !== undefined);
  return absent.length > 0 && `the command ${absent.join(", ")} is not installed`;
}
