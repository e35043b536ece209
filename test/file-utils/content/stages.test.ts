/** Files whose names say that they are compressed, encrypted; and signatures beside them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import {
  openRoot,
  readFile,
  readFileSync,
  updateFile,
  writeFile,
  writeFileSync,
  type OlderGeneration,
  type ReadOptions,
} from "../../../src/file-utils/index.ts";
import { encryptAge } from "../../../src/serialize-utils/index.ts";
import { newKeys } from "../../serialize-utils/pipeline/keys.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { TWINS } from "../../support/twins.ts";

const REPORT = { amount: 100, of: ["a", "b"] };
const keys = await newKeys();
const others = await newKeys();
const to = { recipients: [keys.recipient], sign: keys.secretKey };
const from = { identities: [keys.identity], publicKey: keys.publicKey };

function newPath(name: string): string {
  return join(temporaryDirectory(), name);
}

for (const { name, readFile: read, writeFile: write, updateFile: update } of TWINS) {
  describe(`compressed files, ${name}`, () => {
    for (const [suffix, magic] of [
      ["zst", "28b52ffd"],
      ["gz", "1f8b"],
      ["br", ""],
    ] as const) {
      it(`.${suffix} wraps what stands before it`, async () => {
        for (const [file, value] of [
          ["a.json", REPORT],
          ["a.ndjson", [1, REPORT]],
          ["a.yaml", REPORT],
          ["a.bin", Buffer.of(1, 255)],
          ["a", "text"],
        ] as const) {
          const path = newPath(`${file}.${suffix}`);
          await write(path, value, { level: 1 });
          assert.deepEqual(await read(path), value);
          assert.ok(fs.readFileSync(path).toString("hex").startsWith(magic));
          const changed = await update(path, (before) => (assert.deepEqual(before, value), before));
          assert.deepEqual(changed, value);
        }
      });
    }

    it("are what others read", async () => {
      const path = newPath("a.json.gz");
      await write(path, REPORT);
      assert.deepEqual(JSON.parse(gunzipSync(fs.readFileSync(path)).toString()), REPORT);
      await write(`${path}.txt.zst`, "text");
      assert.equal(zstdDecompressSync(fs.readFileSync(`${path}.txt.zst`)).toString(), "text");
    });

    it("are given as they are stored to who asks", async () => {
      const path = newPath("a.json.gz");
      const stored = gzipSync('{"a":1}');
      await write(path, stored, { stored: true });
      assert.deepEqual(fs.readFileSync(path), stored);
      assert.deepEqual(await read(path, { stored: true }), stored);
      assert.deepEqual(await read(path), { a: 1 });
      await assert.rejects(read(path, { stored: true, format: "json" }), { code: "SEALTRACE_USAGE" });
      await assert.rejects(write(path, stored), {
        code: "SEALTRACE_USAGE",
        message: /compressed already.*stored: true/,
      });
      await write(path, stored, { format: "binary" });
      assert.deepEqual(gunzipSync(fs.readFileSync(path)), stored, "twice, as was asked for");
    });

    it("are bounded in both forms", async () => {
      const path = newPath("a.txt.zst");
      await write(path, "x".repeat(1_000_000));
      await assert.rejects(read(path, { maxBytes: 999_999 }), {
        code: "SEALTRACE_LIMIT_EXCEEDED",
        message: /a\.txt\.zst: /,
      });
      assert.equal(((await read(path, { maxBytes: 1_000_000 })) as string).length, 1_000_000);
      fs.appendFileSync(path, "x");
      await assert.rejects(read(path), { code: "SEALTRACE_DATA_TRAILING", message: /a\.txt\.zst: / });
    });

    it("have their suffixes in the order in which something is gained", async () => {
      for (const file of ["a.json.age.zst", "a.json.gz.zst", "a.json.age.age"]) {
        await assert.rejects(write(newPath(file), REPORT), {
          code: "SEALTRACE_USAGE",
          message: /order.*report\.json\.zst\.age/,
        });
      }
    });
  });
}

describe("encrypted files", () => {
  it("open for who has the key", async () => {
    for (const file of ["a.json.zst.age", "a.ndjson.age", "a.gz.age", "a.bin.age"]) {
      const path = newPath(file);
      const value = { ndjson: [1, 2], gz: "text", bin: Buffer.of(0, 255) }[file.split(".")[1] ?? ""] ?? REPORT;
      await writeFile(path, value, { recipients: [keys.recipient] });
      assert.match(fs.readFileSync(path, "latin1"), /^age-encryption\.org/);
      assert.deepEqual(await readFile(path, { identities: [keys.identity] }), value);
      await assert.rejects(readFile(path, { identities: [others.identity] }), {
        code: "SEALTRACE_DECRYPTION_FAILED",
        stage: "decrypt",
        message: new RegExp(`${file}: Decrypting: `),
      });
    }
    const path = newPath("a.json.age");
    await writeFile(path, REPORT, { passphrase: "correct horse" });
    assert.deepEqual(await readFile(path, { passphrase: "correct horse" }), REPORT);
  });

  it("want a key, and other files none", async () => {
    const path = newPath("a.json.age");
    await assert.rejects(writeFile(path, REPORT), { code: "SEALTRACE_USAGE", message: /recipients or passphrase/ });
    await assert.rejects(writeFile(newPath("a.json"), REPORT, to), {
      code: "SEALTRACE_USAGE",
      message: /end it with \.age/,
    });
    await writeFile(path, REPORT, { recipients: [keys.recipient] });
    await assert.rejects(readFile(path), { code: "SEALTRACE_USAGE", message: /identities or passphrase.*stored/ });
    assert.ok(Buffer.isBuffer(await readFile(path, { stored: true })));
    const sealed = await encryptAge(Buffer.from("1"), { recipients: [keys.recipient] });
    await assert.rejects(writeFile(path, sealed, { recipients: [keys.recipient] }), { message: /encrypted already/ });
  });

  it("are not for functions that end in Sync, nor are signatures", () => {
    const usage = { code: "SEALTRACE_USAGE", message: /without Sync/ };
    const path = newPath("a.json.age");
    assert.throws(() => {
      writeFileSync(path, REPORT, { recipients: [keys.recipient] });
    }, usage);
    assert.throws(() => {
      writeFileSync(newPath("a.json"), REPORT, { sign: keys.secretKey });
    }, usage);
    fs.writeFileSync(path, "");
    assert.throws(() => readFileSync(path, { identities: [keys.identity] }), usage);
    assert.throws(() => readFileSync(path, { stored: true, publicKey: keys.publicKey }), usage);
  });

  it("are updated, in a root as well", async () => {
    const directory = temporaryDirectory();
    const root = await openRoot(directory, { allow: ["read", "write", "create"] });
    for (let i = 1; i <= 3; i += 1) {
      await root.updateFile("count.json.zst.age", (count) => Number(count ?? 0) + 1, {
        ...to,
        ...from,
        durable: false,
      });
    }
    assert.equal(await root.readFile("count.json.zst.age", from), 3);
    await root.close();
    assert.equal(await readFile(join(directory, "count.json.zst.age"), from), 3);
  });
});

describe("signed files", () => {
  const rejects = (path: string, message: RegExp, options: ReadOptions = from): Promise<void> =>
    assert.rejects(readFile(path, options), { code: "SEALTRACE_SIGNATURE_INVALID", stage: "verify", message });

  it("are read when they are what was signed, as what it was signed as", async () => {
    const path = newPath("a.json.zst.age");
    await writeFile(path, REPORT, { ...to, claims: { schemaName: "report-2", generation: 7 } });
    assert.deepEqual(
      fs.readdirSync(join(path, "..")).filter((file) => file.startsWith("a")),
      ["a.json.zst.age", "a.json.zst.age.minisig"],
    );
    assert.deepEqual(await readFile(path, from), REPORT);
    assert.deepEqual(
      await readFile(path, { ...from, claims: { schemaName: "report-2", generation: { atLeast: 7 } } }),
      REPORT,
    );
    await rejects(path, /for the generation "7"/, { ...from, claims: { generation: 8 } });
    await rejects(path, /signed with the key/, { ...from, publicKey: others.publicKey });

    const renamed = join(path, "../b.json.zst.age");
    for (const suffix of ["", ".minisig"]) fs.copyFileSync(path + suffix, renamed + suffix);
    await rejects(renamed, /for the file "a\.json\.zst\.age"/);
    // What an option left out leaves undefined is no wish to pass over the name.
    await rejects(renamed, /for the file "a\.json\.zst\.age"/, { ...from, claims: { name: undefined } });
    assert.deepEqual(await readFile(renamed, { ...from, claims: { name: "a.json.zst.age" } }), REPORT);
    fs.rmSync(`${path}.minisig`);
    await rejects(path, /not signed, or its signature was taken away/);
    fs.writeFileSync(`${path}.minisig`, "");
    await rejects(path, /no minisign signature/);
  });

  it("are not passed off with a stage less", async () => {
    const directory = temporaryDirectory();
    await writeFile(join(directory, "a.json"), REPORT, { sign: keys.secretKey, claims: { name: "a.json.zst" } });
    for (const suffix of ["", ".minisig"]) {
      fs.copyFileSync(join(directory, `a.json${suffix}`), join(directory, `a.json.zst${suffix}`));
    }
    await rejects(join(directory, "a.json.zst"), /for the compression "none"/, { publicKey: keys.publicKey });
  });

  it("are found whole by who reads while many write", async () => {
    const path = newPath("a.json");
    const signed = { sign: keys.secretKey, generations: 2, durable: false };
    await writeFile(path, 0, signed);
    const writing = new AbortController();
    const reading = (async () => {
      while (!writing.signal.aborted)
        assert.equal(typeof (await readFile(path, { publicKey: keys.publicKey })), "number");
    })();
    await Promise.all(Array.from({ length: 30 }, (_, i) => writeFile(path, i, signed)));
    writing.abort();
    await reading;
  });

  it("are right at whatever change their writer dies, and the next one goes on", async () => {
    const base = temporaryDirectory();
    const program = fileURLToPath(new URL("../../fixtures/file-utils/dying-signers.ts", import.meta.url));
    const env = { ...process.env, SECRET_KEY: keys.secretKey, NODE_NO_WARNINGS: "1" };
    const { status, stderr } = spawnSync(process.execPath, [program, base], { env, encoding: "utf8" });
    assert.deepEqual([status, stderr], [0, ""]);
    const directories = fs.readdirSync(base);
    assert.ok(directories.length > 20, `only ${directories.length} deaths`);
    const reading = { publicKey: keys.publicKey, checksum: true };
    for (const directory of directories) {
      const path = join(base, directory, "a.json.zst");
      const all = (): Promise<unknown[]> =>
        Promise.all([0, 1, 2].map((generation) => readFile(path, { ...reading, generation })));
      const present = (await readFile(path, reading)) as number;
      assert.ok(present === 3 || present === 4, directory);
      await writeFile(path, 5, { sign: keys.secretKey, generations: 2, checksum: true, durable: false });
      assert.deepEqual(await all(), [5, present, present - 1], `death ${directory}`);
      assert.equal(fs.existsSync(`${path}.minisig.next`), false);
    }
  });

  it("are right when names were given one by one", async () => {
    const path = newPath("a.json");
    const signed = { sign: keys.secretKey, generations: 3, durable: false };
    const reading = { publicKey: keys.publicKey };
    for (let i = 0; i < 3; i += 1) await writeFile(path, i, signed);
    // Right before the old signature is replaced; and right before the content is.
    const beside = fs.readFileSync(`${path}.minisig`);
    await writeFile(path, 3, signed);
    fs.renameSync(`${path}.minisig`, `${path}.minisig.next`);
    fs.writeFileSync(`${path}.minisig`, beside);
    assert.equal(await readFile(path, reading), 3);
    await writeFile(path, 4, signed);
    fs.writeFileSync(`${path}.minisig.next`, beside);
    assert.deepEqual(
      await Promise.all([0, 1, 2, 3].map((generation) => readFile(path, { ...reading, generation }))),
      [4, 3, 2, 1],
    );
    // Generations and signatures got their new names one by one.
    fs.renameSync(`${path}.2.minisig`, `${path}.3.minisig`);
    assert.equal(await readFile(path, { ...reading, generation: 2 }), 2);
  });
});

describe("an older generation", () => {
  it("is read in place of one that is damaged, with a warning", async () => {
    const path = newPath("a.json.zst.age");
    for (let generation = 1; generation <= 4; generation += 1) {
      await writeFile(path, { generation }, { ...to, generations: 3, claims: { generation } });
    }
    const warnings: OlderGeneration[] = [];
    const reading = {
      ...from,
      claims: { generation: { atLeast: 4 } },
      onOlderGeneration: (warning: OlderGeneration) => void warnings.push(warning),
    };
    assert.deepEqual(await readFile(path, reading), { generation: 4 });
    assert.equal(warnings.length, 0);
    fs.appendFileSync(path, "x");
    assert.deepEqual(await readFile(path, reading), { generation: 3 });
    fs.truncateSync(`${path}.1`, 100);
    fs.rmSync(`${path}.2.minisig`);
    assert.deepEqual(await readFile(path, reading), { generation: 1 });
    assert.deepEqual(
      warnings.map(({ generation, error }) => [generation, error.code]),
      [
        [1, "SEALTRACE_SIGNATURE_INVALID"],
        [3, "SEALTRACE_SIGNATURE_INVALID"],
      ],
    );
    await assert.rejects(readFile(path, from), { code: "SEALTRACE_SIGNATURE_INVALID" });
    fs.rmSync(`${path}.3`);
    await assert.rejects(readFile(path, reading), { message: /a\.json\.zst\.age: Verifying/ });
  });

  it("is read where nothing but the content tells, and by updateFile", async () => {
    const path = newPath("a.json");
    for (const value of [1, 2]) await writeFile(path, value, { generations: 1, checksum: true });
    fs.writeFileSync(path, "{torn");
    const told: number[] = [];
    const onOlderGeneration = ({ generation }: OlderGeneration): void => void told.push(generation);
    assert.equal(readFileSync(path, { onOlderGeneration }), 1);
    assert.equal(readFileSync(path, { onOlderGeneration, checksum: true }), 1);
    assert.equal(await updateFile(path, (value) => Number(value) + 10, { onOlderGeneration }), 11);
    assert.deepEqual(told, [1, 1, 1]);
    assert.equal(readFileSync(path), 11);
    assert.throws(() => readFileSync(newPath("none.json"), { onOlderGeneration }), { code: "SEALTRACE_FILE_MISSING" });
  });
});

describe("the commands", () => {
  const absent = ["age", "minisign", "zstd"].filter((command) => spawnSync(command, ["--version"]).error !== undefined);
  const skip = absent.length > 0 && `there is no command ${absent.join(", ")} here`;
  const run = (command: string, args: readonly string[], cwd: string, input?: Buffer): Buffer => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, input });
    assert.equal(status, 0, `${command} ${args.join(" ")}: ${stderr.toString()}`);
    return stdout;
  };

  it("open what is written, and write what is read", { skip }, async () => {
    const path = newPath("report.json.zst.age");
    const directory = join(path, "..");
    await writeFile(path, REPORT, to);
    fs.writeFileSync(join(directory, "identity"), `${keys.identity}\n`);
    fs.writeFileSync(join(directory, "minisign.pub"), keys.publicKey);
    fs.writeFileSync(join(directory, "minisign.key"), keys.secretKey);
    run("minisign", ["-V", "-p", "minisign.pub", "-m", "report.json.zst.age"], directory);
    const opened = run(
      "zstd",
      ["-d", "-c"],
      directory,
      run("age", ["-d", "-i", "identity", "report.json.zst.age"], directory),
    );
    assert.deepEqual(JSON.parse(opened.toString()), REPORT);

    const compressed = run("zstd", ["-c"], directory, Buffer.from(JSON.stringify(REPORT)));
    fs.writeFileSync(path, run("age", ["-r", keys.recipient], directory, compressed));
    run("minisign", ["-S", "-W", "-s", "minisign.key", "-m", "report.json.zst.age"], directory);
    assert.deepEqual(await readFile(path, from), REPORT);
    run("minisign", ["-S", "-s", "minisign.key", "-t", "file:other.json", "-m", "report.json.zst.age"], directory);
    await assert.rejects(readFile(path, from), { code: "SEALTRACE_SIGNATURE_INVALID" });
  });
});
