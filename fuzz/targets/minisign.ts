/** Signature and key files of minisign: a signature that is taken must be of the content, with the comment that was signed. */
import assert from "node:assert/strict";
import { SealtraceError } from "../../src/record/index.ts";
import {
  openMinisignSecretKey,
  parseMinisignPublicKey,
  signMinisign,
  verifyMinisign,
} from "../../src/serialize-utils/index.ts";

export const name = "minisign";

/** Fixed, so that a finding stays one; they protect nothing. */
const PUBLIC_KEY = "RWTOPX4KtZV+dFzDSvHVOa+hVRZjwuCkZ9pZVzC/O9lIln++0F5unuUl";
const CONTENT = Buffer.from("what was signed");
const COMMENT = "what was said of it";
const SECRET_KEY = `untrusted comment: minisign secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAzj1+CrWVfnQt23hjrpF+ULClFxfjTlEDVLrQAaziivXVpIrffmWikFzDSvHVOa+hVRZjwuCkZ9pZVzC/O9lIln++0F5unuUlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;

export async function seeds(): Promise<Uint8Array[]> {
  const signature = await signMinisign(CONTENT, SECRET_KEY, { trustedComment: COMMENT });
  return [signature, SECRET_KEY, `untrusted comment: x\n${PUBLIC_KEY}\n`].map((text) => Buffer.from(text));
}

export async function run(bytes: Uint8Array): Promise<void> {
  const text = Buffer.from(bytes).toString("utf8");
  for (const allowLegacy of [false, true]) {
    const verified = await accepted(() => verifyMinisign(CONTENT, text, PUBLIC_KEY, { allowLegacy }));
    if (verified !== undefined) assert.equal(verified.trustedComment, COMMENT);
  }
  await accepted(() => parseMinisignPublicKey(text));
  const key = await accepted(() => openMinisignSecretKey(text, { password: "x", maxScryptWorkFactor: 10 }));
  if (key !== undefined) await signMinisign(CONTENT, key);
}

async function accepted<Result>(work: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SealtraceError) return undefined;
    throw error;
  }
}
