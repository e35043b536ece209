/**
 * What a signature says of a content besides that it is unchanged: fields of minisign's trusted comment, in minisign's own manner, separated by tabs:
 *
 *     timestamp:1790000000	hashed	file:report.json.zst.age	format:json	compression:zstd	encryption:age	schema:report-2	generation:7
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

/** What is said of a content, by name. */
export type Claims = ReadonlyMap<string, string>;

/** Throws SEALTRACE_USAGE for what can't stand in one line. */
export function claimsOf({ format, compression, isEncrypted }: Pipeline, options: ClaimOptions): Claims {
  const { name, schemaName, generation } = options;
  if (generation !== undefined && !(Number.isSafeInteger(generation) && generation >= 0)) {
    throw new SealtraceError("SEALTRACE_USAGE", `A generation is a whole number from 0 on, not ${generation}.`);
  }
  const claims = new Map<string, string>();
  const claim = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) claims.set(key, checked(key, String(value)));
  };
  claim("file", name);
  claim("format", format);
  claim("compression", compression ?? NONE);
  claim("encryption", isEncrypted ? "age" : NONE);
  claim("schema", schemaName);
  claim("generation", generation);
  return claims;
}

export function commentOf(claims: Claims): string {
  const fields = Array.from(claims, ([key, value]) => `${key}:${value}`);
  return [`timestamp:${Math.floor(Date.now() / 1000)}`, "hashed", ...fields].join("\t");
}

/** Throws SEALTRACE_SIGNATURE_INVALID for what is said twice. */
export function claimsOfComment(comment: string): Claims {
  const claims = new Map<string, string>();
  for (const field of comment.split("\t")) {
    const colon = field.indexOf(":");
    const key = colon < 0 ? field : field.slice(0, colon);
    if (claims.has(key)) {
      throw new SealtraceError("SEALTRACE_SIGNATURE_INVALID", `The signed comment says ${JSON.stringify(key)} twice.`);
    }
    claims.set(key, colon < 0 ? "" : field.slice(colon + 1));
  }
  return claims;
}

/**
 * Throws SEALTRACE_SIGNATURE_INVALID when the signer has said something else. What minisign's own signatures don't say (format, compression, encryption) is not
 * asked of them; `name`, `schemaName` and `generation` are, where they are expected.
 */
export function checkClaims(claims: Claims, pipeline: Pipeline, expected: ExpectedClaims): void {
  compare(claims, "format", pipeline.format);
  compare(claims, "compression", pipeline.compression ?? NONE);
  compare(claims, "encryption", pipeline.isEncrypted ? "age" : NONE);
  demand(claims, "file", expected.name);
  demand(claims, "schema", expected.schemaName);
  const { generation } = expected;
  if (typeof generation !== "object") {
    demand(claims, "generation", generation === undefined ? undefined : String(generation));
    return;
  }
  const signed = claims.get("generation");
  if (signed !== undefined && Number(signed) >= generation.atLeast) return;
  throw otherwise("generation", signed, `${generation.atLeast} or later`);
}

function compare(claims: Claims, key: string, expected: string): void {
  if (claims.has(key)) demand(claims, key, expected);
}

function demand(claims: Claims, key: string, expected: string | undefined): void {
  const signed = claims.get(key);
  if (expected !== undefined && signed !== expected) throw otherwise(key, signed, expected);
}

function otherwise(key: string, signed: string | undefined, expected: string): SealtraceError {
  const said = signed === undefined ? `doesn't say its ${key}` : `is for the ${key} ${JSON.stringify(signed)}`;
  return new SealtraceError(
    "SEALTRACE_SIGNATURE_INVALID",
    `The signature ${said}, and expected is ${JSON.stringify(expected)}: it belongs to something else. Don't use the content.`,
  );
}

function checked(key: string, text: string): string {
  if (text !== "" && !/[\0-\x1f\x7f-\x9f]/.test(text)) return text;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `${JSON.stringify(text)} can't be signed as the ${key}: it is empty, or has control characters.`,
  );
}

const NONE = "none";
