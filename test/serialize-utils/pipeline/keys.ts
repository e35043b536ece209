import { ageRecipientOf, generateAgeIdentity, generateMinisignKey } from "../../../src/serialize-utils/index.ts";

export interface Keys {
  readonly identity: string;
  readonly recipient: string;
  readonly secretKey: string;
  readonly publicKey: string;
}

export async function newKeys(): Promise<Keys> {
  const identity = await generateAgeIdentity();
  return { identity, recipient: await ageRecipientOf(identity), ...(await generateMinisignKey()) };
}
