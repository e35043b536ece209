import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { acquireLock, isLocked } from "../../../src/file-utils/essentials/index.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("the lock of a whole file", () => {
  const holder = fileURLToPath(new URL("../../fixtures/file-utils/hold-lock.ts", import.meta.url));

  it("has one holder, in this process too, and is free after its release", () => {
    const path = join(temporaryDirectory(), "lock");
    assert.equal(isLocked(path), false);
    assert.equal(existsSync(path), false);
    const lock = acquireLock(path);
    assert.ok(lock);
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(acquireLock(path), undefined);
    assert.equal(isLocked(path), true);
    lock.release();
    assert.equal(isLocked(path), false);
    const again = acquireLock(path);
    assert.ok(again);
    again.release();
  });

  it("is seen from other processes, and free the moment its holder is killed", async () => {
    const path = join(temporaryDirectory(), "lock");
    const child = spawn(process.execPath, [holder, path], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    assert.equal(isLocked(path), true);
    assert.equal(acquireLock(path), undefined);
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
    const lock = acquireLock(path);
    assert.ok(lock);
    lock.release();
  });

  it("prints nothing, on any Node", () => {
    const path = join(temporaryDirectory(), "lock");
    const { stdout, stderr } = spawnSync(process.execPath, [holder, path, "once"], { encoding: "utf8" });
    assert.deepEqual([stdout, stderr], ["held\n", ""]);
  });
});
