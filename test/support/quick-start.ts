import { spawnSync } from "node:child_process";
import { temporaryDirectory } from "./temporary.ts";

/** The environment for many programs of one kind: compiled once, by a first one that runs to its end here. */
export function compiledOnce(args: readonly string[]): NodeJS.ProcessEnv {
  const env = { ...process.env, NODE_COMPILE_CACHE: temporaryDirectory(), NODE_NO_WARNINGS: "1" };
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`);
  return env;
}
