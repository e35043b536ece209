import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isLockSidecar, LOCKS_DIRECTORY, withLock, withLockSync } from "../../../src/file-utils/index.ts";
import { Actor, codeOf, untilWaiting } from "../../support/lock-actors.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const newPath = (): string => join(temporaryDirectory(), "settings.yaml");
const NOW = { wait: 0 };

describe("withLock", () => {
  it("runs one action at a time in one thread, in the order in which they asked", async () => {
    const path = newPath();
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      [...Array(200).keys()].map((number) =>
        withLock(path, async () => {
          assert.equal(++inside, 1);
          order.push(number);
          await (number % 20 === 0 ? setTimeout(1) : Promise.resolve());
          inside--;
        }),
      ),
    );
    assert.deepEqual(order, [...Array(200).keys()]);
  });

  it("gives what the action gives, and is free after an exception", async () => {
    const path = newPath();
    assert.equal(await withLock(path, () => Promise.resolve(7)), 7);
    assert.equal(
      withLockSync(path, () => 8, NOW),
      8,
    );
    const failure = new Error("mine");
    await assert.rejects(
      withLock(path, () => {
        throw failure;
      }),
      failure,
    );
    assert.throws(() => {
      withLockSync(path, () => {
        throw failure;
      });
    }, failure);
    assert.equal(await withLock(path, () => 9, NOW), 9);
  });

  it("lets those in together who share it, and nobody beside who does not", async () => {
    const path = newPath();
    const other = await Actor.process();
    await withLock(
      path,
      async () => {
        await withLockInNewContext(path, { shared: true, wait: 0 });
        const shared = await other.hold(path, { shared: true, wait: 0 });
        assert.equal(await codeOf(withLockInNewContext(path, NOW)), "SEALTRACE_LOCK_BUSY");
        await other.release(shared);
        assert.equal(await codeOf(other.hold(path, NOW)), "SEALTRACE_LOCK_BUSY");
      },
      { shared: true },
    );
    await other.release(await other.hold(path, NOW));
  });

  it("has one name for all names of a file", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "real"));
    symlinkSync("real", join(directory, "linked"));
    symlinkSync(join("real", "file"), join(directory, "alias"));
    await withLock(join(directory, "real", "file"), async () => {
      for (const path of ["linked/file", "alias", "real/../linked/./file"]) {
        assert.equal(await codeOf(withLockInNewContext(join(directory, path), NOW)), "SEALTRACE_LOCK_BUSY", path);
      }
    });
    const { path } = await withLock(join(directory, "alias"), (lock) => lock);
    assert.equal(path, join(realpathSync(directory), "real", "file"));
    assert.deepEqual(readdirSync(directory).sort(), ["alias", "linked", "real"]);
    assert.equal(existsSync(join(directory, "real", "file")), false);
  });

  it("takes names of any length and of any letters", () => {
    const directory = temporaryDirectory();
    for (const name of ["x".repeat(255), "ä".repeat(127), "%2e?mode=ro", "file:x", " ", "a.lock"]) {
      const path = join(directory, name);
      withLockSync(path, () => {
        assert.equal(refusalOf(path), "SEALTRACE_DEADLOCK", name);
      });
    }
    const [one, other] = ["x", "y"].map((end) => join(directory, "z".repeat(200) + end)) as [string, string];
    withLockSync(one, () => {
      withLockSync(other, () => undefined, NOW);
    });
  });

  it("keeps what it makes private", { skip: process.platform === "win32" && "modes mean nothing on Windows" }, () => {
    const path = newPath();
    withLockSync(path, () => undefined);
    const locks = join(path, "..", LOCKS_DIRECTORY);
    assert.equal(statSync(locks).mode & 0o777, 0o700);
    for (const name of readdirSync(locks)) assert.equal(statSync(join(locks, name)).mode & 0o777, 0o600, name);
    assert.ok(isLockSidecar(join(locks, "settings.yaml.lock")));
    assert.equal(isLockSidecar(path), false);
  });

  it("says what is wrong with a place where nothing can be locked", async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, "file"), "");
    symlinkSync("loop", join(directory, "loop"));
    const codes = ["missing/file", "file/below", "loop", `${LOCKS_DIRECTORY}/file.lock`].map((path) =>
      codeOf(withLock(join(directory, path), () => undefined)),
    );
    assert.deepEqual(await Promise.all(codes), [
      "SEALTRACE_FILE_MISSING",
      "SEALTRACE_DIRECTORY_UNWRITABLE",
      "SEALTRACE_LINK_REFUSED",
      "SEALTRACE_USAGE",
    ]);
    assert.equal(
      await codeOf(withLock(join(directory, "a"), () => undefined, { wait: Number.NaN })),
      "SEALTRACE_USAGE",
    );
    symlinkSync(temporaryDirectory(), join(directory, LOCKS_DIRECTORY));
    assert.equal(await codeOf(withLock(join(directory, "a"), () => undefined)), "SEALTRACE_LINK_REFUSED");
    rmSync(join(directory, LOCKS_DIRECTORY));
    mkdirSync(join(directory, LOCKS_DIRECTORY));
    writeFileSync(join(directory, LOCKS_DIRECTORY, "a.lock"), "This is no database, and has been here before.");
    assert.equal(await codeOf(withLock(join(directory, "a"), () => undefined)), "SEALTRACE_FILE_SYSTEM");
  });

  it("runs the action in the asynchronous context of who asked, not of who gave the lock back", async () => {
    const path = newPath();
    const user = new AsyncLocalStorage<string>();
    const first = user.run("first", () => withLock(path, () => setTimeout(20)));
    const second = user.run("second", () => withLock(path, () => user.getStore()));
    await first;
    assert.equal(await second, "second");
  });
});

describe("a holder", () => {
  for (const kind of ["process", "thread"] as const) {
    it(`in another ${kind} keeps others out, and is out the moment that it dies`, async () => {
      const path = newPath();
      const holder = await Actor[kind]();
      await holder.hold(path);
      assert.equal(await codeOf(withLock(path, () => undefined, NOW)), "SEALTRACE_LOCK_BUSY");
      assert.throws(
        () => {
          withLockSync(path, () => undefined, { wait: 30 });
        },
        { code: "SEALTRACE_LOCK_BUSY" },
      );
      const mine = withLock(path, () => "mine");
      await untilWaiting(join(path, ".."), 1);
      await holder.kill();
      assert.equal(await mine, "mine");
    });

    it(`in another ${kind} with a blocked event loop keeps it`, async () => {
      const path = newPath();
      const holder = await Actor[kind]();
      await holder.hold(path);
      await holder.order({ do: "block", milliseconds: 60_000 }).answer;
      assert.equal(await codeOf(withLock(path, () => undefined, { wait: 200 })), "SEALTRACE_LOCK_BUSY");
      await holder.kill();
      await withLock(path, () => undefined);
    });
  }

  it("that is stopped keeps it; who has waited enough is told whom to look at", async () => {
    const path = newPath();
    const holder = await Actor.process();
    await holder.hold(path);
    holder.signal("SIGSTOP");
    const started = performance.now();
    await assert.rejects(
      withLock(path, () => undefined, { wait: 300 }),
      {
        code: "SEALTRACE_LOCK_BUSY",
        message: new RegExp(`held by process ${holder.pid} \\(.*lock-actor.ts\\) since \\d{4}-`),
      },
    );
    assert.ok(performance.now() - started >= 300);
    await holder.kill();
    await withLock(path, () => undefined);
  });

  it("holds by the kernel's lock, not by a clock", async () => {
    const path = newPath();
    const preload = fileURLToPath(new URL("../../fixtures/file-utils/lock-clock.mjs", import.meta.url));
    const past = await Actor.process("--import", `${preload}?days=-400`);
    const future = await Actor.process("--import", `${preload}?days=400`);
    const held = await past.hold(path);
    const waiting = future.hold(path);
    assert.equal(await codeOf(withLock(path, () => undefined, { wait: 100 })), "SEALTRACE_LOCK_BUSY");
    await past.release(held);
    await waiting;
    assert.equal(await codeOf(past.hold(path, { wait: 100 })), "SEALTRACE_LOCK_BUSY");
  });
});

describe("withLockSync", () => {
  it("waits for another process", async () => {
    const path = newPath();
    const other = await Actor.process();
    await other.order({ do: "hold-sync", path, milliseconds: 100 }).answer;
    assert.equal(
      withLockSync(path, () => "mine"),
      "mine",
    );
  });

  it("does not wait for its own thread", async () => {
    const path = newPath();
    await withLock(path, async () => {
      await setTimeout(0);
      assert.throws(
        () => {
          withLockSyncInNewContext(path);
        },
        { code: "SEALTRACE_DEADLOCK" },
      );
    });
  });

  it("goes before those who wait asynchronously in its thread, and takes nothing from them", async () => {
    const path = newPath();
    const other = await Actor.process();
    const held = await other.hold(path);
    const order: string[] = [];
    const later = withLock(path, () => order.push("asynchronous"));
    await untilWaiting(join(path, ".."), 1);
    void other.release(held);
    withLockSync(path, () => order.push("synchronous"));
    await later;
    assert.deepEqual(order, ["synchronous", "asynchronous"]);
  });

  it("refuses an asynchronous action", () => {
    assert.throws(() => withLockSync(newPath(), () => Promise.resolve()), { code: "SEALTRACE_USAGE" });
  });
});

describe("a program that locks", () => {
  const program = fileURLToPath(new URL("../../fixtures/file-utils/lock-once.ts", import.meta.url));

  it("ends by itself, and prints nothing", () => {
    const path = newPath();
    const { stdout, stderr, status } = spawnSync(process.execPath, [program, path], { encoding: "utf8" });
    assert.deepEqual([stdout, stderr, status], ["locked\n", "", 0]);
  });

  it("that Node.js lets write into this directory alone locks nowhere else", () => {
    const allowed = temporaryDirectory();
    const forbidden = temporaryDirectory();
    withLockSync(join(forbidden, "file"), () => undefined);
    rmSync(join(forbidden, LOCKS_DIRECTORY, "file.lock.holders"));
    const flags = ["--permission", "--allow-fs-read=*", `--allow-fs-write=${allowed}`];
    const run = (path: string): string =>
      spawnSync(process.execPath, [...flags, program, path], { encoding: "utf8" }).stdout;
    assert.equal(run(join(allowed, "file")), "locked\n");
    assert.equal(run(join(forbidden, "file")), "SEALTRACE_DIRECTORY_UNWRITABLE\n");
    assert.equal(run(join(forbidden, "other")), "SEALTRACE_DIRECTORY_UNWRITABLE\n");
    assert.deepEqual(readdirSync(join(forbidden, LOCKS_DIRECTORY)), ["file.lock"]);
  });
});

/** As code would that has nothing to do with what runs here. */
const nowhere = AsyncLocalStorage.snapshot();

function withLockInNewContext(path: string, options: { shared?: boolean; wait: number }): Promise<void> {
  return nowhere(() => withLock(path, () => undefined, options));
}

function withLockSyncInNewContext(path: string): void {
  nowhere(() => {
    withLockSync(path, () => undefined);
  });
}

function refusalOf(path: string): string {
  try {
    withLockSyncInNewContext(path);
    return "free";
  } catch (error) {
    return (error as { code: string }).code;
  }
}
