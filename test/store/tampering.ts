/** What somebody may do to a stream, each on a copy, and what verification must say. Also used by the independent checker's test. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signNote } from "../../src/seal/index.ts";
import { segmentNames } from "../support/stream.ts";

export interface Tampering {
  readonly name: string;
  readonly apply: (stream: string) => void;
  /** Index of the record that verification must name; undefined where none is concerned. */
  readonly record?: number;
  /** One of these must be among the codes. */
  readonly codes: readonly string[];
}

type Lines = string[];

/** Edits the lines of the segment that holds a record. `at` is the record's place in it. */
function editSegment(stream: string, record: number, edit: (lines: Lines, at: number) => void): void {
  const name = segmentNames(stream).findLast((segment) => Number(segment.slice(0, 12)) <= record) as string;
  const path = join(stream, name);
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  edit(lines, record - Number(name.slice(0, 12)));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
}

function editText(path: string, edit: (text: string) => string): void {
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

function changed(line: string | undefined, from: string | RegExp, to: string | ((match: string) => string)): string {
  const result = (line as string).replace(from, to as string);
  if (result === line) throw new Error(`nothing to change in ${line}`);
  return result;
}

function change(record: number, from: string | RegExp, to: string | ((match: string) => string)) {
  return (stream: string): void => {
    editSegment(stream, record, (lines, at) => {
      lines[at] = changed(lines[at], from, to);
    });
  };
}

const remove = (record: number) => (stream: string) => {
  editSegment(stream, record, (lines, at) => lines.splice(at, 1));
};

function firstTraceFile(stream: string): string {
  return join(stream, "trace", readdirSync(join(stream, "trace")).sort()[0] as string);
}

/** Signs the newest checkpoint again with a key of the forger's own, under the right name. */
function forge(stream: string, file: string, key: KeyObject): void {
  editText(join(stream, file), (text) => {
    const notes = text.split(/(?<=\n\n— [^\n]*\n)\n?/).filter((note) => note !== "");
    const last = notes.pop() as string;
    const body = last.slice(0, last.indexOf("\n\n") + 1);
    const forged = signNote(body, body.split("\n")[0] as string, key);
    return file === "checkpoint" ? forged : `${[...notes, forged].join("\n")}\n`;
  });
}

/** For the stream of `writeSampleStream`: 70 records, segments that begin at 20 and so on. */
export const TAMPERINGS: readonly Tampering[] = [
  {
    name: "one byte changed at the start",
    apply: change(1, "message 0", "message 9"),
    record: 1,
    codes: ["record-changed"],
  },
  {
    name: "one byte changed in the middle",
    apply: change(33, '"number":', '"numbar":'),
    record: 33,
    codes: ["record-changed"],
  },
  {
    name: "one byte changed in the last record",
    apply: change(69, "INFO", "INFA"),
    record: 69,
    codes: ["root-mismatch"],
  },
  { name: "one byte changed in a salt", apply: change(40, /.(?="\}$)/, "#"), record: 40, codes: ["record-changed"] },
  { name: "an index changed", apply: change(12, '"seal":"12.', '"seal":"17.'), record: 12, codes: ["record-changed"] },
  {
    name: "a link changed",
    apply: change(12, /(?<="seal":"12\.)./, (c) => (c === "A" ? "B" : "A")),
    record: 12,
    codes: ["record-changed"],
  },
  { name: "a seal removed", apply: change(12, /,"seal":"[^"]*"/, ""), record: 12, codes: ["record-changed"] },
  {
    name: "two records changed",
    apply: (s) => {
      change(5, "INFO", "INFA")(s);
      change(50, "INFO", "INFA")(s);
    },
    record: 50,
    codes: ["record-changed"],
  },
  { name: "the first line removed", apply: remove(0), record: 0, codes: ["records-missing"] },
  { name: "a line in the middle removed", apply: remove(33), record: 33, codes: ["records-missing"] },
  { name: "the last line of a segment removed", apply: remove(19), record: 19, codes: ["records-missing"] },
  { name: "the last line removed", apply: remove(69), record: 69, codes: ["records-missing"] },
  {
    name: "two lines swapped",
    apply: (stream) => {
      editSegment(stream, 30, (lines, at) => lines.splice(at, 2, lines[at + 1] as string, lines[at] as string));
    },
    record: 30,
    codes: ["records-swapped"],
  },
  {
    name: "two distant lines swapped",
    apply: (stream) => {
      editSegment(stream, 4, (lines, at) => {
        [lines[at], lines[at + 6]] = [lines[at + 6] as string, lines[at] as string];
      });
    },
    record: 4,
    codes: ["record-changed"],
  },
  {
    name: "a block of lines moved",
    apply: (stream) => {
      editSegment(stream, 4, (lines, at) => lines.splice(at + 6, 0, ...lines.splice(at, 3)));
    },
    record: 4,
    codes: ["records-missing", "record-order"],
  },
  {
    name: "a line inserted",
    apply: (stream) => {
      editSegment(stream, 25, (lines, at) => lines.splice(at, 0, changed(lines[at], /"seal":"[^"]*"/, '"x":1')));
    },
    record: 25,
    codes: ["record-inserted"],
  },
  {
    name: "a line repeated",
    apply: (stream) => {
      editSegment(stream, 25, (lines, at) => lines.splice(at, 0, lines[at] as string));
    },
    record: 26,
    codes: ["record-inserted"],
  },
  {
    name: "a line appended",
    apply: (s) => {
      editSegment(s, 69, (lines) => lines.push('{"forged":true}'));
    },
    record: 70,
    codes: ["record-changed", "records-unsealed"],
  },
  {
    name: "bytes appended",
    apply: (s) => {
      editText(join(s, segmentNames(s).at(-1) as string), (text) => `${text}{"half`);
    },
    record: 70,
    codes: ["torn-line"],
  },
  {
    name: "the first segment removed",
    apply: (s) => {
      rmSync(join(s, segmentNames(s)[0] as string));
    },
    record: 0,
    codes: ["records-missing"],
  },
  {
    name: "a segment in the middle removed",
    apply: (s) => {
      rmSync(join(s, segmentNames(s)[1] as string));
    },
    record: 22,
    codes: ["records-missing"],
  },
  {
    name: "the last segment removed",
    apply: (s) => {
      rmSync(join(s, segmentNames(s).at(-1) as string));
    },
    codes: ["records-missing"],
  },
  {
    name: "a segment renamed",
    apply: (s) => {
      copyFileSync(join(s, segmentNames(s)[1] as string), join(s, "000000000999.ndjson"));
      rmSync(join(s, segmentNames(s)[1] as string));
    },
    record: 22,
    codes: ["records-missing"],
  },
  {
    name: "the size in a checkpoint edited",
    apply: (s) => {
      editText(join(s, "checkpoint"), (t) => changed(t, "\n70\n", "\n69\n"));
    },
    codes: ["checkpoint-signature"],
  },
  {
    name: "the root in a checkpoint edited",
    apply: (s) => {
      editText(join(s, "checkpoints"), (t) => changed(t, /(?<=\n\d+\n)./, (c) => (c === "A" ? "B" : "A")));
    },
    codes: ["checkpoint-signature"],
  },
  {
    name: "the newest checkpoint signed by another key",
    apply: (s) => {
      forge(s, "checkpoint", generateKeyPairSync("ed25519").privateKey);
    },
    codes: ["checkpoint-signature"],
  },
  {
    name: "the last of all checkpoints signed by another key",
    apply: (s) => {
      forge(s, "checkpoints", generateKeyPairSync("ed25519").privateKey);
    },
    codes: ["checkpoint-signature"],
  },
  {
    name: "checkpoint removed",
    apply: (s) => {
      rmSync(join(s, "checkpoint"));
    },
    codes: ["checkpoint-missing"],
  },
  {
    name: "checkpoints removed",
    apply: (s) => {
      rmSync(join(s, "checkpoints"));
    },
    codes: ["checkpoint-missing"],
  },
  {
    name: "checkpoints cut off",
    apply: (s) => {
      editText(join(s, "checkpoints"), (t) => t.slice(0, -30));
    },
    codes: ["checkpoint-malformed"],
  },
  {
    name: "the verifier key replaced",
    apply: (s) => {
      editText(join(s, "origin.vkey"), (t) => changed(t, /.(?=\n$)/, (c) => (c === "A" ? "B" : "A")));
    },
    codes: ["key-malformed"],
  },
  {
    name: "the format's version removed",
    apply: (s) => {
      rmSync(join(s, "format"));
    },
    codes: ["format-missing"],
  },
  {
    name: "a trace chunk edited",
    apply: (stream) => {
      const path = firstTraceFile(stream);
      const bytes = readFileSync(path);
      bytes.writeUInt8((bytes.at(-9) as number) ^ 1, bytes.length - 9);
      writeFileSync(path, bytes);
    },
    codes: ["trace-changed"],
  },
  {
    name: "a trace file removed",
    apply: (s) => {
      rmSync(firstTraceFile(s));
    },
    codes: ["trace-missing"],
  },
  {
    name: "a trace file cut off",
    apply: (s) => {
      const p = firstTraceFile(s);
      writeFileSync(p, readFileSync(p).subarray(0, -1));
    },
    codes: ["trace-missing"],
  },
  {
    name: "bytes appended to a trace file",
    apply: (s) => {
      const p = firstTraceFile(s);
      writeFileSync(p, Buffer.concat([readFileSync(p), Buffer.from("x")]));
    },
    codes: ["trace-unsealed"],
  },
];
