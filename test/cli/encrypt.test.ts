/** `sealtrace encrypt`, `decrypt` and `keys new --age`, as somebody would type them. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { decrypt } from "../../src/cli/decrypt.ts";
import { encrypt } from "../../src/cli/encrypt.ts";
import { keys } from "../../src/cli/keys.ts";
import { SealtraceError } from "../../src/record/index.ts";
import { encryptAge } from "../../src/serialize-utils/index.ts";
import { missing } from "../support/programs-at-hand.ts";
import { CLI } from "../support/recording.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const directory = temporaryDirectory();
const path = (name: string): string => join(directory, name);
const read = (name: string): string => readFileSync(path(name), "utf8");

/** A command line of a shell, in which `sealtrace` is the command. */
function shell(script: string, input?: string | Buffer): SpawnSyncReturns<string> {
  return spawnSync("sh", ["-c", `sealtrace() { "$NODE" "$CLI" "$@"; }; ${script}`], {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, NODE: process.execPath, CLI },
    ...(input === undefined ? {} : { input }),
  });
}

function succeeds(script: string, input?: string | Buffer): string {
  const { status, stdout, stderr } = shell(script, input);
  assert.deepEqual([status, stderr], [0, ""], script);
  return stdout;
}

function fails(script: string, code: number, sentence: RegExp): void {
  const { status, stdout, stderr } = shell(script);
  assert.deepEqual([status, stdout], [code, ""], `${script}: ${stderr}`);
  assert.match(stderr, /^sealtrace: .*\n$/);
  assert.match(stderr, sentence);
}

let recipient: string;

before(() => {
  recipient = succeeds("sealtrace keys new --age -o me.txt").trim();
  succeeds("sealtrace keys new --age -o other.txt");
  writeFileSync(path("plain"), "hello\n");
  writeFileSync(path("secret"), "correct horse\n");
});

describe("sealtrace keys new --age", () => {
  it("makes an identity that only its owner can read, and shows its recipient", () => {
    assert.match(recipient, /^age1[a-z0-9]{58}$/);
    assert.match(
      read("me.txt"),
      new RegExp(`^# created: .*\n# public key: ${recipient}\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$`),
    );
    if (process.platform !== "win32") assert.equal(statSync(path("me.txt")).mode & 0o777, 0o600);
    const before = read("me.txt");
    fails("sealtrace keys new --age -o me.txt", 2, /me\.txt is there already/);
    assert.equal(read("me.txt"), before);
    assert.match(
      succeeds("sealtrace keys new --age --hybrid -o pq.txt --json"),
      /^\{"identity":"pq\.txt","recipient":"age1pq1/,
    );
  });
});

describe("sealtrace encrypt and decrypt", () => {
  it("take age's options", () => {
    succeeds(`sealtrace encrypt -r ${recipient} -o plain.age plain`);
    assert.equal(succeeds("sealtrace decrypt -i me.txt plain.age"), "hello\n");
    assert.match(succeeds(`sealtrace encrypt --recipient=${recipient} --armor plain`), /^-----BEGIN AGE/);
    assert.equal(
      succeeds("sealtrace encrypt -e -a -i me.txt | sealtrace decrypt -d -i other.txt -i me.txt", "piped"),
      "piped",
    );
    writeFileSync(path("recipients"), `# us\n${recipient}\n`);
    assert.equal(
      succeeds("sealtrace encrypt -R recipients < plain | sealtrace decrypt -i me.txt -o out; cat out"),
      "hello\n",
    );
    assert.equal(succeeds("sealtrace encrypt -i pq.txt plain | sealtrace decrypt -i pq.txt -"), "hello\n");
    assert.equal(succeeds("cat me.txt | sealtrace decrypt -i - plain.age"), "hello\n");
  });

  it("keep every byte of what is large and no text", () => {
    const bytes = randomBytes(300_000);
    writeFileSync(path("large"), bytes);
    succeeds(
      `sealtrace encrypt -r ${recipient} large > large.age && sealtrace decrypt -i me.txt large.age > large.out`,
    );
    assert.deepEqual(readFileSync(path("large.out")), bytes);
  });

  it("tell what they did as JSON", () => {
    const told = succeeds(`sealtrace encrypt -r ${recipient} -o j.age --json plain`);
    assert.deepEqual(JSON.parse(told), { file: "j.age", ok: true, bytes: statSync(path("j.age")).size });
    assert.deepEqual(JSON.parse(succeeds("sealtrace decrypt -i me.txt -o j --json j.age")), {
      file: "j",
      ok: true,
      bytes: 6,
    });
    const { status, stdout, stderr } = shell("sealtrace decrypt -i other.txt -o j --json j.age");
    assert.deepEqual([status, stderr], [1, ""]);
    assert.equal((JSON.parse(stdout) as { code: string }).code, "SEALTRACE_DECRYPTION_FAILED");
  });

  it("take a passphrase from a file or standard input, and say so where they can't ask", async () => {
    assert.equal(
      succeeds("sealtrace encrypt --passphrase-file secret plain | sealtrace decrypt --passphrase-file secret"),
      "hello\n",
    );
    // Cheap ones, for tests.
    const cheap = { passphrase: "correct horse", scryptWorkFactor: 10 };
    writeFileSync(path("pw.age"), await encryptAge(Buffer.from("hello\n"), cheap));
    writeFileSync(path("me.age"), await encryptAge(readFileSync(path("me.txt")), cheap));
    assert.equal(succeeds("printf 'correct horse' | sealtrace decrypt --passphrase-file - pw.age"), "hello\n");
    fails("echo wrong | sealtrace decrypt --passphrase-file - pw.age", 1, /pw\.age: The passphrase is wrong/);
    fails("sealtrace decrypt --max-work-factor 9 --passphrase-file secret pw.age", 1, /work factor 10, at most 9/);
    fails("echo | sealtrace decrypt --passphrase-file - pw.age", 2, /no passphrase on the first line/);
    if (process.platform !== "win32")
      fails("setsid -w true; sealtrace decrypt pw.age < /dev/null", 2, /no terminal to ask on.*--passphrase-file/);
    assert.equal(succeeds("sealtrace decrypt -i me.age --passphrase-file secret plain.age"), "hello\n");
  });

  it("ask on the terminal, without showing what is typed", { skip: missing("script") }, () => {
    const terminal = (command: string, typed: string): string =>
      succeeds(`script -qec '"$NODE" "$CLI" ${command}' /dev/null`, typed);
    const shown = terminal("encrypt -p -o typed.age plain", "horsx\u007fe\rhorse\r");
    assert.match(shown, /Passphrase: \r\nPassphrase again: \r\n$/);
    assert.match(terminal("decrypt typed.age", "horse\r"), /Passphrase: \r\nhello\r\n$/);
    assert.match(
      shell(`script -qec '"$NODE" "$CLI" encrypt -p -o x.age plain' /dev/null`, "a\rb\r").stdout,
      /The two differ/,
    );
    assert.match(
      shell(`script -qec '"$NODE" "$CLI" encrypt -r ${recipient} plain' /dev/null`, "").stdout,
      /can't show what is encrypted/,
    );
    writeFileSync(path("escape"), "\u001b[2J");
    succeeds(`sealtrace encrypt -r ${recipient} -o escape.age escape`);
    const { stdout } = shell(`script -qec '"$NODE" "$CLI" decrypt -i me.txt escape.age' /dev/null`, "");
    assert.match(stdout, /not the place for what it holds/);
    assert.ok(!stdout.includes("\u001b"));
    // The same as one character of two bytes, each at an edge of what is decrypted at once.
    writeFileSync(path("split"), `${"a".repeat(65_535)}\u009b2J`);
    succeeds(`sealtrace encrypt -r ${recipient} -o split.age split`);
    const split = shell(`script -qec '"$NODE" "$CLI" decrypt -i me.txt split.age' /dev/null`, "").stdout;
    assert.match(split, /not the place for what it holds/);
    assert.ok(!split.includes("2J"));
  });

  it("never leave half a plaintext, nor touch what was there", () => {
    const encrypted = readFileSync(path("large.age"));
    writeFileSync(path("cut.age"), encrypted.subarray(0, 200_000));
    writeFileSync(path("kept"), "as it was");
    const before = readdirSync(directory).length;
    fails("sealtrace decrypt -i me.txt -o kept cut.age", 1, /cut\.age: .*changed, cut off or added to/);
    fails("sealtrace decrypt -i me.txt -o never cut.age", 1, /cut off/);
    fails("sealtrace decrypt -i other.txt -o never large.age", 1, /None of the identities/);
    assert.deepEqual(
      [read("kept"), existsSync(path("never")), readdirSync(directory).length],
      ["as it was", false, before],
    );
    // To standard output, what is authentic comes before the error.
    const { status, stdout } = shell(
      "sealtrace decrypt -i me.txt cut.age | wc -c; sealtrace decrypt -i me.txt cut.age > /dev/null",
    );
    assert.deepEqual([status, stdout.trim()], [1, String(3 * 65_536)]);
    if (process.platform !== "win32") {
      symlinkSync("kept", path("link"));
      fails("sealtrace decrypt -i me.txt -o link plain.age", 2, /link/);
    }
  });

  // Without a process each: what a command rejects with is one line and exit code 2.
  it("say what is wrong with how they are used", async () => {
    const [plain, encrypted, me] = [path("plain"), path("plain.age"), path("me.txt")];
    for (const [command, args, sentence] of [
      [encrypt, [plain], /For whom\?/],
      [encrypt, ["-r", "age1nonsense", plain], /no recipient/],
      [encrypt, ["-r", "nonsense", plain], /"nonsense" is no recipient/],
      [encrypt, ["-p", "-r", recipient, plain], /can't be mixed/],
      [encrypt, ["-i", path("pq.txt"), "-r", recipient, plain], /can't be mixed/],
      [encrypt, ["-r", recipient, plain, me], /One file is enough/],
      [encrypt, ["-R", path("missing"), plain], /missing.*does not exist/],
      [encrypt, ["-R", me, plain], /me\.txt: There is a secret identity on line 3/],
      [encrypt, ["-i", me, "--json", plain], /--json needs -o/],
      [decrypt, ["-i", path("recipients"), encrypted], /recipients: There is a recipient on line 2/],
      [decrypt, ["-i", path("missing"), encrypted], /missing.*does not exist/],
      [decrypt, ["-i", me, "--json", encrypted], /--json needs -o/],
      [decrypt, ["-i", me, "--max-work-factor", "x", encrypted], /whole number/],
      [decrypt, ["--identify", me], /--identify/],
      [keys, ["new"], /Of which kind/],
      [keys, ["old", "--age"], /no command keys old/],
      [keys, ["new", "--age"], /Give -o/],
      [keys, ["new", "--age", "-o", me], /is there already/],
    ] as const) {
      await assert.rejects(
        command(args),
        (error) => error instanceof SealtraceError && sentence.test(error.message),
        String(sentence),
      );
    }
    fails(`sealtrace encrypt -r ${recipient} missing`, 2, /^sealtrace: missing.*does not exist.*\n$/);
    const help = succeeds("sealtrace encrypt --help");
    assert.match(help, /^Usage: sealtrace encrypt/);
    for (const line of help.split("\n")) assert.ok(line.length <= 80, line);
  });
});

describe("with the age command", { skip: missing("age") }, () => {
  it("files go both ways", () => {
    assert.equal(succeeds(`sealtrace encrypt -r ${recipient} plain | age -d -i me.txt`), "hello\n");
    assert.equal(succeeds(`age -r ${recipient} -a plain | sealtrace decrypt -i me.txt`), "hello\n");
    if (missing("ssh-keygen") !== false) return;
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path("id")]);
    assert.equal(succeeds("sealtrace encrypt -R id.pub plain | age -d -i id"), "hello\n");
    assert.equal(succeeds("age -R id.pub plain | sealtrace decrypt -i id"), "hello\n");
  });
});
