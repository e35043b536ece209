/** What a pickle names, and what becomes of data. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { SealtraceError } from "../../../src/record/index.ts";
import {
  deserializeFromPickle,
  PythonGlobal,
  PythonObject,
  serializeToPickle,
} from "../../../src/serialize-utils/index.ts";
import {
  BUILD,
  bytes,
  calling,
  global,
  MARK,
  MEMOIZE,
  pickle,
  PROTO4,
  REDUCE,
  STACK_GLOBAL,
  STOP,
  text,
  TUPLE1,
  TUPLE2,
  type Part,
} from "./pickles.ts";
import { load, refuses } from "./reading-pickles.ts";

const OPCODES =
  "().012FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}BC" +
  Array.from({ length: 0x19 }, (_, i) => String.fromCharCode(0x80 + i)).join("");

describe("what a pickle names", () => {
  it("is refused, with name and place, and nothing is run", () => {
    refuses([calling("os", "system")], "TYPE_REFUSED", /os\.system, at byte 2.*Nothing was run.*"os:system"/);
    refuses([PROTO4, text("os"), text("system"), STACK_GLOBAL, STOP], "TYPE_REFUSED", /os\.system/);
    refuses(["(S'id'\nios\nsystem\n."], "TYPE_REFUSED", /os\.system/);
    refuses(["(cos\nsystem\nS'id'\no."], "TYPE_REFUSED", /os\.system/);
    refuses(["\x82\x01."], "TYPE_REFUSED", /extension code 1/);
    refuses(["Pabc\n."], "TYPE_REFUSED", /persistent/);
    refuses(["NQ."], "TYPE_REFUSED", /persistent/);
    refuses([calling("builtins", "list")], "TYPE_REFUSED", /only known by name/);
    refuses(
      [global("builtins", "getattr"), global("builtins", "int"), text("real"), TUPLE2, REDUCE, STOP],
      "TYPE_REFUSED",
      /getattr/,
    );
  });

  it("is exact: neither dots nor JavaScript's own names lead anywhere", () => {
    for (const [module, name] of [
      ["builtins", "object.__subclasses__"],
      ["collections.OrderedDict", "x"],
      ["", "builtins:set"],
      ["builtins:set", ""],
      ["__proto__", "toString"],
      ["constructor", "constructor"],
      ["Object", "prototype"],
      ["datetime", "datetime.fromtimestamp"],
      ["builtins", "sеt"],
    ] as const) {
      refuses([PROTO4, text(module), text(name), STACK_GLOBAL, STOP], "TYPE_REFUSED");
    }
  });

  it("is kept as a placeholder on request", () => {
    const options = { unknownGlobals: "placeholder" } as const;
    const called = deserializeFromPickle(calling("os", "system"), options) as PythonObject;
    assert.ok(called instanceof PythonObject);
    assert.deepEqual([String(called.type), [...called.args]], ["os.system", ["echo pwned"]]);
    const made = deserializeFromPickle(
      pickle(PROTO4, text("shop"), text("Order"), STACK_GLOBAL, ")\x81}", text("id"), "K\x05s", BUILD, STOP),
      options,
    ) as PythonObject;
    assert.deepEqual(made.states, [{ id: 5 }]);
    const list = deserializeFromPickle(
      pickle(global("a", "L"), ")R(K\x01K\x02e(", text("k"), "K\x03u."),
      options,
    ) as PythonObject;
    assert.deepEqual(
      [list.items, list.entries],
      [
        [1, 2],
        ["k", 3],
      ],
    );
    assert.ok(deserializeFromPickle(pickle(global("os", "system"), STOP), options) instanceof PythonGlobal);
    // Written back it would be armed again.
    assert.throws(() => serializeToPickle(called), { code: "SEALTRACE_VALUE_UNSUPPORTED" });
  });

  it("is what was registered for it: a class of attributes, or a builder", () => {
    class Order {
      id = 0;
    }
    const order = pickle(
      PROTO4,
      text("shop"),
      text("Order"),
      STACK_GLOBAL,
      ")\x81}",
      text("id"),
      "K\x05s}",
      text("__proto__"),
      "K\x06s0",
      BUILD,
      STOP,
    );
    const made = deserializeFromPickle(order, { pythonClasses: { "shop:Order": Order } });
    assert.ok(made instanceof Order);
    assert.equal(made.id, 5);
    const pair = pickle(PROTO4, text("shop"), text("Pair"), STACK_GLOBAL, "K\x01K\x02\x86\x81", STOP);
    assert.deepEqual(
      deserializeFromPickle(pair, { pythonClasses: { "shop:Pair": { create: (args) => [...args] } } }),
      [1, 2],
    );
    const broken = { "shop:Pair": { create: () => { throw new Error("too dear"); } } }; // prettier-ignore
    assert.throws(() => deserializeFromPickle(pair, { pythonClasses: broken }), {
      code: "SEALTRACE_INVALID_DATA",
      message: /shop\.Pair can't be made.*too dear/,
    });
    const slots = pickle(
      PROTO4,
      text("shop"),
      text("Order"),
      STACK_GLOBAL,
      ")\x81N}",
      text("id"),
      "K\x07s\x86",
      BUILD,
      STOP,
    );
    assert.equal((deserializeFromPickle(slots, { pythonClasses: { "shop:Order": Order } }) as Order).id, 7);
  });

  it("are given attributes, and none of their setters is called", () => {
    class Account {
      set balance(_: unknown) {
        throw new Error("called");
      }
    }
    const account = pickle(PROTO4, text("shop"), text("Account"), STACK_GLOBAL, ")\x81}", text("balance"), "K\x07sb.");
    const made = deserializeFromPickle(account, { pythonClasses: { "shop:Account": Account } });
    assert.deepEqual(Object.entries(made as Account), [["balance", 7]]);
  });

  it("gets arguments that are checked", () => {
    for (const [module, name, ...args] of [
      ["datetime", "date", bytes(Uint8Array.of(7, 228, 13, 1))],
      ["datetime", "date", bytes(Uint8Array.of(7, 228, 2, 30))],
      ["datetime", "datetime", bytes(Uint8Array.of(1))],
      ["datetime", "timedelta", text("1")],
      ["decimal", "Decimal", text("1; DROP")],
      ["fractions", "Fraction", text("1/0")],
      ["builtins", "bytearray", "J\0\0\0\x7f"],
      ["builtins", "bytes", "J\0\0\0\x7f"],
      ["builtins", "set", "K\x01"],
      ["collections", "OrderedDict", "K\x01"],
      ["numpy", "dtype", text("f8, (1e9,)f8")],
      ["numpy.core.multiarray", "_reconstruct", "K\x01"],
      ["array", "array", text("d")],
      ["types", "SimpleNamespace", "K\x01"],
    ] as const) {
      refuses(
        [PROTO4, text(module), text(name), STACK_GLOBAL, ...args, TUPLE1, REDUCE, STOP],
        "INVALID_DATA",
        /can't be made|expected/,
      );
    }
  });

  it("can't make anything of an array's shape that its bytes don't hold", () => {
    const dtype = [text("numpy"), text("dtype"), STACK_GLOBAL, text("f8"), TUPLE1, REDUCE];
    const array = (...shape: Part[]): Part[] => [PROTO4, text("numpy.core.multiarray"), text("_reconstruct"), STACK_GLOBAL, text("numpy"), text("ndarray"), STACK_GLOBAL, TUPLE1, REDUCE, "(K\x01", ...shape, ...dtype, "\x89", bytes(new Uint8Array(8)), "t", BUILD, STOP]; // prettier-ignore
    assert.doesNotThrow(() => load(...array("K\x01", TUPLE1)));
    for (const shape of ["J\xff\xff\xff\x7f", "K\x02", "J\xff\xff\xff\xff", "N"])
      refuses(array(shape, TUPLE1), "INVALID_DATA");
    refuses(array("J\xff\xff\xff\x7fJ\xff\xff\xff\x7f", TUPLE2), "INVALID_DATA");
    refuses(array(MARK, "K\x01".repeat(65), "t"), "INVALID_DATA", /64/);
  });
});

describe("data", () => {
  it("never changes what an object is", () => {
    const value = load("}", text("__proto__"), "}", text("polluted"), "\x88ss.") as object;
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it("is bytes of its own, and no Buffer, also out of a Buffer", () => {
    const content = Buffer.from(pickle("C\x01a."));
    const value = deserializeFromPickle(content) as Uint8Array;
    content.fill(0);
    assert.deepEqual(value, Uint8Array.of(97));
  });

  it("follows Python where a key comes twice: the last counts", () => {
    assert.deepEqual(load("}(", text("a"), "K\x01", text("a"), "K\x02u."), { a: 2 });
    assert.deepEqual(load("}(K\x05K\x01K\x05K\x02u."), new Map([[5, 2]]));
  });

  it("becomes a Map with the first key that is no string, wherever it is already", () => {
    // d = {}; d["self"] = [d]; d[1] = d
    const map = load("}", MEMOIZE, MARK, text("self"), "]h\x00aK\x01h\x00u.") as Map<unknown, unknown>;
    assert.ok(map instanceof Map);
    assert.equal(map.get(1), map);
    assert.equal((map.get("self") as unknown[])[0], map);
    const [one, other] = load("}", MEMOIZE, "0(h\x00h\x00K\x01Ns0h\x00l.") as unknown[];
    assert.ok(one instanceof Map);
    assert.equal(one, other);
  });

  it("of Python 2 is what the caller says it is", () => {
    const date = pickle("cdatetime\ndate\n(U\x04\x07\xe4\x02\x1dtR.");
    assert.throws(() => deserializeFromPickle(date), { code: "SEALTRACE_INVALID_DATA", message: /byteStrings/ });
    assert.equal(String(deserializeFromPickle(date, { byteStrings: "latin1" })), "2020-02-29");
    assert.deepEqual(deserializeFromPickle(pickle("U\x02\xc3\xa9."), { byteStrings: "utf-8" }), "é");
    assert.deepEqual(deserializeFromPickle(pickle("U\x01\xe9."), { byteStrings: "bytes" }), Uint8Array.of(0xe9));
    assert.deepEqual(load("c__builtin__\nset\n((lI1\natR."), new Set([1]));
    assert.deepEqual(
      load("ccopy_reg\n_reconstructor\n(ccollections\nOrderedDict\nc__builtin__\nobject\nNtR."),
      new Map(),
    );
  });

  it("out of band comes from the buffers that are given, all of them", () => {
    const content = pickle("\x80\x05\x97\x98.");
    assert.deepEqual(deserializeFromPickle(content, { buffers: [Uint8Array.of(1)] }), Uint8Array.of(1));
    assert.throws(() => deserializeFromPickle(content), { code: "SEALTRACE_INVALID_DATA", message: /buffer/ });
    assert.throws(() => deserializeFromPickle(pickle("N."), { buffers: [Uint8Array.of(1)] }), {
      code: "SEALTRACE_DATA_TRAILING",
    });
  });

  it("throws nothing but SealtraceError, whatever the bytes", () => {
    const seeds = [
      serializeToPickle([
        new Map([[1, { a: [2n ** 70n, "x"] }]]),
        new Date(0),
        new Set([1]),
        Buffer.from("a"),
        undefined,
        Array(3),
      ]),
      calling("os", "system"),
    ];
    const options = { maxValues: 10_000, maxDepth: 50, unknownGlobals: "placeholder", byteStrings: "bytes" } as const;
    const attempt = (content: Uint8Array): void => {
      try {
        deserializeFromPickle(content, options);
      } catch (error) {
        assert.ok(error instanceof SealtraceError, String((error as Error).stack));
      }
    };
    const opcode = fc.constantFrom(...OPCODES).map((character) => character.charCodeAt(0));
    fc.assert(
      fc.property(fc.array(fc.oneof(opcode, fc.nat(255)), { maxLength: 60 }), (content) =>
        attempt(Uint8Array.from(content)),
      ),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.nat(), fc.nat(255), (seed, at, byte) => {
        const changed = Uint8Array.from(seed);
        changed[at % changed.length] = byte;
        attempt(changed);
      }),
      { numRuns: 3_000 },
    );
  });
});
