/** Signatures exchanged with the minisign command, both ways. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  generateMinisignKey,
  openMinisignSecretKey,
  signMinisign,
  verifyMinisign,
} from "../../../src/serialize-utils/index.ts";
import { missing } from "../../support/programs-at-hand.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const directory = temporaryDirectory();
const path = (name: string): string => join(directory, name);
const read = (name: string): string => readFileSync(path(name), "utf8");
const minisign = (args: readonly string[], input = ""): string =>
  execFileSync("minisign", args, { cwd: directory, encoding: "utf8", input, stdio: ["pipe", "pipe", "ignore"] });
const content = Buffer.alloc(100_000, "content");
writeFileSync(path("file"), content);

describe("with the minisign command", { skip: missing("minisign") }, () => {
  it("signatures by keys that we made", async () => {
    const { secretKey, publicKey } = await generateMinisignKey();
    writeFileSync(path("ours.key"), secretKey);
    writeFileSync(path("ours.pub"), publicKey);
    writeFileSync(path("file.minisig"), await signMinisign(content, secretKey, { trustedComment: "by us" }));
    assert.match(minisign(["-V", "-p", "ours.pub", "-m", "file"]), /Trusted comment: by us/);
    minisign(["-S", "-s", "ours.key", "-m", "file", "-x", "theirs.minisig", "-t", "by the command"]);
    assert.equal((await verifyMinisign(content, read("theirs.minisig"), publicKey)).trustedComment, "by the command");
    // And the command refuses what we refuse.
    writeFileSync(path("other"), "other");
    assert.notEqual(
      spawnSync("minisign", ["-V", "-p", "ours.pub", "-m", "other", "-x", "file.minisig"], { cwd: directory }).status,
      0,
    );
  });

  it("signatures by keys that it made", async () => {
    minisign(["-G", "-W", "-p", "made.pub", "-s", "made.key"]);
    const key = await openMinisignSecretKey(read("made.key"));
    writeFileSync(path("made.minisig"), await signMinisign(content, key));
    assert.match(minisign(["-V", "-p", "made.pub", "-m", "file", "-x", "made.minisig"]), /verified/);
  });

  it("keys that a password protects, which costs both of us a gigabyte", async () => {
    const theirs = readFileSync(new URL("../../../testdata/minisign/protected.key", import.meta.url), "utf8");
    const key = await openMinisignSecretKey(theirs, { password: "password" });
    const { secretKey, publicKey } = await generateMinisignKey({ password: "päss", scryptWorkFactor: 15 });
    writeFileSync(path("protected.key"), secretKey);
    writeFileSync(path("protected.pub"), publicKey);
    minisign(["-S", "-s", "protected.key", "-m", "file", "-x", "protected.minisig"], "päss\n");
    assert.match((await verifyMinisign(content, read("protected.minisig"), publicKey)).trustedComment, /file:file/);
    assert.match(key.keyId, /^[0-9A-F]{16}$/);
  });
});
