import { join } from "node:path";
import { pino } from "pino";
import { measure } from "../measure.mjs";
import { fields, MESSAGE } from "./record.mjs";

const destination = pino.destination({ dest: join(process.argv[2], "pino.ndjson"), sync: false, minLength: 4096 });
const logger = pino({ name: "bench" }, destination);

await measure({
  operations: 200_000,
  warmup: 40_000,
  operation: (i) => logger.info(fields(i), MESSAGE),
  finish: () => new Promise((resolve, reject) => logger.flush((error) => (error ? reject(error) : resolve()))),
});
