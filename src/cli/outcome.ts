/** How a command that works on one file says what became of it. */
import { printable } from "../config/index.ts";
import { SealtraceError, type SealtraceErrorCode } from "../record/index.ts";

/** What is wrong with the content, and not with how the command was used. */
const FINDINGS: readonly SealtraceErrorCode[] = [
  "SEALTRACE_INVALID_DATA",
  "SEALTRACE_DATA_TRUNCATED",
  "SEALTRACE_DATA_TRAILING",
  "SEALTRACE_DATA_CONCATENATED",
  "SEALTRACE_LIMIT_EXCEEDED",
  "SEALTRACE_TYPE_REFUSED",
  "SEALTRACE_VALUE_UNSUPPORTED",
  "SEALTRACE_DECRYPTION_FAILED",
  "SEALTRACE_SIGNATURE_INVALID",
];

export function writeJson(value: unknown): void {
  process.stdout.write(`${printable(JSON.stringify(value))}\n`);
}

/** Says what is wrong with a file; resolves to the exit code 1. What is no finding is thrown on. */
export function reportFinding(error: unknown, file: string, json: boolean): 1 {
  if (!(error instanceof SealtraceError) || !FINDINGS.includes(error.code)) throw error;
  const name = file === "-" ? "standard input" : file;
  if (json) writeJson({ file: name, ok: false, code: error.code, message: error.message });
  else process.stderr.write(`sealtrace: ${printable(name)}: ${printable(error.message)}\n`);
  return 1;
}
