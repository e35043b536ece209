/** The directory of locks, before it is used. */
import { lstatSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { LockPlace } from "./lock-place.ts";

/** SQLite does not ask the permission model of Node.js; so we do. */
export function refuseForbidden(sidecar: string): void {
  const { permission } = process as { permission?: NodeJS.ProcessPermission };
  if (permission?.has("fs.write", sidecar) !== false) return;
  throw Object.assign(new Error("Node.js was started with --permission"), { code: "EACCES" });
}

/** A link is somebody else's idea of where locks are. */
export function refuseLink(directory: string): void {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
}

/** Makes the directory, private, if it is not there. */
export function makeLocksDirectory({ sidecar }: LockPlace): void {
  const directory = dirname(sidecar);
  try {
    mkdirSync(directory, 0o700);
  } catch (error) {
    if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
