import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  LOCKS_DIRECTORY,
  withLock,
  withLockSync,
  type HeldLock,
  type LeaseOptions,
} from "../../../src/file-utils/index.ts";
import { Actor, codeOf } from "../../support/lock-actors.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const newPath = (): string => join(temporaryDirectory(), "settings.yaml");
/** Too long to run out in a test. */
const LONG: LeaseOptions = { lease: 600_000 };
/** Runs out in every test that waits for it. */
const SHORT: LeaseOptions = { lease: 400 };

describe("a lease", () => {
  it("has one holder at a time, each with a greater token than the one before", async () => {
    const path = newPath();
    const [process1, thread1] = await Promise.all([Actor.process(), Actor.thread()]);
    const tokens: number[] = [];
    for (let round = 0; round < 6; round++) {
      for (const actor of [process1, thread1]) {
        const { id, answer } = actor.order({ do: "hold", path, options: LONG });
        tokens.push((await answer).token as number);
        assert.equal(await codeOf(withLock(path, () => undefined, { ...LONG, wait: 0 })), "SEALTRACE_LOCK_BUSY");
        await actor.release(id);
      }
      withLockSync(path, ({ token }) => tokens.push(token as number), LONG);
    }
    assert.deepEqual(
      tokens,
      [...Array(18).keys()].map((index) => index + 1),
    );
    // Old ones are removed; the newest must stay, for the next token comes from it.
    assert.ok(readdirSync(join(path, "..", LOCKS_DIRECTORY, "settings.yaml.lock.lease")).length <= 9);
    assert.equal(await withLock(path, ({ token }) => token, LONG), 19);
  });

  it("of a holder that was killed is taken over when it has run out", async () => {
    const path = newPath();
    const holder = await Actor.process();
    await holder.hold(path, SHORT);
    await holder.kill();
    await assert.rejects(
      withLock(path, () => undefined, { ...SHORT, wait: 100 }),
      { code: "SEALTRACE_LOCK_BUSY", message: new RegExp(`held by process ${holder.pid} `) },
    );
    assert.equal(await withLock(path, ({ token }) => token, SHORT), 2);
  });

  it("of a holder that was stopped for too long is lost, and it is told so", async () => {
    const path = newPath();
    const holder = await Actor.process();
    const held = await holder.hold(path, SHORT);
    assert.equal((await holder.order({ do: "check", holding: held }).answer).code, undefined);
    holder.signal("SIGSTOP");
    await withLock(
      path,
      async (lock) => {
        assert.equal(lock.token, 2);
        holder.signal("SIGCONT");
        await holder.said(`${held}.lost`);
        const { code, message } = await holder.order({ do: "check", holding: held }).answer;
        assert.equal(code, "SEALTRACE_LOCK_LOST");
        assert.match(message ?? "", /another holder has token 2, after ours, 1/);
        await holder.release(held);
        // What the loser does is no harm.
        lock.check();
        assert.equal(lock.signal?.aborted, false);
      },
      LONG,
    );
  });

  it("is renewed while its holder lives, however long the action is", async () => {
    const path = newPath();
    const holder = await Actor.process();
    const held = await holder.hold(path, { lease: 1_500 } satisfies LeaseOptions);
    assert.equal(await codeOf(withLock(path, () => undefined, { ...SHORT, wait: 2_000 })), "SEALTRACE_LOCK_BUSY");
    await holder.release(held);
  });

  it("whose files are gone is lost at once; one that can't be renewed, when it has run out", async () => {
    const path = newPath();
    const leases = join(path, "..", LOCKS_DIRECTORY, "settings.yaml.lock.lease");
    let lost: HeldLock | undefined;
    await withLock(
      path,
      (lock) => {
        lost = lock;
        rmSync(leases, { recursive: true });
        assert.throws(check(lock), { code: "SEALTRACE_LOCK_LOST" });
      },
      LONG,
    );
    assert.throws(check(lost), { code: "SEALTRACE_LOCK_LOST" });
    await withLock(
      `${path}.other`,
      async (lock) => {
        const started = performance.now();
        const files = leases.replace(".lock", ".other.lock");
        renameSync(files, `${files}.away`);
        writeFileSync(files, "");
        lock.check();
        await new Promise((resolve) => lock.signal?.addEventListener("abort", resolve));
        assert.ok(performance.now() - started > 300);
        assert.throws(check(lock), { code: "SEALTRACE_LOCK_LOST" });
      },
      SHORT,
    );
  });

  it("is judged by what a waiter has seen, never by comparing clocks", async () => {
    const path = newPath();
    const preload = fileURLToPath(new URL("../../fixtures/file-utils/lock-clock.mjs", import.meta.url));
    const past = await Actor.process("--import", `${preload}?days=-400`);
    const held = await past.hold(path, { lease: 3_000 } satisfies LeaseOptions);
    assert.equal(await codeOf(withLock(path, () => undefined, { ...SHORT, wait: 600 })), "SEALTRACE_LOCK_BUSY");
    await past.release(held);
    assert.equal(await withLock(path, ({ token }) => token, SHORT), 2);
  });

  it("leaves the program to end by itself", () => {
    const path = newPath();
    const index = new URL("../../../src/file-utils/index.ts", import.meta.url).href;
    const program = `
      import { withLock } from ${JSON.stringify(index)};
      const path = ${JSON.stringify(path)};
      withLock(path, () => new Promise(() => undefined), { lease: 60_000 });
      await withLock(path + ".other", () => undefined, { lease: 60_000 });`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      encoding: "utf8",
    });
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("takes the place of the kernel's lock on network file systems, and where SQLite says that it can't lock", () => {
    const preload = new URL("../../fixtures/file-utils/lock-network.mjs", import.meta.url).href;
    const program = fileURLToPath(new URL("../../fixtures/file-utils/lock-token.ts", import.meta.url));
    const run = (how: string): string =>
      spawnSync(process.execPath, ["--import", `${preload}?${how}`, program, newPath()], { encoding: "utf8" }).stdout;
    assert.equal(run(""), "token undefined\n");
    if (process.platform === "linux") {
      for (const type of ["0x6969", "0xff534d42", "-11317950", "0x01021997"]) {
        assert.equal(run(`type=${type}`), "token 1\n", type);
      }
    }
    assert.equal(run("sqlite=3850"), "token 1\n");
    assert.equal(run("sqlite=22"), "token 1\n");
    assert.equal(run("sqlite=missing"), "token 1\n");
  });
});

function check(lock: HeldLock | undefined): () => void {
  return () => {
    lock?.check();
  };
}
