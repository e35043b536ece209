import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { acquireLock } from "../../../src/file-utils/essentials/index.ts";
import { LOCKS_DIRECTORY, withLock, withLockSync } from "../../../src/file-utils/index.ts";
import { Actor, codeOf, untilWaiting } from "../../support/lock-actors.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const newPath = (): string => join(temporaryDirectory(), "settings.yaml");
const sidecarOf = (path: string): string => join(path, "..", LOCKS_DIRECTORY, "settings.yaml.lock");
const openAndClose = (path: string): void => {
  closeSync(openSync(path, "r"));
};

/** Who waits puts something into it meanwhile. */
function removeForGood(directory: string): void {
  for (;;) {
    try {
      rmSync(directory, { recursive: true });
      return;
    } catch (error) {
      assert.equal((error as { code?: string }).code, "ENOTEMPTY");
    }
  }
}

const onlyPosix = { skip: process.platform === "win32" && "Windows has no POSIX locks, and keeps open files" };
const onlyLinux = { skip: process.platform !== "linux" && "only Linux tells who holds a deleted file" };

describe("a lock of SQLite", onlyPosix, () => {
  const holder = fileURLToPath(new URL("../../fixtures/file-utils/hold-lock.ts", import.meta.url));
  const isFree = (path: string): boolean =>
    spawnSync(process.execPath, [holder, path, "once"], { encoding: "utf8" }).stdout === "held\n";

  // If this one fails, the system has become better, and sidecars may be needless.
  it("on a file that the process opens and closes elsewhere is lost", () => {
    const path = newPath();
    const lock = acquireLock(path);
    assert.ok(lock);
    assert.equal(isFree(path), false);
    openAndClose(path);
    assert.equal(isFree(path), true);
    lock.release();
  });

  it("on a sidecar is not, whatever the process does with the file", async () => {
    const path = newPath();
    const other = await Actor.process();
    await withLock(path, async (lock) => {
      writeFileSync(path, "content");
      openAndClose(path);
      readFileSync(path);
      cpSync(path, `${path}.copy`);
      rmSync(path);
      lock.check();
      assert.equal(await codeOf(other.hold(path, { wait: 0 })), "SEALTRACE_LOCK_BUSY");
    });
    await other.hold(path, { wait: 0 });
  });

  it("is not lost by taking it and looking at it in many threads of the process", async () => {
    const path = newPath();
    const [outside, ...threads] = await Promise.all([Actor.process(), Actor.thread(), Actor.thread()]);
    await withLock(path, async (lock) => {
      for (const thread of threads) {
        assert.equal(await codeOf(thread.hold(path, { wait: 0 })), "SEALTRACE_LOCK_BUSY");
        await thread.kill();
      }
      lock.check();
      assert.equal(await codeOf(outside.hold(path, { wait: 0 })), "SEALTRACE_LOCK_BUSY");
    });
  });

  it("that is lost since somebody read the sidecar is told by check", onlyLinux, async () => {
    const path = newPath();
    const error = await withLock(path, (lock) => {
      lock.check();
      openAndClose(sidecarOf(path));
      try {
        lock.check();
        return undefined;
      } catch (lost) {
        return lost as { code: string };
      }
    });
    assert.equal(error?.code, "SEALTRACE_LOCK_LOST");
  });
});

describe("a sidecar that is", onlyPosix, () => {
  const removals: Readonly<Record<string, (path: string) => void>> = {
    deleted: (path) => {
      unlinkSync(sidecarOf(path));
    },
    "deleted with all locks": (path) => {
      removeForGood(join(path, "..", LOCKS_DIRECTORY));
    },
    replaced: (path) => {
      // Not by copying: that would open the sidecar itself.
      writeFileSync(`${sidecarOf(path)}.new`, "");
      renameSync(`${sidecarOf(path)}.new`, sidecarOf(path));
    },
  };

  for (const [what, remove] of Object.entries(removals)) {
    it(`${what} while one waits for it lets nobody in twice`, async () => {
      const path = newPath();
      const [holder, waiter] = await Promise.all([Actor.process(), Actor.process()]);
      const held = await holder.hold(path);
      const waiting = waiter.hold(path);
      await untilWaiting(join(path, ".."), 1);
      remove(path);
      // Now both have the old file open, and a third comes.
      const third = await Actor.process();
      const thirdWaits = third.hold(path);
      await holder.release(held);
      const first = await Promise.race([
        waiting.then((id) => [waiter, id] as const),
        thirdWaits.then((id) => [third, id] as const),
      ]);
      assert.equal(await codeOf(withLock(path, () => undefined, { wait: 50 })), "SEALTRACE_LOCK_BUSY");
      await first[0].release(first[1]);
      await Promise.all([waiting, thirdWaits]);
    });

    it(`${what} under its holder lets nobody else in, and the holder is told`, onlyLinux, async () => {
      const path = newPath();
      const holder = await Actor.process();
      const held = await holder.hold(path);
      remove(path);
      assert.equal(await codeOf(withLock(path, () => undefined, { wait: 200 })), "SEALTRACE_LOCK_BUSY");
      assert.equal((await holder.order({ do: "check", holding: held }).answer).code, "SEALTRACE_LOCK_LOST");
      await holder.release(held);
      assert.equal(await withLock(path, () => "mine"), "mine");
    });
  }

  it("gone with its directory, while it is held and waited for, ends in an error and in nothing else", async () => {
    const path = newPath();
    const waiter = await Actor.process();
    let waiting: Promise<string | undefined> | undefined;
    await withLock(path, async () => {
      waiting = codeOf(waiter.hold(path));
      await untilWaiting(join(path, ".."), 1);
      // Removing takes time, in which the waiter would make its directory anew.
      renameSync(join(path, ".."), `${join(path, "..")}.renamed`);
    });
    rmSync(`${join(path, "..")}.renamed`, { recursive: true });
    assert.equal(await waiting, "SEALTRACE_FILE_MISSING");
    mkdirSync(join(path, ".."));
    assert.equal(await withLock(path, () => "mine"), "mine");
    assert.equal(
      withLockSync(path, () => "mine"),
      "mine",
    );
  });

  it("not used for a while is closed, and found again", async () => {
    const path = newPath();
    await withLock(path, () => undefined);
    await setTimeout(2_200);
    if (process.platform === "linux") {
      const open = spawnSync("ls", ["-l", `/proc/${process.pid}/fd`], { encoding: "utf8" }).stdout;
      assert.ok(!open.includes(sidecarOf(path)), open);
    }
    copyFileSync(sidecarOf(path), `${path}.copy`);
    assert.equal(await withLock(path, () => "mine"), "mine");
  });
});
