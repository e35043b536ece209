import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  listLocks,
  LOCKS_DIRECTORY,
  withLock,
  withLockSync,
  type LeaseOptions,
} from "../../../src/file-utils/index.ts";
import { Actor, untilWaiting } from "../../support/lock-actors.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const CLI = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const sealtrace = (...args: string[]): { stdout: string; stderr: string; status: number | null } =>
  spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8" });

describe("listLocks", () => {
  it("shows who holds, whether alone or shared, and how many wait; also when the holders can do nothing", async () => {
    const directory = temporaryDirectory();
    const [alone, sharer, thread, waiter] = await Promise.all([
      Actor.process(),
      Actor.process(),
      Actor.thread(),
      Actor.process(),
    ]);
    const before = Date.now();
    await alone.hold(join(directory, "a"));
    await sharer.hold(join(directory, "b"), { shared: true });
    await thread.hold(join(directory, "b"), { shared: true });
    withLockSync(join(directory, "c"), () => undefined);
    void waiter.hold(join(directory, "a")).catch(() => undefined);
    await untilWaiting(directory, 1);
    await alone.order({ do: "block", milliseconds: 60_000 }).answer;
    sharer.signal("SIGSTOP");
    const [a, b, c, ...more] = listLocks(directory);
    assert.ok(a !== undefined && b !== undefined && c !== undefined && more.length === 0);
    assert.deepEqual([a.path, a.held, a.waiters], [join(directory, "a"), "exclusive", 1]);
    assert.deepEqual([b.path, b.held, b.waiters], [join(directory, "b"), "shared", 0]);
    assert.deepEqual(c, { path: join(directory, "c"), held: "free", waiters: 0, holders: [] });
    const [holder] = a.holders;
    assert.ok(holder !== undefined && a.holders.length === 1);
    assert.deepEqual([holder.pid, holder.thread, holder.host], [alone.pid, 0, hostname()]);
    assert.match(holder.command ?? "", /lock-actor\.ts$/);
    assert.ok(Date.parse(holder.since ?? "") >= before && Date.parse(holder.since ?? "") <= Date.now());
    assert.deepEqual(
      b.holders.map(({ pid, thread: number }) => [pid, number]).sort(),
      [
        [sharer.pid, 0],
        [process.pid, thread.worker?.threadId],
      ].sort(),
    );
  });

  it("does not believe what a killed holder left", async () => {
    const directory = temporaryDirectory();
    const killed = await Actor.process();
    const path = join(directory, "a");
    await killed.hold(path, { shared: true });
    await killed.kill();
    await withLock(
      path,
      () => {
        const [lock] = listLocks(directory);
        const pids = lock?.holders.map(({ pid }) => pid);
        if (process.platform === "linux") assert.deepEqual(pids, [process.pid]);
        else assert.ok(pids?.includes(process.pid));
      },
      { shared: true },
    );
    assert.deepEqual(listLocks(directory), [{ path, held: "free", waiters: 0, holders: [] }]);
  });

  it(
    "names at least the process when nothing else is known",
    { skip: process.platform !== "linux" && "only Linux tells" },
    async () => {
      const directory = temporaryDirectory();
      const holder = await Actor.process();
      await holder.hold(join(directory, "a"));
      for (const content of ["", "nonsense\n", '{"pid":"1"}\n', '{"pid":1}\n']) {
        writeFileSync(join(directory, LOCKS_DIRECTORY, "a.lock.holders"), content.padEnd(511) + "\n");
        assert.deepEqual(listLocks(directory)[0]?.holders, [{ pid: holder.pid }]);
      }
    },
  );

  it("knows of no locks where there are none, and says where it can't look", () => {
    const directory = temporaryDirectory();
    assert.deepEqual(listLocks(directory), []);
    mkdirSync(join(directory, LOCKS_DIRECTORY));
    assert.deepEqual(listLocks(directory), []);
    assert.throws(() => listLocks(join(directory, "missing")), { code: "SEALTRACE_FILE_MISSING" });
  });
});

describe("sealtrace files locks", () => {
  it("tells people and programs who holds a lock", async () => {
    const directory = temporaryDirectory();
    const [holder, waiter] = await Promise.all([Actor.process(), Actor.process()]);
    await holder.hold(join(directory, "settings.yaml"));
    await waiter.hold(join(directory, "leased"), { lease: 60_000 } satisfies LeaseOptions);
    withLockSync(join(directory, "free"), () => undefined);
    void waiter.hold(join(directory, "settings.yaml")).catch(() => undefined);
    await untilWaiting(directory, 1);
    await holder.order({ do: "block", milliseconds: 60_000 }).answer;
    const { stdout, stderr, status } = sealtrace("files", "locks", directory);
    assert.deepEqual([stderr, status], ["", 0]);
    const text = stdout.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "NOW").replaceAll(/[^\s(]+lock-actor/g, "lock-actor");
    assert.equal(
      text,
      `${join(directory, "leased")}  exclusive, a lease with token 1
  process ${waiter.pid} (lock-actor.ts) since NOW
${join(directory, "settings.yaml")}  exclusive, 1 thread waiting
  process ${holder.pid} (lock-actor.ts) since NOW
`,
    );
    const json = JSON.parse(sealtrace("files", "locks", "--json", directory).stdout) as unknown;
    assert.deepEqual(json, JSON.parse(JSON.stringify(listLocks(directory).filter(({ held }) => held !== "free"))));
    assert.match(sealtrace("files", "locks", "--all", directory).stdout, /free {2}free\n/);
  });

  it("explains itself, and refuses what it does not know", () => {
    const directory = temporaryDirectory();
    assert.equal(sealtrace("files", "locks", directory).stdout, `No file in ${directory} is locked.\n`);
    assert.equal(sealtrace("files", "locks", "--json", directory).stdout, "[]\n");
    const { stdout, status } = sealtrace("files", "--help");
    assert.equal(status, 0);
    assert.ok(stdout.split("\n").every((line) => line.length <= 80));
    for (const args of [
      [],
      ["keys"],
      ["locks", "a", "b"],
      ["locks", "--what"],
      ["locks", join(directory, "missing")],
    ]) {
      const wrong = sealtrace("files", ...args);
      assert.deepEqual([wrong.stdout, wrong.status], ["", 2], args.join(" "));
      assert.notEqual(wrong.stderr, "");
    }
  });

  it("lets nothing through that steers a terminal", async () => {
    const directory = temporaryDirectory();
    const path = join(directory, "\u001b[31mred");
    const holder = await Actor.process();
    await holder.hold(path);
    const holders = join(directory, LOCKS_DIRECTORY, "\u001b[31mred.lock.holders");
    const { pid } = holder;
    const forged = JSON.stringify({ pid, command: "\u009b2J", host: "\u001b]0;x\u0007", since: "\u001bc" });
    assert.ok(readFileSync(holders, "latin1").startsWith("{"));
    writeFileSync(holders, "");
    appendFileSync(holders, forged.padEnd(511) + "\n", "utf8");
    const { stdout } = sealtrace("files", "locks", directory);
    assert.ok(stdout.includes("red"));
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
