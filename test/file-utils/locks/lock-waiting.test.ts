import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { listLocks, LOCKS_DIRECTORY, withLock, withLockSync } from "../../../src/file-utils/index.ts";
import { Actor, codeOf, untilWaiting } from "../../support/lock-actors.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const newPath = (): string => join(temporaryDirectory(), "settings.yaml");

describe("waiting", () => {
  it("ends with the signal's reason at once, and leaves nothing behind", async () => {
    const path = newPath();
    const holder = await Actor.process();
    await holder.hold(path);
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = withLock(path, () => "never", { signal: controller.signal });
    await untilWaiting(join(path, ".."), 1);
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    assert.deepEqual(readdirSync(join(path, "..", LOCKS_DIRECTORY)), [
      "settings.yaml.lock",
      "settings.yaml.lock.holders",
    ]);
    await assert.rejects(
      withLock(path, () => "never", { signal: controller.signal }),
      reason,
    );
    await holder.kill();
    await assert.rejects(
      withLock(path, () => "never", { signal: controller.signal }),
      reason,
    );
  });

  it("ends with the program, which leaves nothing behind", async () => {
    const path = newPath();
    await withLock(path, () => {
      const program = fileURLToPath(new URL("../../fixtures/file-utils/lock-exit.ts", import.meta.url));
      assert.equal(spawnSync(process.execPath, [program, path], { encoding: "utf8" }).stdout, "waiting\n");
      assert.equal(existsSync(join(path, "..", LOCKS_DIRECTORY, "settings.yaml.lock.queue")), false);
    });
  });

  it("can be given up behind others without disturbing them", async () => {
    const path = newPath();
    const controller = new AbortController();
    const done: number[] = [];
    let open = (): void => undefined;
    const holding = withLock(path, () => new Promise<void>((resolve) => (open = resolve)));
    const waiting = [0, 1, 2, 3].map((number) =>
      withLock(path, () => done.push(number), number % 2 === 0 ? { signal: controller.signal } : { wait: 60_000 }),
    );
    const settled = Promise.allSettled(waiting);
    controller.abort();
    assert.deepEqual(
      (await Promise.allSettled([waiting[0], waiting[2]])).map(({ status }) => status),
      ["rejected", "rejected"],
    );
    open();
    await holding;
    await settled;
    assert.deepEqual(done, [1, 3]);
  });

  it("is fair to other processes: who takes the lock again and again lets them in", async () => {
    const path = newPath();
    const greedy = await Actor.process();
    writeFileSync(path, "0".padStart(12, "0"));
    await greedy.order({ do: "greedy", path }).answer;
    const times = (): number => Number(readFileSync(path, "utf8"));
    for (let round = 0; round < 15; round++) {
      let before = 0;
      const waited = withLock(path, () => times() - before);
      before = times();
      // It has it now, and may just have looked whether anybody waits.
      assert.ok((await waited) <= 2);
      await setTimeout(5);
    }
  });

  it("is fair to who wants it alone: those who come later to share wait behind", async () => {
    const path = newPath();
    const readers = await Promise.all([Actor.process(), Actor.process()]);
    const writer = await Actor.process();
    const held = await readers[0].hold(path, { shared: true });
    const writing = writer.hold(path);
    await untilWaiting(join(path, ".."), 1);
    const later = readers.map((reader) => reader.hold(path, { shared: true }));
    await untilWaiting(join(path, ".."), 3);
    const order: string[] = [];
    void writing.then(() => order.push("writer"));
    for (const reading of later) void reading.then(() => order.push("reader"));
    await readers[0].release(held);
    await writer.release(await writing);
    await Promise.all(later);
    assert.deepEqual(order, ["writer", "reader", "reader"]);
  });

  it("passes over the dead and the stopped", async () => {
    const path = newPath();
    const [holder, dead, stopped] = await Promise.all([Actor.process(), Actor.process(), Actor.process()]);
    const held = await holder.hold(path);
    const deadWaits = dead.hold(path);
    await untilWaiting(join(path, ".."), 1);
    const stoppedWaits = stopped.hold(path);
    await untilWaiting(join(path, ".."), 2);
    await dead.kill();
    stopped.signal("SIGSTOP");
    const mine = withLock(path, () => "mine");
    await holder.release(held);
    assert.equal(await mine, "mine");
    stopped.signal("SIGCONT");
    await stopped.release(await stoppedWaits);
    assert.deepEqual(readdirSync(join(path, "..", LOCKS_DIRECTORY)), [
      "settings.yaml.lock",
      "settings.yaml.lock.holders",
    ]);
    void deadWaits;
  });

  it("is not disturbed by what stands in the queue without belonging there", async () => {
    const path = newPath();
    withLockSync(path, () => undefined);
    const queue = join(path, "..", LOCKS_DIRECTORY, "settings.yaml.lock.queue");
    mkdirSync(queue);
    for (const [name, content] of [
      ["0000000000000001-1-0-aaaaaaaa.exclusive", ""],
      ["0000000000000002-1-0-aaaaaaaa.exclusive", '{"beat":1e300,"clock":"elsewhere","waiters":[]}'],
      ["0000000000000003-1-0-aaaaaaaa.exclusive", '{"beat":"soon","waiters":7}'],
      ["0000000000000004-1-0-aaaaaaaa.exclusive", "null"],
      ["9999999999999999-1-0-aaaaaaaa.exclusive", "null"],
      ["nonsense", "[]"],
    ] as const) {
      writeFileSync(join(queue, name), content);
    }
    assert.equal(await withLock(path, () => "mine", { wait: 5_000 }), "mine");
  });
});

describe("a deadlock is told", () => {
  it("to who asks again for what it holds", async () => {
    const path = newPath();
    const other = join(path, "..", "other");
    await withLock(path, async () => {
      await setTimeout(1);
      assert.equal(await codeOf(withLock(path, () => undefined)), "SEALTRACE_DEADLOCK");
      assert.throws(
        () => {
          withLockSync(path, () => undefined);
        },
        { code: "SEALTRACE_DEADLOCK" },
      );
      await withLock(other, async () => {
        assert.equal(await codeOf(withLock(path, () => undefined)), "SEALTRACE_DEADLOCK");
      });
    });
    withLockSync(path, () => {
      assert.throws(
        () => {
          withLockSync(path, () => undefined);
        },
        { code: "SEALTRACE_DEADLOCK" },
      );
    });
    // What the action has started may ask again when the action has ended.
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    let afterwards: Promise<string> | undefined;
    await withLock(path, () => {
      afterwards = end.then(() => withLock(path, () => "again"));
    });
    ended();
    assert.equal(await afterwards, "again");
  });

  it("within one thread: to the one that came last, and the other goes on", async () => {
    const [a, b] = [newPath(), newPath()];
    const take = (first: string, second: string): Promise<string> =>
      withLock(first, async () => {
        await setTimeout(20);
        return withLock(second, () => `${first} ${second}`);
      });
    const [one, other] = await Promise.allSettled([take(a, b), take(b, a)]);
    assert.equal(one.status, "fulfilled");
    assert.equal(other.status, "rejected");
    const { code, message } = other.reason as { code: string; message: string };
    assert.equal(code, "SEALTRACE_DEADLOCK");
    assert.equal(
      message,
      `A deadlock: this program holds ${b} and waits for ${a}; another part of it holds ${a} and waits for ${b}. Take them in one order everywhere.`,
    );
  });

  it("among three: two processes and a thread", async () => {
    const paths = [newPath(), newPath(), newPath()] as const;
    const actors = await Promise.all([Actor.process(), Actor.process(), Actor.thread()]);
    const held = await Promise.all(actors.map((actor, index) => actor.hold(paths[index] as string)));
    const waits = actors.map((actor, index) =>
      actor.hold(paths[(index + 1) % 3] as string, { wait: 60_000 }, held[index]),
    );
    const settled = (wait: Promise<string>, index: number) =>
      wait.then(
        () => ({ index, code: "" }),
        (error: unknown) => ({ index, code: (error as { code: string }).code }),
      );
    const first = await Promise.race(waits.map(settled));
    assert.equal(first.code, "SEALTRACE_DEADLOCK");
    // The lock of the one that gave up lets the others go on, one after the other.
    const before = (first.index + 2) % 3;
    await (actors[first.index] as Actor).release(held[first.index] as string);
    const got = await waits[before];
    await (actors[before] as Actor).release(got as string);
    await (actors[before] as Actor).release(held[before] as string);
    await waits[(first.index + 1) % 3];
  });

  it("to who blocks its thread, on which others of it depend", async () => {
    const [a, b] = [newPath(), newPath()];
    const other = await Actor.process();
    const heldB = await other.hold(b);
    let waiting: Promise<string> | undefined;
    await withLock(a, async () => {
      waiting = other.hold(a, { wait: 60_000 }, heldB);
      void waiting.catch(() => undefined);
      await untilWaiting(join(a, ".."), 1);
      // Older is who waits already; so we are told.
      assert.throws(
        () => {
          withLockSync(b, () => undefined, { wait: 60_000 });
        },
        { code: "SEALTRACE_DEADLOCK" },
      );
    });
    await waiting;
  });

  it("to nobody while all take their locks in one order", async () => {
    const directory = temporaryDirectory();
    const [a, b] = [join(directory, "a"), join(directory, "b")];
    let count = 0;
    await Promise.all(
      [...Array(6).keys()].map(() => withLock(a, () => withLock(b, () => setTimeout(60).then(() => count++)))),
    );
    assert.equal(count, 6);
    assert.ok(listLocks(directory).every(({ held, waiters }) => held === "free" && waiters === 0));
    assert.equal(existsSync(join(directory, LOCKS_DIRECTORY, "b.lock.queue")), false);
  });
});
