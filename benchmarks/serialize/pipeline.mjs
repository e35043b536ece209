/** All stages together against the language's own serialization alone, on the same 10 MB of log records; and the way back. */
import {
  ageRecipientOf,
  decode,
  encode,
  generateAgeIdentity,
  generateMinisignKey,
  openMinisignSecretKey,
} from "../../dist/serialize-utils/index.js";
import { interleave } from "../interleave.mjs";

const records = Array.from({ length: 40_000 }, (_, i) => ({
  "@timestamp": new Date(1.7e12 + i * 17).toISOString(),
  "log.level": ["info", "debug", "error"][i % 3],
  message: `request ${i} done in ${(i * 7) % 311} ms`,
  "service.name": "checkout",
  "process.pid": 4711,
  "trace.id": ((i * 2654435761) % 2 ** 32).toString(16).padStart(8, "0"),
  user: { id: i % 5000, name: `user${i % 5000}` },
  ok: i % 7 !== 0,
}));
const text = JSON.stringify(records);
const identity = await generateAgeIdentity();
const { secretKey, publicKey } = await generateMinisignKey();
const sealing = {
  suffix: ".json.zst.age",
  level: 1,
  recipients: [await ageRecipientOf(identity)],
  sign: await openMinisignSecretKey(secretKey),
};
const { bytes, signature } = await encode(records, sealing);
const opening = { suffix: ".json.zst.age", identities: [identity], publicKey, signature };

await interleave({
  name: "stages-encode",
  ours: () => encode(records, sealing),
  peer: () => JSON.stringify(records),
  operations: 1,
});
await interleave({
  name: "stages-decode",
  ours: () => decode(bytes, opening),
  peer: () => JSON.parse(text),
  operations: 1,
});
