/**
 * Runs the tests of the public doors (`test/public`, `test/end-to-end`, `test/cli`) and of serialization, which leans on what differs between versions (zlib,
 * crypto), against what is shipped (`dist`), on the oldest Node.js of every range that package.json's `engines` names, and on the one that runs this. The
 * binaries come from npm and are kept in `.nodes/`.
 *
 *     npm run test:dist [version]...
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const USE_DIST = pathToFileURL(join(ROOT, "scripts/use-dist.mjs")).href;

interface Manifest {
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, unknown>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

/** `^22.1.0 || >=24.0.0` -> 22.1.0, 24.0.0 */
function floors(range: string): string[] {
  return range.split("||").map((part) => part.replace(/[^\d.]/g, ""));
}

/** The path of the binary of a version, fetched if it is not there yet. Throws an Error that says why it can't be had. */
function fetchNode(version: string): string {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const directory = join(ROOT, ".nodes", version);
  const binary = join(directory, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(binary)) return binary;
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error("only npm can fetch it: npm run test:dist");
  mkdirSync(directory, { recursive: true });
  const args = [
    "install",
    "--prefix",
    directory,
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    `${name}@${version}`,
  ];
  const { status, stderr } = spawnSync(process.execPath, [npm, ...args], { cwd: directory, encoding: "utf8" });
  if (status !== 0 || !existsSync(binary)) {
    throw new Error(
      `npm could not fetch ${name}@${version}: ${stderr.split("\n").find((line) => line.includes("error")) ?? ""}`,
    );
  }
  return binary;
}

/** Every door opens by its name. `register` is left out, for it begins to record. */
function openDoors(binary: string): boolean {
  const doors = Object.keys(manifest.exports).filter((door) => door !== "./register" && !door.endsWith(".json"));
  const names = doors.map((door) => posix.join("sealtrace", door));
  const program = `for (const name of ${JSON.stringify(names)}) await import(name);`;
  return run(binary, ["--input-type=module", "--eval", program]);
}

function runTests(binary: string): boolean {
  return run(binary, [
    "--import",
    USE_DIST,
    "--test",
    "--test-reporter=dot",
    "test/{public,end-to-end,cli}/*.test.ts",
    "test/serialize-utils/**/*.test.ts",
  ]);
}

function run(binary: string, args: readonly string[]): boolean {
  return spawnSync(binary, args, { cwd: ROOT, stdio: "inherit" }).status === 0;
}

if (!existsSync(join(ROOT, "dist"))) throw new Error("There is no dist. First: npm run build");
const asked = process.argv.slice(2);
const versions = asked.length > 0 ? asked : [...floors(manifest.engines.node), process.versions.node];
const outcomes: string[] = [];
for (const version of versions) {
  let binary = process.execPath;
  try {
    if (version !== process.versions.node) binary = fetchNode(version);
  } catch (error) {
    outcomes.push(`Node ${version}: NOT TESTED, ${(error as Error).message}`);
    continue;
  }
  console.log(`\nNode ${version}, ${binary}`);
  const passed = openDoors(binary) && runTests(binary);
  outcomes.push(`Node ${version}: ${passed ? "passed" : "FAILED"}`);
  if (!passed) process.exitCode = 1;
}
console.log(`\n${outcomes.join("\n")}`);
