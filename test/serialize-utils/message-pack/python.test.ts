/** The same data, written and read by Python's own packages. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { deserializeFromCbor, deserializeFromMessagePack, serializeToCbor, serializeToMessagePack } from "../../../src/serialize-utils/index.ts"; // prettier-ignore

const DATA = {
  text: "ä€😀",
  numbers: [0, -1, 2 ** 40, 1.5, -0.25],
  nothing: null,
  yes: true,
  deep: [[{ a: [] }]],
  long: "x".repeat(70_000),
};

function python(program: string, input: Uint8Array | string): Buffer {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], { input });
  assert.equal(status, 0, stderr.toString());
  return stdout;
}

const missing = (module: string): string | false =>
  spawnSync("python3", ["-c", `import ${module}`]).status === 0
    ? false
    : `python3 with the package ${module} is absent`;

describe("exchange with Python", () => {
  it("MessagePack, by msgpack", { skip: missing("msgpack") }, () => {
    const toJson = "import msgpack,sys,json; sys.stdout.write(json.dumps(msgpack.unpackb(sys.stdin.buffer.read())))";
    assert.deepEqual(JSON.parse(python(toJson, serializeToMessagePack(DATA)).toString()), DATA);
    const fromJson = "import msgpack,sys,json; sys.stdout.buffer.write(msgpack.packb(json.load(sys.stdin)))";
    assert.deepEqual(deserializeFromMessagePack(python(fromJson, JSON.stringify(DATA))), DATA);
    const rich = "import msgpack,sys,datetime as d; sys.stdout.buffer.write(msgpack.packb([d.datetime(2026,1,2,3,4,5,678000,tzinfo=d.timezone.utc), b'\\x01', {1: 'a', (1,2): 'b'}, 2**64-1, msgpack.ExtType(5, b'x')], datetime=True))"; // prettier-ignore
    const read = deserializeFromMessagePack(python(rich, ""), { keepUnknown: true }) as unknown[];
    assert.deepEqual(read.slice(0, 2), [new Date("2026-01-02T03:04:05.678Z"), new Uint8Array([1])]);
    assert.deepEqual([...(read[2] as Map<unknown, unknown>).keys()], [1, [1, 2]]);
    assert.equal(read[3], 2n ** 64n - 1n);
    const show = "import msgpack,sys; print(repr(msgpack.unpackb(sys.stdin.buffer.read(), timestamp=3, strict_map_key=False)))"; // prettier-ignore
    const shown = python(show, serializeToMessagePack([new Date(0), new Map([[1, "a"]]), new Set([1])])).toString();
    assert.match(shown, /datetime\(1970, 1, 1.*\{1: 'a'\}.*ExtType\(code=115, data=b'\\xa3Set\\x01'\)/);
  });

  it("CBOR, by cbor2", { skip: missing("cbor2") }, () => {
    const toJson = "import cbor2,sys,json; sys.stdout.write(json.dumps(cbor2.loads(sys.stdin.buffer.read())))";
    assert.deepEqual(JSON.parse(python(toJson, serializeToCbor(DATA)).toString()), DATA);
    const fromJson =
      "import cbor2,sys,json; sys.stdout.buffer.write(cbor2.dumps(json.load(sys.stdin), canonical=True))";
    const canonical = python(fromJson, JSON.stringify(DATA));
    assert.deepEqual(deserializeFromCbor(canonical), DATA);
    assert.deepEqual(Buffer.from(serializeToCbor({ b: 1, aa: 2, a: [1.5, 1e5, 0.1, 2 ** 40] })), python(fromJson, '{"b":1,"aa":2,"a":[1.5,100000,0.1,1099511627776]}')); // prettier-ignore
    const rich = "import cbor2,sys,datetime as d,re; s=[1]; c=[]; c.append(c); sys.stdout.buffer.write(cbor2.dumps([d.datetime(2026,1,2,3,4,5,tzinfo=d.timezone.utc), b'\\x01', {1: 'a', (1,2): 'b'}, 2**70, -2**70, {1,2}, re.compile('a+'), float('nan'), s, s, c], value_sharing=True))"; // prettier-ignore
    const [date, bytes, map, large, small, set, pattern, nan, first, second, cyclic] = deserializeFromCbor(python(rich, "")) as [Date, Uint8Array, Map<unknown, unknown>, bigint, bigint, Set<unknown>, RegExp, number, unknown[], unknown[], unknown[]]; // prettier-ignore
    assert.deepEqual([date, bytes], [new Date("2026-01-02T03:04:05Z"), new Uint8Array([1])]);
    assert.deepEqual([...map.keys()], [1, [1, 2]]);
    assert.deepEqual([large, small, set, pattern, nan], [2n ** 70n, -(2n ** 70n), new Set([1, 2]), /a+/, NaN]);
    assert.equal(first, second);
    assert.equal(cyclic[0], cyclic);
    const show = "import cbor2,sys; v=cbor2.loads(sys.stdin.buffer.read()); print(v[0] is v[1], v[2], v[3], v[4])";
    const shared = { a: 1 };
    const shown = python(show, serializeToCbor([shared, shared, new Date(0), 2n ** 70n, new Set([1])])).toString();
    assert.match(shown, /^True 1970-01-01 00:00:00\+00:00 1180591620717411303424 .*1/);
  });
});
