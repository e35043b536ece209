/** The rows of `npm run bench -- serialize`: how many times as fast as the peer, on the same data in one process. */
import type { Row } from "../row.ts";

export const SERIALIZE_ROWS: readonly Row[] = [
  { script: "serialize/json.mjs", name: "json-encode", what: "rich JSON, plain records: encode, against JSON.stringify", speedGoal: 0.5 },
  { script: "serialize/json.mjs", name: "json-decode", what: "the same: decode, against JSON.parse", speedGoal: 0.95 },
  { script: "serialize/json.mjs", name: "json-encode-superjson", what: "the same: encode, against superjson", speedGoal: 10 },
  { script: "serialize/json.mjs", name: "json-graph-encode", what: "a graph with cycles, Map, Set, Date: encode, against devalue", speedGoal: 2.5 },
  { script: "serialize/json.mjs", name: "json-graph-decode", what: "the same: decode, against devalue", speedGoal: 1 },
  { script: "serialize/json.mjs", name: "json-small-encode", what: "a record of 10 fields: encode, against JSON.stringify", speedGoal: 0.6 },
  { script: "serialize/json.mjs", name: "json-small-decode", what: "the same: decode, against JSON.parse", speedGoal: 0.9 },
  { script: "serialize/pickle.mjs", name: "pickle dumps", what: "pickle: dumps, against CPython's C pickle", speedGoal: 1 },
  { script: "serialize/pickle.mjs", name: "pickle loads", what: "pickle: loads, against CPython's C pickle", speedGoal: 0.7 },
  { script: "serialize/pickle.mjs", name: "pickle loads against pickleparser", what: "pickle: loads, against pickleparser", speedGoal: 3 },
  { script: "serialize/message-pack.mjs", name: "message-pack encode", what: "MessagePack: encode, against msgpackr without records", speedGoal: 0.8 },
  { script: "serialize/message-pack.mjs", name: "message-pack decode", what: "MessagePack: decode, against msgpackr without records", speedGoal: 0.8 },
  { script: "serialize/age.mjs", name: "age-encrypt", what: "age: 64 MiB encrypted, against the age command", speedGoal: 0.75 },
  { script: "serialize/age.mjs", name: "age-decrypt", what: "age: 64 MiB decrypted, against the age command", speedGoal: 0.9 },
  { script: "serialize/age.mjs", name: "age-encrypt-typage", what: "age: 64 MiB encrypted, against typage", speedGoal: 4.5 },
  { script: "serialize/age.mjs", name: "age-decrypt-typage", what: "age: 64 MiB decrypted, against typage", speedGoal: 4.5 },
  { script: "serialize/pipeline.mjs", name: "stages-encode", what: "JSON, zstd, age and a signature together, against JSON.stringify alone", speedGoal: 0.27 },
  { script: "serialize/pipeline.mjs", name: "stages-decode", what: "and back, against JSON.parse alone" },
]; // prettier-ignore

/** Tells the most memory that a gigabyte takes through all stages and back, in MB. */
export const STREAM_SCRIPT = "serialize/stream.mjs";
export const STREAM_GOAL_MB = 200;
