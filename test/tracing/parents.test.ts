/** Whose call is it? Random asynchronous programs, in which every call says itself who made it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSpanId } from "../../src/record/index.ts";
import { currentCall } from "../../src/tracing/index.ts";
import { callsDuring, load, seen } from "./traced.ts";

interface Noted {
  readonly call: number;
  readonly parent: Noted | undefined;
  readonly trace: string;
  /** True for what runs at depth 0 later on: only its root is known. */
  readonly detached: boolean;
}

const noted: Noted[] = [];
let running = 0;

function here(): { call: number; trace: string } {
  const call = currentCall();
  assert.ok(call !== undefined, "no call is current");
  return { call: parseSpanId(call.spanId)?.callId ?? 0, trace: call.traceId };
}

/** What generated programs use. */
const oracle = {
  note(parent: Noted | undefined, detached = false): Noted {
    const entry = { ...here(), parent, detached };
    noted.push(entry);
    return entry;
  },
  /** Within a call: it must be current. */
  check(me: Noted): void {
    assert.equal(here().call, me.call);
  },
  sleep: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  begin(): void {
    running += 1;
  },
  end(): void {
    running -= 1;
  },
};
(globalThis as unknown as { oracle: typeof oracle }).oracle = oracle;

type Kind = "sync" | "async" | "generator" | "asyncGenerator" | "arrow" | "asyncArrow" | "method";
const KINDS: readonly Kind[] = ["sync", "async", "generator", "asyncGenerator", "arrow", "asyncArrow", "method"];

/**
 * Makes a program out of a list of numbers. Functions call only functions with a larger number, so that every program
 * ends.
 */
class ProgramWriter {
  readonly #choices: readonly number[];
  #next = 0;
  readonly #kinds: Kind[] = [];

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  text(): string {
    const count = 3 + this.#choose(6);
    for (let i = 0; i < count; i += 1) this.#kinds.push(i === 0 ? "async" : this.#pick(KINDS));
    const functions = this.#kinds.map((kind, i) => this.#function(kind, i));
    return `const o = globalThis.oracle;\n${functions.join("\n")}\nexport { f0 as main };\n`;
  }

  #choose(below: number): number {
    const choice = this.#choices[this.#next % this.#choices.length] as number;
    this.#next += 1;
    return (choice + this.#next) % below;
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#choose(values.length)] as T;
  }

  #function(kind: Kind, index: number): string {
    const asynchronous = kind === "async" || kind === "asyncGenerator" || kind === "asyncArrow";
    const generator = kind === "generator" || kind === "asyncGenerator";
    const statements = Array.from({ length: 1 + this.#choose(5) }, () =>
      this.#statement(index, asynchronous, generator, 0),
    );
    const body = `{ const me = o.note(parent); ${statements.join(" o.check(me); ")} o.check(me); return ${index}; }`;
    switch (kind) {
      case "sync":
        return `function f${index}(parent) ${body}`;
      case "async":
        return `async function f${index}(parent) ${body}`;
      case "generator":
        return `function* f${index}(parent) ${body}`;
      case "asyncGenerator":
        return `async function* f${index}(parent) ${body}`;
      case "arrow":
        return `const f${index} = (parent) => ${body};`;
      case "asyncArrow":
        return `const f${index} = async (parent) => ${body};`;
      case "method":
        return `const f${index} = new (class C${index} { m(parent) ${body} })().m;`;
    }
  }

  #call(from: number): { expression: string; kind: Kind } | undefined {
    if (from + 1 >= this.#kinds.length) return undefined;
    const target = from + 1 + this.#choose(this.#kinds.length - from - 1);
    return { expression: `f${target}(me)`, kind: this.#kinds[target] as Kind };
  }

  #statement(from: number, asynchronous: boolean, generator: boolean, depth: number): string {
    const call = this.#call(from);
    const inner = (): string => this.#statement(from, asynchronous, generator, depth + 1);
    const choice = this.#choose(depth > 2 ? 3 : 12);
    if (choice === 1 && generator) return `yield ${from};`;
    if (choice === 2 && asynchronous) return this.#pick(["await null;", "await o.sleep(0);", "await o.sleep(1);"]);
    if (choice === 3) return `try { ${inner()} } finally { o.check(me); ${inner()} }`;
    if (choice === 4) return `try { ${inner()} throw new Error("thrown"); } catch (e) { o.check(me); ${inner()} }`;
    if (choice === 5 && asynchronous) {
      return `try { await Promise.reject(new Error("rejected")); } catch { o.check(me); ${inner()} } finally { o.check(me); }`;
    }
    if (choice === 6) return `for (let i = 0; i < 2; i += 1) { ${inner()} }`;
    if (choice === 7)
      return `o.begin(); setTimeout(() => { const mine = o.note(me, true); o.check(mine); o.end(); }, ${this.#choose(3)});`;
    if (choice === 8)
      return `[1, 2].forEach((x) => { const mine = o.note(me); { const me = mine; ${this.#statement(from, false, false, depth + 1)} } });`;
    return call === undefined ? "void 0;" : this.#use(call, asynchronous, generator, from);
  }

  /** One of the ways to call a function of this kind. */
  #use(
    { expression, kind }: { expression: string; kind: Kind },
    asynchronous: boolean,
    generator: boolean,
    from: number,
  ): string {
    const inner = this.#call(from);
    const other = inner === undefined ? "null" : inner.expression;
    if (kind === "generator" || kind === "asyncGenerator") {
      const ways = [`${expression}.next();`];
      if (kind === "generator") {
        ways.push(
          `for (const x of ${expression}) { o.check(me); }`,
          `{ const g = ${expression}; g.next(); o.check(me); g.return(1); }`,
        );
        ways.push(
          `{ const g = ${expression}; g.next(); try { g.throw(new Error("t")); } catch { o.check(me); } }`,
          `[...${expression}];`,
        );
      }
      if (asynchronous) {
        ways.push(
          `for await (const x of ${expression}) { o.check(me); }`,
          `for await (const x of ${expression}) break;`,
        );
        ways.push(`l: for (const y of [1, 2]) { for await (const x of ${expression}) { o.check(me); continue l; } }`);
        ways.push(`try { for await (const x of ${expression}) throw 1; } catch { o.check(me); }`);
      }
      if (generator && (asynchronous || kind === "generator"))
        ways.push(`yield* ${expression};`, `try { yield* ${expression}; } finally { o.check(me); }`);
      return this.#pick(ways);
    }
    if (kind === "async" || kind === "asyncArrow") {
      if (!asynchronous) return `${expression}.catch(() => 0);`;
      return this.#pick([
        `await ${expression};`,
        `await Promise.all([${expression}, ${other}]);`,
        `{ const p = ${expression}; o.check(me); await p; }`,
        `await Promise.race([${expression}, o.sleep(0)]);`,
        `{ const { length } = [await ${expression}]; }`,
        `{ const { length } = await ${expression}; }`,
        `await (async () => { const mine = o.note(me); { const me = mine; await ${expression}; o.check(me); } })();`,
      ]);
    }
    return this.#pick([
      `${expression};`,
      `[${expression}, ${other}];`,
      asynchronous ? `await ${expression};` : `${expression};`,
    ]);
  }
}

test(
  "every call is recorded below the call that made it, whatever awaits, yields and throws",
  { timeout: 60_000 },
  async () => {
    let total = 0;
    const roots = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(10_000), { minLength: 8, maxLength: 60 }), async (choices) => {
        noted.length = 0;
        const text = new ProgramWriter(choices).text();
        const { main } = (await load(text, "mjs")) as { main: (parent: undefined) => Promise<unknown> };
        await callsDuring(async () => {
          await main(undefined).catch((error: unknown) => {
            if (error instanceof assert.AssertionError) throw error;
          });
          const deadline = Date.now() + 2_000;
          do await oracle.sleep(4);
          while (running > 0 && Date.now() < deadline);
        });
        // Calls of the program before may still have gone on, so all are looked up.
        const { byId } = seen;
        total += noted.length;
        for (const { call: id, parent, trace, detached } of noted) {
          const call = byId.get(id);
          assert.ok(call !== undefined, text);
          if (call.kind === "root") roots.set(trace, id);
          if (parent === undefined) continue;
          const root = roots.get(parent.trace);
          const ended = byId.get(root ?? 0)?.end;
          const open = ended === undefined || ended.time >= call.start;
          const [kind, caller] = detached ? [open ? "enter" : "root", root] : ["enter", parent.call];
          assert.deepEqual([call.kind, call.parent], [kind, caller], `${call.info.name} in\n${text}`);
          if (kind === "enter") assert.equal(trace, parent.trace, text);
        }
        assert.equal(currentCall(), undefined, text);
      }),
      { numRuns: 150 },
    );
    assert.ok(total > 1000, `only ${total} calls were checked`);
  },
);
