import { SealtraceError } from "../../../record/index.ts";

/** Bytes that are no pickle. `where` is the offset of the opcode. */
export function malformed(what: string, where: number, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `It is no pickle that can be read, at byte ${where}: ${what}.`, {
    cause,
  });
}

export function truncated(what: string, where: number): SealtraceError {
  return new SealtraceError("SEALTRACE_DATA_TRUNCATED", `The pickle ends too early, at byte ${where}: ${what}.`);
}
