/**
 * Signatures beside a file, as the minisign command writes and checks them: Ed25519 over the BLAKE2b-512 of the content ("prehashed"), and over that signature
 * with the trusted comment.
 *
 *     untrusted comment: <anything>
 *     <base64 of "ED", key id (8 bytes), signature (64 bytes)>
 *     trusted comment: <what the signer says of the content>
 *     <base64 of the signature (64 bytes) of signature and trusted comment>
 */
import { createHash, sign, verify, type KeyObject } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import {
  bytesOf,
  isCommentLine,
  linesOf,
  MAX_TRUSTED_BYTES,
  MAX_UNTRUSTED_BYTES,
  TRUSTED,
  UNTRUSTED,
} from "./minisign-lines.ts";
import { KEY_ID_BYTES, keyIdBytes, keyIdOf, parseMinisignPublicKey } from "./minisign-public-key.ts";
import { openMinisignSecretKey, type MinisignSecretKey } from "./minisign-secret-key.ts";

/** What is signed: bytes, or pieces of them, which are never all in memory. */
export type SignedContent = Uint8Array | AsyncIterable<Uint8Array>;

export interface MinisignComments {
  /** What is said of the content, under the signature: one line. Default: `timestamp:<seconds>` and `hashed`, separated by a tab. */
  readonly trustedComment?: string | undefined;
  /** What anybody may change: one line. */
  readonly untrustedComment?: string | undefined;
}

export interface MinisignVerification {
  /**
   * Take signatures that minisign made before it hashed, over the content itself. Default: false, for they can be mistaken: with this on, a signature of a
   * file also passes as one of the file's hash. Only for bytes, not for a stream.
   */
  readonly allowLegacy?: boolean | undefined;
}

export interface VerifiedSignature {
  /** What the signer says of the content; it is authentic. */
  readonly trustedComment: string;
  readonly keyId: string;
}

const PREHASHED = "ED";
const LEGACY = "Ed";
const SIGNATURE_BYTES = 64;

/**
 * The text of a signature file. The secret key is the text of an unprotected key file, or what {@link openMinisignSecretKey} gives. Rejects with
 * SEALTRACE_KEY_INVALID, and with SEALTRACE_USAGE for a comment that is not one line.
 */
export async function signMinisign(
  content: SignedContent,
  secretKey: string | MinisignSecretKey,
  comments: MinisignComments = {},
): Promise<string> {
  const {
    trustedComment = `timestamp:${Math.floor(Date.now() / 1000)}\thashed`,
    untrustedComment = "signature from sealtrace",
  } = comments;
  checkComment("trusted", trustedComment, MAX_TRUSTED_BYTES);
  checkComment("untrusted", untrustedComment, MAX_UNTRUSTED_BYTES);
  const { keyId, key } = typeof secretKey === "string" ? await openMinisignSecretKey(secretKey) : secretKey;
  const signature = sign(null, await digestOf(content), key);
  const commentSignature = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key);
  const line = Buffer.concat([Buffer.from(PREHASHED), keyIdBytes(keyId), signature]).toString("base64");
  return `${UNTRUSTED}${untrustedComment}\n${line}\n${TRUSTED}${trustedComment}\n${commentSignature.toString("base64")}\n`;
}

/**
 * What the signature says, when it is this content's and by one of the keys that are trusted: texts of public key files, or of the line in them. Rejects with
 * SEALTRACE_SIGNATURE_INVALID for everything else, SEALTRACE_KEY_INVALID when a trusted key is none.
 */
export async function verifyMinisign(
  content: SignedContent,
  signature: string,
  trustedKeys: string | readonly string[],
  { allowLegacy = false }: MinisignVerification = {},
): Promise<VerifiedSignature> {
  const keys = (typeof trustedKeys === "string" ? [trustedKeys] : trustedKeys).map(parseMinisignPublicKey);
  if (keys.length === 0) throw new SealtraceError("SEALTRACE_USAGE", "A key is needed that is trusted.");
  const { algorithm, keyId, contentSignature, trustedComment, commentSignature } = parseSignature(signature);
  const fitting = keys.filter((key) => key.keyId === keyId);
  if (fitting.length === 0) {
    throw invalid(
      `It is signed with the key ${keyId}, not with ${keys.map((key) => key.keyId).join(", ")}, which is trusted`,
    );
  }
  if (algorithm === LEGACY && !allowLegacy) {
    throw invalid("Its signature is of minisign's old kind, without a hash: sign it again, or allow it by allowLegacy");
  }
  const signed = algorithm === LEGACY ? wholeContent(content) : await digestOf(content);
  const isBy = (bytes: Uint8Array, made: Buffer): KeyObject | undefined =>
    fitting.find(({ key }) => verify(null, bytes, key, made))?.key;
  const key = isBy(signed, contentSignature);
  if (key === undefined) throw invalid("The signature is not of this content: one of the two was changed");
  if (!verify(null, Buffer.concat([contentSignature, Buffer.from(trustedComment)]), key, commentSignature)) {
    throw invalid("The trusted comment was changed after it was signed");
  }
  return { trustedComment, keyId };
}

interface ParsedSignature {
  readonly algorithm: string;
  readonly keyId: string;
  readonly contentSignature: Buffer;
  readonly trustedComment: string;
  readonly commentSignature: Buffer;
}

function parseSignature(text: string): ParsedSignature {
  if (text.length > MAX_SIGNATURE_CHARACTERS) throw malformed("it is too long");
  const [untrusted, line, trusted, global] = linesOf(text, 4) ?? [];
  if (untrusted?.startsWith(UNTRUSTED) !== true || trusted?.startsWith(TRUSTED) !== true) {
    throw malformed("four lines are expected, the first and the third of them comments");
  }
  const signature = bytesOf(line, 2 + KEY_ID_BYTES + SIGNATURE_BYTES);
  const commentSignature = bytesOf(global, SIGNATURE_BYTES);
  const algorithm = signature?.toString("latin1", 0, 2);
  if (signature === undefined || commentSignature === undefined) throw malformed("a line of base64 is wrong");
  if (algorithm !== PREHASHED && algorithm !== LEGACY) throw malformed("it is of a kind that isn't known");
  const trustedComment = trusted.slice(TRUSTED.length);
  if (!isCommentLine(trustedComment, MAX_TRUSTED_BYTES))
    throw malformed("its trusted comment has control characters, or is too long");
  return {
    algorithm,
    keyId: keyIdOf(signature.subarray(2, 2 + KEY_ID_BYTES)),
    contentSignature: signature.subarray(2 + KEY_ID_BYTES),
    trustedComment,
    commentSignature,
  };
}

const MAX_SIGNATURE_CHARACTERS: number = 16 * 1024;

async function digestOf(content: SignedContent): Promise<Buffer> {
  const digest = createHash("blake2b512");
  if (content instanceof Uint8Array) digest.update(content);
  else for await (const piece of content) digest.update(piece);
  return digest.digest();
}

function wholeContent(content: SignedContent): Uint8Array {
  if (content instanceof Uint8Array) return content;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    "A signature of minisign's old kind is of a whole content: give it as bytes.",
  );
}

function checkComment(kind: string, comment: string, maxBytes: number): void {
  if (isCommentLine(comment, maxBytes)) return;
  throw new SealtraceError(
    "SEALTRACE_USAGE",
    `The ${kind} comment must be one line of at most ${maxBytes} bytes, without control characters.`,
  );
}

function malformed(what: string): SealtraceError {
  return invalid(`The signature is no minisign signature: ${what}`);
}

function invalid(sentence: string): SealtraceError {
  return new SealtraceError("SEALTRACE_SIGNATURE_INVALID", `${sentence}. Don't use the content.`);
}
