/** 64 MiB encrypted and decrypted for one recipient: against the age command, whose whole run from file to file counts, and against age-encryption alone. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// The very one that sealtrace uses.
import { Decrypter, Encrypter } from "../../node_modules/age-encryption/dist/index.js";
import { ageRecipientOf, decryptAge, encryptAge, generateAgeIdentity } from "../../dist/serialize-utils/index.js";
import { interleave } from "../interleave.mjs";

const plain = randomBytes(64 * 1024 * 1024);
const identity = await generateAgeIdentity();
const recipient = await ageRecipientOf(identity);
const encrypted = await encryptAge(plain, { recipients: [recipient] });
const encrypt = () => encryptAge(plain, { recipients: [recipient] });
const decrypt = () => decryptAge(encrypted, { identities: [identity] });

if (spawnSync("age", ["--version"]).error === undefined) {
  const file = (name) => join(process.argv[2], name);
  writeFileSync(file("identity"), `${identity}\n`);
  writeFileSync(file("plain"), plain);
  writeFileSync(file("encrypted"), encrypted);
  const age = (...args) => execFileSync("age", args, { stdio: "inherit" });
  await interleave({
    name: "age-encrypt",
    ours: encrypt,
    peer: () => age("-r", recipient, "-o", file("by-age"), file("plain")),
    operations: 1,
    batches: 15,
  });
  await interleave({
    name: "age-decrypt",
    ours: decrypt,
    peer: () => age("-d", "-i", file("identity"), "-o", file("opened"), file("encrypted")),
    operations: 1,
    batches: 15,
  });
  if (!readFileSync(file("opened")).equals(plain)) throw new Error("age opened something else");
}

const encrypter = new Encrypter();
encrypter.addRecipient(recipient);
const decrypter = new Decrypter();
decrypter.addIdentity(identity);
await interleave({
  name: "age-encrypt-typage",
  ours: encrypt,
  peer: () => encrypter.encrypt(plain),
  operations: 1,
  batches: 5,
  warmup: 1,
});
await interleave({
  name: "age-decrypt-typage",
  ours: decrypt,
  peer: () => decrypter.decrypt(encrypted),
  operations: 1,
  batches: 5,
  warmup: 1,
});
