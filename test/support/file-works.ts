/** Each way to change a file, as one piece of work that can fail or die: what is there before, and what may be there after. */
import fs from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as files from "../../src/file-utils/index.ts";

export interface FileWork {
  readonly name: string;
  /** In the working directory. */
  readonly file: string;
  /** Undefined: no file. */
  readonly before: string | undefined;
  readonly after: string;
  /** A death may leave a beginning of what was to be added. */
  readonly adds?: true;
  readonly run: (path: string) => void | Promise<void>;
  /** Before the work: what else must be there. */
  readonly prepare?: (path: string) => void;
}

const OLD = "o".repeat(9_000);
const NEW = "n".repeat(20_000);
const HISTORY: files.WriteOptions = { generations: 2, checksum: true };

function withHistory(path: string): void {
  for (const value of ["first", "second", OLD]) files.writeFileSync(path, value, HISTORY);
}

export const FILE_WORKS: readonly FileWork[] = [
  { name: "writeFile", file: "file", before: OLD, after: NEW, run: (path) => files.writeFile(path, NEW) },
  { name: "writeFileSync", file: "file", before: OLD, after: NEW, run: (path) => { files.writeFileSync(path, NEW); } }, // prettier-ignore
  { name: "writeFile of a new file", file: "file", before: undefined, after: NEW, run: (path) => files.writeFile(path, NEW, { mode: 0o644 }) }, // prettier-ignore
  { name: "appendFile", file: "file", before: OLD, after: OLD + NEW, adds: true, run: (path) => files.appendFile(path, NEW) }, // prettier-ignore
  { name: "appendFileSync of a line", file: "a.ndjson", before: '{"a":1}\n', after: `{"a":1}\n"${NEW}"\n`, adds: true, run: (path) => { files.appendFileSync(path, NEW); } }, // prettier-ignore
  { name: "appendFile to a new file", file: "file", before: undefined, after: NEW, adds: true, run: (path) => files.appendFile(path, NEW, { mode: 0o644 }) }, // prettier-ignore
  { name: "updateFile", file: "file", before: OLD, after: OLD + NEW, run: async (path) => { await files.updateFile<string>(path, (old = "") => old + NEW); } }, // prettier-ignore
  { name: "updateFileSync", file: "file", before: OLD, after: OLD + NEW, run: (path) => { files.updateFileSync<string>(path, (old = "") => old + NEW); } }, // prettier-ignore
  { name: "writeFile with history", file: "file", before: OLD, after: NEW, prepare: withHistory, run: (path) => files.writeFile(path, NEW, HISTORY) }, // prettier-ignore
  { name: "writeFileSync with history", file: "file", before: OLD, after: NEW, prepare: withHistory, run: (path) => { files.writeFileSync(path, NEW, HISTORY); } }, // prettier-ignore
  { name: "a write stream", file: "file", before: OLD, after: NEW, run: (path) => pipeline(Readable.from([NEW.slice(0, 8_000), NEW.slice(8_000)]), files.createWriteStream(path)) }, // prettier-ignore
];

export function workNamed(name: string): FileWork {
  const work = FILE_WORKS.find((one) => one.name === name);
  if (work === undefined) throw new Error(`no work ${name}`);
  return work;
}

/** The path of the work's file, in a directory of its own, as it is before. */
export function prepareWork({ file, before, prepare }: FileWork, directory: string): string {
  const path = join(directory, file);
  if (prepare !== undefined) prepare(path);
  else if (before !== undefined) fs.writeFileSync(path, before);
  return path;
}

export interface Outcome {
  /** Undefined: success. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly content: string | undefined;
  readonly names: readonly string[];
  /** Descriptors that are open and were not before. */
  readonly leaked: number;
}

/** Does the work, and looks at what is there then. */
export async function outcomeOf(work: FileWork, path: string): Promise<Outcome> {
  const open = openDescriptors();
  let error: { code?: string; message?: string } = {};
  try {
    await work.run(path);
  } catch (thrown) {
    error = { code: (thrown as { code?: string }).code ?? "no code", message: String(thrown) };
  }
  const leaked = openDescriptors() - open;
  return { ...error, ...remainsOf(path), leaked };
}

export function remainsOf(path: string): Pick<Outcome, "content" | "names"> {
  const names = fs.readdirSync(join(path, "..")).filter((name) => name !== ".sealtrace-locks");
  return { content: fs.existsSync(path) ? fs.readFileSync(path, "utf8") : undefined, names: names.sort() };
}

/** But for those of locks, which stay open for the next time. */
function openDescriptors(): number {
  if (process.platform !== "linux") return 0;
  return fs.readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return !fs.readlinkSync(`/proc/self/fd/${descriptor}`).includes(".sealtrace-locks");
    } catch {
      return false;
    }
  }).length;
}
