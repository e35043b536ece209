import { bufferOf } from "../encoding/buffer-of.ts";
import { decodeCanonicalBase64 } from "../encoding/canonical-base64.ts";
import { invalidContent } from "./invalid-content.ts";

/** RFC 4648 section 4, with padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64");
}

/** Throws SEALTRACE_INVALID_DATA for anything but what {@link bytesToBase64} writes. `type` whose content it is stands in the error. */
export function bytesFromBase64(text: unknown, type: string): Uint8Array<ArrayBuffer> {
  const bytes = typeof text === "string" ? decodeCanonicalBase64(text, "padded") : undefined;
  if (bytes === undefined) throw invalidContent(type, "bytes in base64, with padding");
  return new Uint8Array(bytes);
}
