import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EVENT, type FunctionInfo, type TraceEvents } from "../../src/record/index.ts";
import { callTree, hotspots, openTrace } from "../../src/trace-utils/index.ts";
import { newPlace, openTestStream, SOURCE } from "../support/stream.ts";

/** A call of a made-up program: it begins and ends at whole numbers, and its children begin while it is open. */
interface Call {
  readonly id: number;
  readonly name: number;
  readonly parent: Call | undefined;
  readonly start: number;
  end: number | undefined;
  readonly threw: boolean;
}

const FUNCTIONS: ReadonlyMap<number, FunctionInfo> = new Map(
  [1, 2, 3].map((id) => [id, { id, name: `f${id}`, file: "/app/main.js", line: id, column: 1 }]),
);
const TRACE_ID = "0123456789abcdef".repeat(2);

/** Any program: calls begin below any open call (as asynchronous ones do) and end in any order; some never end. */
const anyProgram = fc
  .array(
    fc.record({
      begin: fc.boolean(),
      name: fc.constantFrom(1, 2, 3),
      pick: fc.nat(),
      threw: fc.boolean(),
      step: fc.integer({ min: 1, max: 9 }),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((steps) => {
    const calls: Call[] = [];
    const open: Call[] = [];
    let time = 0;
    for (const { begin, name, pick, threw, step } of steps) {
      time += step;
      const chosen = open.length === 0 ? undefined : open[pick % (open.length + 1)];
      if (begin || open.length === 0) {
        const call: Call = { id: calls.length + 1, name, parent: chosen, start: time, end: undefined, threw };
        calls.push(call);
        open.push(call);
      } else if (chosen !== undefined) {
        chosen.end = time;
        open.splice(open.indexOf(chosen), 1);
      }
    }
    return calls;
  });

function eventsOf(calls: readonly Call[]): TraceEvents {
  const rows = calls.flatMap((call) => [
    {
      time: call.start,
      kind: call.parent === undefined ? EVENT.ROOT : EVENT.ENTER,
      call,
      text: call.parent === undefined ? `${TRACE_ID} {}` : "{}",
    },
    ...(call.end === undefined
      ? []
      : [
          {
            time: call.end,
            kind: call.threw ? EVENT.THROW : EVENT.RETURN,
            call,
            text: call.threw ? '{"type":"Error","message":"no"}' : "1",
          },
        ]),
  ]);
  rows.sort((a, b) => a.time - b.time);
  return {
    count: rows.length,
    kinds: Uint8Array.from(rows, (row) => row.kind),
    calls: Float64Array.from(rows, (row) => row.call.id),
    parents: Float64Array.from(rows, (row) => row.call.parent?.id ?? 0),
    functions: Int32Array.from(rows, (row) => row.call.name),
    times: BigInt64Array.from(rows, (row) => BigInt(row.time)),
    texts: rows.map((row) => row.text),
  };
}

function record(...batches: TraceEvents[]): string {
  const place = newPlace();
  const writer = openTestStream(place);
  for (const batch of batches) {
    writer.appendTrace(SOURCE, batch, FUNCTIONS);
    writer.checkpoint();
  }
  writer.close();
  return place.logs;
}

/** By looking at every moment: what `hotspots` must find. */
function bruteForce(
  calls: readonly Call[],
): Map<string, { calls: number; self: number; total: number; errors: number }> {
  const sums = new Map<string, { calls: number; self: number; total: number; errors: number }>();
  for (const call of calls) {
    const name = `f${call.name}`;
    const sum = sums.get(name) ?? { calls: 0, self: 0, total: 0, errors: 0 };
    sums.set(name, sum);
    sum.calls += 1;
    if (call.end === undefined) continue;
    const children = calls.filter((child) => child.parent === call);
    for (let moment = call.start; moment < call.end; moment += 1) {
      if (!children.some((child) => child.start <= moment && moment < (child.end ?? Infinity))) sum.self += 1;
    }
    if (call.threw) sum.errors += 1;
    let ancestor = call.parent;
    while (ancestor !== undefined && ancestor.name !== call.name) ancestor = ancestor.parent;
    if (ancestor === undefined) sum.total += call.end - call.start;
  }
  return sums;
}

describe("hotspots", () => {
  it("gives calls, self time, total time and errors as looking at every moment does", () => {
    fc.assert(
      fc.property(anyProgram, (calls) => {
        const found = hotspots(openTrace(record(eventsOf(calls))));
        const shown = new Map(
          found.functions.map(({ function: info, calls: count, self, total, errors }) => [
            info.name,
            { calls: count, self, total, errors },
          ]),
        );
        assert.deepEqual(Object.fromEntries([...shown].sort()), Object.fromEntries([...bruteForce(calls)].sort()));
        assert.equal(found.calls, calls.length);
      }),
      { numRuns: 150 },
    );
  });

  it("sorts and limits", () => {
    const calls: Call[] = [
      { id: 1, name: 1, parent: undefined, start: 0, end: 100, threw: false },
      { id: 2, name: 2, parent: undefined, start: 200, end: 250, threw: false },
    ];
    calls.push({ id: 3, name: 3, parent: calls[0], start: 10, end: 95, threw: false });
    const trace = openTrace(record(eventsOf(calls)));
    assert.deepEqual(
      hotspots(trace).functions.map(({ function: info }) => info.name),
      ["f3", "f2", "f1"],
    );
    assert.deepEqual(
      hotspots(trace, { sort: "total", limit: 1 }).functions.map(({ function: info }) => info.name),
      ["f1"],
    );
  });
});

describe("callTree", () => {
  it("gives every call below its caller, whatever chunk it is in", () => {
    fc.assert(
      fc.property(anyProgram, (calls) => {
        const all = eventsOf(calls);
        const half = Math.floor(all.count / 2);
        const part = (from: number, to: number): TraceEvents => ({
          count: to - from,
          kinds: all.kinds.slice(from, to),
          calls: all.calls.slice(from, to),
          parents: all.parents.slice(from, to),
          functions: all.functions.slice(from, to),
          times: all.times.slice(from, to),
          texts: all.texts.slice(from, to),
        });
        const tree = callTree(openTrace(record(part(0, half), part(half, all.count))));
        assert.equal(tree.calls.size, calls.length);
        for (const call of calls) {
          const node = tree.calls.get(spanId(call.id));
          assert.ok(node);
          const siblings = call.parent === undefined ? tree.roots : tree.calls.get(spanId(call.parent.id))?.children;
          assert.ok(siblings?.includes(node));
          assert.equal(
            node.end === undefined ? undefined : Number(node.end - node.start),
            call.end === undefined ? undefined : call.end - call.start,
          );
          assert.equal(node.error !== undefined, call.threw && call.end !== undefined);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("keeps the first calls and says how many it left out", () => {
    const calls: Call[] = Array.from({ length: 10 }, (_, i) => ({
      id: i + 1,
      name: 1,
      parent: undefined,
      start: i * 2,
      end: i * 2 + 1,
      threw: false,
    }));
    const tree = callTree(openTrace(record(eventsOf(calls))), { maxCalls: 4 });
    assert.deepEqual([tree.calls.size, tree.omitted], [4, 6]);
  });
});

function spanId(call: number): string {
  return SOURCE.prefix + call.toString(16).padStart(10, "0");
}
