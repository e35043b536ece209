import { isUnfitContent, pathExists, readFileText } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { FORMAT_VERSION, layout, parseFormat } from "./layout.ts";

const MAX_FORMAT_BYTES = 256;

/** `ours`: this version can read it; `missing` and `damaged` say that something happened to the file. */
export type FormatState = "ours" | "missing" | "damaged";

/** What the `format` file of a stream says. Throws SEALTRACE_FORMAT_TOO_NEW for a version that is not known here. */
export function checkFormat(stream: string): FormatState {
  const path = layout.format(stream);
  if (!pathExists(path)) return "missing";
  const version = readVersion(path);
  if (version === undefined) return "damaged";
  if (version > FORMAT_VERSION) {
    throw new SealtraceError(
      "SEALTRACE_FORMAT_TOO_NEW",
      `${stream} was written by a newer sealtrace (format ${version}; this one knows ${FORMAT_VERSION}). Update sealtrace to read it.`,
    );
  }
  return "ours";
}

function readVersion(path: string): number | undefined {
  try {
    return parseFormat(readFileText(path, MAX_FORMAT_BYTES));
  } catch (error) {
    if (isUnfitContent(error)) return undefined;
    throw error;
  }
}
