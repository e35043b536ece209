import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { deserializeFromCbor, serializeToCbor } from "../../src/serialize-utils/index.ts";
import { readAndWrite, richSeeds } from "../binary-format.ts";

export const name = "cbor";

export function seeds(): Uint8Array[] {
  // Forms that are never written: indefinite lengths, dates as text, either order of bytes, unknown tags.
  const others = ["9f01bf616102ff5f4101ff7f6161ffff", "82c074323031332d30332d32315432303a30343a30305ad823626128", "d8414400010002", "83d86401f8ffd9d9f7e0", "d90102d81c8101"]; // prettier-ignore
  return [...richSeeds(serializeToCbor), ...others.map((hex) => Buffer.from(hex, "hex"))];
}

export function run(bytes: Uint8Array): unknown {
  const outcome = readAndWrite(bytes, deserializeFromCbor, serializeToCbor);
  try {
    const value = deserializeFromCbor(bytes, { deterministic: true, maxDepth: 64, maxValues: 20_000 });
    assert.deepEqual(serializeToCbor(value), new Uint8Array(bytes));
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
  }
  return outcome;
}
