/**
 * Minisign's secret key files: algorithm, kind of derivation, kind of checksum (2 bytes each), salt (32), operations and memory of scrypt (8 each,
 * little-endian), then under the password's key stream: key id (8), seed and public key (64), BLAKE2b-256 of algorithm, key id and key (32; zeros
 * where there is no password, as nobody can mistype it).
 */
import { generateKeyPairSync, randomBytes, scrypt, timingSafeEqual, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { SealtraceError } from "../../record/index.ts";
import { ed25519PrivateKey, ed25519PublicBytes, ed25519Seed } from "./ed25519.ts";
import { bytesOf, linesOf, UNTRUSTED } from "./minisign-lines.ts";
import { ALGORITHM, KEY_ID_BYTES, keyIdBytes, keyIdOf, minisignPublicKeyText } from "./minisign-public-key.ts";

export interface MinisignSecretKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

export interface MinisignKeyOptions {
  /** Protects the secret key's file. Default: none: whoever gets the file can sign. */
  readonly password?: string | undefined;
  /** What guessing the password costs: 2 to the power of it, times 1 KiB of memory. From 10 to 20. Default: 20, as the minisign command has it. */
  readonly scryptWorkFactor?: number | undefined;
}

export interface MinisignKeyReading {
  readonly password?: string | undefined;
  /** Highest cost of a password that a file may ask for. Default: 20, which is 1 GiB and what the minisign command writes. */
  readonly maxScryptWorkFactor?: number | undefined;
}

const SCRYPT = "Sc";
const UNPROTECTED = "\0\0";
const CHECKSUM = "B2";
const SALT_BYTES = 32;
const CHECKSUM_BYTES = 32;
const SECRET_BYTES = KEY_ID_BYTES + 64 + CHECKSUM_BYTES;
const HEAD_BYTES = 2 + 2 + 2 + SALT_BYTES + 8 + 8;
const DEFAULT_WORK_FACTOR = 20;
const BLOCK_SIZE = 8;

/** A new pair: the texts of a secret and of a public key file, as the minisign command reads them. */
export async function generateMinisignKey(
  options: MinisignKeyOptions = {},
): Promise<{ secretKey: string; publicKey: string; keyId: string }> {
  const { password, scryptWorkFactor = DEFAULT_WORK_FACTOR } = options;
  if (!Number.isInteger(scryptWorkFactor) || scryptWorkFactor < 10 || scryptWorkFactor > 20) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `scryptWorkFactor is a whole number from 10 to 20, not ${scryptWorkFactor}.`,
    );
  }
  const keyId = keyIdOf(randomBytes(KEY_ID_BYTES));
  const { privateKey } = generateKeyPairSync("ed25519");
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(ALGORITHM + (password === undefined ? UNPROTECTED : SCRYPT) + CHECKSUM, "latin1");
  const signed = Buffer.concat([keyIdBytes(keyId), ed25519Seed(privateKey), ed25519PublicBytes(privateKey)]);
  let secret = Buffer.concat([signed, Buffer.alloc(CHECKSUM_BYTES)]);
  if (password !== undefined) {
    const cost = 2 ** scryptWorkFactor;
    randomBytes(SALT_BYTES).copy(head, 6);
    head.writeBigUInt64LE(BigInt(cost * BLOCK_SIZE * 4), 6 + SALT_BYTES);
    head.writeBigUInt64LE(BigInt(cost * BLOCK_SIZE * 128), 6 + SALT_BYTES + 8);
    secret = xor(Buffer.concat([signed, await checksumOf(signed)]), await keyStream(password, head, scryptWorkFactor));
  }
  const kind = password === undefined ? "minisign secret key" : "minisign encrypted secret key";
  return {
    secretKey: `${UNTRUSTED}${kind}\n${Buffer.concat([head, secret]).toString("base64")}\n`,
    publicKey: minisignPublicKeyText(keyId, privateKey),
    keyId,
  };
}

/** Whether the text is a secret key file that wants a password. */
export function isProtectedMinisignKey(text: string): boolean {
  return bytesOf(linesOf(text, 2)?.[1], HEAD_BYTES + SECRET_BYTES)?.toString("latin1", 2, 4) === SCRYPT;
}

/** The key of a secret key file's text. Rejects with SEALTRACE_KEY_INVALID, also for a wrong password. */
export async function openMinisignSecretKey(
  text: string,
  options: MinisignKeyReading = {},
): Promise<MinisignSecretKey> {
  const [comment, base64] = linesOf(text, 2) ?? [];
  const bytes = bytesOf(base64, HEAD_BYTES + SECRET_BYTES);
  if (bytes === undefined || comment?.startsWith(UNTRUSTED) !== true) throw invalid("is no minisign secret key file");
  const kind = bytes.toString("latin1", 2, 4);
  if (bytes.toString("latin1", 0, 2) !== ALGORITHM || bytes.toString("latin1", 4, 6) !== CHECKSUM) {
    throw invalid("is of a kind that isn't known");
  }
  const head = bytes.subarray(0, HEAD_BYTES);
  let secret = bytes.subarray(HEAD_BYTES);
  if (kind === SCRYPT) {
    if (options.password === undefined) throw invalid("is protected: give its password");
    secret = xor(secret, await keyStream(options.password, head, options.maxScryptWorkFactor ?? DEFAULT_WORK_FACTOR));
  } else if (kind !== UNPROTECTED) {
    throw invalid("is protected in a way that isn't known");
  }
  const signed = secret.subarray(0, SECRET_BYTES - CHECKSUM_BYTES);
  const checksum = secret.subarray(SECRET_BYTES - CHECKSUM_BYTES);
  const unchecked = kind === UNPROTECTED && checksum.every((byte) => byte === 0);
  if (!unchecked && !timingSafeEqual(await checksumOf(signed), checksum)) {
    throw invalid(kind === SCRYPT ? "does not open: the password is wrong, or the file is damaged" : "is damaged");
  }
  const key = ed25519PrivateKey(signed.subarray(KEY_ID_BYTES, KEY_ID_BYTES + 32));
  // Else signatures with a public key that isn't its own would give the secret away.
  if (!ed25519PublicBytes(key).equals(signed.subarray(KEY_ID_BYTES + 32)))
    throw invalid("is damaged: its two halves differ");
  return { keyId: keyIdOf(signed.subarray(0, KEY_ID_BYTES)), key };
}

/** The text of the public key file that goes with a secret key. */
export function minisignPublicKeyOf({ keyId, key }: MinisignSecretKey): string {
  return minisignPublicKeyText(keyId, key);
}

async function keyStream(password: string, head: Buffer, maxWorkFactor: number): Promise<Buffer> {
  if (password === "") throw new SealtraceError("SEALTRACE_USAGE", "The password is empty.");
  const { N, p } = scryptParameters(
    head.readBigUInt64LE(6 + SALT_BYTES),
    head.readBigUInt64LE(6 + SALT_BYTES + 8),
    maxWorkFactor,
  );
  return (promisify(scrypt) as (...args: unknown[]) => Promise<Buffer>)(
    password,
    head.subarray(6, 6 + SALT_BYTES),
    SECRET_BYTES,
    { N, r: BLOCK_SIZE, p, maxmem: 128 * BLOCK_SIZE * (N + p + 32) },
  );
}

/** As libsodium's `pickparams` makes them of operations and memory. */
function scryptParameters(operations: bigint, memory: bigint, maxWorkFactor: number): { N: number; p: number } {
  const max = 2n ** BigInt(maxWorkFactor);
  const operationCost = (operations < 32_768n ? 32_768n : operations) / 4n;
  const byMemory = operationCost * 4n >= memory / 32n;
  const cost = byMemory ? memory / BigInt(BLOCK_SIZE * 128) : operationCost / BigInt(BLOCK_SIZE);
  let N = 2n;
  while (N <= cost / 2n && N <= max) N *= 2n;
  const p = byMemory ? operationCost / N / BigInt(BLOCK_SIZE) : 1n;
  if (N * p > max || p < 1n) {
    throw new SealtraceError(
      "SEALTRACE_LIMIT_EXCEEDED",
      `The password of the secret key costs more than it may (work factor ${maxWorkFactor}). If you trust where it comes from, raise maxScryptWorkFactor.`,
    );
  }
  return { N: Number(N), p: Number(p) };
}

async function checksumOf(signed: Uint8Array): Promise<Uint8Array> {
  // OpenSSL has BLAKE2b in its longest form alone.
  const { blake2b } = await import("@noble/hashes/blake2.js");
  return blake2b(Buffer.concat([Buffer.from(ALGORITHM), signed]), { dkLen: CHECKSUM_BYTES });
}

function xor(a: Uint8Array, b: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));
}

function invalid(what: string): SealtraceError {
  return new SealtraceError("SEALTRACE_KEY_INVALID", `The secret key ${what}.`);
}
