/**
 * Every code that a {@link SealtraceError} can carry. The table in `docs/errors.md` explains each one and is
 * tested against this list.
 */
export const ERROR_CODES = [
  "SEALTRACE_USAGE",
  "SEALTRACE_CONFIG_INVALID",
  "SEALTRACE_CONFIG_UNREADABLE",
  "SEALTRACE_PROGRAM_MISSING",
  "SEALTRACE_DIRECTORY_UNREADABLE",
  "SEALTRACE_DIRECTORY_UNWRITABLE",
  "SEALTRACE_DISK_FULL",
  "SEALTRACE_FILE_MISSING",
  "SEALTRACE_FILE_EXISTS",
  "SEALTRACE_FILE_TOO_LARGE",
  "SEALTRACE_FILE_CHANGED",
  "SEALTRACE_LINK_REFUSED",
  "SEALTRACE_ACCESS_DENIED",
  "SEALTRACE_LOCK_BUSY",
  "SEALTRACE_LOCK_LOST",
  "SEALTRACE_DEADLOCK",
  "SEALTRACE_INVALID_DATA",
  "SEALTRACE_DATA_TRUNCATED",
  "SEALTRACE_DATA_TRAILING",
  "SEALTRACE_DATA_CONCATENATED",
  "SEALTRACE_LIMIT_EXCEEDED",
  "SEALTRACE_TYPE_REFUSED",
  "SEALTRACE_VALUE_UNSUPPORTED",
  "SEALTRACE_SIGNATURE_INVALID",
  "SEALTRACE_DECRYPTION_FAILED",
  "SEALTRACE_FILE_SYSTEM",
  "SEALTRACE_NOT_A_STREAM",
  "SEALTRACE_FORMAT_TOO_NEW",
  "SEALTRACE_CORRUPT",
  "SEALTRACE_KEY_INVALID",
  "SEALTRACE_WRITER_FAILED",
] as const;

export type SealtraceErrorCode = (typeof ERROR_CODES)[number];

/** What happens to a value on its way to bytes, and to bytes on their way back. */
export type Stage =
  "validate" | "serialize" | "compress" | "encrypt" | "sign" | "verify" | "decrypt" | "decompress" | "parse";

/**
 * The one error class of sealtrace. `message` says what is wrong and what to do about it; `code` is for programs.
 */
export class SealtraceError extends Error {
  override readonly name = "SealtraceError";
  readonly code: SealtraceErrorCode;
  /** Of `encode` and `decode`, the stage that failed. */
  declare readonly stage?: Stage;

  constructor(
    code: SealtraceErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly stage?: Stage | undefined },
  ) {
    super(message, options);
    this.code = code;
    if (options?.stage !== undefined) this.stage = options.stage;
  }
}
