/** Which stages there are between a value and its bytes: named one by one, or by a suffix. */
import { SealtraceError } from "../../record/index.ts";
import { COMPRESSIONS, compressionSuffix, type CompressionName } from "../compression/compression.ts";
import { formatBySuffix, formatOf, type FormatName } from "../formats.ts";

export interface PipelineOptions {
  /** How the value is written. Default: by `suffix`, else `json`. */
  readonly format?: FormatName | undefined;
  /** Default: by `suffix`, else none. */
  readonly compress?: CompressionName | undefined;
  /** All of it by the end of a name, as `.json.zst.age`: format, compression, encryption, in this order. */
  readonly suffix?: string | undefined;
}

export interface Pipeline {
  readonly format: FormatName;
  readonly compression: CompressionName | undefined;
  readonly isEncrypted: boolean;
}

/** What the end of a file's name says; undefined where it says nothing. */
export interface NamedStages {
  readonly format: FormatName | undefined;
  readonly compression: CompressionName | undefined;
  readonly isEncrypted: boolean;
}

export const ENCRYPTION_SUFFIX = "age";

/** Reads `report.json.zst.age` from its end. Throws SEALTRACE_USAGE for an order that gains nothing. */
export function stagesOfName(name: string): NamedStages {
  const suffixes = name
    .replace(/^.*[/\\]/s, "")
    .toLowerCase()
    .split(".")
    .slice(1);
  const isEncrypted = suffixes.at(-1) === ENCRYPTION_SUFFIX;
  if (isEncrypted) suffixes.pop();
  const compression = compressionBySuffix(suffixes.at(-1));
  if (compression !== undefined) suffixes.pop();
  const next = suffixes.at(-1);
  if (next === ENCRYPTION_SUFFIX || compressionBySuffix(next) !== undefined) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `The suffixes of ${JSON.stringify(name)} are in an order that gains nothing: take format, one compression, then encryption, as in report.json.zst.age.`,
    );
  }
  return { format: next === undefined ? undefined : formatBySuffix(next), compression, isEncrypted };
}

function compressionBySuffix(suffix = ""): CompressionName | undefined {
  return COMPRESSIONS.find((name) => compressionSuffix(name) === suffix);
}

/** Throws SEALTRACE_USAGE where the suffix says something else than the options, or isn't understood. */
export function pipelineOf({ format, compress, suffix }: PipelineOptions, hasKeys: boolean): Pipeline {
  if (format !== undefined) formatOf(format);
  if (suffix === undefined) return { format: format ?? "json", compression: compress, isEncrypted: hasKeys };
  const named = stagesOfName(suffix);
  const said = JSON.stringify(suffix);
  if (compress !== undefined && compress !== named.compression) {
    refuse(`The suffix ${said} says something else than compress: ${JSON.stringify(compress)}`);
  }
  if (format !== undefined && named.format !== undefined && format !== named.format) {
    refuse(`The suffix ${said} says something else than format: ${JSON.stringify(format)}`);
  }
  if (hasKeys && !named.isEncrypted) refuse(`The suffix ${said} lacks .age, and there are keys`);
  if (!hasKeys && named.isEncrypted) {
    refuse(`The suffix ${said} says that it is encrypted, and there are no keys`);
  }
  return { ...named, format: format ?? named.format ?? refuse(`The suffix ${said} names no format`) };
}

/** `.json.zst.age` */
export function suffixOf({ format, compression, isEncrypted }: Pipeline): string {
  const parts = [formatOf(format).suffixes[0], compression && compressionSuffix(compression)];
  if (isEncrypted) parts.push(ENCRYPTION_SUFFIX);
  return parts
    .filter((part) => part !== undefined)
    .map((part) => `.${part}`)
    .join("");
}

function refuse(what: string): never {
  throw new SealtraceError("SEALTRACE_USAGE", `${what}.`);
}
