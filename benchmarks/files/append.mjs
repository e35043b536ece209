/** 16 processes that append 1,000 lines each to one file, and what is in it then. Started with a number, it is one of them. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { appendFile } from "../../dist/file-utils/index.js";

const [, , directory, who] = process.argv;
const PROCESSES = 16;
const LINES = 1_000;
const path = join(directory, "all.ndjson");

if (who === undefined) {
  const children = Array.from({ length: PROCESSES }, (_, i) => fork(fileURLToPath(import.meta.url), [directory, String(i)])); // prettier-ignore
  await Promise.all(children.map((child) => once(child, "exit")));
  let torn = 0;
  const found = new Set();
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    try {
      const { who: writer, i, filler } = JSON.parse(line);
      if (filler.length === i % 200) found.add(`${writer} ${i}`);
      else torn += 1;
    } catch {
      torn += 1;
    }
  }
  process.stdout.write(`${JSON.stringify({ lines: PROCESSES * LINES, lost: PROCESSES * LINES - found.size, torn })}\n`);
} else {
  for (let i = 0; i < LINES; i += 1)
    await appendFile(path, { who, i, filler: "x".repeat(i % 200) }, { durable: false });
}
