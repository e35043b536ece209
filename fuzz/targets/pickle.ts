import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { SealtraceError } from "../../src/record/index.ts";
import {
  deserializeFromPickle,
  NdArray,
  PythonTuple,
  serializeToPickle,
  type PickleReadingOptions,
} from "../../src/serialize-utils/index.ts";

export const name = "pickle";

class Point {
  x = 0;
}

const OPTIONS: PickleReadingOptions = {
  maxDepth: 60,
  maxBytes: 1 << 20,
  maxValues: 50_000,
  maxMilliseconds: 5_000,
  maxMemo: 10_000,
  classes: { Point },
  pythonClasses: { "__main__:Point": Point },
  buffers: [],
};

export function seeds(): Uint8Array[] {
  const given = JSON.parse(
    readFileSync(new URL("../../testdata/pickle/cpython-3.11.json", import.meta.url), "utf8"),
  ) as { hex: string }[];
  const values = [
    [
      undefined,
      Array<number>(4),
      5n,
      new URL("https://example.org"),
      new Map([[[1], { a: new Set([{}]) }]]),
      new Error("x", { cause: [1] }),
    ],
    new NdArray("<U2", [2], ["a", "b"]),
    PythonTuple.of<unknown>(1, new Point(), Buffer.from("x"), Float32Array.of(1)),
  ];
  return [
    ...given.map(({ hex }) => Buffer.from(hex, "hex")),
    ...values.flatMap((value) =>
      ([2, 4, 5] as const).map((protocol) => serializeToPickle(value, { protocol, classes: { Point } })),
    ),
  ];
}

/** What is accepted is the same when it has been written and read again. */
export function run(bytes: Uint8Array): string {
  let value: unknown;
  try {
    value = deserializeFromPickle(bytes, OPTIONS);
  } catch (error) {
    if (error instanceof SealtraceError) return error.message;
    throw error;
  }
  let written: Uint8Array;
  try {
    written = serializeToPickle(value, { classes: { Point } });
  } catch (error) {
    // An exception that holds itself among its arguments, as no program of Python's makes it.
    if (error instanceof SealtraceError && error.code === "SEALTRACE_VALUE_UNSUPPORTED") return error.message;
    throw error;
  }
  const again = deserializeFromPickle(written, {
    ...OPTIONS,
    maxDepth: 200,
    maxValues: 500_000,
    maxMemo: 500_000,
    maxBytes: 1 << 24,
  });
  if (!isDeepStrictEqual(again, value)) throw new Error("It comes back as something else.");
  return "accepted";
}
