/** Python's strings, which are code points and may be lone surrogates ("surrogatepass"), from and to bytes. */
import { bufferOf } from "../../encoding/buffer-of.ts";
import { malformed } from "./malformed.ts";

/** Three bytes that UTF-8 proper has no place for: half a surrogate pair. */
const SURROGATE = /\xed[\xa0-\xbf][\x80-\xbf]/g;

/** UTF-8 in which lone surrogates are allowed, and nothing else that UTF-8 is not. */
export function decodeUtf8WithSurrogates(bytes: Uint8Array, where: number): string {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch (cause) {
    const binary = bufferOf(bytes).toString("latin1");
    let text = "";
    let done = 0;
    try {
      for (const { index } of binary.matchAll(SURROGATE)) {
        text += STRICT_UTF8.decode(bytes.subarray(done, index));
        text += String.fromCharCode(
          0xd000 | (((bytes[index + 1] as number) & 0x3f) << 6) | ((bytes[index + 2] as number) & 0x3f),
        );
        done = index + 3;
      }
      if (done === 0) throw cause;
      return text + STRICT_UTF8.decode(bytes.subarray(done));
    } catch {
      throw malformed("a string that is not UTF-8", where, cause);
    }
  }
}

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** As CPython writes strings: lone surrogates as three bytes each. */
export function encodeUtf8WithSurrogates(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const { index } of text.matchAll(LONE_SURROGATE)) {
    const unit = text.charCodeAt(index);
    parts.push(Buffer.from(text.slice(done, index)));
    parts.push(Uint8Array.of(0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)));
    done = index + 1;
  }
  parts.push(Buffer.from(text.slice(done)));
  return Buffer.concat(parts);
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `UNICODE`: Latin-1 with \uXXXX and \UXXXXXXXX; a backslash before anything else is itself. */
export function decodeRawUnicodeEscape(text: string, where: number): string {
  if (!text.includes("\\")) return text;
  return text.replace(/(\\+)(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([uU]))?/g, (whole, slashes: string, short, long, broken) => {
    // Only an odd number of backslashes begins an escape.
    if (slashes.length % 2 === 0) return whole;
    if (broken !== undefined) throw malformed("an escaped character that is cut short", where);
    const digits = (short ?? long) as string | undefined;
    if (digits === undefined) return whole;
    const codePoint = Number.parseInt(digits, 16);
    if (codePoint > 0x10ffff) throw malformed("an escaped character beyond U+10FFFF", where);
    return slashes.slice(1) + String.fromCodePoint(codePoint);
  }); // prettier-ignore
}

/** `STRING`: the repr of a byte string, without its quotes. */
export function decodeEscapedBytes(text: string, where: number): Uint8Array {
  const plain = text.replace(
    /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^x0-7]?))|\\x/gs,
    (whole, hex?: string, octal?: string, other?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      if (other === undefined || other === "") throw malformed("a string with an escape that is cut short", where);
      return ESCAPES[other] ?? whole;
    },
  );
  return Buffer.from(plain, "latin1");
}

const ESCAPES: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null) as object, {
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
});
