import { bufferOf } from "./buffer-of.ts";

/**
 * Base64 (RFC 4648 section 4) with one spelling only, where node:crypto's decoder skips what it doesn't know: right alphabet, right padding, no bits left over.
 * Undefined for everything else.
 */
export function decodeCanonicalBase64(text: string, padding: "padded" | "unpadded"): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return (padding === "padded" ? bytes.toString("base64") : unpaddedBase64(bytes)) === text ? bytes : undefined;
}

export function unpaddedBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64").replace(/=+$/, "");
}
