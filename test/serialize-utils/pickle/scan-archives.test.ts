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

  it("NumPy's files of objects", () => {
    const npy = (descr: string, content: Uint8Array): Uint8Array => {
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (1,), }\n`;
      return pickle("\x93NUMPY\x01\x00", header.length, "\0", header, content);
    };
    expectEvil(npy("|O", EVIL), "objects");
    expectEvil(zip([{ name: "a.npy", content: npy("|O", EVIL) }]), "a.npy > objects");
    assert.equal(scanPickle(npy("<f8", new Uint8Array(8))).verdict, "safe");
  });

  it("tar archives", () => {
    const header = Buffer.alloc(512);
    header.write("model.pkl");
    header.write(EVIL.length.toString(8).padStart(11, "0"), 124);
    header.write("ustar", 257);
    expectEvil(pickle(header, EVIL, Buffer.alloc(1024 - EVIL.length)), "model.pkl");
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
