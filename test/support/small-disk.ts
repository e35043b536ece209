import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

export interface SmallDisk {
  readonly path: string;
  /** Makes it larger, as an operator would. */
  grow(bytes: number): void;
}

/** Mounts a really small file system; the reason as a text where that is not possible. */
export function mountSmallDisk(bytes: number): SmallDisk | string {
  if (process.platform !== "linux") return "only Linux mounts a file system in memory for this test";
  const path = mkdtempSync(join(tmpdir(), "sealtrace-disk-"));
  const mount = (options: string): string => {
    const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "sealtrace-test", path], {
      encoding: "utf8",
    });
    return status === 0 ? "" : `no small file system can be mounted here: ${(stderr || String(error)).trim()}`;
  };
  const refused = mount(`size=${bytes}`);
  after(() => {
    if (refused === "") spawnSync("umount", ["--lazy", path]);
    rmdirSync(path);
  });
  if (refused !== "") return refused;
  return {
    path,
    grow(size) {
      const problem = mount(`remount,size=${size}`);
      if (problem !== "") throw new Error(problem);
    },
  };
}
