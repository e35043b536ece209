/** Rich JSON against the language's own, superjson and devalue, on the same data. */
import * as devalue from "devalue";
import superjson from "superjson";
import { deserializeFromJson, serializeToJson } from "../../dist/serialize-utils/index.js";
import { interleave } from "../interleave.mjs";

const records = Array.from({ length: 33_000 }, (_, i) => logRecord(i));
const recordsText = JSON.stringify(records);
const graph = makeGraph(500);
const small = logRecord(7);
const smallText = JSON.stringify(small);
const heavy = { operations: 1, batches: 15 };
const light = { operations: 20_000, batches: 21 };

await interleave({
  name: "json-encode",
  ours: () => serializeToJson(records),
  peer: () => JSON.stringify(records),
  ...heavy,
});
await interleave({
  name: "json-decode",
  ours: () => deserializeFromJson(recordsText),
  peer: () => JSON.parse(recordsText),
  ...heavy,
});
await interleave({
  name: "json-encode-superjson",
  ours: () => serializeToJson(records),
  peer: () => superjson.stringify(records),
  operations: 1,
  batches: 5,
});
const graphText = serializeToJson(graph);
const graphDevalue = devalue.stringify(graph);
await interleave({
  name: "json-graph-encode",
  ours: () => serializeToJson(graph),
  peer: () => devalue.stringify(graph),
  ...heavy,
});
await interleave({
  name: "json-graph-decode",
  ours: () => deserializeFromJson(graphText),
  peer: () => devalue.parse(graphDevalue),
  ...heavy,
});
await interleave({
  name: "json-small-encode",
  ours: () => serializeToJson(small),
  peer: () => JSON.stringify(small),
  ...light,
});
await interleave({
  name: "json-small-decode",
  ours: () => deserializeFromJson(smallText),
  peer: () => JSON.parse(smallText),
  ...light,
});

/** Ten fields, about 300 bytes. */
function logRecord(i) {
  return {
    "@timestamp": new Date(1_790_000_000_000 + i * 1_000).toISOString(),
    "log.level": ["info", "warning", "error"][i % 3],
    message: `order ${i} of customer ${(i * 7) % 9_999} was paid and is on its way`,
    "log.logger": "shop.orders",
    "service.name": "checkout",
    "process.pid": 4_711,
    "trace.id": (i * 7_919).toString(16).padStart(32, "0"),
    "span.id": (i * 31).toString(16).padStart(16, "0"),
    "http.response.status_code": 200 + (i % 5),
    labels: { region: "eu", retries: i % 3, tags: ["a", "b"] },
  };
}

/** Customers and their orders, which know each other: cycles, with a Map, a Set and Dates. */
function makeGraph(size) {
  return Array.from({ length: size }, (_, i) => {
    const customer = {
      name: `customer ${i}`,
      email: `customer.${i}@example.org`,
      address: { street: `${i} Long Street`, city: ["Berlin", "Paris", "Rome"][i % 3], postcode: 10_000 + i },
      since: new Date(1_600_000_000_000 + i * 86_400_000),
      groups: new Set(["newsletter", `group ${i % 50}`]),
      orders: new Map(),
    };
    for (let k = 0; k < 4; k += 1) customer.orders.set(`order ${i}-${k}`, makeOrder(customer, i + k));
    return customer;
  });
}

function makeOrder(customer, seed) {
  const lines = Array.from({ length: 4 }, (_, i) => ({
    sku: `SKU-${(seed * 31 + i * 7) % 5_000}`,
    title: `article number ${seed} of the catalogue`,
    quantity: 1 + ((seed + i) % 3),
    price: ((seed * 37) % 10_000) / 100,
  }));
  return { customer, placed: new Date(1_700_000_000_000 + seed * 60_000), isPaid: seed % 3 > 0, lines };
}
