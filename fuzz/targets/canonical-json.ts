import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import { canonicalJson } from "../../src/serialize-utils/index.ts";

export const name = "canonical-json";

export function seeds(): Uint8Array[] {
  return ['{"b":[1,1e21,-0,0.1],"a":{"é":"\\u0001","\\u20ac":"$"}}', '[[],{},"",null,true,5e-324]', '{"\\ud83d\\ude00":1,"\\ufb33":2}'].map((text) => Buffer.from(text)); // prettier-ignore
}

/** One encoding of one value: the text gives the value back, and is its own canonical form. */
export function run(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return "no JSON";
  }
  let text: string;
  try {
    text = canonicalJson(value);
  } catch (error) {
    if (error instanceof SealtraceError) return error.code;
    throw error;
  }
  const again: unknown = JSON.parse(text);
  assert.equal(canonicalJson(again), text);
  assert.deepEqual(again, JSON.parse(JSON.stringify(value)));
  return "canonical";
}
