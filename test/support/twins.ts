/** A function and its `...Sync` twin, for tests that hold for both: those of the twin resolve and reject as the other does. */
import * as files from "../../src/file-utils/index.ts";
import { asynchronously } from "./tree.ts";

export interface Twin {
  readonly name: string;
  readonly isSync: boolean;
  readonly readFile: (path: string, options?: files.ReadOptions & { readonly schema?: unknown }) => Promise<unknown>;
  readonly readFileWithVersion: (path: string, options?: files.ReadOptions) => Promise<files.Versioned<unknown>>;
  readonly writeFile: typeof files.writeFile;
  readonly appendFile: typeof files.appendFile;
  readonly updateFile: (
    path: string,
    change: (value: unknown) => unknown,
    options?: files.UpdateOptions & { readonly schema?: unknown },
  ) => Promise<unknown>;
}

export const TWINS: readonly Twin[] = [
  {
    name: "promises",
    isSync: false,
    readFile: files.readFile,
    readFileWithVersion: files.readFileWithVersion,
    writeFile: files.writeFile,
    appendFile: files.appendFile,
    updateFile: files.updateFile as Twin["updateFile"],
  },
  {
    name: "blocking",
    isSync: true,
    readFile: (path, options) => asynchronously(files.readFileSync)(path, options),
    readFileWithVersion: (path, options) => asynchronously(files.readFileWithVersionSync<unknown>)(path, options),
    writeFile: asynchronously(files.writeFileSync),
    appendFile: asynchronously(files.appendFileSync),
    updateFile: asynchronously(files.updateFileSync) as Twin["updateFile"],
  },
];
