import type { Dirent } from "node:fs";
import { isDoubtful, nameOfBytes } from "./raw-name.ts";
import type { Steps } from "./steps.ts";
import { readdir, readdirBytes } from "./system.ts";

/** `other`: a pipe, a socket, a device. */
export type EntryKind = "file" | "directory" | "link" | "other";

export interface NamedEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** What is in a directory, in the system's order. Throws the system's own error. */
export function* listEntries(directory: string): Steps<NamedEntry[]> {
  const entries = yield* readdir(directory, { withFileTypes: true });
  if (!entries.some(({ name }) => isDoubtful(name))) return entries.map((entry) => named(entry, entry.name));
  const raw = yield* readdirBytes(directory, { withFileTypes: true, encoding: "buffer" });
  return raw.map((entry) => named(entry, nameOfBytes(entry.name)));
}

function named(entry: Dirent | Dirent<Buffer>, name: string): NamedEntry {
  return { name, kind: kindOf(entry) };
}

interface WithKind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

export function kindOf(entry: WithKind): EntryKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}
