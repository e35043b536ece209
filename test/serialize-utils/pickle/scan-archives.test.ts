/** Pickles in what they come wrapped in, right and wrong. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { scanPickle, serializeToPickle } from "../../../src/serialize-utils/index.ts";
import { calling, global, MARK, pickle, REDUCE, STOP, text, type Part } from "./pickles.ts";
import { zip, type Member } from "./zips.ts";

const EVIL = calling("os", "system");
const GOOD = serializeToPickle({ weights: [1, 2] });

function expectEvil(content: Uint8Array, where: string | RegExp): void {
  const { verdict, names } = scanPickle(content);
  assert.equal(verdict, "dangerous");
  assert.match(
    names.find(({ name }) => name === "system")?.where ?? "none",
    typeof where === "string" ? new RegExp(`^${where}$`) : where,
  );
}

function expectFinding(members: readonly Member[], message: RegExp): void {
  const { verdict, findings } = scanPickle(zip(members));
  assert.notEqual(verdict, "safe");
  assert.match(findings.map((finding) => finding.message).join("; "), message);
}

/** A tensor as PyTorch pickles it: its storage is a persistent id. */
function tensor(): Uint8Array {
  const parts: Part[] = [
    "\x80\x02",
    global("torch._utils", "_rebuild_tensor_v2"),
    "((",
    text("storage"),
    global("torch", "FloatStorage"),
    text("0"),
    text("cpu"),
    "K\x02t",
  ];
  return pickle(...parts, "QK\x00K\x02\x85K\x01\x85\x89", global("collections", "OrderedDict"), ")Rt", REDUCE, STOP);
}

describe("a scan looks into", () => {
  it("zip archives, whatever their members are called (CVE-2025-10155)", () => {
    for (const name of ["data.pkl", "model/data.pkl", "picture.png", "data.txt", "archive/data/0", "x"]) {
      for (const isDeflated of [false, true])
        expectEvil(
          zip([
            { name: "good.pkl", content: GOOD },
            { name, content: EVIL, isDeflated },
          ]),
          name,
        );
    }
    assert.equal(
      scanPickle(
        zip([
          { name: "good.pkl", content: GOOD, isDeflated: true },
          { name: "README", content: Buffer.from("no pickle") },
        ]),
      ).verdict,
      "safe",
    );
  });

  it("archives with wrong checksums and flags (CVE-2025-10156), and says so", () => {
    for (const flags of [0x1, 0x20, 0x40, 0x2000])
      expectEvil(zip([{ name: "data.pkl", content: EVIL, flags }]), "data.pkl");
    expectEvil(zip([{ name: "data.pkl", content: EVIL, crc: 1 }]), "data.pkl");
    expectFinding([{ name: "data.pkl", content: GOOD, crc: 1 }], /checksum/);
    expectFinding([{ name: "data.pkl", content: GOOD, flags: 1 }], /encrypted/);
    expectFinding([{ name: "data.pkl", content: GOOD, method: 99 }], /method 99/);
    expectFinding([{ name: "data.pkl", content: GOOD, method: 8 }], /decompressed/);
  });

  it("archives whose directory says something else than their headers", () => {
    expectEvil(zip([{ name: "a.txt", content: EVIL, headerName: "data.pkl" }]), "a.txt");
    expectFinding([{ name: "a.txt", content: GOOD, headerName: "data.pkl" }], /name differs/);
    expectEvil(
      zip([
        { name: "data.pkl", content: GOOD },
        { name: "data.pkl", content: EVIL, isUnlisted: true },
      ]),
      "data.pkl",
    );
    expectFinding(
      [
        { name: "a", content: GOOD },
        { name: "b", content: GOOD, isUnlisted: true },
      ],
      /doesn't list it/,
    );
    const cut = zip([{ name: "data.pkl", content: EVIL }]).subarray(0, -22);
    expectEvil(cut, "data.pkl");
  });

  it("a pickle that begins as an archive does", () => {
    const prefix = Buffer.from(pickle("PK\x03\x04\n0", EVIL)).toString("latin1");
    expectEvil(zip([{ name: "data.pkl", content: GOOD }], { prefix }), "");
    assert.notEqual(scanPickle(pickle("PK\x03\x04")).verdict, "safe");
  });

  it("large archives' records, and what stands before an archive", () => {
    expectEvil(zip([{ name: "data.pkl", content: EVIL }], { is64: true }), "data.pkl");
    assert.deepEqual(scanPickle(zip([{ name: "data.pkl", content: GOOD }], { is64: true })).findings, []);
    expectEvil(
      zip([{ name: "data.pkl", content: EVIL }], { prefix: Buffer.from(GOOD).toString("latin1") }),
      "data.pkl",
    );
    // A pickle, behind which lies an archive: who reads which depends on the reader.
    const both = zip([{ name: "data.pkl", content: GOOD }], { prefix: Buffer.from(EVIL).toString("latin1") });
    expectEvil(both, "");
  });

  it("archives within archives, and compressed pickles", () => {
    const inner = zip([{ name: "data.pkl", content: EVIL, isDeflated: true }]);
    expectEvil(zip([{ name: "inner.zip", content: inner }]), "inner.zip > data.pkl");
    expectEvil(gzipSync(EVIL), "gzip");
    expectEvil(deflateSync(EVIL), "zlib");
    expectEvil(zstdCompressSync(EVIL), "zstd");
    expectEvil(zip([{ name: "data.bin", content: gzipSync(EVIL) }]), "data.bin > gzip");
    for (const magic of ["BZh9", "\xfd7zXZ\0", "7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07"]) {
      const found = scanPickle(Buffer.from(`${magic}...`, "latin1"));
      assert.deepEqual([found.verdict, found.findings.length], ["suspicious", 1]);
      assert.match(found.findings[0]?.message ?? "", /can't be looked into/);
    }
    expectFinding([{ name: "broken.pkl", content: gzipSync(GOOD).fill(0, 12, 20) }], /decompressed/);
  });

  it("PyTorch's files: archives, and the older ones of several pickles", () => {
    const members = [
      { name: "model/data.pkl", content: tensor() },
      { name: "model/byteorder", content: Buffer.from("little") },
      { name: "model/data/0", content: new Uint8Array(Float32Array.of(1, 2).buffer) },
      // A tensor that begins as pickles do.
      { name: "model/data/1", content: Uint8Array.of(0x80, 2, 0xff, 0xff) },
      { name: "model/version", content: Buffer.from("3\n") },
    ];
    const good = scanPickle(zip(members));
    assert.deepEqual([good.verdict, good.findings], ["safe", []]);
    expectEvil(zip([...members, { name: "model/extra.pkl", content: EVIL }]), "model/extra.pkl");
    const magic = pickle("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
    const legacy = (...parts: Part[]): Uint8Array =>
      pickle(magic, "\x80\x02M\xe9\x03.", "\x80\x02}.", ...parts, new Uint8Array([0xff, 0xfe, 1, 2]));
    assert.equal(scanPickle(legacy(tensor(), "\x80\x02]", text("0"), "a.")).verdict, "safe");
    expectEvil(legacy(EVIL, "\x80\x02]."), "");
    expectEvil(legacy(tensor(), EVIL), "");
    // Without its magic number what follows is no tensor.
    assert.equal(
      scanPickle(pickle(GOOD, tensor(), [0xff, 0xfe].map((byte) => String.fromCharCode(byte)).join(""))).verdict,
      "suspicious",
    );
  });

  it("joblib's files, whose arrays lie among the opcodes", () => {
    const files = JSON.parse(
      readFileSync(new URL("../../../testdata/pickle/joblib.json", import.meta.url), "utf8"),
    ) as Record<string, string>;
    for (const [name, hex] of Object.entries(files)) {
      const { verdict } = scanPickle(Buffer.from(hex, "hex"));
      assert.equal(verdict, name.startsWith("dangerous") ? "dangerous" : name === "bz2" ? "suspicious" : "safe", name);
    }
  });

  it("joblib's arrays that are objects by their flags alone", () => {
    // What dtype("i4") says of itself, of which NumPy takes the flags: then joblib loads a pickle where 4 bytes would be.
    const wrapper = (flags: string, ...after: Part[]): Uint8Array =>
      pickle(
        "\x80\x04",
        global("joblib.numpy_pickle", "NumpyArrayWrapper"),
        ")\x81}(",
        ...[text("shape"), "K\x01\x85", text("dtype"), global("numpy", "dtype"), text("i4"), "\x89\x88\x87R"],
        ...["(K\x03", text("<"), "NNNK\x04K\x04", flags, "tbub", ...after],
      );
    assert.equal(scanPickle(wrapper("K\x00", "1234", STOP)).verdict, "safe");
    expectEvil(wrapper("K\x3f", EVIL, STOP), "");
    assert.equal(scanPickle(wrapper("\x88", EVIL.subarray(0, 4), STOP)).verdict, "suspicious");
  });

  it("NumPy's files of objects, however the header says so, and what follows an array", () => {
    const npy = (descr: string, content: Uint8Array): Uint8Array => {
      const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }\n`;
      return pickle("\x93NUMPY\x01\x00", header.length, "\0", header, content);
    };
    for (const descr of ["'|O'", '"O"', "'\\x4f'", "'f4,O'", "'(2,)O'", "[('a', \"O\")]"]) {
      expectEvil(npy(descr, EVIL), "objects");
    }
    expectEvil(zip([{ name: "a.npy", content: npy("'|O'", EVIL) }]), "a.npy > objects");
    assert.equal(scanPickle(npy("'<f8'", new Uint8Array(8))).verdict, "safe");
    for (const more of [EVIL, npy("'|O'", EVIL), zip([{ name: "data.pkl", content: EVIL }])]) {
      expectEvil(npy("'<f8'", pickle(new Uint8Array(8), more)), /^after the array/);
    }
  });

  it("tar archives, and what hides between their members", () => {
    const member = (content: Uint8Array, name = "model.pkl", size = content.length.toString(8)): Uint8Array => {
      const header = Buffer.alloc(512);
      header.write(name);
      header.write(size.padStart(11, "0"), 124, "latin1");
      header.write("ustar", 257);
      return pickle(header, content, Buffer.alloc(511 - ((content.length + 511) % 512)));
    };
    const end = Buffer.alloc(1024);
    assert.equal(scanPickle(pickle(member(GOOD), end)).verdict, "safe");
    expectEvil(pickle(member(EVIL), end), "model.pkl");
    expectEvil(pickle(member(Buffer.alloc(0), ""), member(EVIL)), "model.pkl");
    expectEvil(pickle(member(GOOD), end, member(EVIL)), "after the end > model.pkl");
    expectEvil(member(EVIL, "model.pkl", `\x80${"\0".repeat(10)}${String.fromCharCode(EVIL.length)}`), "model.pkl");
    assert.equal(scanPickle(member(GOOD, "model.pkl", "x")).verdict, "suspicious");
    const link = Buffer.from(member(Buffer.from("x"), "link"));
    link.write("2", 156);
    assert.equal(scanPickle(link).verdict, "suspicious");
  });

  it("pickles that have the mark of another kind of file within a text", () => {
    const long = Buffer.alloc(0x685a, "A");
    long.write("ustar", 252);
    const popped = Buffer.from("0cos\nsystem\n)R.", "latin1");
    // "ustar" at byte 257, as in tar archives; "BZh", as in bzip2, is BINBYTES with a length.
    for (const begin of ["X\x5a\x68\0\0", "BZh\0\0"]) expectEvil(pickle(begin, long, popped), "");
  });

  it("what follows a zlib stream or a gzip member, and the worst of more names than are listed", () => {
    expectEvil(pickle(deflateSync(GOOD), deflateSync(EVIL)), "after zlib > zlib");
    expectEvil(pickle(gzipSync(GOOD), "\0", gzipSync(EVIL)), /^after gzip|^$/);
    let flood = "";
    for (let i = 0; i < 10_001; i += 1) flood += `${global(`a${i}`, "b")}0`;
    assert.equal(scanPickle(pickle(flood, EVIL.subarray(2))).verdict, "dangerous");
  });
});

describe("a scan is not hurt by", () => {
  it("a small archive of very much, or of the same again and again", { timeout: 20_000 }, () => {
    const bomb = zip([{ name: "data.pkl", content: new Uint8Array(50_000_000), isDeflated: true }]);
    assert.ok(bomb.length < 60_000);
    const { verdict, findings } = scanPickle(bomb, { maxBytes: 1_000_000 });
    assert.equal(verdict, "suspicious");
    assert.match(findings[0]?.message ?? "", /larger than 1000000 bytes/);
    assert.match(
      scanPickle(gzipSync(new Uint8Array(50_000_000)), { maxBytes: 1_000_000 }).findings[0]?.message ?? "",
      /larger than 1000000 bytes/,
    );
    let nested = gzipSync(EVIL);
    for (let i = 0; i < 40; i += 1) nested = gzipSync(nested);
    assert.match(scanPickle(nested).findings[0]?.message ?? "", /16 levels/);
  });

  it("archives of any bytes", () => {
    const seeds = [
      zip([
        { name: "a.pkl", content: EVIL, isDeflated: true },
        { name: "b", content: GOOD },
      ]),
      zip([{ name: "a.pkl", content: EVIL }], { is64: true }),
      gzipSync(EVIL),
      pickle(MARK, "Nt."),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        (seed, changes) => {
          const changed = Uint8Array.from(seed);
          for (const [at, byte] of changes) changed[at % changed.length] = byte;
          scanPickle(changed, { maxBytes: 1_000_000 });
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
