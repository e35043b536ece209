import type { Dirent } from "node:fs";
import { isDoubtful, nameOfBytes } from "./raw-name.ts";
import type { Steps } from "./steps.ts";
import { readdir, readdirBytes } from "./calls.ts";

/** `other`: a pipe, a socket, a device. */
export type EntryKind = "file" | "directory" | "link" | "other";

export interface NamedEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** As the system gives it: where there are very many, it costs to make other objects of them. `kindIn` tells the kind. */
export type ListedEntry = Dirent | NamedEntry;

/** What is in a directory, in the system's order. Throws the system's own error. */
export function* listEntries(directory: string): Steps<NamedEntry[]> {
  return (yield* listDirectory(directory)).map((entry) => ({ name: entry.name, kind: kindIn(entry) }));
}

export function* listDirectory(directory: string): Steps<readonly ListedEntry[]> {
  const entries = yield* readdir(directory, { withFileTypes: true });
  if (!hasDoubtful(entries)) return entries;
  const raw = yield* readdirBytes(directory, { withFileTypes: true, encoding: "buffer" });
  return raw.map((entry) => ({ name: nameOfBytes(entry.name), kind: kindOf(entry) }));
}

/** True where names must be read again, as bytes. */
export function hasDoubtful(entries: readonly Dirent[]): boolean {
  for (const { name } of entries) if (isDoubtful(name)) return true;
  return false;
}

export function kindIn(entry: ListedEntry): EntryKind {
  return "kind" in entry ? entry.kind : kindOf(entry);
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
