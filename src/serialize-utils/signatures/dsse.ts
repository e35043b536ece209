/**
 * Signed content in an envelope (DSSE 1.0, github.com/secure-systems-lab/dsse), with Ed25519: JSON that holds the payload, its type, and signatures over both:
 *
 *     {"payload":"<base64>","payloadType":"<media type or URI>","signatures":[{"keyid":"<a hint>","sig":"<base64>"}]}
 */
import { checkText } from "../content-argument.ts";
import { hash, sign, verify, type KeyObject } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import { DEFAULT_MAX_BYTES, limitExceeded } from "../limits.ts";
import { ed25519PublicBytes } from "./ed25519.ts";

export interface DsseKey {
  /** Ed25519; private to sign, public to verify. */
  readonly key: KeyObject;
  /** A hint for who verifies; nothing depends on it. Default: SHA-256 of the public key's 32 bytes, in hexadecimal. */
  readonly keyid?: string | undefined;
}

export interface DsseVerification {
  /** Public keys that are trusted. */
  readonly keys: readonly DsseKey[];
  /** What is expected, one or several: a payload of another type is refused, that nothing is taken for what it isn't. */
  readonly payloadType: string | readonly string[];
  /** How many of the keys must have signed. Default: 1. */
  readonly threshold?: number | undefined;
  /** Of the envelope. Default: 256 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface VerifiedPayload {
  readonly payload: Buffer;
  readonly payloadType: string;
  /** Of the trusted keys, those that signed. */
  readonly keyids: readonly string[];
}

/** An envelope in which every key has signed payload and type. Throws SEALTRACE_USAGE without keys, SEALTRACE_KEY_INVALID for keys that are not private Ed25519. */
export function signDsse(payload: Uint8Array, payloadType: string, keys: readonly DsseKey[]): string {
  if (keys.length === 0) throw new SealtraceError("SEALTRACE_USAGE", "A key is needed that signs.");
  const signed = preAuthenticationEncoding(payloadType, payload);
  const signatures = keys.map((entry) => {
    checkKey(entry.key, "private");
    return { keyid: keyidOf(entry), sig: sign(null, signed, entry.key).toString("base64") };
  });
  return JSON.stringify({ payload: Buffer.from(payload).toString("base64"), payloadType, signatures });
}

/**
 * The payload of an envelope that enough of the trusted keys have signed. Throws SEALTRACE_SIGNATURE_INVALID when they have not or it is of another type,
 * SEALTRACE_INVALID_DATA for what is no envelope, SEALTRACE_LIMIT_EXCEEDED.
 */
export function verifyDsse(envelope: string, options: DsseVerification): VerifiedPayload {
  checkText(envelope, "The envelope");
  const { keys, payloadType: expected, threshold = 1, maxBytes = DEFAULT_MAX_BYTES } = options;
  for (const { key } of keys) checkKey(key, "public");
  const trusted = new Map(keys.map((entry) => [ed25519PublicBytes(entry.key).toString("hex"), entry]));
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > trusted.size) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `The threshold is from 1 to the number of different trusted keys, not ${threshold}.`,
    );
  }
  if (envelope.length > maxBytes) throw limitExceeded("maxBytes", maxBytes);
  const { payload, payloadType, signatures } = parseEnvelope(envelope);
  const types = typeof expected === "string" ? [expected] : expected;
  if (!types.includes(payloadType)) {
    throw invalid(`It is of the type ${JSON.stringify(payloadType.slice(0, 100))}, not ${types.join(" or ")}`);
  }
  const signed = preAuthenticationEncoding(payloadType, payload);
  const signers = [...trusted.values()].filter(({ key }) => signatures.some((made) => verify(null, signed, key, made)));
  if (signers.length < threshold) {
    throw invalid(
      signatures.length === 0
        ? "It is not signed"
        : `${threshold} of the trusted keys must have signed it as it is, and ${signers.length} have`,
    );
  }
  return { payload, payloadType, keyids: signers.map(keyidOf) };
}

/** "PAE" of the specification: what is signed has one reading only. */
function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

function parseEnvelope(text: string): { payload: Buffer; payloadType: string; signatures: readonly Buffer[] } {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch (cause) {
    throw noEnvelope("it is no JSON", cause);
  }
  const { payload, payloadType, signatures } = fieldsOf(envelope, "it");
  if (typeof payloadType !== "string" || !Array.isArray(signatures))
    throw noEnvelope("payloadType or signatures is missing");
  if (signatures.length > MAX_SIGNATURES) throw noEnvelope(`it has more than ${MAX_SIGNATURES} signatures`);
  return {
    payload: base64(payload, "payload"),
    payloadType,
    signatures: signatures.map((entry: unknown) => base64(fieldsOf(entry, "a signature").sig, "sig")),
  };
}

const MAX_SIGNATURES = 100;

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw noEnvelope(`${what} is no object`);
}

/** Either alphabet of RFC 4648, as the specification wants. */
function base64(value: unknown, name: string): Buffer {
  if (typeof value !== "string") throw noEnvelope(`${name} is missing`);
  const encoding = /[-_]/.test(value) ? "base64url" : "base64";
  const bytes = Buffer.from(value, encoding);
  if (bytes.toString(encoding).replace(/=+$/, "") !== value.replace(/={0,2}$/, ""))
    throw noEnvelope(`${name} is no base64`);
  return bytes;
}

function keyidOf({ key, keyid }: DsseKey): string {
  return keyid ?? hash("sha256", ed25519PublicBytes(key), "hex");
}

function checkKey(key: KeyObject, type: "private" | "public"): void {
  if (key.type === type && key.asymmetricKeyType === "ed25519") return;
  throw new SealtraceError("SEALTRACE_KEY_INVALID", `A key of the envelope is no ${type} Ed25519 key.`);
}

function noEnvelope(what: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `It is no DSSE envelope: ${what}.`, { cause });
}

function invalid(sentence: string): SealtraceError {
  return new SealtraceError("SEALTRACE_SIGNATURE_INVALID", `${sentence}. Don't use the content.`);
}
