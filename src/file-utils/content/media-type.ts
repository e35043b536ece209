/**
 * What a content is, by its first bytes, as browsers find out (mimesniff.spec.whatwg.org, sections 6 and 7.1) and, for programs, as their loaders do.
 */

/** Bytes that are enough. */
export const SNIFFED_BYTES = 1445;

/**
 * `image/png`, `image/jpeg`, `image/gif`, `image/webp`, `image/bmp`, `image/x-icon`, `image/svg+xml`, `audio/mpeg`, `audio/ogg`, `audio/wave`, `video/mp4`,
 * `video/webm`, `font/woff`, `font/woff2`, `application/pdf`, `application/zip`, `application/gzip`, `application/zstd`, `application/x-xz`,
 * `application/x-bzip2`, `application/x-7z-compressed`, `application/x-tar`, `application/wasm`, `application/vnd.sqlite3`, `application/x-executable` (ELF, Mach-O, PE),
 * `text/x-shellscript` (any `#!`), `text/html`, `text/xml`, `text/plain` (UTF-8 without control characters, also an empty file), else
 * `application/octet-stream`. A text is not looked at more closely: JSON is `text/plain`.
 */
export function mediaTypeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SNIFFED_BYTES));
  for (const { type, offset = 0, bytes: pattern, then } of SIGNATURES) {
    if (!startsWith(head, pattern, offset)) continue;
    if (then === undefined || startsWith(head, then.bytes, then.offset)) return type;
  }
  return textTypeOf(head);
}

interface Signature {
  readonly type: string;
  readonly bytes: Buffer;
  readonly offset?: number;
  readonly then?: { readonly offset: number; readonly bytes: Buffer };
}

const text = (characters: string): Buffer => Buffer.from(characters, "latin1");

const SIGNATURES: readonly Signature[] = [
  { type: "image/png", bytes: text("\x89PNG\r\n\x1a\n") },
  { type: "image/jpeg", bytes: text("\xff\xd8\xff") },
  { type: "image/gif", bytes: text("GIF87a") },
  { type: "image/gif", bytes: text("GIF89a") },
  { type: "image/webp", bytes: text("RIFF"), then: { offset: 8, bytes: text("WEBPVP") } },
  { type: "image/bmp", bytes: text("BM"), then: { offset: 6, bytes: text("\0\0\0\0") } },
  { type: "image/x-icon", bytes: text("\0\0\x01\0") },
  { type: "audio/wave", bytes: text("RIFF"), then: { offset: 8, bytes: text("WAVE") } },
  { type: "audio/ogg", bytes: text("OggS\0") },
  { type: "audio/mpeg", bytes: text("ID3") },
  { type: "video/mp4", bytes: text("ftyp"), offset: 4 },
  { type: "video/webm", bytes: text("\x1a\x45\xdf\xa3") },
  { type: "font/woff", bytes: text("wOFF") },
  { type: "font/woff2", bytes: text("wOF2") },
  { type: "application/pdf", bytes: text("%PDF-") },
  { type: "application/zip", bytes: text("PK\x03\x04") },
  { type: "application/zip", bytes: text("PK\x05\x06") },
  { type: "application/gzip", bytes: text("\x1f\x8b") },
  { type: "application/zstd", bytes: text("\x28\xb5\x2f\xfd") },
  { type: "application/x-xz", bytes: text("\xfd7zXZ\0") },
  { type: "application/x-bzip2", bytes: text("BZh") },
  { type: "application/x-7z-compressed", bytes: text("7z\xbc\xaf\x27\x1c") },
  { type: "application/x-tar", bytes: text("ustar"), offset: 257 },
  { type: "application/wasm", bytes: text("\0asm") },
  { type: "application/vnd.sqlite3", bytes: text("SQLite format 3\0") },
  { type: "application/x-executable", bytes: text("\x7fELF") },
  { type: "application/x-executable", bytes: text("MZ") },
  { type: "application/x-executable", bytes: text("\xfe\xed\xfa\xce") },
  { type: "application/x-executable", bytes: text("\xfe\xed\xfa\xcf") },
  { type: "application/x-executable", bytes: text("\xce\xfa\xed\xfe") },
  { type: "application/x-executable", bytes: text("\xcf\xfa\xed\xfe") },
  { type: "application/x-executable", bytes: text("\xca\xfe\xba\xbe") },
  { type: "text/x-shellscript", bytes: text("#!") },
];

function startsWith(head: Buffer, pattern: Buffer, offset: number): boolean {
  return (
    head.length >= offset + pattern.length &&
    head.compare(pattern, 0, pattern.length, offset, offset + pattern.length) === 0
  );
}

function textTypeOf(head: Buffer): string {
  let content: string;
  try {
    // What was cut may end within a character.
    content = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: head.length === SNIFFED_BYTES });
  } catch {
    return "application/octet-stream";
  }
  if (/[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(content)) return "application/octet-stream";
  const start = content.trimStart();
  const root = start.replace(/^(?:\s|<\?[^]*?\?>|<!--[^]*?-->|<!doctype svg[^>]*>)+/i, "");
  if (SVG.test(root)) return "image/svg+xml";
  if (HTML.test(root)) return "text/html";
  if (/^<\?xml\s/i.test(start)) return "text/xml";
  // A comment alone is enough for browsers.
  return start.startsWith("<!--") ? "text/html" : "text/plain";
}

const HTML = /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>]/i;
const SVG = /^<svg[\s/>]/i;
