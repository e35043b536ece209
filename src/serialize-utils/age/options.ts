import type { ReadingLimits } from "../limits.ts";

export interface AgeEncryption {
  /**
   * For whom: `age1…` (X25519), `age1pq1…` (post-quantum), `age1tag1…` and `age1tagpq1…` (hardware keys), or the line of an SSH public key (`ssh-ed25519 AAAA…`,
   * `ssh-rsa AAAA…`). Each of them can open it alone. Post-quantum recipients can't be mixed with others, which would undo what they are for.
   */
  readonly recipients?: readonly string[] | undefined;
  /** Instead of recipients: who knows it can open it. */
  readonly passphrase?: string | undefined;
  /** As lines of text (PEM), for mail and the like; a third larger. Default: false. */
  readonly armor?: boolean | undefined;
  /** What guessing the passphrase costs: 2 to the power of it, times 1 KiB of memory. From 10 to 22. Default: 18, which is 256 MiB and about a second. */
  readonly scryptWorkFactor?: number | undefined;
}

export interface AgeDecryption extends ReadingLimits {
  /** Who opens it: `AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`, or the text of an SSH private key file. They are tried one after the other. */
  readonly identities?: readonly string[] | undefined;
  readonly passphrase?: string | undefined;
  /** Highest cost of a passphrase that a file may ask for; 2 to the power of it, times 1 KiB of memory. Default: 20, which is 1 GiB. */
  readonly maxScryptWorkFactor?: number | undefined;
  /** Largest header, in which each recipient has its part. Default: 256 KiB, about 2,000 recipients. */
  readonly maxHeaderBytes?: number | undefined;
}

/** Bytes in pieces of any size. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export const DEFAULT_SCRYPT_WORK_FACTOR = 18;
export const DEFAULT_MAX_SCRYPT_WORK_FACTOR = 20;
export const DEFAULT_MAX_HEADER_BYTES: number = 256 * 1024;
