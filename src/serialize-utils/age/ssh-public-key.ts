import { createPublicKey, type KeyObject } from "node:crypto";
import { SealtraceError } from "../../record/index.ts";
import { decodeCanonicalBase64 } from "../encoding/canonical-base64.ts";
import { sshNumber, SshReader, sshString } from "./ssh-wire.ts";

export interface SshPublicKey {
  readonly type: "ssh-ed25519" | "ssh-rsa";
  /** As SSH writes it (RFC 4253 section 6.6, RFC 8709 section 4). */
  readonly wire: Buffer;
  readonly key: KeyObject;
}

/** Smaller ones can be broken; age refuses them too. */
const MIN_RSA_BITS = 2048;
/** A larger one is no key but a way to keep a processor busy. */
const MAX_RSA_BITS = 16_384;

/** A public key as it stands in a `.pub` file or in `authorized_keys`: type, base64, and a comment. Throws SEALTRACE_KEY_INVALID. */
export function parseSshPublicKey(line: string): SshPublicKey {
  const [type, base64 = ""] = line.trim().split(/\s+/, 3);
  const wire = decodeCanonicalBase64(base64, "padded");
  if (type !== "ssh-ed25519" && type !== "ssh-rsa") {
    throw invalid(
      `is of type ${JSON.stringify(type?.slice(0, 40))}; only ssh-ed25519 and ssh-rsa can be encrypted for`,
    );
  }
  if (wire === undefined) throw invalid("is not whole: its base64 is wrong");
  return readSshPublicKey(wire, type);
}

/** Throws SEALTRACE_KEY_INVALID when the bytes are not a key of that type. */
export function readSshPublicKey(wire: Buffer, type: SshPublicKey["type"]): SshPublicKey {
  try {
    const reader = new SshReader(wire);
    if (reader.text() !== type) throw new RangeError("it says another type");
    const key =
      type === "ssh-ed25519" ? ed25519PublicKey(reader.string()) : rsaPublicKey(reader.number(), reader.number());
    if (reader.rest.length > 0) throw new RangeError("something follows after its end");
    return { type, wire, key };
  } catch (cause) {
    if (cause instanceof SealtraceError) throw cause;
    throw invalid("is not whole, or was copied wrongly", cause);
  }
}

/** The key of a pair, as SSH writes it. */
export function sshPublicKeyOf(key: KeyObject): SshPublicKey {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const { x = "", n = "", e = "" } = publicKey.export({ format: "jwk" });
  if (publicKey.asymmetricKeyType === "ed25519") {
    return {
      type: "ssh-ed25519",
      wire: Buffer.concat([sshString("ssh-ed25519"), sshString(Buffer.from(x, "base64url"))]),
      key: publicKey,
    };
  }
  checkRsa(publicKey);
  const wire = [sshString("ssh-rsa"), sshNumber(Buffer.from(e, "base64url")), sshNumber(Buffer.from(n, "base64url"))];
  return { type: "ssh-rsa", wire: Buffer.concat(wire), key: publicKey };
}

function ed25519PublicKey(bytes: Buffer): KeyObject {
  if (bytes.length !== 32) throw new RangeError("an Ed25519 key has 32 bytes");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" });
}

function rsaPublicKey(exponent: Buffer, modulus: Buffer): KeyObject {
  const jwk = { kty: "RSA", e: exponent.toString("base64url"), n: modulus.toString("base64url") };
  return checkRsa(createPublicKey({ key: jwk, format: "jwk" }));
}

function checkRsa(key: KeyObject): KeyObject {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS)
    throw invalid(`has ${modulusLength} bits; RSA keys of fewer than ${MIN_RSA_BITS} can be broken`);
  if (modulusLength > MAX_RSA_BITS) throw invalid(`has ${modulusLength} bits; at most ${MAX_RSA_BITS} are taken`);
  if (publicExponent < 3n || publicExponent > 0xffff_ffffn || publicExponent % 2n === 0n)
    throw invalid("has an unusual exponent");
  return key;
}

function invalid(what: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_KEY_INVALID", `The SSH public key ${what}.`, { cause });
}
