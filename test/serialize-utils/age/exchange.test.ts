/** Files exchanged with the age command, both ways. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  ageRecipientOf,
  decryptAge,
  encryptAge,
  generateAgeIdentity,
  parseAgeIdentities,
} from "../../../src/serialize-utils/index.ts";
import { missing } from "../../support/programs-at-hand.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const directory = temporaryDirectory();
const path = (name: string): string => join(directory, name);
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const SIZES = [0, 1, 65_535, 65_536, 65_537, 200_000];

describe("with the age command", { skip: missing("age", "age-keygen") }, () => {
  it("files of every size around a chunk, armored and not", async () => {
    const identity = await generateAgeIdentity();
    const recipient = await ageRecipientOf(identity);
    writeFileSync(path("identity"), `${identity}\n`);
    assert.equal(run("age-keygen", "-y", "identity").trim(), recipient);
    for (const size of SIZES) {
      const plain = randomBytes(size);
      writeFileSync(path("plain"), plain);
      for (const armor of [false, true]) {
        writeFileSync(path("ours.age"), await encryptAge(plain, { recipients: [recipient], armor }));
        const opened = execFileSync("age", ["-d", "-i", "identity", "ours.age"], { cwd: directory });
        assert.deepEqual(opened, plain);
        run("age", ...(armor ? ["-a"] : []), "-r", recipient, "-o", "theirs.age", "plain");
        assert.deepEqual(await decryptAge(readFileSync(path("theirs.age")), { identities: [identity] }), plain);
      }
    }
  });

  it("an identity that age-keygen made", async () => {
    run("age-keygen", "-o", "made");
    const [identity = ""] = parseAgeIdentities(readFileSync(path("made"), "utf8"));
    const encrypted = await encryptAge(Buffer.from("x"), { recipients: [await ageRecipientOf(identity)] });
    writeFileSync(path("x.age"), encrypted);
    assert.equal(run("age", "-d", "-i", "made", "x.age"), "x");
  });
});

describe("with the age command and keys of ssh-keygen", { skip: missing("age", "ssh-keygen") }, () => {
  for (const [name, args] of [
    ["ed25519", ["-t", "ed25519"]],
    ["rsa", ["-t", "rsa", "-b", "2048"]],
    ["rsa-pem", ["-t", "rsa", "-b", "3072", "-m", "PEM"]],
    ["rsa-pkcs8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
  ] as const) {
    it(name, async () => {
      run("ssh-keygen", "-q", ...args, "-N", "", "-C", "a comment", "-f", name);
      const [publicKey, privateKey] = [readFileSync(path(`${name}.pub`), "utf8"), readFileSync(path(name), "utf8")];
      writeFileSync(path("ssh-ours.age"), await encryptAge(Buffer.from("x"), { recipients: [publicKey] }));
      assert.equal(run("age", "-d", "-i", name, "ssh-ours.age"), "x");
      writeFileSync(path("x"), "y");
      run("age", "-R", `${name}.pub`, "-o", "ssh-theirs.age", "x");
      assert.equal(String(await decryptAge(readFileSync(path("ssh-theirs.age")), { identities: [privateKey] })), "y");
    });
  }
});
