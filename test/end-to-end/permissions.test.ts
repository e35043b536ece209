/** Directories and files that may not be read or written. Root may do everything, so it starts the programs as another user. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CLI, start, type Outcome } from "../support/recording.ts";
import { segmentNames, writeSampleStream } from "../support/stream.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

function reasonToSkip(): string | false {
  if (process.platform === "win32") return "modes mean nothing on Windows";
  if (!isRoot) return false;
  const { status } = spawnSync(process.execPath, [CLI, "--version"], { uid: NOBODY, gid: NOBODY });
  return status !== 0 && "another user than root may not read the sources here";
}

describe("where something may not be read or written", { skip: reasonToSkip() }, () => {
  let work: string;

  before(() => {
    work = temporaryDirectory();
    chmodSync(work, 0o755);
    writeFileSync(join(work, "app.cjs"), 'console.log("it runs");');
    writeSampleStream({ logs: join(work, "readable"), keys: join(work, "keys") });
    for (const [name, mode] of [
      ["locked", 0o000],
      ["read-only", 0o555],
    ] as const) {
      mkdirSync(join(work, name));
      chmodSync(join(work, name), mode);
    }
    if (!isRoot) return;
    const keys = readdirSync(join(work, "keys")).map((name) => join("keys", name));
    for (const name of ["locked", "read-only", "keys", ...keys]) chownSync(join(work, name), NOBODY, NOBODY);
  });

  after(() => {
    // So that whoever made them can remove them.
    for (const name of ["locked", "read-only"]) chmodSync(join(work, name), 0o700);
  });

  const sealtrace = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
    start([CLI, ...args], {
      directory: work,
      environment: { SEALTRACE_CONFIG_DIR: join(work, "keys"), ...environment },
      ...(isRoot ? { user: NOBODY } : {}),
    });

  const refused = ({ code, stdout, stderr }: Outcome, message: RegExp): void => {
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^sealtrace: [^\n]*\n$/);
    assert.match(stderr, message);
  };

  for (const name of ["locked", "read-only"]) {
    it(`run does not start the program when its logs can't be written: ${name}`, async () => {
      const path = join(work, name, "logs");
      const says = new RegExp(`^sealtrace: ${path} could not be written: no permission`);
      refused(await sealtrace(["run", "--logs-dirname", path, "app.cjs"]), says);
      const itself = await sealtrace(["run", "--logs-dirname", join(work, name), "app.cjs"]);
      refused(itself, /could not be written: no permission/);
    });
  }

  it("run does not start the program when its key can't be made", async () => {
    const logs = join(temporaryDirectory(), "logs");
    if (isRoot) chownSync(join(logs, ".."), NOBODY, NOBODY);
    const environment = { SEALTRACE_CONFIG_DIR: join(work, "read-only", "keys") };
    refused(
      await sealtrace(["run", "--logs-dirname", logs, "app.cjs"], environment),
      /read-only.keys could not be written: no permission/,
    );
  });

  it("every reader says which directory it may not read", async () => {
    for (const command of [["logs"], ["trace", "tree"], ["trace", "top"], ["verify"]]) {
      refused(await sealtrace([...command, join(work, "locked")]), /locked could not be read: no permission/);
    }
  });

  it("every reader says which file of a stream it may not read", async () => {
    const logs = join(work, "partly");
    cpSync(join(work, "readable"), logs, { recursive: true });
    chmodSync(logs, 0o755);
    const [stream] = readdirSync(logs) as [string];
    for (const name of readdirSync(logs, { recursive: true, encoding: "utf8" })) {
      const path = join(logs, name);
      chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
    }
    const segment = segmentNames(join(logs, stream))[1] as string;
    const secret = join(logs, stream, segment);
    chmodSync(secret, 0o000);
    for (const command of [["logs"], ["verify"]]) {
      const { code, stderr } = await sealtrace([...command, logs]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`${segment} could not be read: no permission`));
    }
  });

  it("a tracing.json that may not be read is not ignored", async () => {
    const directory = temporaryDirectory();
    if (isRoot) chownSync(directory, NOBODY, NOBODY);
    writeFileSync(join(directory, "app.cjs"), 'console.log("it runs");');
    writeFileSync(join(directory, "tracing.json"), "{}", { mode: 0o000 });
    for (const args of [
      ["run", "app.cjs"],
      ["config", "check"],
      ["config", "show"],
    ]) {
      const outcome = await start([CLI, ...args], { directory, ...(isRoot ? { user: NOBODY } : {}) });
      refused(outcome, /tracing\.json could not be read: no permission/);
    }
  });
});
