import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { SealtraceError } from "../../../src/record/index.ts";
import { deserializeFromYaml } from "../../../src/serialize-utils/index.ts";

interface Case {
  readonly id: string;
  readonly yaml: string;
  readonly fail?: true;
  readonly json?: string | null;
  readonly documents?: number;
}

const cases = JSON.parse(
  readFileSync(new URL("../../../testdata/yaml/yaml-test-suite.json", import.meta.url), "utf8"),
) as Case[];

/** Valid, and refused on purpose. (So are texts of several documents.) */
const REFUSED: Readonly<Record<string, string>> = {
  "2JQS": "a key twice", X38W: "a key twice",
  "6CK3": "a tag", "7FWL": "a tag", C4HZ: "a tag", CC74: "a tag", CUP7: "a tag", M5C3: "a tag", P76L: "a tag", UGM3: "a tag", Z67P: "a tag", Z9M4: "a tag",
}; // prettier-ignore

/** Another value than the suite's JSON has, which knows no sets, maps and bytes. */
const RICHER: ReadonlySet<string> = new Set(["2XXW", "565N", "J7PZ"]);

/** What the library does against the suite. SF5V: the same directive twice is accepted. */
const KNOWN: ReadonlySet<string> = new Set(["SF5V"]);

function outcome({ yaml, fail, json }: Case): "right" | "wrong" | SealtraceError {
  let value: unknown;
  try {
    value = deserializeFromYaml(yaml);
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
    return fail === true ? "right" : error;
  }
  if (fail === true) return "wrong";
  return (json ?? "").trim() === "" || isDeepStrictEqual(value, JSON.parse(json ?? "")) ? "right" : "wrong";
}

describe("yaml-test-suite", () => {
  it("is accepted and refused as it asks for, with known exceptions", () => {
    assert.equal(cases.length, 402);
    assert.equal(cases.filter(({ fail }) => fail).length, 94);
    let right = 0;
    for (const given of cases) {
      const { id, documents = 1 } = given;
      const result = outcome(given);
      if (result === "right") {
        assert.ok(REFUSED[id] === undefined && !RICHER.has(id) && !KNOWN.has(id), `${id} is an exception no longer`);
        right += 1;
      } else if (result === "wrong") {
        assert.ok(RICHER.has(id) || KNOWN.has(id), id);
      } else if (documents > 1) {
        assert.match(result.message, /a second document begins/, id);
      } else {
        assert.ok(id in REFUSED, `${id}: ${result.message}`);
        assert.match(result.message, /unique|each key once|asks for the type/, id);
      }
    }
    assert.equal(right, 367);
  });
});
