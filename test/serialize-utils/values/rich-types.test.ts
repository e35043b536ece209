import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { deserializeFromJson, serializeToJson, type JsonOptions } from "../../../src/serialize-utils/index.ts";

const again = (value: unknown, classes?: JsonOptions["classes"]): unknown =>
  deserializeFromJson(serializeToJson(value, { classes }), { classes });
const refused = (value: unknown, message: RegExp, classes?: JsonOptions["classes"]): void => {
  assert.throws(() => serializeToJson(value, { classes }), {
    name: "SealtraceError",
    code: "SEALTRACE_VALUE_UNSUPPORTED",
    message,
  });
};

describe("rich types", () => {
  it("come from any realm", () => {
    const foreign = (source: string): unknown => runInNewContext(source) as unknown;
    const pairs: readonly (readonly [string, unknown])[] = [
      ["({ a: [1, { b: 2 }] })", { a: [1, { b: 2 }] }],
      ["new Date(5)", new Date(5)],
      ["new Map([[1, new Set([2])]])", new Map([[1, new Set([2])]])],
      ["/a/g", /a/g],
      ["new Uint16Array([1, 2])", new Uint16Array([1, 2])],
      ["new Uint8Array([1]).buffer", new Uint8Array([1]).buffer],
      ["new RangeError('x')", new RangeError("x")],
      ["[1, , 3]", [1, , 3]],
      ["Object.create(null)", {}],
    ]; // prettier-ignore
    for (const [source, value] of pairs) assert.deepEqual(again(foreign(source)), value, source);
    refused(foreign("new (class Mine { })()"), /instance of Mine/);
    refused(foreign("new (class Mine extends Array { })()"), /instance of Mine/);
  });

  it("keep all of an error but its stack", () => {
    const cause = new TypeError("inner", { cause: undefined });
    const error = Object.assign(new AggregateError([1n, cause], "outer", { cause }), {
      code: "E",
      at: new Date(0),
      name: "Mine",
    });
    const read = again(error) as typeof error;
    assert.deepEqual(read, error);
    assert.ok(read instanceof AggregateError && read.cause === read.errors[1] && read.name === "Mine");
    assert.deepEqual(Object.keys(read), ["code", "at", "name"]);
    assert.equal(read.stack, "AggregateError: outer");
    assert.ok(Object.hasOwn(read.cause as object, "cause") && !Object.hasOwn(again(new Error("x")) as object, "cause"));
    const circle = new Error("circle");
    circle.cause = circle;
    const closed = again(circle) as Error;
    assert.equal(closed.cause, closed);
  });

  it("keep bytes, whatever they are a view of", () => {
    const memory = new Uint8Array([9, 1, 2, 3, 4, 5, 6, 7, 8, 9]).buffer;
    for (const view of [
      new Uint8Array(memory, 1, 3),
      new Uint16Array(memory, 2, 2),
      new DataView(memory, 3, 2),
      Buffer.from(memory, 1, 2),
    ]) {
      const read = again(view) as Uint8Array;
      assert.deepEqual(read, view);
      assert.equal(Object.getPrototypeOf(read), Object.getPrototypeOf(view));
      if (!Buffer.isBuffer(read)) assert.equal(read.buffer.byteLength, read.byteLength);
    }
    const special = new Float64Array([-0, Number.NaN, Infinity, 5e-324]);
    assert.deepEqual(again(special), special);
    assert.equal(serializeToJson(new Uint16Array([1])), '{"$rich":"Uint16Array","value":"AQA="}');
    assert.deepEqual(again(new Uint8Array(0)), new Uint8Array(0));
  });

  it("keep Float16Array where there is one", { skip: !("Float16Array" in globalThis) && "this Node has none" }, () => {
    const Float16 = (globalThis as unknown as { Float16Array: Float64ArrayConstructor }).Float16Array;
    assert.deepEqual(again(new Float16([1.5, -0])), new Float16([1.5, -0]));
  });

  it("keep patterns without running them", () => {
    const evil = /^(a+)+$/;
    assert.deepEqual(again(evil), evil);
    for (const pattern of [/a/dgimsuy, /[\w--a]/v, new RegExp("\n"), new RegExp("")])
      assert.deepEqual(again(pattern), pattern);
    const sticky = /a/y;
    sticky.lastIndex = 3;
    assert.equal((again(sticky) as RegExp).lastIndex, 3);
  });

  it("keep dates, valid or not, of any year", () => {
    for (const time of [0, -1, 8.64e15, -8.64e15, Date.UTC(-1, 0)])
      assert.deepEqual(again(new Date(time)), new Date(time));
    // To Node 22, no two invalid dates are equal.
    assert.ok(Number.isNaN((again(new Date(Number.NaN)) as Date).getTime()));
  });

  it("keep holes, and how long an array is", () => {
    for (const length of [1, 5, 1_000_000]) {
      const array: unknown[] = [];
      array.length = length;
      array[length - 1] = "last";
      const read = again([array, array.slice(0, 1)]) as unknown[][];
      assert.deepEqual(read, [array, array.slice(0, 1)]);
      assert.equal(0 in (read[0] as unknown[]), length === 1);
    }
    assert.deepEqual(again([undefined, null]), [undefined, null]);
    const huge: unknown[] = [];
    huge[4_294_967_294] = 1;
    assert.ok(serializeToJson(huge).length < 100);
  });

  it("are told from look-alikes", () => {
    class Sub extends Date {}
    assert.equal(serializeToJson(new Sub(0)), '"1970-01-01T00:00:00.000Z"');
    refused(new (class MyMap extends Map {})(), /MyMap/);
    refused(new Number(1), /instance of Number/);
    refused({ a: new Proxy(new Map(), {}) }, /stands at a|throws/);
    assert.deepEqual(again({ constructor: "Map", size: 2 }), { constructor: "Map", size: 2 });
  });
});

describe("registered classes", () => {
  it("that are bare must be nothing but their properties", () => {
    class List extends Array<number> {}
    class Table extends Map {}
    refused(new List(), /List is more than its properties.*with a form/, { List });
    refused([new Table()], /Table is more than its properties/, { Table });
    const classes = {
      List: {
        class: List,
        write: (list: List) => [...list],
        read: (content: unknown) => List.from(content as number[]),
      },
    };
    const read = again(List.from([1, 2]), classes);
    assert.ok(read instanceof List && read.length === 2);
  });

  it("may have any name that no type has, and no setter or constructor of theirs is called", () => {
    class Guarded {
      static made = 0;
      constructor() {
        Guarded.made += 1;
      }
      set admin(_: boolean) {
        throw new Error("called");
      }
    }
    for (const name of ["constructor", "Dates", "a b/ü", ""]) {
      const made = again(Object.assign(new Guarded(), { x: 1n }), { [name]: Guarded }) as Guarded & { x: bigint };
      assert.ok(made instanceof Guarded && made.x === 1n, name);
    }
    assert.equal(Guarded.made, 4);
    const text = '{"$rich":"class","name":"G","value":{"admin":true,"__proto__":{"y":1}}}';
    const read = deserializeFromJson(text, { classes: { G: Guarded } }) as object;
    assert.deepEqual(Object.keys(read), ["admin", "__proto__"]);
    assert.equal(Object.getPrototypeOf(read), Guarded.prototype);
  });

  it("whose form throws say so, with the cause", () => {
    class Picky {}
    const classes = {
      Picky: { class: Picky, write: (): unknown => ({ a: 1 }), read: (): Picky => { throw new RangeError("never"); } },
      Mute: { class: class Mute {}, write: (): unknown => { throw new RangeError("never"); }, read: (): object => ({}) },
    }; // prettier-ignore
    assert.throws(() => again([new Picky()], classes), (error: Error & { code: string }) => {
      assert.deepEqual([error.code, (error.cause as Error).message], ["SEALTRACE_INVALID_DATA", "never"]);
      return error.message.startsWith("[0]: It holds no Picky: RangeError: never");
    }); // prettier-ignore
    refused({ a: new classes.Mute.class() }, /stands at a throws when it is read: RangeError: never/, classes);
  });
});
