import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { readNdjson, writeNdjson } from "../../src/serialize-utils/index.ts";

export const name = "ndjson";

const LIMITS = { maxDepth: 64, maxBytes: 4_096, maxValues: 10_000, maxMilliseconds: 5_000 };

export function seeds(): Uint8Array[] {
  return ['{"a":1}\n[2]\r\n\n"é€😀"', '\uFEFF{"$rich":"Date","value":null}\n{"$rich":"Set","value":[1]}\n', "1\n2\n3"].map((text) => Buffer.from(text)); // prettier-ignore
}

/** Wherever it is cut, the same comes of it; and what was read is written and read again. */
export async function run(bytes: Uint8Array): Promise<unknown> {
  const whole = await outcome([bytes]);
  for (const size of bytes.length < 300 ? [1, 7] : [61]) assert.deepEqual(await outcome(cut(bytes, size)), whole);
  const written = await Array.fromAsync(writeNdjson(whole.values));
  assert.deepEqual(await Array.fromAsync(readNdjson(written)), whole.values);
  return [...new Set(whole.bad.map(({ code }) => code))].join();
}

interface Outcome {
  readonly values: unknown[];
  readonly bad: { readonly code: string; readonly line: number }[];
}

async function outcome(chunks: Iterable<Uint8Array>): Promise<Outcome> {
  const bad: Outcome["bad"] = [];
  const onBadLine = (error: SealtraceError, line: number): void => {
    assert.ok(error instanceof SealtraceError);
    bad.push({ code: error.code, line });
  };
  return { values: await Array.fromAsync(readNdjson(chunks, { ...LIMITS, onBadLine })), bad };
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}
