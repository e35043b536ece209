import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { deserializeFromJson, serializeToJson } from "../../../src/serialize-utils/index.ts";
import { richValue } from "../values/rich-values.ts";

const refused = (code: string, action: () => unknown, message: RegExp): void => {
  assert.throws(action, { name: "SealtraceError", code: `SEALTRACE_${code}`, message });
};

class Money {
  readonly amount: number;
  constructor(amount: number) {
    this.amount = amount;
  }
}

class Point {
  readonly #x: number;
  constructor(x: number) {
    this.#x = x;
  }
  get x(): number {
    return this.#x;
  }
}

class PaymentError extends Error {
  readonly code: string;
  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const classes = {
  Money,
  Point: {
    class: Point,
    write: ({ x }: Point) => ({ x }),
    read: (content: unknown) => new Point((content as Point).x),
  },
  PaymentError,
};

describe("plain data as JSON", () => {
  it("is what JSON.stringify writes, byte for byte", () => {
    const key = fc.oneof(fc.string(), fc.constantFrom("$ref", "$type", "id", "value", "constructor", "toJSON"));
    const plain = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
        fc.array(tie("value")),
        fc.dictionary(key, tie("value")),
      ),
    })).value;
    fc.assert(
      fc.property(plain, fc.constantFrom(0, 2), (value, indent) => {
        const text = serializeToJson(value, { indent });
        assert.equal(text, JSON.stringify(value, undefined, indent));
        assert.deepEqual(deserializeFromJson(text), JSON.parse(text));
        assert.equal(serializeToJson(value, { indent, rich: false }), text);
      }),
    );
  });

  it("keeps keys that mean something to JavaScript as plain keys", () => {
    const text = '{"__proto__":{"admin":true},"constructor":{"prototype":{"polluted":1}}}';
    const value = deserializeFromJson(text) as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(value.admin, undefined);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.equal(serializeToJson(value), text);
  });
});

describe("rich data as JSON", () => {
  it("gives back every value, and writes it the same again", () => {
    fc.assert(
      fc.property(richValue, fc.constantFrom(0, 2), (value, indent) => {
        const text = serializeToJson(value, { indent });
        const read = deserializeFromJson(text);
        assert.deepEqual(read, value);
        assert.equal(serializeToJson(read, { indent }), text);
        assert.deepEqual(JSON.parse(serializeToJson(value)), JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  it("can be read by other programs", () => {
    const person = { name: "Ann", born: new Date(0), tags: new Set(["a"]), boss: undefined as unknown };
    person.boss = person;
    assert.equal(
      serializeToJson(person),
      '{"$rich":"Object","id":1,"value":{"name":"Ann","born":{"$rich":"Date","value":"1970-01-01T00:00:00.000Z"},"tags":{"$rich":"Set","value":["a"]},"boss":{"$rich":1}}}',
    );
    assert.equal(
      serializeToJson([1n, -0, undefined]),
      '[{"$rich":"BigInt","value":"1"},{"$rich":"Number","value":"-0"},{"$rich":"undefined"}]',
    );
    assert.equal(serializeToJson({ $rich: "Date" }), '{"$rich":"Object","value":{"$rich":"Date"}}');
  });

  it("keeps who is who", () => {
    const date = new Date(5);
    const list: unknown[] = [];
    list.push(list, date, { date, list }, new Map<unknown, unknown>([[date, list]]));
    const read = deserializeFromJson(serializeToJson(list)) as [unknown, Date, { date: unknown; list: unknown }, Map<unknown, unknown>]; // prettier-ignore
    assert.equal(read[0], read);
    assert.equal(read[2].date, read[1]);
    assert.equal(read[2].list, read);
    assert.equal(read[3].get(read[1]), read);
  });

  it("does as a method toJSON says where nothing better is known", () => {
    class Temperature {
      degrees = 20;
      toJSON(key: string): unknown {
        return { key, degrees: this.degrees, at: new Date(0) };
      }
    }
    const warm = new Temperature();
    const read = deserializeFromJson(serializeToJson({ a: warm, b: [warm] })) as { a: object; b: [object] };
    assert.deepEqual(read.a, { key: "a", degrees: 20, at: new Date(0) });
    assert.equal(read.b[0], read.a);
    assert.equal(serializeToJson({ toJSON: () => "said" }), '"said"');
    assert.equal(serializeToJson({ toJSON: 7 }), '{"toJSON":7}');
    assert.equal(serializeToJson([{ toJSON: () => undefined }]), '[{"$rich":"undefined"}]');
    const itself = { a: 1n, toJSON: (): unknown => ({ itself }) };
    assert.equal(serializeToJson(itself), '{"$rich":"Object","id":1,"value":{"itself":{"$rich":1}}}');
  });

  it("makes instances of registered classes, and of no others", () => {
    const money = new Money(7);
    const value = { money, same: money, point: new Point(3), error: new PaymentError("no", "E1", { cause: money }) };
    const text = serializeToJson(value, { classes });
    const read = deserializeFromJson(text, { classes }) as typeof value;
    assert.ok(read.money instanceof Money && read.money.amount === 7);
    assert.equal(read.same, read.money);
    assert.ok(read.point instanceof Point && read.point.x === 3);
    assert.ok(read.error instanceof PaymentError);
    assert.deepEqual([read.error.message, read.error.code, read.error.cause], ["no", "E1", read.money]);
    assert.equal(serializeToJson(read, { classes }), text);
    refused("TYPE_REFUSED", () => deserializeFromJson(text), /^money: .*class "Money"/);
    refused("VALUE_UNSUPPORTED", () => serializeToJson({ a: [money] }), /an instance of Money, which stands at a\[0\]/);
    class Cent extends Money {}
    refused("VALUE_UNSUPPORTED", () => serializeToJson(new Cent(1), { classes }), /an instance of Cent/);
  });

  it("knows registered names only, not what they would reach", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "Function", "Object", "eval", ""]) {
      const form = (type: object): string => JSON.stringify({ a: type });
      refused(
        "TYPE_REFUSED",
        () => deserializeFromJson(form({ $rich: "class", name, value: {} }), { classes }),
        /class/,
      );
      if (name !== "Object")
        refused("TYPE_REFUSED", () => deserializeFromJson(form({ $rich: name, value: {} })), /type/);
    }
    assert.deepEqual(Object.keys(deserializeFromJson('{"$rich":"class","name":"Money","value":{"__proto__":{"x":1}}}', { classes }) as object), ["__proto__"]); // prettier-ignore
    refused(
      "INVALID_DATA",
      () => deserializeFromJson('{"$rich":"class","name":"Point","value":null}', { classes }),
      /holds no Point/,
    );
    refused(
      "INVALID_DATA",
      () => deserializeFromJson('{"$rich":"class","name":"Money","value":[]}', { classes }),
      /Money must be an object/,
    );
  });

  it("closes cycles through a bare class, and refuses those that a form can't close", () => {
    class Node {
      next: unknown;
    }
    const node = new Node();
    node.next = new Map([[node, node]]);
    const read = deserializeFromJson(serializeToJson(node, { classes: { Node } }), { classes: { Node } }) as Node;
    assert.ok((read.next as Map<unknown, unknown>).get(read) === read && read instanceof Node);
    const form = { Node: { class: Node, write: ({ next }: Node) => next, read: () => new Node() } };
    refused(
      "VALUE_UNSUPPORTED",
      () => serializeToJson(node, { classes: form }),
      /holds itself.*register the bare class/,
    );
    refused("INVALID_DATA", () => deserializeFromJson('{"$rich":"class","id":1,"name":"Node","value":[{"$rich":1}]}', { classes: form }), /refers to 1/); // prettier-ignore
  });

  it("refuses what has no form, and says where", () => {
    const refusals: readonly (readonly [unknown, RegExp])[] = [
      [() => 1, /a function, which the value is/],
      [{ user: { tags: [1, 2, 3, Symbol("x")] } }, /a symbol, which stands at user\.tags\[3\]/],
      [{ "a b": [() => 1] }, /at \["a b"\]\[0\]/],
      [new Map([["k", new WeakMap()]]), /an instance of WeakMap, which stands at \[1\]/],
      [[Promise.resolve()], /an instance of Promise/],
      [new (class Mine extends Map {})(), /an instance of Mine/],
      [Object.create({}), /such an object|instance of Object/],
      [new Uint8Array(new SharedArrayBuffer(1)), /Uint8Array/],
    ];
    for (const [value, message] of refusals) refused("VALUE_UNSUPPORTED", () => serializeToJson(value), message);
  });

  it("says what throws while it is read", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const getter = { a: [Object.defineProperty({}, "b", { enumerable: true, get: () => { throw new Error("mine"); } })] }; // prettier-ignore
    for (const value of [
      getter,
      { a: [proxy] },
      {
        a: [
          {
            toJSON: () => {
              throw new Error("mine");
            },
          },
        ],
      },
    ]) {
      // prettier-ignore
      assert.throws(() => serializeToJson(value), (error: Error & { code: string }) => {
        assert.equal(error.code, "SEALTRACE_VALUE_UNSUPPORTED");
        assert.match(error.message, /a\[0\] throws when it is read/);
        assert.ok(error.cause instanceof Error);
        return true;
      }); // prettier-ignore
    }
    assert.equal(serializeToJson(new Proxy({ a: 1, b: 2n }, {})), '{"a":1,"b":{"$rich":"BigInt","value":"2"}}');
  });

  it("survives a million levels, in time that grows as they do", () => {
    const plain = {
      depth: 1_000_000,
      open: '{"a":[',
      close: "]}",
      down: (value: unknown) => (value as { a: [unknown] }).a[0],
    };
    const rich = {
      depth: 150_000,
      open: '{"$rich":"Map","value":[1,',
      close: "]}",
      down: (value: unknown) => (value as Map<number, unknown>).get(1),
    };
    for (const { depth, open, close, down } of [plain, rich]) {
      const levels = depth / 2;
      const text = open.repeat(levels) + '"bottom"' + close.repeat(levels);
      refused("LIMIT_EXCEEDED", () => deserializeFromJson(text), /more than 512 levels deep/);
      const value = deserializeFromJson(text, { maxDepth: depth });
      let inner = value;
      for (let i = 0; i < levels; i += 1) inner = down(inner);
      assert.equal(inner, "bottom");
      assert.ok(serializeToJson(value, { indent: 2 }) === text);
    }
  });
});

describe("plain JSON alone, by rich: false", () => {
  const plain = { rich: false };

  it("refuses what others would not understand", () => {
    const circle: { self?: unknown } = {};
    circle.self = [circle];
    for (const value of [
      new Map(),
      new Set(),
      1n,
      -0,
      Number.NaN,
      [undefined],
      Symbol.for("x"),
      [, 1],
      circle,
      new Uint8Array(1),
      /x/,
    ]) {
      // prettier-ignore
      refused("VALUE_UNSUPPORTED", () => serializeToJson({ a: value }, plain), /^Plain JSON has no form for .* a/);
    }
  });

  it("leaves out properties that are undefined, and writes what stands twice twice", () => {
    const twice = { b: 1 };
    assert.equal(serializeToJson({ a: undefined, x: [twice, twice], d: new Date(0) }, plain), '{"x":[{"b":1},{"b":1}],"d":"1970-01-01T00:00:00.000Z"}'); // prettier-ignore
  });

  it("takes the reserved key as any other", () => {
    const value = { $rich: "Date", value: "no date" };
    assert.equal(serializeToJson(value, plain), JSON.stringify(value));
    assert.deepEqual(deserializeFromJson(JSON.stringify(value), plain), value);
  });
});
