/** A real CPython, where there is one. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("exchange.py", import.meta.url));
const { status } = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]);

/** For `skip`: why there can be no exchange, or false. */
export const noPython: string | false = status === 0 ? false : "there is no python3 of 3.8 or later";

/** What a command of `exchange.py` makes of `input`. */
export function python(command: string, input: unknown = null): unknown {
  const child = spawnSync("python3", [SCRIPT, command], {
    input: JSON.stringify(input),
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, PYTHONWARNINGS: "ignore", PYTHONIOENCODING: "utf-8:surrogatepass" },
  });
  if (child.status !== 0) throw new Error(`exchange.py ${command}: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
