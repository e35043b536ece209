/** traceFunction and withSpan, without any module instrumented. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCensor } from "../../src/redaction/index.ts";
import { parseSpanId } from "../../src/record/index.ts";
import { memoryRecorder } from "../../src/testing/index.ts";
import {
  connectOnFirstCall,
  connectTracing,
  currentCall,
  pauseTracing,
  resumeTracing,
  traceFunction,
  withSpan,
} from "../../src/tracing/index.ts";

let connections = 0;
const memory = memoryRecorder();
let handle = { flush: (): void => undefined, stop: (): void => undefined };
const connect = (events = { call: true, return: true }): void => {
  handle = connectTracing({ sink: memory.sink, censor: createCensor(), events });
};

function shown(): string[] {
  handle.flush();
  const text = memory.calls.map(({ name, arguments: values, end, parent }) => {
    const caller = memory.calls.find(({ id }) => id === parent)?.name ?? "";
    return `${caller}>${name}(${values === "{}" ? "" : values}) ${end === undefined ? "goes on" : `${end.kind} ${end.text}`.trim()}`;
  });
  memory.clear();
  return text;
}

test("the first call connects, not the wrapping; what can't connect does not matter to the function", () => {
  connectOnFirstCall(() => {
    connections += 1;
  });
  const unrecorded = traceFunction((x: number) => x + 1);
  assert.equal(connections, 0);
  assert.equal(unrecorded(1), 2);
  assert.equal(connections, 1);
  assert.equal(unrecorded(1), 2);
  assert.equal(connections, 1);
  connectOnFirstCall(() => {
    connections += 1;
    connect();
  });
  assert.equal(unrecorded(2), 3);
  assert.deepEqual(
    shown(),
    ['>unrecorded({"x":2}) return 3'].map((text) => text.replace("unrecorded", "<anonymous>")),
  );
  assert.equal(connections, 2);
});

test("this, name, length, own properties, instances and new.target stay", () => {
  function Point(this: { x: number }, x: number, y = 1): void {
    assert.ok(new.target);
    this.x = x * y;
  }
  Point.own = 1;
  const traced = traceFunction(Point as unknown as { new (x: number): { x: number }; own: number; (): void });
  const point = new traced(3);
  assert.equal(point.x, 3);
  assert.ok(point instanceof traced && point instanceof Point);
  assert.deepEqual([traced.name, traced.length, traced.own, Object.keys(traced)], ["Point", 1, 1, ["own"]]);
  class Shape {
    readonly kind: string;
    constructor(kind: string) {
      this.kind = kind;
    }
    static make(): number {
      return 1;
    }
  }
  const TracedShape = traceFunction(Shape as unknown as typeof Shape & ((kind: string) => Shape));
  class Square extends TracedShape {}
  assert.deepEqual(
    [new Square("square").kind, TracedShape.make(), new Square("a") instanceof Shape],
    ["square", 1, true],
  );
  const object = {
    n: 5,
    get: traceFunction(
      function (this: { n: number }) {
        return this.n;
      },
      { name: "renamed" },
    ),
  };
  assert.equal(object.get(), 5);
  assert.deepEqual(shown(), [
    '>Point({"x":3}) return {"[class]":"Point","x":3}',
    '>Shape({"kind":"square"}) return {"[class]":"Square","kind":"square"}',
    '>Shape({"kind":"a"}) return {"[class]":"Square","kind":"a"}',
    ">renamed() return 5",
  ]);
});

test("arguments are known by their parameters, secret ones too", () => {
  const f = traceFunction(
    (user: string, password: string, { a }: { a: number }, ...more: number[]) => [user, password, a, more].length,
  );
  const o = {
    async method(token: string): Promise<void> {
      await Promise.resolve(token);
    },
    [Symbol.match](a: number): number {
      return a;
    },
  };
  f("u", "hunter2", { a: 1 }, 5, 6);
  void traceFunction(o.method)("t0ps3cret");
  traceFunction(o[Symbol.match])(4);
  traceFunction(Math.max)(1, 2);
  assert.deepEqual(shown(), [
    '>f({"user":"u","password":"[REDACTED]","2":{"a":1},"more":5,"4":6}) return 4'.replace(">f", "><anonymous>"),
    '>method({"token":"[REDACTED]"}) goes on',
    '>[Symbol.match]({"a":4}) return 4',
    '>max({"0":1,"1":2}) return 2',
  ]);
});

test("exceptions are thrown on as they are", () => {
  const error = new TypeError("no");
  const f = traceFunction(function fails() {
    throw error;
  });
  assert.throws(f, (thrown) => thrown === error);
  assert.deepEqual(shown(), ['>fails() throw {"type":"TypeError","message":"no"}']);
});

test("asynchronous functions end when their promise is settled, and calls after an await are theirs", async () => {
  const inner = traceFunction(async function inner(x: number) {
    await Promise.resolve();
    if (x > 1) throw new Error("big");
    return x;
  });
  const outer = traceFunction(async function outer() {
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(currentCall()?.name, "outer");
    const [one] = await Promise.all([inner(1), inner(0)]);
    await inner(2).catch(() => undefined);
    return one;
  });
  const promise = outer();
  assert.equal(currentCall(), undefined);
  assert.equal(await promise, 1);
  assert.deepEqual(shown(), [
    ">outer() return 1",
    'outer>inner({"x":1}) return 1',
    'outer>inner({"x":0}) return 0',
    'outer>inner({"x":2}) throw {"type":"Error","message":"big"}',
  ]);
});

test("what runs later in the context of a call that has ended belongs to its root while that goes on", async () => {
  const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const late = traceFunction(function late() {});
  const brief = traceFunction(async function brief() {
    await Promise.resolve();
    setTimeout(late, 5);
  });
  const root = traceFunction(async function root() {
    await brief();
    await sleep(15);
  });
  await root();
  assert.deepEqual(shown(), [">root() return", "root>brief() return", "root>late() return"]);
});

test("a rejection that nobody handles stays unhandled", async () => {
  const f = traceFunction(async () => {
    await Promise.resolve();
    throw new Error("unhandled");
  });
  // The test runner listens, too.
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const unhandled = new Promise((resolve) => process.once("unhandledRejection", resolve));
  void f();
  assert.equal(((await unhandled) as Error).message, "unhandled");
  for (const listener of listeners) process.on("unhandledRejection", listener);
  shown();
});

test("generators: from the first step to the last; what they are stays", async () => {
  const note = traceFunction(function note(x: unknown) {
    return x;
  });
  const counting = traceFunction(function* counting(n: number): Generator<number, string, unknown> {
    try {
      for (let i = 0; i < n; i += 1) note(yield i);
    } finally {
      note("closed");
    }
    return "done";
  });
  assert.deepEqual([...counting(2)], [0, 1]);
  const left = counting(5);
  left.next();
  assert.deepEqual(left.return("early"), { value: "early", done: true });
  const unused = counting(1);
  assert.deepEqual(unused.return("x"), { value: "x", done: true });
  assert.equal(Object.prototype.toString.call(unused), "[object Generator]");
  assert.ok(unused instanceof counting);
  const failing = counting(3);
  failing.next();
  assert.throws(() => failing.throw(new RangeError("in")), RangeError);
  assert.equal(currentCall(), undefined);
  assert.deepEqual(shown(), [
    '>counting({"n":2}) return "done"',
    'counting>note({"x":"[undefined]"}) return',
    'counting>note({"x":"[undefined]"}) return',
    'counting>note({"x":"closed"}) return "closed"',
    '>counting({"n":5}) return "early"',
    'counting>note({"x":"closed"}) return "closed"',
    '>counting({"n":3}) throw {"type":"RangeError","message":"in"}',
    'counting>note({"x":"closed"}) return "closed"',
  ]);
  const slow = traceFunction(async function* slow() {
    yield note(1);
    await Promise.resolve();
    yield note(2);
  });
  const got: unknown[] = [];
  for await (const x of slow()) got.push(x);
  assert.deepEqual(got, [1, 2]);
  assert.deepEqual(shown(), [">slow() return", 'slow>note({"x":1}) return 1', 'slow>note({"x":2}) return 2']);
});

test("as a standard decorator's function", () => {
  const method = function (this: { n: number }, by: number): number {
    return this.n * by;
  };
  const decorated = traceFunction(method, { kind: "method", name: "scale" } as unknown as ClassMethodDecoratorContext);
  assert.equal(decorated.call({ n: 2 }, 3), 6);
  const secret = traceFunction(method, { kind: "method", name: Symbol("s") } as unknown as ClassMethodDecoratorContext);
  assert.equal(secret.call({ n: 2 }, 1), 2);
  assert.deepEqual(shown(), ['>scale({"by":3}) return 6', '>Symbol(s)({"by":1}) return 2']);
});

test("withSpan: a call for a piece of code", async () => {
  assert.equal(
    withSpan("sync", () => currentCall()?.name),
    "sync",
  );
  const result = await withSpan("async", async () => {
    await Promise.resolve();
    const { traceId, spanId } = currentCall() ?? {};
    assert.match(traceId ?? "", /^[0-9a-f]{32}$/);
    assert.ok(parseSpanId(spanId ?? ""));
    return withSpan("inner", () => 7);
  });
  assert.equal(result, 7);
  await assert.rejects(withSpan("fails", () => Promise.reject(new Error("span"))));
  assert.deepEqual(shown(), [
    '>sync() return "sync"',
    ">async() return 7",
    "async>inner() return 7",
    '>fails() throw {"type":"Error","message":"span"}',
  ]);
});

test("wrong use is told at once", () => {
  assert.throws(() => traceFunction(5 as never), { code: "SEALTRACE_USAGE" });
  assert.throws(() => withSpan("", 5 as never), { code: "SEALTRACE_USAGE" });
});

test("events can be left out; pausing and stopping end the recording but not the functions", () => {
  const f = traceFunction(function f(x: number) {
    return x;
  });
  connect({ call: false, return: true });
  f(1);
  assert.deepEqual(shown(), [">f() return 1"]);
  connect({ call: true, return: false });
  f(2);
  assert.deepEqual(shown(), ['>f({"x":2}) goes on']);
  connect();
  pauseTracing();
  pauseTracing();
  assert.equal(f(3), 3);
  resumeTracing();
  f(4);
  assert.deepEqual(shown(), ['>f({"x":4}) return 4']);
  handle.stop();
  handle.stop();
  assert.equal(f(5), 5);
  assert.deepEqual(shown(), []);
});
