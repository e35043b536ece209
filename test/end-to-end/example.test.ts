/** The example of the README: what `npm start` records, and what it must never record. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { callTree, openTrace } from "../../src/trace-utils/index.ts";
import { reading, runRecorded } from "../support/recording.ts";
import { newPlace } from "../support/stream.ts";

const EXAMPLE = fileURLToPath(new URL("../../examples/checkout/", import.meta.url));

/** Every password, card number and check code in the example's sources. */
function secrets(): string[] {
  const sources = readdirSync(EXAMPLE).map((name) => readFileSync(join(EXAMPLE, name), "utf8"));
  const found = sources.flatMap((text) =>
    Array.from(
      text.matchAll(/\b(?:password|number|cvc)[:,] "([^"]{3,})"|"((?:\d{4} ){3}\d{4})"/g),
      (match) => (match[1] ?? match[2]) as string,
    ),
  );
  return [...new Set(found)];
}

/** Every file as text, chunks of calls decompressed. */
function everything(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return everything(path);
    const bytes = readFileSync(path);
    if (!name.endsWith(".strace")) return [bytes.toString()];
    const texts: string[] = [];
    for (let at = 0; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
      texts.push(zstdDecompressSync(bytes.subarray(at + 16, at + 16 + bytes.readUInt32LE(at + 8))).toString());
    }
    return texts;
  });
}

it("npm start records calls, records and errors, twice into one stream, and no secret", async () => {
  const place = newPlace();
  const program = join(EXAMPLE, "main.ts");
  const environment = { NODE_NO_WARNINGS: "1" };
  for (const time of ["first", "second"]) {
    const { code, stderr } = await runRecorded(program, [], { place, options: ["--summary"], environment });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /recorded {2}[12]\d\d calls of \d+ functions, \d+ log records/, time);
    assert.match(stderr, /Orders\.receipt threw TypeError/);
    assert.match(stderr, /PaymentGateway\.charge threw PaymentDeclined/);
    assert.match(stderr, /seal +verified: \d+ records, checkpoint /);
  }
  const [result, ...others] = reading(place).verify();
  assert.deepEqual([result?.problems, others.length], [[], 0]);
  const tree = callTree(openTrace(place.logs));
  const names = new Set([...tree.calls.values()].map((node) => node.function.name));
  for (const name of ["Accounts.login", "Orders.place", "PaymentGateway.charge"])
    assert.ok(names.has(name), `${name} in ${[...names].join()}`);
  const words = secrets();
  assert.ok(words.length >= 6, words.join());
  const stored = everything(place.logs);
  for (const word of words) {
    // Three digits alone stand in many a number.
    const forms = word.length < 5 ? [`"${word}"`] : [word, word.replaceAll(" ", "")];
    for (const form of forms) {
      assert.ok(!stored.some((text) => text.includes(form)), `the record holds ${word}`);
    }
  }
});
