/** What somebody does who has the files and not the keys. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  compress,
  decode,
  decodeStream,
  encode,
  encryptAge,
  jsonSchema,
  signMinisign,
  type DecodeOptions,
  type Encoded,
} from "../../../src/serialize-utils/index.ts";
import { inPieces } from "../compression/pieces.ts";
import { newKeys } from "./keys.ts";

const keys = await newKeys();
const others = await newKeys();
const SEALED = { suffix: ".json.zst.age", recipients: [keys.recipient], sign: keys.secretKey };
const claims = { name: "report.json.zst.age", schemaName: "report-2", generation: 7 };
const report = await encode({ amount: 100 }, { ...SEALED, ...claims });
const opening: DecodeOptions = { suffix: ".json.zst.age", identities: [keys.identity], publicKey: keys.publicKey };

function open(encoded: Partial<Encoded>, options: DecodeOptions = {}): Promise<unknown> {
  const { bytes = report.bytes, signature = report.signature } = encoded;
  return decode(bytes, { ...opening, signature, ...claims, ...options });
}

function refused(message: RegExp, stage = "verify"): object {
  return { code: "SEALTRACE_SIGNATURE_INVALID", stage, message };
}

describe("what was signed", () => {
  it("opens as what it is", async () => {
    assert.deepEqual(await open({}), { amount: 100 });
    assert.deepEqual(await open({}, { generation: { atLeast: 7 }, schemaName: undefined, name: undefined }), {
      amount: 100,
    });
  });

  it("is what is read, also where somebody writes to the same memory meanwhile", async () => {
    const { bytes, signature } = await encode({ amount: 100 }, { sign: keys.secretKey });
    for (let turns = 0; turns < 10; turns += 1) {
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      const reading = decode(shared, { publicKey: keys.publicKey, signature });
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      shared.set(Buffer.from('{"amount":999}'));
      assert.deepEqual(await reading, { amount: 100 });
    }
  });

  it("is refused without its signature", async () => {
    await assert.rejects(
      decode(report.bytes, { ...opening, ...claims }),
      refused(/not signed, or its signature was taken away/),
    );
  });

  it("is refused when the signature is another's", async () => {
    const swapped = await encode({ amount: 1 }, { ...SEALED, ...claims });
    await assert.rejects(open({ signature: swapped.signature as string }), refused(/not of this content/));
    const comment = (report.signature as string).replace("generation:7", "generation:8");
    await assert.rejects(open({ signature: comment }), refused(/comment was changed/));
    await assert.rejects(open({ signature: "nonsense" }), refused(/no minisign signature/));
  });

  it("is refused when it belongs to another file, schema or generation", async () => {
    const other = await encode({ amount: 1 }, { ...SEALED, ...claims, name: "bill.json.zst.age" });
    await assert.rejects(open(other), refused(/for the file "bill.json.zst.age".*"report.json.zst.age"/));
    const schema = await encode({ amount: 1 }, { ...SEALED, ...claims, schemaName: "report-1" });
    await assert.rejects(open(schema), refused(/for the schema "report-1"/));
    const older = await encode({ amount: 1 }, { ...SEALED, ...claims, generation: 6 });
    await assert.rejects(open(older), refused(/for the generation "6"/));
    await assert.rejects(open(older, { generation: { atLeast: 7 } }), refused(/7 or later/));
    const silent = await encode({ amount: 1 }, SEALED);
    await assert.rejects(open(silent), refused(/doesn't say its file/));
    await assert.rejects(
      open(silent, { name: undefined, schemaName: undefined }),
      refused(/doesn't say its generation/),
    );
  });

  it("is refused when a stage was left out or changed", async () => {
    for (const suffix of [".json", ".json.zst", ".yaml", ".json.gz"]) {
      const signedAsLess = await encode({ amount: 1 }, { suffix, sign: keys.secretKey, ...claims });
      await assert.rejects(open(signedAsLess), refused(/for the (format|compression|encryption)/));
      const plain = { ...opening, identities: undefined, suffix, ...claims, signature: report.signature };
      await assert.rejects(decode(report.bytes, plain), refused(/for the (format|compression|encryption)/));
    }
    const asText = await encode("amount: 1", { suffix: ".txt", sign: keys.secretKey });
    const { publicKey } = keys;
    await assert.rejects(
      decode(asText.bytes, { suffix: ".yaml", publicKey, signature: asText.signature }),
      refused(/"text"/),
    );
  });

  it("is refused when another key signed it, also one of the same id", async () => {
    const theirs = await encode({ amount: 1 }, { ...SEALED, ...claims, sign: others.secretKey });
    await assert.rejects(open(theirs), refused(/signed with the key/));
    const [, ourLine = ""] = keys.publicKey.split("\n");
    const id = Buffer.from(ourLine, "base64").subarray(2, 10);
    const lines = (theirs.signature as string).split("\n");
    const line = Buffer.from(lines[1] as string, "base64");
    id.copy(line, 2);
    lines[1] = line.toString("base64");
    await assert.rejects(open({ ...theirs, signature: lines.join("\n") }), refused(/not of this content/));
    assert.deepEqual(await open(theirs, { publicKey: [keys.publicKey, others.publicKey] }), { amount: 1 });
  });

  it("is refused with any byte changed, before anything is decrypted", async () => {
    for (let i = 0; i < report.bytes.length; i += 7) {
      const changed = report.bytes.map((byte, at) => (at === i ? byte ^ 1 : byte)) as Buffer;
      await assert.rejects(open({ bytes: changed }), refused(/not of this content/));
    }
  });

  it("opens also when minisign signed it, which doesn't say the stages", async () => {
    const signature = await signMinisign(report.bytes, keys.secretKey);
    const expecting = { name: undefined, schemaName: undefined, generation: undefined };
    assert.deepEqual(await open({ signature }, expecting), { amount: 100 });
    await assert.rejects(open({ signature }), refused(/doesn't say/));
    const twice = await signMinisign(report.bytes, keys.secretKey, { trustedComment: "generation:6\tgeneration:7" });
    await assert.rejects(open({ signature: twice }), refused(/"generation" twice/));
  });

  it("proves nothing to who doesn't say who must have signed", async () => {
    const usage = { code: "SEALTRACE_USAGE", message: /give the publicKey/ };
    await assert.rejects(open({}, { publicKey: undefined }), usage);
    await assert.rejects(decode(Buffer.from("1"), { generation: 1 }), usage);
    await assert.rejects(open({}, { publicKey: [] }), { code: "SEALTRACE_USAGE" });
  });
});

describe("the stages that are expected", () => {
  it("are those of the caller, never what the bytes look like", async () => {
    const plain = Buffer.from('{"amount":1}');
    const zipped = compress(plain, "zstd");
    await assert.rejects(decode(plain, { suffix: ".json.zst" }), {
      stage: "decompress",
      code: "SEALTRACE_INVALID_DATA",
    });
    await assert.rejects(decode(zipped, { suffix: ".json.gz" }), { stage: "decompress" });
    await assert.rejects(decode(zipped, { suffix: ".json" }), { stage: "parse", code: "SEALTRACE_INVALID_DATA" });
    await assert.rejects(decode(zipped, { suffix: ".json.zst.age", identities: [keys.identity] }), {
      stage: "decrypt",
    });
    await assert.rejects(decode(report.bytes, { suffix: ".json.zst" }), { stage: "decompress" });
    const encryptedTwice = await encryptAge(await encryptAge(plain, { recipients: [keys.recipient] }), {
      recipients: [keys.recipient],
    });
    await assert.rejects(decode(encryptedTwice, { suffix: ".json.age", identities: [keys.identity] }), {
      stage: "parse",
    });
  });

  it("must make sense", async () => {
    const wrong: readonly DecodeOptions[] = [
      { suffix: ".json.age.zst" },
      { suffix: ".json.zst.gz" },
      { suffix: ".zst" },
      { suffix: ".json.zst.age" },
      { suffix: ".json", identities: [keys.identity] },
      { suffix: ".json.zst", compress: "gzip" },
      { suffix: ".json", format: "yaml" },
      { suffix: ".json", compress: "zstd" },
      { format: "xml" as "json" },
      { format: "__proto__" as "json" },
    ];
    for (const options of wrong) await assert.rejects(decode(Buffer.from("1"), options), { code: "SEALTRACE_USAGE" });
    for (const generation of [-1, 1.5, NaN, 2 ** 53]) {
      await assert.rejects(encode(1, { sign: keys.secretKey, generation }), { code: "SEALTRACE_USAGE" });
    }
    for (const name of ["", "a\tgeneration:9", "a\nb"]) {
      await assert.rejects(encode(1, { sign: keys.secretKey, name }), { code: "SEALTRACE_USAGE", message: /file/ });
    }
  });

  it("are each within the bound, and say which it was", async () => {
    const bomb = await encode(" ".repeat(10_000_000), { suffix: ".txt.zst.age", recipients: [keys.recipient] });
    const options = { suffix: ".txt.zst.age", identities: [keys.identity], maxBytes: 1_000_000 };
    await assert.rejects(decode(bomb.bytes, options), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
      stage: "decompress",
      message: /^Decompressing: .*raise maxBytes/,
    });
    await assert.rejects(decode(Buffer.from("[[1]]"), { maxDepth: 1 }), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
      stage: "parse",
    });
    await assert.rejects(decode(Buffer.from("[1]"), { maxBytes: 2 }), { code: "SEALTRACE_LIMIT_EXCEEDED" });
    await assert.rejects(decode(report.bytes, { ...opening, publicKey: undefined, identities: [others.identity] }), {
      code: "SEALTRACE_DECRYPTION_FAILED",
      stage: "decrypt",
    });
    const schema = jsonSchema({ type: "string" });
    await assert.rejects(decode(Buffer.from("1"), { schema }), { code: "SEALTRACE_INVALID_DATA", stage: "validate" });
    await assert.rejects(encode(1, { schema }), {
      stage: "validate",
      message: /^Validating: It does not fit its schema/,
    });
    await assert.rejects(
      encode(() => 1),
      { code: "SEALTRACE_VALUE_UNSUPPORTED", stage: "serialize" },
    );
    await assert.rejects(encode(1, { compress: "zstd", level: 99 }), { code: "SEALTRACE_USAGE", stage: "compress" });
    await assert.rejects(encode(1, { recipients: ["age1nonsense"] }), {
      code: "SEALTRACE_KEY_INVALID",
      stage: "encrypt",
    });
    await assert.rejects(encode(1, { sign: "nonsense" }), { code: "SEALTRACE_KEY_INVALID", stage: "sign" });
  });
});

describe("a stream", () => {
  const suffix = ".ndjson.zst";
  const lines = Array.from({ length: 20_000 }, (_, i) => ({ i }));

  it("that can be read twice is verified before anything is handed out", async () => {
    const { bytes, signature } = await encode(lines, { suffix, sign: keys.secretKey });
    const options = { suffix, publicKey: keys.publicKey, signature };
    const changed = bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));
    let handedOut = 0;
    await assert.rejects(
      async () => {
        for await (const value of decodeStream(() => inPieces(changed, 1_000), options))
          handedOut += Number(value !== undefined);
      },
      refused(/not of this content/),
    );
    assert.equal(handedOut, 0);
    await assert.rejects(decodeStream(inPieces(bytes, 1_000), options).next(), {
      code: "SEALTRACE_USAGE",
      message: /verifyAtEnd/,
    });
    const once = decodeStream(inPieces(bytes, 1_000), { ...options, verifyAtEnd: true });
    assert.equal((await Array.fromAsync(once)).length, lines.length);
    const unsigned = decodeStream(inPieces(bytes, 1_000), { ...options, signature: undefined, verifyAtEnd: true });
    await assert.rejects(unsigned.next(), refused(/taken away/));
  });

  it("that is another one when it is read again ends with an error", async () => {
    const { bytes, signature } = await encode(lines, { suffix, sign: keys.secretKey });
    const other = await encode(lines.slice(1), { suffix });
    const contents = [bytes, other.bytes];
    const source = (): AsyncIterable<Uint8Array> => inPieces(contents.shift() as Buffer, 1_000);
    await assert.rejects(
      Array.fromAsync(decodeStream(source, { suffix, publicKey: keys.publicKey, signature })),
      refused(/not of this content/),
    );
  });

  it("whose signature comes at the end says at the end that it is wrong", async () => {
    const { bytes } = await encode(lines, { suffix });
    const { signature } = await encode(1, { suffix: ".json.zst", sign: keys.secretKey });
    const stream = decodeStream(inPieces(bytes, 1_000), {
      suffix,
      publicKey: keys.publicKey,
      signature,
      verifyAtEnd: true,
    });
    assert.deepEqual((await stream.next()).value, { i: 0 });
    await assert.rejects(Array.fromAsync(stream), refused(/not of this content/));
  });

  it("hands out what is authentic before what is not, and says where it ends", async () => {
    const sealed = await encode(lines, { suffix: ".ndjson.age", recipients: [keys.recipient] });
    const cut = sealed.bytes.subarray(0, sealed.bytes.length - 10);
    let count = 0;
    await assert.rejects(
      async () => {
        const stream = decodeStream(inPieces(cut, 5_000), { suffix: ".ndjson.age", identities: [keys.identity] });
        for await (const value of stream) {
          assert.deepEqual(value, { i: count });
          count += 1;
        }
      },
      { stage: "decrypt" },
    );
    assert.ok(count > 1_000);
  });

  it("never fills the memory with a line that doesn't end", async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield Buffer.alloc(100_000, "x");
        await Promise.resolve();
      }
    };
    await assert.rejects(decodeStream(endless(), { maxLineBytes: 1_000_000 }).next(), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
      message: /Line 1: .*maxLineBytes/,
    });
    await assert.rejects(Array.fromAsync(decodeStream(endless(), { format: "text", maxBytes: 1_000_000 })), {
      code: "SEALTRACE_LIMIT_EXCEEDED",
    });
  });

  it("names the line that is wrong, and is read as text however it is cut", async () => {
    await assert.rejects(Array.fromAsync(decodeStream(inPieces(Buffer.from("1\n2\n{\n"), 2))), {
      message: /^Parsing: Line 3: /,
    });
    const text = "\u00e9\u{1f600}".repeat(50);
    for (const size of [1, 2, 3]) {
      const parts = await Array.fromAsync(
        decodeStream(inPieces(Buffer.from(`\ufeff${text}`), size), { format: "text" }),
      );
      assert.equal(parts.join(""), text);
    }
    const cut = Buffer.from(text).subarray(0, -1);
    await assert.rejects(Array.fromAsync(decodeStream(inPieces(cut, 3), { format: "text" })), {
      code: "SEALTRACE_DATA_TRUNCATED",
    });
    await assert.rejects(Array.fromAsync(decodeStream(inPieces(Buffer.of(49, 255), 9))), {
      code: "SEALTRACE_INVALID_DATA",
    });
    await assert.rejects(decodeStream(inPieces(Buffer.from("{}"), 9), { format: "json" }).next(), {
      code: "SEALTRACE_USAGE",
    });
  });
});
