/** A passphrase as the one recipient of an age file (c2sp.org/age, "scrypt"). Node's scrypt is many times faster than one in JavaScript. */
import { randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";
import type { Identity, Recipient, Stanza } from "age-encryption";
import { SealtraceError } from "../../record/index.ts";
import { malformedStanza, unwrapFileKey, wrapFileKey, WRAPPED_BYTES } from "./file-key.ts";
import { loadAge } from "./load-age.ts";
import { decodeCanonicalBase64, unpaddedBase64 } from "../encoding/canonical-base64.ts";

const LABEL = "age-encryption.org/v1/scrypt";
const SALT_BYTES = 16;
const BLOCK_SIZE = 8;

export function passphraseRecipient(passphrase: string, workFactor: number): Recipient {
  checkPassphrase(passphrase);
  if (!Number.isInteger(workFactor) || workFactor < 10 || workFactor > 22) {
    throw new SealtraceError("SEALTRACE_USAGE", `scryptWorkFactor is a whole number from 10 to 22, not ${workFactor}.`);
  }
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(SALT_BYTES);
      const key = await deriveKey(passphrase, salt, workFactor);
      const { Stanza } = await loadAge();
      return [new Stanza(["scrypt", unpaddedBase64(salt), String(workFactor)], wrapFileKey(fileKey, key))];
    },
  };
}

/** Throws SEALTRACE_LIMIT_EXCEEDED for a file that asks for more work, which anybody can write into a file, than it may. */
export function passphraseIdentity(passphrase: string, maxWorkFactor: number): Identity {
  checkPassphrase(passphrase);
  return {
    async unwrapFileKey([stanza]) {
      if (stanza?.args[0] !== "scrypt") return null;
      const { salt, workFactor } = readStanza(stanza);
      if (workFactor > maxWorkFactor) {
        throw new SealtraceError(
          "SEALTRACE_LIMIT_EXCEEDED",
          `Its passphrase costs more than it may: work factor ${workFactor}, at most ${maxWorkFactor}. If you trust where it comes from, raise maxScryptWorkFactor.`,
        );
      }
      return unwrapFileKey(stanza.body, await deriveKey(passphrase, salt, workFactor));
    },
  };
}

function readStanza({ args, body }: Stanza): { salt: Buffer; workFactor: number } {
  const [, saltText = "", workFactor = ""] = args;
  const salt = decodeCanonicalBase64(saltText, "unpadded");
  if (args.length !== 3 || salt?.length !== SALT_BYTES || !/^[1-9]\d{0,2}$/.test(workFactor)) {
    throw malformedStanza("scrypt");
  }
  if (body.length !== WRAPPED_BYTES) throw malformedStanza("scrypt");
  return { salt, workFactor: Number(workFactor) };
}

function checkPassphrase(passphrase: string): void {
  if (passphrase === "") throw new SealtraceError("SEALTRACE_USAGE", "The passphrase is empty.");
}

function deriveKey(passphrase: string, salt: Buffer, workFactor: number): Promise<Buffer> {
  const N = 2 ** workFactor;
  return (promisify(scrypt) as (...args: unknown[]) => Promise<Buffer>)(
    passphrase,
    Buffer.concat([Buffer.from(LABEL), salt]),
    32,
    { N, r: BLOCK_SIZE, p: 1, maxmem: 128 * BLOCK_SIZE * (N + 32) },
  );
}
