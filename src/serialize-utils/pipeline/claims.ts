/**
 * What a signature says of a content besides that it is unchanged: fields of minisign's trusted comment, in minisign's own manner, separated by tabs:
 *
 *     timestamp:1790000000	file:report.json.zst.age	hashed	format:json	compression:zstd	encryption:age	schema:report-2	generation:7
 *
 * A content that was signed as one thing can't be passed off as another: as another file, an older generation, or with a stage less.
 */
import { SealtraceError } from "../../record/index.ts";
import type { Pipeline } from "./pipeline.ts";

export interface ClaimOptions {
  /** The name of the file. */
  readonly name?: string | undefined;
  /** The schema and its version, in words of your own. */
  readonly schemaName?: string | undefined;
  /** A number that grows with every new content. */
  readonly generation?: number | undefined;
}

export interface ExpectedClaims extends Omit<ClaimOptions, "generation"> {
  /** Exactly this one, or at least. */
  readonly generation?: number | { readonly atLeast: number } | undefined;
}

type Fields = ReadonlyMap<string, string>;

/** Throws SEALTRACE_USAGE for what can't stand in one line. */
export function claimsText({ format, compression, isEncrypted }: Pipeline, options: ClaimOptions): string {
  const { name, schemaName, generation } = options;
  if (generation !== undefined && !(Number.isSafeInteger(generation) && generation >= 0)) {
    throw new SealtraceError("SEALTRACE_USAGE", `A generation is a whole number from 0 on, not ${generation}.`);
  }
  const fields: readonly (readonly [string, string | number | undefined])[] = [
    ["timestamp", Math.floor(Date.now() / 1000)],
    ["file", name],
    HASHED,
    ["format", format],
    ["compression", compression ?? NONE],
    ["encryption", isEncrypted ? "age" : NONE],
    ["schema", schemaName],
    ["generation", generation],
  ];
  const said = fields.filter((field) => field[1] !== undefined);
  return said.map((field) => (field === HASHED ? field[0] : `${field[0]}:${checked(...field)}`)).join("\t");
}

/**
 * Throws SEALTRACE_SIGNATURE_INVALID when the signer has said something else. What minisign's own signatures don't say (format, compression, encryption) is not
 * asked of them; `name`, `schemaName` and `generation` are, where they are expected.
 */
export function checkClaims(comment: string, pipeline: Pipeline, expected: ExpectedClaims): void {
  const fields = readFields(comment);
  compare(fields, "format", pipeline.format);
  compare(fields, "compression", pipeline.compression ?? NONE);
  compare(fields, "encryption", pipeline.isEncrypted ? "age" : NONE);
  demand(fields, "file", expected.name);
  demand(fields, "schema", expected.schemaName);
  const { generation } = expected;
  if (typeof generation !== "object") {
    demand(fields, "generation", generation === undefined ? undefined : String(generation));
    return;
  }
  const signed = fields.get("generation");
  if (signed !== undefined && Number(signed) >= generation.atLeast) return;
  throw otherwise("generation", signed, `${generation.atLeast} or later`);
}

function readFields(comment: string): Fields {
  const fields = new Map<string, string>();
  for (const field of comment.split("\t")) {
    const colon = field.indexOf(":");
    const key = colon < 0 ? field : field.slice(0, colon);
    if (fields.has(key)) {
      throw new SealtraceError("SEALTRACE_SIGNATURE_INVALID", `The signed comment says ${JSON.stringify(key)} twice.`);
    }
    fields.set(key, colon < 0 ? "" : field.slice(colon + 1));
  }
  return fields;
}

function compare(fields: Fields, key: string, expected: string): void {
  if (fields.has(key)) demand(fields, key, expected);
}

function demand(fields: Fields, key: string, expected: string | undefined): void {
  const signed = fields.get(key);
  if (expected !== undefined && signed !== expected) throw otherwise(key, signed, expected);
}

function otherwise(key: string, signed: string | undefined, expected: string): SealtraceError {
  const said = signed === undefined ? `doesn't say its ${key}` : `is for the ${key} ${JSON.stringify(signed)}`;
  return new SealtraceError(
    "SEALTRACE_SIGNATURE_INVALID",
    `The signature ${said}, and expected is ${JSON.stringify(expected)}: it belongs to something else. Don't use the content.`,
  );
}

function checked(key: string, value: string | number | undefined): string {
  const text = String(value);
  if (text !== "" && !/[\0-\x1f\x7f-\x9f]/.test(text)) return text;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `${JSON.stringify(text)} can't be signed as the ${key}: it is empty, or has control characters.`,
  );
}

const NONE = "none";

/** minisign says so of a signature whose content was hashed first. */
const HASHED = ["hashed", ""] as const;
