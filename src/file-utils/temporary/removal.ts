/** Removing what lies in a directory that is ours alone, so that nobody can put a link in our way while we do. */
import { rm, rmSync } from "node:fs";
import { join } from "node:path";
import { step, type Steps } from "../system/steps.ts";
import { chmod, lstat, readdir } from "../system/calls.ts";

/** Removes a file or a directory with all that is in it; links are removed, not followed. What is not there is no error. */
export function* removeTree(path: string): Steps<void> {
  try {
    yield* removeOnce(path);
  } catch {
    // A directory in which its owner may not write, or on Windows a file that is read-only.
    yield* allowRemoval(path);
    yield* removeOnce(path);
  }
}

/** Others may add to it in that moment, and on Windows have a file open. */
const PATIENT = { recursive: true, force: true, maxRetries: 3, retryDelay: 20 };

function removeOnce(path: string): Steps<void> {
  return step(
    () => {
      rmSync(path, PATIENT);
    },
    (done) => {
      rm(path, PATIENT, done);
    },
  );
}

function* allowRemoval(path: string): Steps<void> {
  const status = yield* lstat(path);
  if (!status.isDirectory()) {
    if (process.platform === "win32" && status.isFile()) yield* chmod(path, 0o600);
    return;
  }
  yield* chmod(path, 0o700);
  for (const { name } of yield* readdir(path, { withFileTypes: true })) yield* allowRemoval(join(path, name));
}
