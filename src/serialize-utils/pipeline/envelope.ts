/**
 * A content that carries its signatures in itself: a DSSE envelope, whose payload type says what minisign's comment says of a content with a signature beside it:
 *
 *     application/vnd.sealtrace;file=report.json.zst.age;format=json;compression=zstd;encryption=age;generation=7
 */
import { SealtraceError } from "../../record/index.ts";
import { decodeUtf8 } from "../essentials/utf8.ts";
import { signDsse, verifyDsse, type DsseKey, type DsseVerification } from "../signatures/dsse.ts";
import { claimsOf, checkClaims, type Claims, type ClaimOptions, type ExpectedClaims } from "./claims.ts";
import type { Pipeline } from "./pipeline.ts";

export const ENVELOPE_SUFFIX = ".dsse";

export function sealEnvelope(
  payload: Uint8Array,
  keys: readonly DsseKey[],
  pipeline: Pipeline,
  options: ClaimOptions,
): Buffer {
  return Buffer.from(signDsse(payload, typeOf(claimsOf(pipeline, options)), keys));
}

/** Throws SEALTRACE_SIGNATURE_INVALID unless enough of the trusted keys have signed it, as what is expected. */
export function openEnvelope(
  envelope: Uint8Array,
  trusted: Pick<DsseVerification, "keys" | "threshold" | "maxBytes">,
  pipeline: Pipeline,
  expected: ExpectedClaims,
): Buffer {
  const text = decodeUtf8(envelope);
  const payloadType = claimedType(text);
  const { payload } = verifyDsse(text, { ...trusted, payloadType });
  checkClaims(claimsOfType(payloadType), pipeline, expected);
  return payload;
}

const MEDIA_TYPE = "application/vnd.sealtrace";

function typeOf(claims: Claims): string {
  return [MEDIA_TYPE, ...Array.from(claims, ([key, value]) => `${key}=${encodeURIComponent(value)}`)].join(";");
}

/** What it says of itself before anything is verified; undefined claims nothing that could pass. */
function claimedType(envelope: string): string {
  try {
    const { payloadType } = JSON.parse(envelope) as { readonly payloadType?: unknown };
    if (typeof payloadType === "string" && payloadType.startsWith(`${MEDIA_TYPE};`)) return payloadType;
  } catch {
    // Whoever verifies it says what is wrong.
  }
  return MEDIA_TYPE;
}

function claimsOfType(payloadType: string): Claims {
  const claims = new Map<string, string>();
  for (const parameter of payloadType.split(";").slice(1)) {
    const [key = "", value = ""] = parameter.split("=");
    if (claims.has(key)) {
      throw new SealtraceError("SEALTRACE_SIGNATURE_INVALID", `The payload's type says ${JSON.stringify(key)} twice.`);
    }
    claims.set(key, decoded(value));
  }
  return claims;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
