/** What is recorded of calls in instrumented modules. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { currentCall } from "../../src/tracing/index.ts";
import { callsDuring, handle, load, seen, type SeenCall } from "./traced.ts";

type Run = (...values: unknown[]) => unknown;

const shown = (calls: readonly SeenCall[]): string[] =>
  calls.map((call) => {
    const end = call.end === undefined ? "goes on" : `${call.end.kind} ${call.end.text}`.trim();
    return `${call.info.name}(${call.arguments === "{}" ? "" : call.arguments}) ${end}`;
  });

async function record(text: string, kind: "cjs" | "mjs" | "mts" = "mjs"): Promise<SeenCall[]> {
  const { run } = (await load(text, kind)) as { run: Run };
  return callsDuring(async () => {
    try {
      await run();
    } catch {
      // Some are to throw.
    }
  });
}

test("arguments by the names of the parameters, results, and who called whom", async () => {
  const calls = await record(`
    function add(a, b) { return a + b; }
    function outer(text, { deep: [inner = 2] = [] } = {}, ...rest) { return [text, add(inner, rest.length)]; }
    export function run() { outer("x", undefined, 1, 2); }`);
  assert.deepEqual(shown(calls), [
    "run() return",
    'outer({"text":"x","inner":2,"rest":[1,2]}) return ["x",4]',
    'add({"a":2,"b":2}) return 4',
  ]);
  assert.deepEqual(
    calls.map(({ kind }) => kind),
    ["root", "enter", "enter"],
  );
  assert.deepEqual(
    calls.map(({ parent }) => parent),
    [0, calls[0]?.id, calls[1]?.id],
  );
  for (const { start, end } of calls) assert.ok(end !== undefined && end.time >= start);
});

test("what functions are called", async () => {
  const calls = await record(`
    class Order { constructor() { this.total(); } total() { return this.#secret(); } #secret() {} static make() { return new Order(); } get g() { return 1; } set s(v) {} field = () => 1; [Symbol.iterator]() {} "quoted name"() {} }
    const api = { get() { return 1; }, nested: { deep: () => 1 }, list: [() => 1] }; function Old() {} Old.prototype.m = function () {}; Old.stat = () => 1;
    const arrow = () => (() => 1)(); let later; later = function () {}; const given = function itsOwn() {}; export default function () {}
    export function run() { const o = Order.make(); o.g; o.s = 1; o.field(); o[Symbol.iterator](); o["quoted name"](); api.get(); api.nested.deep(); api.list[0](); new Old().m(); Old.stat(); arrow(); later(); given(); function inner() {} inner(); [1].map((x) => x); (({ d = () => 1 }) => d())({}); }`);
  assert.deepEqual(
    calls.map(({ info }) => info.name),
    [
      "run",
      "Order.make",
      "Order.constructor",
      "Order.total",
      "Order.#secret",
      "Order.get g",
      "Order.set s",
      "Order.field",
      "Order.[Symbol.iterator]",
      "Order.quoted name",
      "api.get",
      "api.nested.deep",
      "api.<anonymous>",
      "Old",
      "Old.m",
      "Old.stat",
      "arrow",
      "arrow.<anonymous>",
      "later",
      "itsOwn",
      "run.inner",
      "run.<anonymous>",
      "run.<anonymous>",
      "run.<anonymous>.d",
    ],
  );
});

test("where functions are: file, line and column, from 1", async () => {
  const calls = await record(
    "const a = 1;\n\texport const run = () => {\n  class A { static async m() {} }\n  A.m();\n};",
  );
  assert.deepEqual(
    calls.map(({ info }) => [info.line, info.column]),
    [
      [2, 21],
      [3, 13],
    ],
  );
  assert.match(calls[0]?.info.file ?? "", /^(?!file:).*module\d+\.mjs$/);
});

test("exceptions, with their type and message, in every call they pass through", async () => {
  const calls = await record(`
    class Broken extends RangeError { name = "Custom"; get message() { throw 1; } }
    const thrower = (error) => { throw error; }; const attempt = (error) => { try { thrower(error); } catch {} };
    export function run() { attempt(new TypeError("bad")); attempt("text"); attempt(null); attempt({ a: 1 }); attempt(new Broken()); thrower(new Error("out")); }`);
  const ends = calls
    .filter(({ info }) => info.name === "thrower")
    .map(({ end }) => [end?.kind, JSON.parse(end?.text ?? "") as unknown]);
  assert.deepEqual(ends, [
    ["throw", { type: "TypeError", message: "bad" }],
    ["throw", { type: "string", message: "text" }],
    ["throw", { type: "null", message: null }],
    ["throw", { type: "object", message: { a: 1 } }],
    ["throw", { type: "Broken", message: "" }],
    ["throw", { type: "Error", message: "out" }],
  ]);
  assert.equal(calls[0]?.end?.text, '{"type":"Error","message":"out"}');
});

test("recording an exception does not make its stack, which would fix it too early", async () => {
  const { run } = (await load(
    `let made = 0; Error.prepareStackTrace = () => { made += 1; return "own"; };
     const f = (e) => { throw e; }; export const run = () => { try { f(new Error("first")); } catch (e) { delete Error.prepareStackTrace; Error.prepareStackTrace = undefined; const before = made; e.message = "second"; return [before, e.stack.split("\\n")[0]]; } };`,
    "mjs",
  )) as { run: Run };
  let result: unknown;
  await callsDuring(() => (result = run()));
  assert.deepEqual(result, [0, "Error: second"]);
});

test("secrets don't get into the record: by parameter, by key, by their own shape", async () => {
  const calls = await record(`
    const login = (user, password, options) => options; const pay = (card) => { throw new Error("card " + card); };
    export function run() { login("ann", "hunter2", { apiKey: "k-1", a: { token: "t-1" } }); pay("4111 1111 1111 1111"); }`);
  const text = JSON.stringify(shown(calls));
  for (const secret of ["hunter2", "k-1", "t-1", "4111"]) assert.ok(!text.includes(secret), `${secret} in ${text}`);
  assert.ok(text.includes("ann"));
});

test("long and deep values are cut short", async () => {
  const calls = await record(
    `const f = (a) => a; export function run() { f("x".repeat(1e6)); f({ a: { b: { c: { d: 1 } } } }); f(Array(1e5).fill("abc")); const many = {}; for (let i = 0; i < 1e5; i++) many["k" + i] = i; f(many); }`,
  );
  for (const call of calls) assert.ok(call.arguments.length + (call.end?.text.length ?? 0) < 6_000);
});

test("no code of the program runs for the record: getters, toJSON, proxies, toString", async () => {
  const calls = await record(`
    let ran = 0; const spy = () => { ran += 1; }; const trap = new Proxy({}, new Proxy({}, { get: spy })); class E extends Error { get stack() { spy(); } get name() { spy(); } toString() { spy(); } toJSON() { spy(); } }
    const f = (a) => a; const g = (a) => { throw a; };
    export function run() { for (const value of [{ get a() { spy(); }, toJSON: spy, toString: spy, [Symbol.toPrimitive]: spy, get constructor() { spy(); } }, trap, new E(), [trap], new (class { get [Symbol.toStringTag]() { spy(); } })()]) { f(value); try { g(value); } catch {} } return report(ran); }
    const report = (count) => count;`);
  assert.equal(calls.find(({ info }) => info.name === "report")?.end?.text, "0");
});

test("asynchronous functions and generators: one call from the first step to the last", async () => {
  const calls = await record(`
    async function a() { await null; return "a"; } async function b() { await null; throw new Error("b"); } const c = async () => b();
    function* d(x) { const got = yield x; return got; } async function* e() { yield 1; await a(); yield* d(5); } function* never() {} function* left() { yield 1; yield 2; }
    export async function run() { await a(); await b().catch(() => 0); await c().catch(() => 0); const it = d(1); it.next(); it.next("got"); for await (const x of e()); never(); for (const x of left()) break; left().next(); }`);
  assert.deepEqual(shown(calls), [
    "run() return",
    'a() return "a"',
    'b() throw {"type":"Error","message":"b"}',
    "run.<anonymous>() return 0",
    'c() return "[Promise]"',
    'b() throw {"type":"Error","message":"b"}',
    "run.<anonymous>() return 0",
    'd({"x":1}) return "got"',
    "e() return",
    'a() return "a"',
    'd({"x":5}) return',
    "left() return",
    "left() goes on",
  ]);
});

test("code at depth 0 belongs to the root in whose context it runs, and is linked to it when that has ended", async () => {
  const calls = await record(`
    const timer = (ms, f) => new Promise((resolve) => setTimeout(() => resolve(f()), ms)); function job() {}
    let late; export async function run() { await timer(1, function whileOpen() { job(); }); late = setTimeout(function afterwards() { job(); }, 5); }
    export const wait = () => new Promise((resolve) => setTimeout(resolve, 20));`);
  await new Promise((resolve) => setTimeout(resolve, 30));
  handle.flush();
  const [root] = calls;
  const open = calls.find(({ info }) => info.name.endsWith("whileOpen"));
  assert.equal(root?.kind, "root");
  assert.ok(open?.kind === "enter" && calls.some(({ id }) => id === open.parent));
  const after = [...seen.byId.values()].findLast(({ info }) => info.name.endsWith("afterwards"));
  assert.equal(after?.kind, "root");
  assert.equal(after.parent, root.id);
});

test("calls that begin in one turn at depth 0 have nothing to do with each other", async () => {
  const { run } = (await load("export async function run() { await null; await null; }", "mjs")) as { run: Run };
  const calls = await callsDuring(async () => {
    const both = [run(), run()];
    await Promise.all(both);
    await run();
  });
  assert.deepEqual(
    calls.map(({ kind, parent }) => [kind, parent]),
    [
      ["root", 0],
      ["root", 0],
      ["root", 0],
    ],
  );
});

test("what an iterator does in a step belongs to the generator or loop that it is stepped by", async () => {
  const calls = await record(`
    const steps = (n) => ({ [Symbol.iterator]: () => ({ next: function next() { return { done: n-- === 0, value: n }; }, return: function end() { return {}; } }) });
    function* g() { yield* steps(2); } async function loop() { for await (const x of steps(1)); for await (const x of steps(5)) break; }
    export async function run() { const it = g(); it.next(); it.next(); it.return(); await loop(); }`);
  const callers = calls
    .filter(({ info }) => /next|end/.test(info.name))
    .map(({ info, parent }) => `${calls.find(({ id }) => id === parent)?.info.name} ${info.name.split(".").at(-1)}`);
  assert.deepEqual(callers, ["g next", "g next", "g end", "loop next", "loop next", "loop next", "loop end"]);
});

test("the current call, also across await, and none outside", async () => {
  const inside: (string | undefined)[] = [];
  (globalThis as { look?: unknown }).look = () => inside.push(currentCall()?.name);
  await record(
    `export async function run() { look(); await null; look(); try { await Promise.reject(1); } catch { look(); } await inner(); look(); } async function inner() { await null; look(); }`,
  );
  assert.deepEqual(inside, ["run", "run", "run", "inner", "run"]);
  assert.equal(currentCall(), undefined);
});

test("events are handed over once a turn, and when there are many", async () => {
  const { run } = (await load(
    "const f = (x) => x; export function run(n) { for (let i = 0; i < n; i++) f(i); }",
    "mjs",
  )) as { run: Run };
  handle.flush();
  const before = seen.batches;
  run(3);
  assert.equal(seen.batches, before);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(seen.batches, before + 1);
  run(2048 * 4);
  assert.ok(seen.batches >= before + 8);
});

test("a module that is loaded again is not instrumented again", async () => {
  const text = `exports.f = () => 1; exports.again = () => { delete require.cache[__filename]; return require(__filename); };`;
  const first = (await load(text, "cjs")) as { f: Run; again: () => { f: Run } };
  const { files, functions } = handle.stats();
  const second = first.again();
  assert.notEqual(second.f, first.f);
  const calls = await callsDuring(() => [first.f(), second.f()]);
  assert.deepEqual(handle.stats().files, files);
  assert.deepEqual(handle.stats().functions, functions);
  assert.equal(calls[0]?.info, calls[1]?.info);
});
