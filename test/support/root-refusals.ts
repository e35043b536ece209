/** What a root refuses is an error and an access violation, each once. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { onAccessViolation, type AccessViolation } from "../../src/record/index.ts";

/** Everything that is reported until the test ends. */
export function violations(t: TestContext): AccessViolation[] {
  const reported: AccessViolation[] = [];
  t.after(onAccessViolation((violation) => reported.push(violation)));
  return reported;
}

/** Refused once, and reported once. Resolves to what was reported. */
export async function refused(
  reported: AccessViolation[],
  action: () => unknown,
  about: string = action.toString(),
): Promise<AccessViolation> {
  await rejectsWith("SEALTRACE_ACCESS_DENIED", reported, action, about);
  assert.equal(reported.length, 1, `${about}: ${JSON.stringify(reported)}`);
  return reported[0] as AccessViolation;
}

/** Fails, and nobody is accused of anything. */
export async function fails(
  code: string,
  reported: AccessViolation[],
  action: () => unknown,
  about: string = action.toString(),
): Promise<void> {
  await rejectsWith(code, reported, action, about);
  assert.deepEqual(reported, [], about);
}

async function rejectsWith(
  code: string,
  reported: AccessViolation[],
  action: () => unknown,
  about: string,
): Promise<void> {
  reported.length = 0;
  let error: unknown;
  try {
    await action();
  } catch (thrown) {
    error = thrown;
  }
  const { name, code: got } = (error ?? {}) as { readonly name?: string; readonly code?: string };
  assert.deepEqual([name, got], ["SealtraceError", code], `${about}: ${String(error)}`);
}
