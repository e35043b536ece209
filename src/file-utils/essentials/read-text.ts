import { SealtraceError } from "../../record/index.ts";
import { decodeUtf8 } from "../../serialize-utils/essentials/index.ts";
import { readContent } from "../content/regular-file.ts";
import { about } from "../system/errors.ts";
import { placeOf } from "../system/place.ts";
import { runSync } from "../system/steps.ts";

/** A whole UTF-8 file of at most `maxBytes`, blocking. Throws as `readFileSync` does. */
export function readFileText(path: string, maxBytes: number): string {
  const { bytes } = runSync(readContent(placeOf(path), { maxBytes, follow: true }));
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw about(path, error);
  }
}

/** True for what a reader throws when a file could be read, and its content can't be right. */
export function isUnfitContent(error: unknown): error is SealtraceError {
  return (
    error instanceof SealtraceError &&
    (error.code === "SEALTRACE_FILE_TOO_LARGE" || error.code === "SEALTRACE_INVALID_DATA")
  );
}
