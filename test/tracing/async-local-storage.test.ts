/** Random asynchronous programs whose callers Node's own AsyncLocalStorage knows: the record must name the same. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import fc from "fast-check";
import { parseSpanId } from "../../src/record/index.ts";
import { currentCall } from "../../src/tracing/index.ts";
import { callsDuring, load, seen } from "./traced.ts";

/** What a call does, one after the other. */
type Step =
  { readonly do: "await" | "sleep" | "throw" } | { readonly do: "call" | "together"; readonly plans: readonly Plan[] };
type Plan = readonly Step[];

const { plan: anyPlan } = fc.letrec<{ plan: Plan; step: Step }>((tie) => ({
  plan: fc.array(tie("step"), { maxLength: 4 }),
  step: fc.oneof(
    { depthSize: "small" },
    fc.record({ do: fc.constantFrom("await" as const, "sleep" as const, "throw" as const) }),
    fc.record({
      do: fc.constantFrom("call" as const, "together" as const),
      plans: fc.array(tie("plan"), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));

const storage = new AsyncLocalStorage<number>();
/** Id of each call, and of its caller as the storage knows it. */
const known: { readonly call: number; readonly caller: number | undefined }[] = [];

(globalThis as unknown as { storageOracle: unknown }).storageOracle = {
  storage,
  note(): number {
    const call = parseSpanId(currentCall()?.spanId ?? "")?.callId ?? 0;
    known.push({ call, caller: storage.getStore() });
    return call;
  },
  sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
};

const PROGRAM = `
const { storage, note, sleep } = globalThis.storageOracle;

export async function run(plan) {
  return storage.run(note(), follow, plan);
}

async function follow(plan) {
  for (const step of plan) {
    if (step.do === "await") await null;
    else if (step.do === "sleep") await sleep();
    else if (step.do === "throw") throw new Error("as planned");
    else if (step.do === "call") for (const inner of step.plans) await run(inner).catch(() => undefined);
    else await Promise.allSettled(step.plans.map((inner) => run(inner)));
  }
}
`;

test("the recorded caller of every call is the one that AsyncLocalStorage knows", { timeout: 60_000 }, async () => {
  const { run } = (await load(PROGRAM, "mjs")) as { run: (plan: Plan) => Promise<unknown> };
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyPlan, { minLength: 1, maxLength: 3 }), async (plans) => {
      known.length = 0;
      await callsDuring(() => Promise.allSettled(plans.map((plan) => run(plan))));
      for (const { call, caller } of known) {
        assert.equal(callerNamedRun(call), caller);
        checked += 1;
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(checked > 500, `only ${checked} calls were checked`);
});

/** The nearest caller that is `run`, past `follow` and the functions in it. */
function callerNamedRun(call: number): number | undefined {
  let above = seen.byId.get(call);
  do {
    if (above === undefined || above.kind === "root") return undefined;
    above = seen.byId.get(above.parent);
  } while (above?.info.name !== "run");
  return above.id;
}
