import { SealtraceError, type SealtraceErrorCode } from "../../src/record/index.ts";

/** For `assert.rejects` and `assert.throws`: a SealtraceError with this code, and with this in its sentence. */
export function sealtraceError(code: SealtraceErrorCode, sentence?: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof SealtraceError && error.code === code && (sentence === undefined || sentence.test(error.message));
}
