import { checkBytes } from "../../content-argument.ts";
import { formatOf } from "../../formats.ts";
import { checkLimits, DEFAULT_MAX_BYTES, limitExceeded, type ReadingLimits } from "../../limits.ts";
import { atStage } from "../at-stage.ts";
import { isForUs, type DecodeOptions } from "../decode.ts";
import { pipelineOf, type PipelineOptions } from "../pipeline.ts";
import { salvageCompressed } from "./compressed.ts";
import { salvageEncrypted } from "./encrypted.ts";
import { salvageLines } from "./lines.ts";
import { damageOf, Losses, type Loss, type Run } from "./losses.ts";

export interface SalvageOptions
  extends PipelineOptions, ReadingLimits, Pick<DecodeOptions, "identities" | "passphrase" | "classes"> {}

export interface Salvaged {
  /**
   * NDJSON: the values of whole lines. Text and bytes: the intact runs one after the other. Other formats are one value as a whole: that, or undefined where
   * anything is missing.
   */
  readonly value: unknown;
  /** What was to be parsed, as far as it is intact. */
  readonly bytes: Buffer;
  /** What is missing, from the outermost stage to the innermost; none where all is there. */
  readonly losses: readonly Loss[];
}

/**
 * What is intact of a damaged content, and exactly what isn't: lines of NDJSON, frames of zstd, members of gzip, what brotli gives up to the damage, chunks of age.
 * No signature is asked for: a damaged content has none that is right. Rejects where nothing can be opened at all: without the right key, or when age's
 * header is damaged; and beyond the limits, which hold as in {@link decode}.
 */
export async function salvage(bytes: Uint8Array, options: SalvageOptions = {}): Promise<Salvaged> {
  checkBytes(bytes);
  checkLimits(options);
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const { format, compression, isEncrypted } = pipelineOf(options, isForUs(options));
  if (bytes.length > maxBytes) throw limitExceeded("maxBytes", maxBytes);
  const losses = new Losses();
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let runs: readonly Run[] = [{ bytes: stored, isStart: true, isEnd: true }];
  if (isEncrypted) runs = await atStage("decrypt", () => salvageEncrypted(stored, options, losses));
  if (compression !== undefined) {
    const compressed = runs;
    runs = await atStage("decompress", () => salvageCompressed(compressed, compression, options, losses));
  }
  const intact = Buffer.concat(runs.map((run) => run.bytes));
  const value = await atStage("parse", () => valueOf(runs, intact));
  return { value, bytes: intact, losses: losses.all };

  function valueOf(parts: readonly Run[], whole: Buffer): unknown {
    if (format === "ndjson") return salvageLines(parts, options, losses);
    if (format === "binary") return whole;
    // Characters at the edges of what is missing may be cut.
    if (format === "text") return new TextDecoder().decode(whole);
    if (losses.all.length > 0) return undefined;
    try {
      return formatOf(format).decode(whole, options);
    } catch (error) {
      losses.add("parse", 0, whole.length, damageOf(error));
      return undefined;
    }
  }
}
