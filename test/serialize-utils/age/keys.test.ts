import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, it } from "node:test";
import {
  ageRecipientOf,
  decryptAge,
  encryptAge,
  generateAgeIdentity,
  parseAgeIdentities,
  parseAgeRecipients,
} from "../../../src/serialize-utils/index.ts";
import { sealtraceError } from "../../support/rejections.ts";

const testdata = (name: string): string =>
  readFileSync(new URL(`../../../testdata/age/${name}`, import.meta.url), "utf8");
const identity = await generateAgeIdentity();
const recipient = await ageRecipientOf(identity);
const invalid = (sentence: RegExp): ((error: unknown) => boolean) => sealtraceError("SEALTRACE_KEY_INVALID", sentence);
const x = Buffer.from("x");

describe("identities", () => {
  it("are read from a file with comments, as age-keygen writes it", () => {
    assert.deepEqual(
      parseAgeIdentities(`# created: today\r\n# public key: ${recipient}\r\n${identity}\r\n\r\n${identity}`),
      [identity, identity],
    );
    assert.equal(parseAgeIdentities(testdata("identity.txt")).length, 1);
    for (const name of ["id_ed25519", "id_rsa"]) assert.equal(parseAgeIdentities(testdata(name)).length, 1);
  });

  it("that are none are refused, naming the line", () => {
    for (const [text, sentence] of [
      ["", /no identity in it/],
      ["# only a comment\n", /no identity in it/],
      [`\n${recipient}`, /recipient on line 2/],
      ["ssh-ed25519 AAAA", /recipient on line 1/],
      ["AGE-PLUGIN-YUBIKEY-1QQQ", /plugin/],
      [`${identity}\nhello`, /on line 2 is no identity/],
      [identity.toLowerCase(), /no identity/],
      [` ${identity} ${identity}`, /no identity/],
    ] as const) {
      assert.throws(() => parseAgeIdentities(text), invalid(sentence), text);
    }
  });

  it("never show in an error", async () => {
    const damaged = `${identity.slice(0, -1)}${identity.endsWith("Q") ? "P" : "Q"}`;
    const encrypted = await encryptAge(x, { recipients: [recipient] });
    for (const use of [() => ageRecipientOf(damaged), () => decryptAge(encrypted, { identities: [damaged] })]) {
      await assert.rejects(
        use,
        (error) => invalid(/copied wrongly/)(error) && !inspect(error).includes(damaged.slice(20, 40)),
      );
    }
    await assert.rejects(
      encryptAge(x, { recipients: [identity] }),
      (error) => invalid(/secret/)(error) && !inspect(error).includes(identity),
    );
    assert.throws(
      () => parseAgeRecipients(identity),
      (error) => invalid(/secret identity on line 1/)(error) && !inspect(error).includes(identity),
    );
  });
});

describe("recipients", () => {
  it("are read from a file with comments", () => {
    const ssh = testdata("id_ed25519.pub").trim();
    assert.deepEqual(parseAgeRecipients(`# us\n\n${recipient}\n  ${ssh}  \n`), [recipient, ssh]);
  });

  it("that are none are refused, naming the line", async () => {
    const damaged = `${recipient.slice(0, -1)}${recipient.endsWith("q") ? "p" : "q"}`;
    for (const [text, sentence] of [
      ["", /no recipient in it/],
      [`${recipient}\nage1yubikey1qwerty`, /is a plugin's/],
      ["github:somebody", /no recipient/],
      ["age1", /no recipient/],
      ["ecdsa-sha2-nistp256 AAAA", /no recipient/],
      ["ssh-dss AAAA", /ssh-ed25519 and ssh-rsa/],
      ["ssh-ed25519 AAAA", /not whole/],
      ["ssh-ed25519", /not whole/],
      [testdata("id_rsa.pub").replace("ssh-rsa", "ssh-ed25519"), /not whole/],
    ] as const) {
      assert.throws(() => parseAgeRecipients(text), invalid(sentence), text);
      if (text !== "")
        await assert.rejects(
          encryptAge(x, { recipients: [text.trim().split("\n").at(-1) as string] }),
          invalid(sentence),
        );
    }
    await assert.rejects(encryptAge(x, { recipients: [damaged] }), invalid(/checksum/));
  });
});

describe("SSH keys", () => {
  it("that are no points of the curve, or such that anybody knows the secret, are refused", async () => {
    const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    for (const point of [
      `01${"00".repeat(31)}`,
      "00".repeat(32),
      `ec${"ff".repeat(30)}7f`,
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      `02${"00".repeat(31)}`,
      "ff".repeat(32),
    ]) {
      const wire = Buffer.concat([field(Buffer.from("ssh-ed25519")), field(Buffer.from(point, "hex"))]);
      await assert.rejects(
        encryptAge(x, { recipients: [`ssh-ed25519 ${wire.toString("base64")}`] }),
        invalid(/no key/),
        point,
      );
    }
  });

  for (const name of ["id_ed25519", "id_rsa"]) {
    it(`${name} encrypts and decrypts, beside others`, async () => {
      const publicKey = testdata(`${name}.pub`).trim();
      const privateKey = testdata(name);
      assert.equal(await ageRecipientOf(privateKey), publicKey.split(" ").slice(0, 2).join(" "));
      const encrypted = await encryptAge(x, { recipients: [recipient, publicKey] });
      assert.deepEqual(await decryptAge(encrypted, { identities: [privateKey] }), x);
      assert.deepEqual(await decryptAge(encrypted, { identities: [identity] }), x);
      const other = await encryptAge(x, {
        recipients: [testdata(name === "id_rsa" ? "id_ed25519.pub" : "id_rsa.pub")],
      });
      await assert.rejects(
        decryptAge(other, { identities: [privateKey] }),
        sealtraceError("SEALTRACE_DECRYPTION_FAILED", /ssh-/),
      );
    });
  }

  it("that can't decrypt say why", () => {
    assert.throws(
      () => parseAgeIdentities(testdata("id_protected")),
      invalid(/protected by a passphrase.*ssh-keygen -p/),
    );
    assert.throws(() => parseAgeIdentities(testdata("id_ecdsa")), invalid(/ecdsa-sha2-nistp256.*only ed25519 and rsa/));
    const key = testdata("id_ed25519");
    for (const damaged of [key.slice(0, 100), key.replace("b3BlbnNzaC1rZXktdjEA", "b3BlbnNzaC1rZXktdjIA"), `${key}x`]) {
      assert.throws(() => parseAgeIdentities(damaged), invalid(/damaged/));
    }
  });

  it("that were changed anywhere are refused, or are still the same key", async () => {
    const body = Buffer.from(testdata("id_ed25519").split("\n").slice(1, -2).join(""), "base64");
    const expected = await ageRecipientOf(testdata("id_ed25519"));
    const accepted: number[] = [];
    for (let i = 0; i < body.length; i += 1) {
      const changed = Buffer.from(body);
      changed[i] = (changed[i] as number) ^ 1;
      const pem = `-----BEGIN OPENSSH PRIVATE KEY-----\n${changed.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----`;
      try {
        assert.equal(await ageRecipientOf(pem), expected);
        accepted.push(i);
      } catch (error) {
        assert.ok(sealtraceError("SEALTRACE_KEY_INVALID")(error), String(error));
      }
    }
    // The comment, "test", and its length, with which it takes in the padding.
    const comment = body.lastIndexOf("test");
    assert.deepEqual(accepted, [comment - 1, comment, comment + 1, comment + 2, comment + 3]);
  });
});

describe("what the age command made", () => {
  it("opens with its keys", async () => {
    for (const [file, keys] of [
      ["x25519.age", { identities: parseAgeIdentities(testdata("identity.txt")) }],
      ["ssh-ed25519.age", { identities: [testdata("id_ed25519")] }],
      ["ssh-rsa.age", { identities: [testdata("id_rsa")] }],
      ["passphrase.age", { passphrase: "correct horse" }],
    ] as const) {
      const bytes = readFileSync(new URL(`../../../testdata/age/${file}`, import.meta.url));
      assert.equal(String(await decryptAge(bytes, keys)), "sealed by the age command\n", file);
    }
  });
});
