/** Rich JSON against the language's own, superjson and devalue, on the same data. */
import * as devalue from "devalue";
import superjson from "superjson";
import { deserializeFromJson, serializeToJson } from "../../dist/serialize-utils/index.js";
import { interleave } from "../interleave.mjs";

const records = Array.from({ length: 33_000 }, (_, i) => logRecord(i));
const recordsText = JSON.stringify(records);
const graph = makeGraph(100);
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

/** Groups of people who know each other, both ways: cycles, with a Map, a Set and a Date in each. (One large group would be too deep for devalue.) */
function makeGraph(groups) {
  return new Map(Array.from({ length: groups }, (_, i) => [`group ${i}`, makeGroup(i)]));
}

function makeGroup(group) {
  const people = Array.from({ length: 20 }, (_, i) => ({
    name: `person ${group}/${i}`,
    email: `person.${group}.${i}@example.org`,
    phone: `+49 30 ${group}${i}`,
    street: `${i} Long Street`,
    city: ["Berlin", "Paris", "Rome"][i % 3],
    postcode: 10_000 + group * 20 + i,
    isActive: i % 3 > 0,
    visits: group * i,
    note: "likes to be called before noon, never on a Sunday",
    born: new Date(group * 86_400_000 + i),
    tags: new Set(["a", `tag ${i % 50}`, i]),
    scores: new Map([["chess", i], ["go", i / 3]]), // prettier-ignore
    friends: [],
    boss: undefined,
  }));
  people.forEach((person, i) => {
    person.boss = people[(i * 7) % people.length];
    for (let k = 1; k <= 4; k += 1) person.friends.push(people[(i * k + 13) % people.length]);
  });
  return people;
}
