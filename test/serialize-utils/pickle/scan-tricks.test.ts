/** Tricks that other scanners fell for. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { scanPickle, serializeToPickle, type PickleScan } from "../../../src/serialize-utils/index.ts";
import {
  BUILD,
  bytes,
  calling,
  frame,
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

function scan(...parts: readonly Part[]): PickleScan {
  return scanPickle(pickle(...parts));
}

function worstNames({ names }: PickleScan): string[] {
  return names
    .filter(({ verdict }) => verdict !== "safe")
    .map(({ module, name, isCalled }) => `${module}.${name}${isCalled ? "()" : ""}`);
}

/** STACK_GLOBAL and a call with one argument. */
function calling4(module: string, name: string, argument = "id"): Part[] {
  return [PROTO4, text(module), text(name), STACK_GLOBAL, text(argument), TUPLE1, REDUCE];
}

describe("the scanner isn't taken in by", () => {
  const dangerous = (parts: readonly Part[], name: string | RegExp): void => {
    const found = scan(...parts);
    assert.equal(found.verdict, "dangerous", JSON.stringify(found));
    const said = [...worstNames(found), ...found.findings.map(({ message }) => message)].join("; ");
    assert.match(said, typeof name === "string" ? new RegExp(name.replaceAll(".", "\\.")) : name);
  };
  const notSafe = (parts: readonly Part[], message: RegExp): void => {
    const found = scan(...parts);
    assert.notEqual(found.verdict, "safe");
    assert.match(found.findings.map((finding) => finding.message).join("; "), message);
  };

  it("INST and OBJ instead of GLOBAL and REDUCE", () => {
    dangerous(["(S'id'\nios\nsystem\n."], "os.system()");
    dangerous(["(cpty\nspawn\nS'id'\no."], "pty.spawn()");
    dangerous([global("os", "system"), text("id"), TUPLE1, "\x81."], "os.system()");
    dangerous([global("os", "system"), text("id"), TUPLE1, "}\x92."], "os.system()");
  });

  it("a call that is hidden behind copyreg", () => {
    dangerous(["ccopyreg\n__newobj__\n", global("os", "system"), text("id"), TUPLE2, REDUCE, STOP], "os.system()");
    dangerous(["ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR."], "os.system()");
  });

  it("names that come out of the memo, whatever stood there before (memo confusion)", () => {
    // BINPUT 0 and 1 hold the dangerous names; what MEMOIZE adds later looks as if it had taken their place.
    dangerous(
      [
        text("os"),
        "q\x000",
        text("system"),
        "q\x010",
        text("torch._utils"),
        MEMOIZE,
        "0",
        text("_rebuild_tensor_v2"),
        MEMOIZE,
        "0",
        "h\x00h\x01",
        STACK_GLOBAL,
        text("id"),
        TUPLE1,
        REDUCE,
        STOP,
      ],
      "os.system()",
    );
    // PUT says 0, but what it puts is what lies on the stack, not the argument of the opcode before it.
    dangerous(
      [
        text("os"),
        text("x"),
        "0p0\n",
        text("system"),
        "p1\n00g0\ng1\n",
        STACK_GLOBAL,
        text("id"),
        TUPLE1,
        REDUCE,
        STOP,
      ],
      "os.system()",
    );
    dangerous(
      [
        text("collections"),
        "r\xff\xff\xff\x7f0",
        text("os"),
        "r\xff\xff\xff\x7f0",
        "j\xff\xff\xff\x7f",
        text("system"),
        STACK_GLOBAL,
        STOP,
      ],
      "os.system",
    );
    dangerous(["U\x02osU\x06system", STACK_GLOBAL, STOP], "os.system");
    dangerous(["S'o\\x73'\nV\\u0073ystem\n", STACK_GLOBAL, STOP], "os.system");
  });

  it("names that are computed while it is loaded", () => {
    dangerous(
      [
        text("builtins"),
        text("str"),
        STACK_GLOBAL,
        text("os"),
        TUPLE1,
        REDUCE,
        text("system"),
        STACK_GLOBAL,
        text("id"),
        TUPLE1,
        REDUCE,
        STOP,
      ],
      /computed/,
    );
    dangerous(["K\x01", text("x"), STACK_GLOBAL, STOP], /computed/);
  });

  it("attributes that are set on what is imported", () => {
    // numpy.prod.a = "os", numpy.prod.b = "system", then STACK_GLOBAL of both.
    dangerous(
      [
        global("numpy", "prod"),
        "N}",
        text("a"),
        text("os"),
        "s",
        TUPLE2,
        BUILD,
        "0",
        text("numpy"),
        text("prod.a"),
        STACK_GLOBAL,
        text("numpy"),
        text("prod.b"),
        STACK_GLOBAL,
        STACK_GLOBAL,
        STOP,
      ],
      /sets attributes of numpy\.prod itself|computed/,
    );
    dangerous([global("collections", "OrderedDict"), "}", text("x"), "K\x01s", BUILD, STOP], /sets attributes/);
    dangerous([global("collections", "OrderedDict"), text("x"), "K\x01s."], /puts items into/);
    notSafe(
      [global("collections", "OrderedDict"), ")R}", text("__class__"), "K\x01s", BUILD, STOP],
      /attribute that Python itself uses/,
    );
  });

  it("what a call gives and what is done with it", () => {
    dangerous(
      [...calling4("builtins", "getattr"), text("id"), TUPLE1, REDUCE, STOP],
      /a call of what another call gave/,
    );
    // getattr(ZoneInfo, "_unpickle") is harmless, getattr(anything else) is not.
    const zone = [global("builtins", "getattr"), global("zoneinfo", "ZoneInfo"), text("_unpickle"), TUPLE2, REDUCE];
    assert.equal(scan(...zone, text("UTC"), "K\x01", TUPLE2, REDUCE, STOP).verdict, "safe");
    dangerous(
      [
        global("builtins", "getattr"),
        MEMOIZE,
        global("zoneinfo", "ZoneInfo"),
        text("_unpickle"),
        TUPLE2,
        REDUCE,
        "0h\x00",
        global("zoneinfo", "ZoneInfo"),
        text("__init__"),
        TUPLE2,
        REDUCE,
        STOP,
      ],
      "builtins.getattr()",
    );
    dangerous([global("builtins", "getattr"), STOP], "builtins.getattr");
  });

  it("a pickle within a pickle", () => {
    const inner = calling("os", "system");
    for (const [module, name] of [
      ["pickle", "loads"],
      ["shop", "restore"],
    ] as const) {
      const found = scan(PROTO4, text(module), text(name), STACK_GLOBAL, bytes(inner), TUPLE1, REDUCE, STOP);
      const nested = found.names.find((global) => global.name === "system");
      assert.equal(found.verdict, "dangerous");
      assert.match(nested?.where ?? "", /^bytes at \d+$/);
    }
    // Bytes of protocol 2, in a list, within another.
    const asText = Buffer.from(Buffer.from(inner).toString("latin1"));
    const encoded = [global("_codecs", "encode"), "X", asText.length, "\0\0\0", asText, text("latin1"), TUPLE2, REDUCE];
    dangerous([global("shop", "restore"), "(", ...encoded, "l", TUPLE1, REDUCE, STOP], "os.system()");
    let deep: Uint8Array = inner;
    for (let i = 0; i < 40; i += 1)
      deep = pickle(PROTO4, text("m"), text("f"), STACK_GLOBAL, bytes(deep), TUPLE1, REDUCE, STOP);
    notSafe([deep], /nested more than 16 levels/);
  });

  it("a second pickle behind the first, and what is not one", () => {
    dangerous(["\x80\x04N.", calling("os", "system")], "os.system()");
    assert.equal(scan("\x80\x04N.", "\x80\x04N.").pickles, 2);
    notSafe(["\x80\x04N.", "something else"], /what follows pickle 1/);
  });

  it("an end that breaks off, after which it has already run", () => {
    dangerous([...calling4("os", "system"), "\xff"], "os.system()");
    dangerous([...calling4("os", "system")], "os.system()");
    dangerous([...calling4("os", "system"), "X\xff\xff\xff\xff"], "os.system()");
    dangerous([...calling4("os", "system"), "h\xfe", STOP], "os.system()");
    dangerous([...calling4("os", "system"), "0N0."], "os.system()");
    for (const broken of ["", "\xff", "no pickle at all", "\x80\x04", "\x80\x04NN.", "\x80\x09N."])
      notSafe([broken], /./);
  });

  it("frames in which CPython's two unpicklers see something else", () => {
    notSafe([PROTO4, frame(2), text("abc"), STOP], /frame.*differ/);
    notSafe([PROTO4, frame(1_000), text("abc"), STOP], /frame/);
    notSafe([PROTO4, frame(15), frame(6), text("abc"), STOP], /within another/);
    dangerous([PROTO4, frame(1), text("os"), text("system"), STACK_GLOBAL, STOP], "os.system");
  });

  it("classes by number, and objects from outside", () => {
    for (const extension of ["\x82\x01", "\x83\x01\x00", "\x84\x01\x00\x00\x00"])
      notSafe([extension, STOP], /extension code 1/);
    notSafe(["Pos.system\n."], /persistent id/);
    notSafe([text("x"), "Q."], /persistent id/);
  });

  it("names that look like others", () => {
    dangerous([PROTO4, text("ｏｓ"), text("ｓystem"), STACK_GLOBAL, STOP], "unusual characters");
    notSafe([PROTO4, text("builtins"), text("sеt"), STACK_GLOBAL, STOP], /unusual characters/);
    notSafe([PROTO4, text("collections\u200b"), text("OrderedDict"), STACK_GLOBAL, STOP], /unusual characters/);
    notSafe(["ccollections\r\nOrderedDict\n."], /unusual characters/);
    notSafe(["c collections\nOrderedDict\n."], /unusual characters/);
    assert.equal(scan("c\nset\n.").verdict, "suspicious");
  });

  it("marshalled code, and a harmless end (fickling GHSA-565g-hwwr-4pp3, GHSA-mhc9-48gj-9gp3)", () => {
    dangerous(
      [
        ...calling4("marshal", "loads"),
        text("types"),
        text("FunctionType"),
        STACK_GLOBAL,
        "K\x01}",
        TUPLE2,
        REDUCE,
        text("gottem"),
        BUILD,
        "00N.",
      ],
      "types.FunctionType",
    );
    dangerous([...calling4("pty", "spawn"), text("gottem"), BUILD, STOP], "pty.spawn()");
    dangerous([...calling4("os", "system"), "0N."], "os.system()");
  });

  it("sheer size: what it could not finish is not safe", { timeout: 20_000 }, () => {
    const many = pickle(MARK, "N".repeat(50_000), "t.");
    assert.match(scanPickle(many, { maxValues: 1_000 }).findings[0]?.message ?? "", /more than 1000 values/);
    assert.equal(scanPickle(many, { maxBytes: 100 }).verdict, "suspicious");
    assert.equal(scanPickle(pickle(MARK.repeat(100_000))).verdict, "suspicious");
    const names = Array.from({ length: 20_000 }, (_, i) => `cm${i}\nf\n0`).join("");
    const found = scanPickle(pickle(names, global("os", "system"), ")R."));
    assert.ok(found.names.length <= 10_000);
    assert.notEqual(found.verdict, "safe");
  });

  it("any bytes: it never throws", () => {
    const seeds = [
      calling("os", "system"),
      pickle(...calling4("a", "b"), bytes(calling("c", "d")), TUPLE1, REDUCE, STOP),
      serializeToPickle([new Date(0), new Map([[1, 2]])]),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.nat(),
        fc.nat(255),
        fc.uint8Array({ maxLength: 8 }),
        (seed, at, byte, more) => {
          const changed = Uint8Array.from([...seed, ...more]);
          changed[at % changed.length] = byte;
          scanPickle(changed, { maxValues: 10_000 });
          scanPickle(changed.subarray(0, at % changed.length));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
