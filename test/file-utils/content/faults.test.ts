import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readFile, readFileSync, writeFile, writeFileSync } from "../../../src/file-utils/index.ts";
import {
  FILE_WORKS,
  outcomeOf,
  prepareWork,
  remainsOf,
  type FileWork,
  type Outcome,
} from "../../support/file-works.ts";
import { compiledOnce } from "../../support/quick-start.ts";
import { mountSmallDisk, type SmallDisk } from "../../support/small-disk.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const SESSION = fileURLToPath(new URL("../../fixtures/file-utils/faulty-session.ts", import.meta.url));
const LINUX = process.platform !== "linux" && "only Linux counts descriptors so";
const TEMPORARY = /^\.sealtrace-[0-9a-f]{20}\.tmp$/;

type Told = Outcome & { readonly work: string; readonly n: number; readonly failed: string };

function workOf({ work }: Told): FileWork {
  return FILE_WORKS.find(({ name }) => name === work) as FileWork;
}

/** The whole truth about an outcome without a death: success and the new content, or an error and the old one, and nothing else. */
function checkOutcome(outcome: Told, mayBeNew: boolean): void {
  const hint = `${outcome.work}, fault ${outcome.n} (${outcome.failed}): ${outcome.message ?? "success"}`;
  const work = workOf(outcome);
  if (outcome.code === undefined) assert.equal(outcome.content, work.after, hint);
  else {
    assert.match(outcome.code, /^SEALTRACE_/, hint);
    // Of a file that was to be made and added to, the name may be there.
    const isMadeOnly = work.adds === true && work.before === undefined && outcome.content === "";
    const isNew = mayBeNew && outcome.content === work.after;
    assert.ok(isMadeOnly || isNew || outcome.content === work.before, `${hint}: neither the old content nor the new`);
  }
  assert.equal(outcome.leaked, 0, `${hint}: descriptors`);
  assert.deepEqual(outcome.names.filter((name) => TEMPORARY.test(name)), [], hint); // prettier-ignore
}

function session(environment: NodeJS.ProcessEnv, before: readonly string[] = []): Told[] {
  const command = [...before, process.execPath, SESSION];
  const { stdout, stderr, status } = spawnSync(command[0] as string, command.slice(1), {
    env: { ...process.env, ...environment, NODE_NO_WARNINGS: "1" },
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Told); // prettier-ignore
}

describe("a call that fails", () => {
  for (const fault of ["EIO", "ENOSPC"]) {
    it(`with ${fault}, whichever it is: the old content and an error, or the new one and none`, { skip: LINUX }, () => {
      const outcomes = session({ FAULT: fault, PLACE: temporaryDirectory() });
      let failures = 0;
      for (const outcome of outcomes) {
        // Of the last sync, of the directory, nobody knows whether it was done; nor of a close whether the content got there.
        checkOutcome(outcome, ["fsync", "open", "close"].includes(outcome.failed));
        if (outcome.code === undefined) continue;
        failures += 1;
        if (fault === "ENOSPC") assert.equal(outcome.code, "SEALTRACE_DISK_FULL", String(outcome.message));
      }
      assert.ok(failures > 40, `only ${failures} failures`);
      for (const { name } of FILE_WORKS) {
        const failed = new Set(outcomes.filter(({ work, code }) => work === name && code !== undefined).map((one) => one.failed)); // prettier-ignore
        for (const call of ["write", "fsync"]) assert.ok(failed.has(call), `${call} never failed in ${name}`);
        if (!name.startsWith("append")) assert.ok(failed.has("rename"), `rename never failed in ${name}`);
      }
    });
  }

  it("goes on after short writes", { skip: LINUX }, () => {
    const outcomes = session({ FAULT: "short", PLACE: temporaryDirectory() });
    assert.equal(outcomes.length, FILE_WORKS.length);
    for (const outcome of outcomes) {
      assert.equal(outcome.code, undefined, String(outcome.message));
      checkOutcome(outcome, false);
    }
  });

  it("says that there are too many files open, and does nothing by half", { skip: LINUX }, () => {
    const outcomes = session({ FAULT: "descriptors", PLACE: temporaryDirectory() }, ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"]); // prettier-ignore
    let failures = 0;
    for (const outcome of outcomes) {
      // The directory is opened last, to be brought to the disk.
      checkOutcome(outcome, true);
      // Without a free one it may work all the same: idle locks give back theirs.
      if (outcome.code === undefined) continue;
      failures += 1;
      assert.match(String(outcome.message), /too many files are open|can't be locked|could not be/);
    }
    assert.ok(failures > 10, `only ${failures} failures`);
    assert.ok(
      outcomes.some(({ code }) => code === undefined),
      "nothing ever worked",
    );
  });
});

describe("a disk that is full", () => {
  const PAGE = 4096;
  const disk = mountSmallDisk(64 * PAGE);
  it(
    "from any page on: the old content and an error, or the new one and none",
    { skip: typeof disk === "string" && disk },
    async () => {
      const { path: root } = disk as SmallDisk;
      let full = 0;
      for (const work of FILE_WORKS) {
        for (let free = 0; free <= 16; free += 1) {
          const directory = join(root, "work");
          fs.mkdirSync(directory);
          const path = prepareWork(work, directory);
          const filler = fs.openSync(join(root, "filler"), "w");
          try {
            for (;;) fs.writeSync(filler, Buffer.alloc(PAGE));
          } catch {
            fs.ftruncateSync(filler, Math.max(0, fs.fstatSync(filler).size - free * PAGE));
          }
          const outcome = await outcomeOf(work, path);
          checkOutcome({ ...outcome, work: work.name, n: free, failed: "disk" }, false);
          if (outcome.code !== undefined) {
            full += 1;
            assert.ok(["SEALTRACE_DISK_FULL", "SEALTRACE_FILE_SYSTEM"].includes(outcome.code), String(outcome.message));
          }
          fs.closeSync(filler);
          fs.rmSync(join(root, "filler"));
          assert.equal((await outcomeOf(work, path)).code, undefined, "with room again it works");
          fs.rmSync(directory, { recursive: true });
        }
      }
      assert.ok(full > 40, `only ${full} times full`);
    },
  );

  const PRLIMIT = spawnSync("prlimit", ["--version"]).status !== 0 && "there is no command prlimit here";
  it("for one file (RLIMIT_FSIZE): the old content and a clear error", { skip: PRLIMIT }, () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(join(directory, "file"), "old");
    const program = `
      import { writeFileSync, appendFileSync } from ${JSON.stringify(new URL("../../../src/file-utils/index.ts", import.meta.url).href)};
      process.on("SIGXFSZ", () => {});
      const path = process.argv[1];
      for (const call of [() => writeFileSync(path, "n".repeat(20000)), () => appendFileSync(path, "n".repeat(20000)), () => writeFileSync(path, "small")]) {
        try { call(); console.log("fine"); } catch (error) { console.log(error.code, error.message); }
      }`;
    const { stdout } = spawnSync("prlimit", ["--fsize=8192", process.execPath, "--input-type=module", "-e", program, join(directory, "file")], { encoding: "utf8" }); // prettier-ignore
    const [write = "", append = "", small] = stdout.split("\n");
    assert.match(write, /^SEALTRACE_DISK_FULL .*raise the limit on file sizes/);
    assert.match(append, /^SEALTRACE_DISK_FULL /);
    assert.equal(small, "fine");
    assert.deepEqual(remainsOf(join(directory, "file")), { content: "small", names: ["file"] });
  });
});

describe("a death", () => {
  const environment = (work: FileWork, path: string, deathAt: number, half: boolean): NodeJS.ProcessEnv => ({
    WORK: work.name,
    FILE: path,
    DEATH_AT: String(deathAt),
    DEATH_HALF: half ? "1" : "0",
  });
  let compiled: NodeJS.ProcessEnv | undefined;

  for (const work of FILE_WORKS) {
    it(`at every change that ${work.name} makes: the old content or the new, and the next one goes on`, async () => {
      compiled ??= {
        NODE_COMPILE_CACHE: compiledOnce(["-e", `import(${JSON.stringify(SESSION)})`]).NODE_COMPILE_CACHE,
      };
      let deaths = 0;
      for (let deathAt = 1; ; deathAt += 1) {
        const path = prepareWork(work, temporaryDirectory());
        // Where the call is no write it dies before it all the same.
        const child = spawn(process.execPath, [SESSION], { env: { ...process.env, ...compiled, NODE_NO_WARNINGS: "1", ...environment(work, path, deathAt, true) }, stdio: ["ignore", "pipe", "inherit"] }); // prettier-ignore
        let said = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
        const [status, signal] = (await once(child, "close")) as [number | null, string | null];
        const hint = `death ${deathAt} of ${work.name}`;
        const { content, names } = remainsOf(path);
        if (signal !== "SIGKILL") {
          assert.deepEqual([status, said, content], [0, "done\n", work.after], hint);
          break;
        }
        deaths += 1;
        assert.equal(said, "", hint);
        const isBeginning = work.adds === true && work.after.startsWith(content ?? "") && (content ?? "").length >= (work.before ?? "").length; // prettier-ignore
        assert.ok(content === work.before || content === work.after || isBeginning, `${hint}: something else`);
        for (const name of names) assert.match(name, /^(?:file(?:\.[12]|\.sha256)?|a\.ndjson|\.sealtrace-[0-9a-f]{20}\.tmp)$/); // prettier-ignore
        if (work.prepare !== undefined) await checkHistory(path, hint);
        // The dead one's lock is no obstacle.
        await work.run(path);
        const after = fs.readFileSync(path, "utf8");
        if (work.adds === true)
          assert.ok(after.startsWith(content ?? "") && after.endsWith(work.after.slice((work.before ?? "").length)), hint); // prettier-ignore
        else if (!work.name.startsWith("update")) assert.equal(after, work.after, hint);
        if (work.file === "a.ndjson") assert.doesNotThrow(() => after.split("\n").slice(-2, -1).map((line) => JSON.parse(line) as unknown)); // prettier-ignore
      }
      assert.ok(deaths >= (work.adds === true ? 2 : 5), `only ${deaths} deaths`);
    });
  }

  async function checkHistory(path: string, hint: string): Promise<void> {
    const old = readFileSync(path, { checksum: true }) as string;
    let newest: string | undefined;
    for (const generation of [1, 2]) {
      if (!fs.existsSync(`${path}.${generation}`)) continue;
      const value = (await readFile(path, { checksum: true, generation })) as string;
      newest ??= value;
      assert.ok(["first", "second", "o".repeat(9_000)].includes(value), hint);
    }
    assert.ok(newest === "second" || newest === "o".repeat(9_000), `${hint}: the last good generation is gone`);
    await writeFile(path, "between", { generations: 2, checksum: true });
    assert.equal(await readFile(path, { checksum: true, generation: 1 }), old, hint);
    const second = await readFile(path, { checksum: true, generation: 2 });
    assert.equal(
      second,
      old.startsWith("n") ? "o".repeat(9_000) : "second",
      `${hint}: a generation was lost or is there twice`,
    );
    const { status } = spawnSync("sha256sum", ["--strict", "--status", "-c", "file.sha256"], { cwd: join(path, "..") });
    if (status !== null) assert.equal(status, 0, `${hint}: sha256sum`);
  }
});

describe("what killed writers leave", () => {
  /** Writes beside them, in a process whose clock is so many hours ahead. */
  const writeLater = (directory: string, hours: number, call: string): void => {
    const program = `
      const now = Date.now; Date.now = () => now() + ${hours} * 3600000;
      const files = await import(${JSON.stringify(new URL("../../../src/file-utils/index.ts", import.meta.url).href)});
      await files.${call}(${JSON.stringify(join(directory, "file"))}, "text");
      await files.${call}(${JSON.stringify(join(directory, "file"))}, "text");`;
    const { stderr, status } = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", program], { encoding: "utf8" }); // prettier-ignore
    assert.deepEqual([stderr, status], ["", 0]);
  };

  for (const call of ["writeFile", "writeFileSync"]) {
    it(`is taken away a day later by ${call}, and nothing else is`, () => {
      const directory = temporaryDirectory();
      const left = `.sealtrace-${"0a".repeat(10)}.tmp`;
      const others = [`.sealtrace-${"0A".repeat(10)}.tmp`, `.sealtrace-${"0a".repeat(9)}.tmp`, `x${left}`, `${left}x`];
      for (const name of [left, ...others]) fs.writeFileSync(join(directory, name), "half");
      // An old time of its content says nothing: a second name of an old file is one that somebody is about to need.
      fs.utimesSync(join(directory, left), 1e9, 1e9);
      fs.mkdirSync(join(directory, `.sealtrace-${"0b".repeat(10)}.tmp`));
      writeLater(directory, 23, call);
      assert.ok(fs.existsSync(join(directory, left)), "too early");
      writeLater(directory, 25, call);
      const names = ["file", `.sealtrace-${"0b".repeat(10)}.tmp`, ...others].sort();
      assert.deepEqual(fs.readdirSync(directory).sort(), names);
    });
  }

  it("is no obstacle where it can't be listed or removed", { skip: LINUX }, () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "text");
    assert.deepEqual(fs.readdirSync(directory), ["file"]);
  });
});
