import { SealtraceError } from "../../record/index.ts";

export function invalidContent(type: string, expected: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `The content of a ${type} must be ${expected}.`, { cause });
}
