/**
 * Pickle against CPython's own (its C code) and against pickleparser, on about 10 MB of log records. CPython runs beside, in a process that measures itself, in turns
 * with ours; both write protocol 5 and read what CPython wrote.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Parser } from "pickleparser";
import { deserializeFromPickle, serializeToPickle } from "../../dist/serialize-utils/index.js";
import { interleave } from "../interleave.mjs";

const BATCHES = 21;
const WARMUP = 3;
const directory = process.argv[2];
const LEVELS = ["debug", "info", "warning", "error"];
const records = Array.from({ length: 30_000 }, (_, i) => ({
  "@timestamp": new Date(1_767_225_600_000 + i * 37).toISOString(),
  "log.level": LEVELS[i % 4],
  "log.logger": `shop.orders.${i % 17}`,
  message: `Order ${i * 7919} of customer ${(i * 104_729) % 10_007} was paid${i % 11 === 0 ? " in Zürich" : ""}`,
  "process.pid": 4242,
  "event.duration": (i * 7919) % 1_000_003,
  "trace.id": (i * 2_654_435_761).toString(16).padStart(32, "0"),
  fields: {
    items: i % 9,
    total: ((i * 31) % 100_000) / 100,
    paid: i % 3 !== 0,
    coupon: null,
    tags: ["web", `region-${i % 5}`],
  },
}));
const json = JSON.stringify(records);
writeFileSync(join(directory, "records.json"), json);

const child = spawn(
  "python3",
  ["-u", "-c", `
import json, pickle, sys, time
values = json.load(open(sys.argv[1] + "/records.json"))
content = pickle.dumps(values, 5)
open(sys.argv[1] + "/records.pickle", "wb").write(content)
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter_ns()
    result = pickle.dumps(values, 5) if line == "dumps\\n" else pickle.loads(content)
    print(time.perf_counter_ns() - start, flush=True)
    del result
`, directory],
  { stdio: ["pipe", "pipe", "inherit"] },
); // prettier-ignore
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const ready = await lines.next();
if (ready.value !== "ready") throw new Error("There is no python3 to compare with.");

const written = readFileSync(join(directory, "records.pickle"));
// What JSON.parse made, as the other side has it.
const values = JSON.parse(json);
if (
  JSON.stringify(deserializeFromPickle(written)) !== json ||
  JSON.stringify(deserializeFromPickle(serializeToPickle(values))) !== json
) {
  throw new Error("It comes back as something else.");
}

await againstPython("pickle dumps", "dumps", () => serializeToPickle(values, { protocol: 5 }));
await againstPython("pickle loads", "loads", () => deserializeFromPickle(written));
child.stdin.end();
await once(child, "close");
await interleave({
  name: "pickle loads against pickleparser",
  ours: () => deserializeFromPickle(written),
  peer: () => new Parser().parse(written),
  operations: 1,
  batches: 9,
});

async function againstPython(name, command, ours) {
  const own = [];
  const theirs = [];
  for (let batch = -WARMUP; batch < BATCHES; batch += 1) {
    const measures = [
      () => {
        const start = process.hrtime.bigint();
        ours();
        return Number(process.hrtime.bigint() - start);
      },
      async () => {
        child.stdin.write(`${command}\n`);
        return Number((await lines.next()).value);
      },
    ];
    const [first, second] = batch % 2 === 0 ? measures : measures.toReversed();
    const times = [await first(), await second()];
    if (batch % 2 !== 0) times.reverse();
    if (batch >= 0) {
      own.push(times[0]);
      theirs.push(times[1]);
    }
  }
  process.stdout.write(`${JSON.stringify({ name, own: median(own), theirs: median(theirs) })}\n`);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
