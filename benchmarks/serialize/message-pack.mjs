import { Packr } from "msgpackr";
import { deserializeFromMessagePack, serializeToMessagePack } from "../../dist/serialize-utils/index.js";
import { interleave } from "../interleave.mjs";

/** About 10 MB of log records. msgpackr runs as it is installed: in pure JavaScript where its optional addon is absent. */
const LEVELS = ["debug", "info", "warning", "error"];
const records = Array.from({ length: 26_000 }, (_, i) => ({
  "@timestamp": new Date(1_767_225_600_000 + i * 37).toISOString(),
  "log.level": LEVELS[i % 4],
  "log.logger": `shop.orders.${i % 17}`,
  message: `Order ${i * 7919} of customer ${(i * 104_729) % 10_007} was paid${i % 11 === 0 ? " in Zürich" : ""}`,
  "process.pid": 4242,
  "event.duration": (i * 7919) % 1_000_003,
  "trace.id": (i * 2_654_435_761).toString(16).padStart(32, "0"),
  fields: {
    items: i % 9,
    total: ((i * 31) % 100_000) / 100,
    paid: i % 3 !== 0,
    coupon: null,
    tags: ["web", `region-${i % 5}`],
  },
}));

const packr = new Packr({ useRecords: false });
const packed = packr.pack(records);
const ours = serializeToMessagePack(records);
if (JSON.stringify(deserializeFromMessagePack(packed)) !== JSON.stringify(packr.unpack(ours))) {
  throw new Error("The two read each other's bytes differently.");
}
await interleave({
  name: "message-pack encode",
  ours: () => serializeToMessagePack(records),
  peer: () => packr.pack(records),
  operations: 1,
});
await interleave({
  name: "message-pack decode",
  ours: () => deserializeFromMessagePack(ours),
  peer: () => packr.unpack(packed),
  operations: 1,
});
