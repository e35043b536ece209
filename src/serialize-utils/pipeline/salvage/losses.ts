import { SealtraceError, type Stage } from "../../../record/index.ts";

/** What could not be salvaged. */
export interface Loss {
  readonly stage: Stage;
  /** Of what the stage was given: bytes of the file for the outermost one, bytes of what was decrypted, and so on; for `parse`, bytes of the text. */
  readonly from: number;
  /** The first byte after it that is intact, or the end. */
  readonly to: number;
  readonly reason: string;
  /** So many bytes could be decompressed of it anyway. They are given, though no checksum says that they are right. */
  readonly unverifiedBytes?: number;
}

/** An intact run of bytes. Nothing is known of how much is missing between two of them. */
export interface Run {
  readonly bytes: Buffer;
  /** The beginning is the content's own, nothing is missing before it. */
  readonly isStart: boolean;
  /** Its end is the content's own. */
  readonly isEnd: boolean;
}

export class Losses {
  readonly all: Loss[] = [];

  add(stage: Stage, from: number, to: number, reason: string, unverifiedBytes = 0): void {
    this.all.push({ stage, from, to, reason, ...(unverifiedBytes > 0 ? { unverifiedBytes } : {}) });
  }
}

/** What damage is called; throws other errors on, which are the caller's. */
export function damageOf(error: unknown): string {
  if (error instanceof SealtraceError && IS_DAMAGE.has(error.code)) return error.message;
  throw error;
}

const IS_DAMAGE: ReadonlySet<string> = new Set([
  "SEALTRACE_INVALID_DATA",
  "SEALTRACE_DATA_TRUNCATED",
  "SEALTRACE_DATA_TRAILING",
  "SEALTRACE_DATA_CONCATENATED",
  "SEALTRACE_DECRYPTION_FAILED",
]);
