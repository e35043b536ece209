/** SSH private key files: OpenSSH's own format (openssh's PROTOCOL.key), and PEM (PKCS #1, PKCS #8), which Node reads. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import { sshPublicKeyOf } from "./ssh-public-key.ts";
import { SshReader } from "./ssh-wire.ts";

const OPENSSH = /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END OPENSSH PRIVATE KEY-----$/;
const MAGIC = Buffer.from("openssh-key-v1\0");

/** The private key, Ed25519 or RSA. Throws SEALTRACE_KEY_INVALID, also for one that a passphrase protects; no message says anything of its content. */
export function parseSshPrivateKey(text: string): KeyObject {
  const pem = text.trim();
  const [, base64] = OPENSSH.exec(pem) ?? [];
  const key = base64 === undefined ? readPem(pem) : readOpenSsh(Buffer.from(base64, "base64"));
  const type = key.asymmetricKeyType;
  if (type === "ed25519" || type === "rsa") return key;
  throw unknownType(String(type));
}

function readPem(pem: string): KeyObject {
  if (pem.startsWith("-----BEGIN ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(pem)) throw protectedKey();
  try {
    return createPrivateKey(pem);
  } catch {
    throw damaged();
  }
}

function readOpenSsh(bytes: Buffer): KeyObject {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged();
  try {
    const reader = new SshReader(bytes.subarray(MAGIC.length));
    const [cipher, derivation] = [reader.text(), reader.text()];
    reader.string();
    const keys = reader.uint32();
    if (cipher !== "none" || derivation !== "none") throw protectedKey();
    const publicKey = reader.string();
    const secret = new SshReader(reader.string());
    if (keys !== 1 || reader.rest.length > 0 || secret.uint32() !== secret.uint32()) throw damaged();
    const key = readSecret(secret);
    secret.string();
    if (!secret.rest.every((byte, i) => byte === i + 1)) throw damaged();
    return checkPair(key, publicKey);
  } catch (error) {
    throw error instanceof SealtraceError ? error : damaged();
  }
}

function readSecret(reader: SshReader): KeyObject {
  const type = reader.text();
  if (type === "ssh-ed25519") {
    const x = reader.string();
    const both = reader.string();
    const jwk = { kty: "OKP", crv: "Ed25519", x: x.toString("base64url"), d: both.toString("base64url", 0, 32) };
    const key = createPrivateKey({ key: jwk, format: "jwk" });
    if (!both.subarray(32).equals(x)) throw damaged();
    if (createPublicKey(key).export({ format: "jwk" }).x !== jwk.x) throw damaged();
    return key;
  }
  if (type !== "ssh-rsa") throw unknownType(type);
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.number()) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const jwk = { n, e, d, qi, p, q, dp: exponentFor(d, p), dq: exponentFor(d, q) };
  const texts = Object.fromEntries(Object.entries(jwk).map(([name, bytes]) => [name, bytes.toString("base64url")]));
  return createPrivateKey({ key: { kty: "RSA", ...texts }, format: "jwk" });
}

/** d modulo p - 1, which OpenSSH leaves out and Node wants (RFC 8017 section 3.2). */
function exponentFor(d: Buffer, p: Buffer): Buffer {
  const value = BigInt(`0x${d.toString("hex")}`) % (BigInt(`0x${p.toString("hex")}`) - 1n);
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
}

function checkPair(key: KeyObject, publicWire: Buffer): KeyObject {
  if (sshPublicKeyOf(key).wire.equals(publicWire)) return key;
  throw damaged();
}

function protectedKey(): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    "The SSH private key is protected by a passphrase, which can't be read here: use the age command, or a copy without one (ssh-keygen -p).",
  );
}

function unknownType(type: string): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    `The SSH private key is of type ${JSON.stringify(type.slice(0, 40))}; only ed25519 and rsa can decrypt.`,
  );
}

function damaged(): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_KEY_INVALID",
    "The SSH private key is damaged, or in a format that isn't known.",
  );
}
