/**
 * C2SP signed notes (c2sp.org/signed-note), Ed25519 only:
 *
 *     text, any number of lines, each ending in a newline
 *     <empty line>
 *     — <key name> <base64 of key hash (4 bytes) and signature (64 bytes)>
 *
 * Verifier keys: `<name>+<key hash in hexadecimal>+<base64 of 0x01 and the 32 bytes of the public key>`.
 */
import { createPublicKey, hash, sign, verify, type KeyObject } from "node:crypto";

const ED25519 = 0x01;
const SIGNATURE_BYTES = 4 + 64;
const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 16;
const NAME = /^[^\s+\p{Cc}]+$/u;

export interface VerifierKey {
  readonly name: string;
  /** First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). */
  readonly keyHash: Buffer;
  readonly publicKey: KeyObject;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyHash: Buffer;
  readonly signature: Buffer;
}

export interface Note {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Says why something is no note, no key, or not signed by the key. */
export class NoteError extends Error {
  override readonly name = "NoteError";
}

/** The 32 bytes of an Ed25519 public key (RFC 8032), of either half of the pair. */
export function publicKeyBytes(key: KeyObject): Buffer {
  const { x } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url");
}

export function encodeVerifierKey(name: string, publicKey: KeyObject): string {
  const encoded = Buffer.concat([Buffer.from([ED25519]), publicKeyBytes(publicKey)]);
  return `${checkName(name)}+${keyHashOf(name, encoded).toString("hex")}+${encoded.toString("base64")}`;
}

/** Throws a NoteError for anything that is not exactly a verifier key. */
export function decodeVerifierKey(text: string): VerifierKey {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (parts === null) throw new NoteError("a verifier key looks like <name>+<8 hexadecimal digits>+<base64>");
  const [, name, hexHash, base64] = parts as unknown as [string, string, string, string];
  const encoded = decodeBase64(base64);
  if (encoded.length !== 33 || encoded[0] !== ED25519) throw new NoteError("the verifier key is not an Ed25519 key");
  const keyHash = keyHashOf(checkName(name), encoded);
  if (keyHash.toString("hex") !== hexHash) throw new NoteError("the verifier key's hash does not fit its name and key");
  const jwk = { kty: "OKP", crv: "Ed25519", x: encoded.subarray(1).toString("base64url") };
  return { name, keyHash, publicKey: createPublicKey({ key: jwk, format: "jwk" }) };
}

/** Signs a text, which must end in a newline, as the key's holder of this name. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  checkText(text);
  const encoded = Buffer.concat([Buffer.from([ED25519]), publicKeyBytes(privateKey)]);
  const signature = Buffer.concat([keyHashOf(checkName(name), encoded), sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString("base64")}\n`;
}

/** Takes a note apart without verifying it. Throws a NoteError for anything that is not exactly a note. */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_BYTES) throw new NoteError("the note is too long");
  const split = note.lastIndexOf("\n\n");
  if (split < 0) throw new NoteError("the note has no empty line before its signatures");
  const text = note.slice(0, split + 1);
  checkText(text);
  const rest = note.slice(split + 2);
  if (rest === "" || !rest.endsWith("\n")) throw new NoteError("the note's last line is not a whole signature");
  const lines = rest.slice(0, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new NoteError("the note has too many signatures");
  return { text, signatures: lines.map(parseSignature) };
}

/** The text of a note that this key has signed. Throws a NoteError when it has not; signatures of other keys don't matter. */
export function openNote(note: string, key: VerifierKey): string {
  const { text, signatures } = parseNote(note);
  const own = signatures.filter((item) => item.name === key.name && item.keyHash.equals(key.keyHash));
  if (own.length === 0) {
    const others = signatures.map((item) => item.name).join(", ");
    throw new NoteError(`the note is signed by another key (${others}), not by ${key.name}`);
  }
  if (own.length > 1) throw new NoteError("the note is signed twice by one key");
  if (!verify(null, Buffer.from(text), key.publicKey, (own[0] as NoteSignature).signature)) {
    throw new NoteError(`the signature of ${key.name} does not fit the text`);
  }
  return text;
}

function parseSignature(line: string): NoteSignature {
  const parts = /^— (\S+) (\S+)$/.exec(line);
  if (parts === null) throw new NoteError("a signature line looks like: — <name> <base64>");
  const bytes = decodeBase64(parts[2] as string);
  if (bytes.length !== SIGNATURE_BYTES) throw new NoteError("a signature has the wrong length");
  return { name: checkName(parts[1] as string), keyHash: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function keyHashOf(name: string, encoded: Buffer): Buffer {
  return hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), encoded]), "buffer").subarray(0, 4);
}

/** Base64 with one spelling only: node:crypto's decoder skips what it does not know. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new NoteError("base64 that is not canonical");
  return bytes;
}

function checkName(name: string): string {
  if (!NAME.test(name))
    throw new NoteError("a key name has no spaces, plus signs or control characters, and is not empty");
  return name;
}

function checkText(text: string): void {
  if (!text.endsWith("\n") || /[^\P{Cc}\n]/u.test(text) || !text.isWellFormed()) {
    throw new NoteError("a note's text is lines without control characters, ending in a newline");
  }
}
