/** `sealtrace sign`, `check` and `keys new --minisign`, as somebody would type them. */
import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { check } from "../../src/cli/check.ts";
import { keys } from "../../src/cli/keys.ts";
import { sign } from "../../src/cli/sign.ts";
import { SealtraceError } from "../../src/record/index.ts";
import { generateMinisignKey } from "../../src/serialize-utils/index.ts";
import { missing } from "../support/programs-at-hand.ts";
import { CLI } from "../support/recording.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const directory = temporaryDirectory();
const path = (name: string): string => join(directory, name);

function shell(script: string): SpawnSyncReturns<string> {
  return spawnSync("sh", ["-c", `sealtrace() { "$NODE" "$CLI" "$@"; }; ${script}`], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, NODE: process.execPath, CLI },
  });
}

function succeeds(script: string): string {
  const { status, stdout, stderr } = shell(script);
  assert.deepEqual([status, stderr], [0, ""], script);
  return stdout;
}

function fails(script: string, code: number, sentence: RegExp): void {
  const { status, stdout, stderr } = shell(script);
  assert.deepEqual([status, stdout], [code, ""], `${script}: ${stderr}`);
  assert.match(stderr, sentence);
}

let publicKey: string;

before(() => {
  publicKey = succeeds("sealtrace keys new --minisign -W -s key -p key.pub").trim();
  succeeds("sealtrace keys new --minisign -W -s other -p other.pub");
  writeFileSync(path("a"), "first\n");
  writeFileSync(path("b"), "second\n");
});

describe("sealtrace sign and check", () => {
  it("sign no name that says more of the file than its name", { skip: process.platform === "win32" }, () => {
    writeFileSync(path("x\tgeneration:9"), "anything");
    fails("sealtrace sign -s key x*", 2, /control characters, and is to be signed/);
    succeeds("sealtrace sign -s key -t mine x*");
  });

  it("take minisign's options", () => {
    assert.match(publicKey, /^RW[A-Za-z0-9+/]{54}$/);
    if (process.platform !== "win32") assert.equal(statSync(path("key")).mode & 0o777, 0o600);
    succeeds("sealtrace sign -s key a b");
    const told = succeeds("sealtrace check -p key.pub a b");
    assert.match(told, /^a: signed by [0-9A-F]{16}: timestamp:\d+ {2}file:a {2}hashed\nb: signed by .*file:b.*\n$/);
    succeeds("sealtrace sign -s key -m a -x a.sig -t 'release 1' -c 'who reads this'");
    assert.match(readFileSync(path("a.sig"), "utf8"), /^untrusted comment: who reads this\n/);
    assert.match(succeeds(`sealtrace check -P ${publicKey} -m a -x a.sig`), /: release 1\n$/);
    succeeds("cat a | sealtrace sign -s key -m - -x piped.sig && cat a | sealtrace check -p key.pub - -x piped.sig");
  });

  it("say what is wrong, exit code 1", () => {
    writeFileSync(path("changed"), "First\n");
    fails("sealtrace check -p key.pub changed -x a.minisig", 1, /changed: The signature is not of this content/);
    fails("sealtrace check -p other.pub a", 1, /signed with the key/);
    fails("sealtrace check -p key.pub a -x b.minisig", 1, /not of this content/);
    fails("sealtrace check -p key.pub changed", 1, /There is no signature changed\.minisig/);
    fails("sealtrace check -p key.pub a -x a", 1, /no minisign signature/);
    const { status, stdout, stderr } = shell("sealtrace check -p key.pub --json a changed b");
    const results = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { file: string; ok: boolean; code?: string });
    assert.deepEqual([status, stderr], [1, ""]);
    assert.deepEqual(
      results.map(({ file, ok, code }) => [file, ok, code]),
      [
        ["a", true, undefined],
        ["changed", false, "SEALTRACE_SIGNATURE_INVALID"],
        ["b", true, undefined],
      ],
    );
  });

  // Without a process each: what a command rejects with is one line and exit code 2.
  it("say what is wrong with how they are used", async () => {
    const [a, key, publicFile] = [path("a"), path("key"), path("key.pub")];
    for (const [command, args, sentence] of [
      [sign, [a], /With which key\?/],
      [sign, ["-s", key], /Which file\?/],
      [sign, ["-s", publicFile, a], /no minisign secret key/],
      [sign, ["-s", path("missing"), a], /missing.*does not exist/],
      [sign, ["-s", key, path("missing")], /missing.*does not exist/],
      [sign, ["-s", key, "-x", path("s"), a, path("b")], /-x names the signature of one file/],
      [sign, ["-s", key, "-"], /give -x/],
      [sign, ["-s", key, "-t", "a\nb", a], /one line/],
      [check, [a], /By which key\?/],
      [check, ["-p", publicFile, "-P", publicKey, a], /By which key\?/],
      [check, ["-p", key, a], /no minisign public key/],
      [check, ["-p", publicFile, "-x", path("a.minisig"), path("missing")], /missing.*does not exist/],
      [keys, ["new", "--minisign", "-W", "-s", key, "-p", path("new.pub")], /key is there already/],
    ] as const) {
      await assert.rejects(
        command(args),
        (error) => error instanceof SealtraceError && sentence.test(error.message),
        String(sentence),
      );
    }
    assert.match(succeeds("sealtrace sign --help"), /^Usage: sealtrace sign/);
  });

  it("take a password that protects the key", async () => {
    const { secretKey, publicKey } = await generateMinisignKey({ password: "correct horse", scryptWorkFactor: 10 });
    writeFileSync(path("protected"), secretKey);
    writeFileSync(path("protected.pub"), publicKey);
    writeFileSync(path("password"), "correct horse\n");
    succeeds(
      "sealtrace sign -s protected --passphrase-file password -x p.sig a && sealtrace check -p protected.pub -x p.sig a",
    );
    fails("echo wrong | sealtrace sign -s protected --passphrase-file - a", 2, /password is wrong/);
    fails("sealtrace keys new --minisign -s new -p new.pub < /dev/null", 2, /no terminal to ask on/);
  });
});

describe("with the minisign command", { skip: missing("minisign") }, () => {
  it("signatures go both ways", () => {
    succeeds("sealtrace sign -s key a");
    assert.match(succeeds("minisign -V -p key.pub -m a"), /Signature and comment signature verified/);
    succeeds("minisign -S -s key -m b > /dev/null");
    assert.match(succeeds("sealtrace check -p key.pub b"), /^b: signed by/);
  });
});
