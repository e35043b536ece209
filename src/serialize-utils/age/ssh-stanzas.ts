/** SSH keys as recipients and identities of age files (c2sp.org/age-ssh), with node:crypto; an Ed25519 key's form for X25519 is @noble/curves' work. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash,
  hkdfSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import type { Identity, Recipient, Stanza } from "age-encryption";
import { decodeCanonicalBase64, unpaddedBase64 } from "../encoding/canonical-base64.ts";
import { malformedStanza, unwrapFileKey, wrapFileKey, WRAPPED_BYTES } from "./file-key.ts";
import { loadAge, loadCurves } from "./load-age.ts";
import { sshPublicKeyOf, type SshPublicKey } from "./ssh-public-key.ts";

const ED25519_LABEL = "age-encryption.org/v1/ssh-ed25519";
const RSA_PADDING = {
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: "sha256",
  oaepLabel: Buffer.from("age-encryption.org/v1/ssh-rsa"),
};

export function sshRecipient(recipient: SshPublicKey): Recipient {
  const tag = tagOf(recipient);
  return {
    async wrapFileKey(fileKey) {
      const { Stanza } = await loadAge();
      if (recipient.type === "ssh-rsa") {
        return [new Stanza(["ssh-rsa", tag], publicEncrypt({ key: recipient.key, ...RSA_PADDING }, fileKey))];
      }
      const theirs = await montgomeryOf(recipient);
      const ephemeral = x25519PrivateKey(randomBytes(32));
      const share = rawPublicKey(createPublicKey(ephemeral));
      const shared = tweaked(diffieHellman({ privateKey: ephemeral, publicKey: x25519PublicKey(theirs) }), recipient);
      const body = wrapFileKey(fileKey, wrappingKey(shared, share, theirs));
      return [new Stanza(["ssh-ed25519", tag, unpaddedBase64(share)], body)];
    },
  };
}

export function sshIdentity(privateKey: KeyObject): Identity {
  const own = sshPublicKeyOf(privateKey);
  const tag = tagOf(own);
  return {
    async unwrapFileKey(stanzas) {
      for (const stanza of stanzas) {
        if (stanza.args[0] !== own.type) continue;
        checkShape(stanza, own.type);
        if (stanza.args[1] !== tag) continue;
        const fileKey =
          own.type === "ssh-rsa" ? unwrapRsa(stanza, privateKey) : await unwrapEd25519(stanza, privateKey, own);
        if (fileKey !== null) return fileKey;
      }
      return null;
    },
  };
}

/** As it stands in a `.pub` file. */
export function sshRecipientLine(privateKey: KeyObject): string {
  const { type, wire } = sshPublicKeyOf(privateKey);
  return `${type} ${wire.toString("base64")}`;
}

function checkShape({ args, body }: Stanza, type: SshPublicKey["type"]): void {
  const tag = decodeCanonicalBase64(args[1] ?? "", "unpadded");
  const wellFormed =
    type === "ssh-rsa"
      ? args.length === 2
      : args.length === 3 &&
        body.length === WRAPPED_BYTES &&
        decodeCanonicalBase64(args[2] ?? "", "unpadded")?.length === 32;
  if (tag?.length !== 4 || !wellFormed) throw malformedStanza(type);
}

function unwrapRsa({ body }: Stanza, key: KeyObject): Buffer | null {
  try {
    const fileKey = privateDecrypt({ key, ...RSA_PADDING }, body);
    return fileKey.length === 16 ? fileKey : null;
  } catch {
    return null;
  }
}

async function unwrapEd25519({ args, body }: Stanza, privateKey: KeyObject, own: SshPublicKey): Promise<Buffer | null> {
  const share = Buffer.from(args[2] ?? "", "base64");
  const ours = await montgomeryOf(own);
  // The first half of the seed's SHA-512 is the scalar (RFC 8032 section 5.1.5), for both forms of the curve.
  const seed = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
  const scalar = x25519PrivateKey(hash("sha512", seed, "buffer").subarray(0, 32));
  let shared: Buffer;
  try {
    shared = tweaked(diffieHellman({ privateKey: scalar, publicKey: x25519PublicKey(share) }), own);
  } catch {
    // A share of low order, for which X25519 has no secret.
    throw malformedStanza("ssh-ed25519");
  }
  return unwrapFileKey(body, wrappingKey(shared, share, ours));
}

/** First 4 bytes of the key's SHA-256. */
function tagOf({ wire }: SshPublicKey): string {
  return unpaddedBase64(hash("sha256", wire, "buffer").subarray(0, 4));
}

/** Binds the secret to the SSH key and not only to its other form. */
function tweaked(shared: Buffer, { wire }: SshPublicKey): Buffer {
  const tweak = Buffer.from(hkdfSync("sha256", Buffer.alloc(0), wire, ED25519_LABEL, 32));
  return diffieHellman({ privateKey: x25519PrivateKey(tweak), publicKey: x25519PublicKey(shared) });
}

function wrappingKey(shared: Buffer, share: Buffer, recipient: Buffer): Buffer {
  return Buffer.from(hkdfSync("sha256", shared, Buffer.concat([share, recipient]), ED25519_LABEL, 32));
}

async function montgomeryOf({ key }: SshPublicKey): Promise<Buffer> {
  const { ed25519 } = await loadCurves();
  return Buffer.from(ed25519.utils.toMontgomery(rawPublicKey(key)));
}

function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

function x25519PublicKey(bytes: Buffer): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x: bytes.toString("base64url") }, format: "jwk" });
}

/** RFC 8410 section 7: what stands before the 32 bytes. */
const X25519_PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

function x25519PrivateKey(bytes: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([X25519_PKCS8, bytes]), format: "der", type: "pkcs8" });
}
