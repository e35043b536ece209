/** Text keys in the order of their encodings (RFC 8949, section 4.2.1): the length in bytes comes first. */
export function inKeyOrder(keys: string[]): readonly string[] {
  if (keys.length < 2) return keys;
  return keys.sort(keys.every(isAscii) ? compareAscii : compareUtf8);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

function compareAscii(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

function compareUtf8(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.from(a).compare(Buffer.from(b));
}
