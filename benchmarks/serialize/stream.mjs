/**
 * How much memory a gigabyte takes on its way through all stages and back: NDJSON, zstd, age, minisign. Its own process, so that nothing else counts.
 *
 *     node benchmarks/serialize/stream.mjs - [megabytes]
 */
import {
  ageRecipientOf,
  decodeStream,
  encodeStream,
  generateAgeIdentity,
  generateMinisignKey,
} from "../../dist/serialize-utils/index.js";

const megabytes = Number(process.argv[3] ?? 1000);
const identity = await generateAgeIdentity();
const { secretKey, publicKey } = await generateMinisignKey();
const suffix = ".ndjson.zst.age";
let values = 0;
let peak = 0;
const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));

function* records() {
  for (let bytes = 0; bytes < megabytes * 1e6; values += 1) {
    const record = {
      "@timestamp": new Date(1.7e12 + values * 17).toISOString(),
      "log.level": ["info", "debug", "error"][values % 3],
      message: `request ${values} done in ${(values * 7) % 311} ms`,
      "trace.id": ((values * 2654435761) % 2 ** 32).toString(16).padStart(8, "0"),
      user: { id: values % 5000, name: `user${values % 5000}` },
    };
    bytes += 180;
    if (values % 1000 === 0) look();
    yield record;
  }
}

const begin = process.hrtime.bigint();
const recipients = [await ageRecipientOf(identity)];
const encoded = encodeStream(records(), { suffix, level: 1, recipients, sign: secretKey });
// What is written would go to a file: here it goes through the other direction at once.
let stored = 0;
async function* counted() {
  for await (const piece of encoded) {
    stored += piece.length;
    yield piece;
  }
}
let read = 0;
for await (const _ of decodeStream(counted(), { suffix, identities: [identity] })) {
  read += 1;
  if (read % 1000 === 0) look();
}
look();
if (read !== values || encoded.signature === "" || publicKey === "") throw new Error("It did not come back whole.");
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
process.stdout.write(
  `${JSON.stringify({ name: "stream", megabytes, stored, values, peak_rss_mb: Math.round(peak / 1e6), seconds })}\n`,
);
