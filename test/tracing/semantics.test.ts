/**
 * What instrumented programs do is what they did before. Each module exports `run`, whose result must be the same in
 * both.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { callsDuring, handle, load } from "./traced.ts";

type Kind = "cjs" | "mjs" | "ts" | "mts";
const programs: [name: string, kind: Kind, text: string][] = [];
const script = (name: string, text: string): unknown => programs.push([name, "cjs", `exports.run = ${text}`]);
const module = (name: string, text: string): unknown => programs.push([name, "mjs", text]);

script(
  "names that functions get from where they stand",
  `() => {
  const a = () => 1, b = function () {}, c = class {}, o = { d() {}, e: () => 1, f: function () {}, get g() { return 1; }, ["h" + 1]: () => 1 };
  let i; i = () => 1; const { j = () => 1 } = {}; const k = ((x = () => 1) => x)();
  function l() { return function () {}; }
  function m() { return () => {}; }
  class N { static o = () => 1; #p() {} q = () => 1; static r() { return N.prototype; } s() { return this.#p.name; } }
  const n = new N();
  return [a, b, c, o.d, o.e, o.f, o.h1, i, j, k, l(), m(), N.o, n.q, N].map((x) => x.name).concat(n.s(), Object.getOwnPropertyDescriptor(o, "g").get.name);
};`,
);
script(
  "length, own properties, prototypes and construction",
  `() => {
  function F(a, b = 1, ...c) { this.x = new.target === F; } F.own = 1; const G = (a, b) => 1; async function H() {} function* I() {}
  let thrown; try { new G(); } catch (e) { thrown = e.message; }
  return [F.length, G.length, F.own, new F().x, Object.keys(F), "prototype" in G, "prototype" in H, typeof I.prototype, thrown, new F() instanceof F];
};`,
);
script(
  "the text of functions and classes",
  `() => {
  const a = (x) => ({ y: x }); class B { static c() { return 1; } get d() { return 2; } async *e() { yield 1; } #f() {} g = () => 1; constructor() {} }
  const o = { h() { return "const $ts=--$tN[1]"; }, async i() { await 1; }, [1 + 1]() {}, set j(v) {} }; function k(/* comment */ a, b) { "use strict"; return a; }
  function returned() { return [function q(a) { return a; }, (a) => a, class { m() { return () => 1; } }].at(0); } function awaited() { return async (x) => await x; }
  return [a, B, B.c, Object.getOwnPropertyDescriptor(B.prototype, "d").get, B.prototype.e, o.h, o.i, o[2], Object.getOwnPropertyDescriptor(o, "j").set, k, Math.max, k.bind(1), Function.prototype.toString]
    .concat(returned(), awaited(), (() => () => 1)(), ...[(x) => x, function z() { return 1; }].map((f) => f))
    .map(String).concat(Function.prototype.toString.name, "prototype" in Function.prototype.toString, new B().g.toString());
};`,
);
script(
  "functions that are declared in a body, before and after their use",
  `() => {
  const log = [];
  function a() { log.push(typeof b, b()); function b() { return c(); } function c() { return 1; } return b; }
  function d(x) { if (x) { function e() { return 1; } } return typeof e; }
  function f() { var g = 1; function g() {} return typeof g; }
  function h() { function i() { return 1; } function i() { return 2; } return i(); }
  function j(k) { function k() { return 3; } return k() + (typeof arguments[0]); }
  function l() { { function m() { return 1; } } function m() { return 2; } return m(); }
  function n() { for (var o = 0; o < 1; o++); function o2() { return o; } return o2(); }
  function p(q = () => r) { function r() { return 1; } try { return q(); } catch (e) { return e.message; } }
  function arguments_() { function arguments() { return 7; } return typeof arguments; }
  return [a()(), d(1), d(0), f(), h(), j(1), l(), n(), p(), arguments_(), log];
};`,
);
programs.push([
  "a module with globals of its own",
  "cjs",
  `var root = global, Symbol = root.Symbol, Object = root.Object, Int32Array = 1; var process, Promise;
exports.run = () => { function f(x) { return x + typeof Symbol.iterator + typeof process + Int32Array; } return f(1); };`,
]);
script(
  "sloppy code: this, arguments, with, octal, callee",
  `() => {
  function a() { return [this === globalThis, typeof arguments.callee]; }
  function b(x) { arguments[0] = 5; return x; } function c(x) { x = 6; return arguments[0]; }
  function d(o) { with (o) { return y; } } function e() { undeclared = 1; const t = typeof undeclared; delete globalThis.undeclared; return t; }
  function f() { return 010; } function g(yield_, let_) { var let = 1, yield = 2, async = 3, await = 4; return let + yield + async + await; }
  return [a(), b(1), c(1), d({ y: 8 }), e(), f(), g(), a.call(undefined)[0]];
};`,
);
script(
  "strict code",
  `function run() { "use strict"
  function a() { return this; } function b(x) { arguments[0] = 2; return x; }
  const c = function () { 'use strict'; /* x */ return this; }; const d = function () { "use strict" }
  return [a(), b(1), c(), d(), (() => { try { x = 1; } catch (e) { return e.message; } })()];
}`,
);
script(
  "return, throw and await without spaces, with comments and sequences",
  `async () => {
  function a(x) { return(x) } function b(x) { return[x] } function c() { return/re/.source } function d(x) { return (x, x + 1) } function e(x) { return -x // minus
  }
  function f(x) { throw(x) } function g(x) { throw[x] } const h = async (x) => { return await(x) }, i = async (x) => await[x], j = async (x) => (await(1, x)) + 1
  const k = x => x /* => */, l = (x /* => */) => /* => */ ({ x }), m = ( /* ) => */ ) => (1, 2), n = x => y => x + y, o = () => {}, p = async x => ({ x }), q = async () => {}
  const r = (x) =>
    // comment =>
    x + 1
  const s = x => x ? y => y : z => z, t = [x => x, y => y], u = (a, b = (1), ) => a + b
  function* v() { const x = yield; yield[x]; yield
    x; return yield(1) }
  const w = v(), list = []
  const caught = (f) => { try { f() } catch (e) { return e } }
  for (let x; !(x = w.next(5)).done;) list.push(x.value)
  ;[1].forEach(x => { list.push(x) })
  return [a(1), b(1), c(), d(1), e(1), caught(() => f(1)), caught(() => g(1)), await h(1), await i(1), await j(1), k(1), l(1), m(), n(1)(2), o(), await p(1), await q(), r(1), s(1)(2), t[1](3), u(1), list]
};`,
);
script(
  "finally, labels and switches",
  `() => {
  const log = [];
  function a() { try { return log.push("a"); } finally { log.push("finally"); } } function b() { try { throw 1; } finally { return 2; } }
  function c() { l: for (const x of [1, 2, 3]) { for (;;) { if (x < 3) continue l; break l; } } return "c"; }
  function d(x) { switch (x) { case 1: return "one"; case 2: { break; } default: return "other"; } return "two"; }
  function e() { for (const x of [1, 2]) { try { continue; } finally { log.push(x); } } } function f() { a: { break a; } return; }
  return [a(), b(), c(), d(1), d(2), d(3), e(), f(), log];
};`,
);
script(
  "classes: derived constructors, super, fields, private members, accessors, static blocks",
  `() => {
  class A { constructor(x) { this.x = x; } m() { return "A.m"; } static s() { return "A.s"; } get g() { return this.x; } set g(v) { this.x = v; } }
  class B extends A { #p = 1; y = () => this.#p; static z; static { B.z = (() => this.s())(); }
    constructor(x) { const f = () => super(x); f(); this.w = new.target.name; } m() { return super.m() + "B" + (() => super.m())(); } static s() { return super.s() + "B"; }
    #q() { return this.#p++; } q() { return this.#q() + this.#p; } static has(o) { return #p in o; } [Symbol.iterator] = function* () { yield* [1, 2]; }; static async *[Symbol.asyncIterator]() {} accessor() {} }
  class C extends A { constructor() { return { replaced: true }; } } class D extends A { constructor() { if (0) super(); } } class E extends A {}
  let d; try { new D(); } catch (e) { d = e.message; }
  const b = new B(5); b.g = 6;
  const o = { __proto__: { m() { return "proto"; } }, m() { return super.m() + "!"; } };
  return [b.g, b.m(), B.s(), B.z, b.q(), b.y(), B.has(b), B.has({}), [...b], b.w, new C(), d, new E(3).x, o.m(), Object.getOwnPropertyNames(B.prototype)];
};`,
);
script(
  "generators: values in and out, early ends, delegation",
  `() => {
  const log = [];
  function* inner() { try { const got = yield 1; log.push(got); yield 2; return "result"; } catch (e) { log.push(e); yield "caught"; } finally { log.push("closed"); } }
  function* outer() { const r = yield* inner(); log.push(r); yield* [7, 8]; yield* "ab"; return "done"; }
  const a = outer(); log.push(a.next(), a.next("in"), a.next(), a.next(), a.next(), a.next(), a.next(), a.next());
  const b = outer(); b.next(); log.push(b.throw("thrown"), b.return("returned"), b.next());
  const c = outer(); log.push(c.return(5), c.next());
  const d = outer(); d.next(); log.push(d.return("early"));
  const custom = { [Symbol.iterator]: () => ({ next: (v) => (log.push(["custom", v]), { value: v, done: v === "stop", extra: 1 }), get return() { log.push("asked return"); return undefined; } }) };
  function* e() { return yield* custom; } const f = e(); log.push(f.next("lost"), f.next("x").extra, f.next("stop"));
  const g = e(); g.next(); log.push(g.return("r")); const h = e(); h.next(); try { h.throw(new Error("t")); } catch (x) { log.push(x instanceof TypeError); }
  function* deep(n) { if (n > 0) yield* deep(n - 1); yield n; } log.push([...deep(5)], Object.prototype.toString.call(a), a instanceof outer);
  function* self() { try { it.next(); } catch (x) { yield x.message; } } const it = self(); log.push(it.next());
  function* spread() { const [x, ...y] = yield; return [x, y]; } const s = spread(); s.next(); log.push(s.next([1, 2, 3]));
  return log;
};`,
);
script(
  "the order of asynchronous steps",
  `async () => {
  const log = []; const tick = (name, n) => { let p = Promise.resolve(); for (let i = 0; i < n; i++) p = p.then(() => log.push(name + i)); return p; };
  async function a() { log.push("a1"); await null; log.push("a2"); const x = await b(); log.push(x); return c(); } async function b() { await 1; return "b"; }
  async function c() { return Promise.resolve("c"); } const d = async () => b(); const e = async () => { throw "e"; };
  async function* f() { try { yield 1; yield Promise.resolve(2); const x = await b(); log.push(x); yield* g(); return b(); } finally { await null; log.push("f closed"); } }
  async function* g() { yield "g1"; yield "g2"; }
  await Promise.all([tick("t", 40), (async () => {
    log.push(await a(), await d(), await e().catch((x) => x)); for await (const x of f()) log.push(x); for await (const x of [Promise.resolve(1), 2]) log.push(x);
    outer: for (const y of [1, 2]) for await (const x of f()) { log.push([y, x]); if (x === 2) continue outer; }
    for await (const { x = await b() } of [{}]) log.push(x); const it = f(); it.next(); log.push(await it.return("r"), await it.next());
    try { for await (const x of f()) throw "out"; } catch (x) { log.push(x); } try { for await (const x of [Promise.reject("rejected")]); } catch (x) { log.push(x); }
    const many = f(); log.push(await Promise.all([many.next(), many.next(), many.next(), many.next()]));
    lab: for await (const x of f()) { log.push(x); continue lab; } if (log) for await (const x of [3]) log.push(x); else log.push("never");
  })()]);
  return log;
};`,
);
script(
  "async functions: rejection, finally, nested awaits, thenables",
  `async () => {
  const log = []; const thenable = { then(resolve) { log.push("then"); resolve("thenable"); } };
  async function a(x) { try { if (x) await Promise.reject(new Error("no")); return await thenable; } catch (e) { return e.message; } finally { await null; log.push("finally"); } }
  const b = async () => (await a(0)) + (await a(1)), c = async (x = 1, { y } = { y: 2 }) => x + y, o = { async m() { return await this.n; }, n: Promise.resolve("n") };
  async function d() { const { message: [first = "none"] } = await { message: ["one"] }, e = 1; let [f, g] = await [1, 2]; for (const { x } = await { x: 3 }; ;) { return [first, e, f, g, x]; } }
  const rejected = await (async (x = (() => { throw new Error("default"); })()) => x)().catch((e) => e.message);
  return [await a(0), await a(1), await b(), await c(), await o.m(), await d(), rejected, log, Object.prototype.toString.call(a(0)), await (await (async () => async () => 5)())()];
};`,
);
script(
  "destructuring and defaults in parameters",
  `() => {
  function a({ x, y: [z = 1] = [], ...rest }, [, w] = [1, 2], ...more) { return [x, z, rest, w, more]; }
  function b(x, y = () => x) { var x = 5; return [x, y()]; } const c = (x, { length } = x) => [x, length], d = ({ e: { f } }) => f, g = ([...h]) => h;
  function i(a = b_) { var b_ = 1; return a; } let thrown; try { i(); } catch (e) { thrown = e.constructor.name; }
  function j(a, b = a, c = (() => a + b)()) { a = 10; return [a, b, c, arguments.length]; }
  return [a({ x: 1, y: [], q: 2 }), b(1), c("abc"), d({ e: { f: 1 } }), g("ab"), thrown, j(1), a.length];
};`,
);
script(
  "deep recursion ends with the program's own kind of error",
  `() => {
  class Mine extends Error {} let depth = 0;
  function a(n) { depth = n; return a(n + 1) + 1; } function b(n) { if (n === 0) throw new Mine("bottom"); return b(n - 1); }
  function c(n) { try { return c(n + 1); } catch (e) { if (n === 100) throw new Mine("mapped"); throw e; } finally { depth = n; } }
  const kind = (f) => { try { f(); } catch (e) { return [e.constructor.name, e.message]; } };
  return [kind(() => a(0)), kind(() => b(1000)), kind(() => c(0)), kind(() => a(0)), (() => 1)()];
};`,
);
script(
  "stack traces",
  `() => {
  function at(error) { return error.stack.split("\\n").slice(0, 3).map((line) => line.replace(/\\(.*[\\\\/]module\\d+/, "(module").replace(/at \\/.*module\\d+/, "at module")); }
  const f = (x) => g(x); function g(x) { if (x) { return at(new Error("e")); } else { throw new TypeError("t"); } } class K { constructor() { this.e = at(new Error("k")); } static m() { return [1].map((x) => at(new Error("m")))[0]; } }
  const old = Error.prepareStackTrace; Error.prepareStackTrace = (e, sites) => sites.slice(0, 2).map((s) => [s.getFunctionName(), s.getLineNumber(), s.getColumnNumber(), s.getThis() === undefined]); const own = (() => new Error("p").stack)(); Error.prepareStackTrace = old;
  const subclass = class extends Error {}; subclass.prepareStackTrace = 1; const target = {}; Error.captureStackTrace(target, f);
  return [f(1), (() => { try { f(0); } catch (e) { return at(e); } })(), new K().e, K.m(), own, Error.prepareStackTrace === old, Object.hasOwn(subclass, "prepareStackTrace"), typeof target.stack, at(new Error("a\\nb"))];
};`,
);
script(
  "eval, Function and closures over parameters",
  `(a, b) => {
  function f(x) { var y = 2; return eval("var z = x + y; z"); } function g() { eval("var h = 1"); return typeof h; } const i = new Function("a", "return a + 1");
  return [f(1), g(), i(1), [1, 2].map(function (x) { return this.k + x; }, { k: 1 }), (function () { return typeof this; }).call(1)];
};`,
);
script(
  "asm.js stays what it is",
  `() => {
  function Module(stdlib) { "use asm"; function add(x, y) { x = x | 0; y = y | 0; return (x + y) | 0; } return add; }
  return Module(globalThis)(1, 2);
};`,
);
programs.push([
  "a script with a hashbang, directives and names like ours",
  "cjs",
  `#!/usr/bin/env node
'use strict'
// comment
const $t = 1, $ts = 2, $t0_ = 3; function $tE(x) { return x + $t; }
exports.run = () => [$tE(1), $ts, $t0_, (function () { return this; })()];
`,
]);
programs.push([
  "a return at the top of a script",
  "cjs",
  `exports.run = (x) => 1; if (exports.run) return; exports.run = null;`,
]);
module(
  "a module with live bindings, default exports and import.meta",
  `
export let counter = 0; export function increment() { counter += 1; return counter; } export default function () { return "default"; } export class K {} export const { a, b = () => 1 } = { a: 1 };
import * as self from "./" + "" ;
`.replace(/import \* as self.*\n/, 'import * as fs from "node:fs";\n') +
    `export const run = () => [increment(), increment(), counter, typeof import.meta.url, typeof fs.readFileSync, b.name, this === undefined, K.name];`,
);
module(
  "top-level await and for await",
  `
const list = []; for await (const x of [Promise.resolve(1), 2]) list.push(x); const later = await (async () => { await null; return 3; })(); { const { y } = await { y: 4 }; list.push(y); }
export const run = () => [list, later];`,
);
module(
  "a module that throws at its top is caught by who imports it",
  `
const source = "data:text/javascript,throw new RangeError('top')"; export const run = async () => { try { await import(source); } catch (e) { return e.message; } };`,
);
programs.push([
  "TypeScript with everything that can be erased",
  "ts",
  `
interface P { x: number } type F<T> = (a: T) => T; declare const nothing: number; abstract class A<T> { declare y: T; private readonly z = 1; abstract m(): void; static make(this: void): number { return 1 as number satisfies number; } get zz(): number { return this.z!; } }
class B extends A<number> implements P { x = 1; override m(): void {} constructor(x?: number) { super(); if (x) this.x = x; } }
function over(a: string): string; function over(a: number): number; function over(a: any): any { return a; } const id: F<number> = <T,>(a: T): T => a; async function g<T>(p: Promise<T>): Promise<T> { return await p; }
exports.run = async () => [new B(2).x, A.make(), new B().zz, over(1), id(2), await g(Promise.resolve(3)), String(over), String(id), over.length];
`,
]);
programs.push([
  "a TypeScript module",
  "mts",
  `import type { Stats } from "node:fs"; export type X = Stats; const f = async (x: number): Promise<number> => { await null; return x; }; export const run = async (): Promise<unknown> => [await f(1), f.name, String(f)];`,
]);

/** What Node 22 and 24 don't parse. */
const newer = Number.parseInt(process.versions.node, 10) >= 24;
if (newer) {
  script(
    "using and await using",
    `async () => {
    const log = []; const r = (n) => ({ [Symbol.dispose]() { log.push("d" + n); }, async [Symbol.asyncDispose]() { await null; log.push("a" + n); } });
    function a() { using x = r(1); log.push("in"); return log.length; } async function b() { await using x = r(2); { await using y = r(3); } return log.length; }
    function c() { using x = { [Symbol.dispose]() { throw new Error("dispose"); } }; throw new Error("body"); }
    return [a(), await b(), (() => { try { c(); } catch (e) { return [e.name, e.error.message, e.suppressed.message]; } })(), log];
  };`,
  );
}

for (const [name, kind, text] of programs) {
  test(name, async () => {
    const plain = (await load(text, kind, false)) as { run: () => unknown };
    const before = handle.stats();
    const traced = (await load(text, kind)) as { run: () => unknown };
    const after = handle.stats();
    assert.equal(after.files, before.files + 1, "the file was not instrumented");
    let result: unknown;
    const calls = await callsDuring(async () => {
      result = await traced.run();
    });
    assert.deepEqual(result, await plain.run());
    assert.ok(calls.length > 0 || name.includes("asm.js"));
    assert.deepEqual(Object.keys(traced), Object.keys(plain));
  });
}

test("the names that a CommonJS module exports are found in instrumented text, too", async () => {
  const library = `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); var q = { p: 1 };
    Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return q.p; } }); exports.b = () => 2; exports.c = exports.d = void 0; module.exports.e = function () { return 1; };
    var other = require("node:path"); Object.keys(other).forEach(function (key) { if (key === "default" || key === "__esModule") return; exports[key] = other[key]; });`;
  const names = async (traced: boolean): Promise<string[]> => {
    await load(library, "cjs", traced);
    const { file } = (await load("export const file = import.meta.url;", "mjs", traced)) as { file: string };
    const number = Number(/module(\d+)/.exec(file)?.[1]);
    return Object.keys((await import(file.replace(`module${number}.mjs`, `module${number - 1}.cjs`))) as object);
  };
  const found = await names(true);
  assert.deepEqual(found, await names(false));
  assert.ok(found.includes("a") && found.includes("e"));
});

test("functions that would change their meaning are left alone and counted", async () => {
  const before = handle.stats();
  await load("function f() { var g; function g() {} } function h(i) { function i() {} } exports.x = () => 1;", "cjs");
  const { skippedFunctions, functions } = handle.stats();
  assert.equal(skippedFunctions - before.skippedFunctions, 2);
  assert.equal(functions - before.functions, 3);
});

test(
  "a function whose end awaits what it used is left alone and counted",
  { skip: newer ? false : "not in this version of JavaScript" },
  async () => {
    const before = handle.stats().skippedFunctions;
    await load("exports.f = async () => { { await using x = null; } }; exports.g = () => { using x = null; };", "cjs");
    assert.equal(handle.stats().skippedFunctions, before + 1);
  },
);

test("what can't be parsed is Node's to judge, and counted", async () => {
  const before = handle.stats().skippedFiles;
  await assert.rejects(
    load("function (", "cjs"),
    (error) => error instanceof SyntaxError && !String(error.stack).includes("$t"),
  );
  await assert.rejects(load("export const x = ;", "mjs"), SyntaxError);
  await assert.rejects(load("enum A { B }", "ts"), { code: "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" });
  assert.equal(handle.stats().skippedFiles, before + 3);
});

test("a text of more than 4 MiB is left alone and counted", async () => {
  const before = handle.stats();
  const long = (await load(`exports.f = () => 1; // ${"x".repeat(4 * 1024 * 1024)}`, "cjs")) as { f: () => number };
  assert.equal(String(long.f), "() => 1");
  assert.deepEqual({ ...handle.stats(), skippedFiles: before.skippedFiles }, before);
  assert.equal(handle.stats().skippedFiles, before.skippedFiles + 1);
});

test("a CommonJS module with a globalThis of its own is left alone, and counted", async () => {
  const before = handle.stats();
  const text = `var globalThis = {}; exports.run = (x) => { function f() { return x + typeof globalThis.process; } return f(); };`;
  const { run } = (await load(text, "cjs")) as { run: (x: number) => string };
  assert.equal(run(1), "1undefined");
  const after = handle.stats();
  assert.deepEqual([after.files, after.skippedFiles], [before.files, before.skippedFiles + 1]);
});
