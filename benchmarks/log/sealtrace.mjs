import { setup } from "../../dist/public/index.js";
import { measure } from "../measure.mjs";
import { fields, MESSAGE } from "./record.mjs";

const recorder = await setup({ configuration: { "logging.logs_dirname": process.argv[2] } });
const logger = recorder.logger("bench");

await measure({
  operations: 200_000,
  warmup: 40_000,
  operation: (i) => logger.info(MESSAGE, fields(i)),
  finish: () => recorder.flush(),
});
const { dropped } = await recorder.close();
if (Object.keys(dropped).length > 0) throw new Error(`records were dropped: ${JSON.stringify(dropped)}`);
