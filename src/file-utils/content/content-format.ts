/** How a value stands in a file: chosen by the suffixes of its name, or by options. */
import { SealtraceError } from "../../record/index.ts";
import {
  formatOf,
  stagesOfName,
  type CompressionName,
  type Format,
  type FormatName,
} from "../../serialize-utils/index.ts";

export type { FormatName } from "../../serialize-utils/index.ts";

export interface FormatOptions {
  /** Default: by the path's suffix (`.json`, `.ndjson`, `.jsonl`, `.yaml`, `.yml`, `.txt`, `.bin`), else text; bytes are written as they are. */
  readonly format?: FormatName | undefined;
  /** The bytes as they are stored, also where the path says that they are compressed or encrypted (`.zst`, `.gz`, `.br`, `.age`). Default: false. */
  readonly stored?: boolean | undefined;
}

/** What becomes of a value on its way into a file. */
export interface FileStages {
  readonly name: FormatName;
  readonly format: Format;
  readonly compression: CompressionName | undefined;
  readonly isEncrypted: boolean;
}

/** Throws SEALTRACE_USAGE for a format that there is not, and for suffixes in an order that gains nothing (`.json.age.zst`). */
export function stagesOfFile(path: string, { format, stored = false }: FormatOptions, value?: unknown): FileStages {
  if (stored) {
    if (format !== undefined && format !== "binary") {
      throw new SealtraceError("SEALTRACE_USAGE", `What is stored is bytes: leave format out, or ${format} or stored.`);
    }
    return { name: "binary", format: formatOf("binary"), compression: undefined, isEncrypted: false };
  }
  const { format: named = "text", compression, isEncrypted } = stagesOfName(path);
  const name = format ?? (value instanceof Uint8Array ? "binary" : named);
  return { name, format: formatOf(name), compression, isEncrypted };
}

/** Throws SEALTRACE_USAGE for bytes that have been through the stages before: `gunzip` would give something that is compressed. */
export function checkNotDoneTwice(path: string, value: unknown, { format, stored }: FormatOptions): void {
  if (!(value instanceof Uint8Array) || format !== undefined || stored === true) return;
  const { compression, isEncrypted } = stagesOfName(path);
  const outermost = isEncrypted ? "encrypted" : compression;
  if (outermost === undefined || MAGIC[outermost]?.some((magic) => startsWith(value, magic)) !== true) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `These bytes are ${outermost === "encrypted" ? outermost : "compressed"} already: write them as they are by stored: true; or once more by format: "binary".`,
  );
}

const MAGIC: Readonly<Record<string, readonly string[]>> = {
  encrypted: ["age-encryption.org/", "-----BEGIN AGE"],
  zstd: ["\x28\xb5\x2f\xfd"],
  gzip: ["\x1f\x8b"],
};

function startsWith(bytes: Uint8Array, magic: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, magic.length)).toString("latin1") === magic;
}
