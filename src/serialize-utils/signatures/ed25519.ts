/** Ed25519 keys (RFC 8032) as 32 bytes. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** RFC 8410 section 7: what stands before the 32 bytes. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

export function ed25519PublicKey(bytes: Uint8Array): KeyObject {
  return createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(bytes).toString("base64url") },
    format: "jwk",
  });
}

export function ed25519PrivateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

/** Of either half of the pair. */
export function ed25519PublicBytes(key: KeyObject): Buffer {
  const { x = "" } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  return Buffer.from(x, "base64url");
}

export function ed25519Seed(privateKey: KeyObject): Buffer {
  return Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
}
