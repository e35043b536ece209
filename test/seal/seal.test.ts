import assert from "node:assert/strict";
import { createHash, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  CompactRange,
  decodeVerifierKey,
  encodeVerifierKey,
  formatCheckpoint,
  leafHash,
  NoteError,
  openNote,
  parseCheckpointText,
  parseNote,
  signNote,
} from "../../src/seal/index.ts";

const sha256 = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962 section 2.1, word for word. */
function merkleTreeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return sha256(Buffer.from([0]), leaves[0] as Buffer);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), merkleTreeHash(leaves.slice(0, k)), merkleTreeHash(leaves.slice(k)));
}

test("roots of the reference leaves of the Certificate Transparency test suite", () => {
  // The leaves and roots of certificate-transparency's merkle_tree_test, which every RFC 6962 implementation shares.
  const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];
  const range = CompactRange.empty();
  assert.equal(range.root().toString("hex"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  leaves.forEach((leaf, i) => {
    range.append(leafHash(Buffer.from(leaf, "hex")));
    assert.equal(range.root().toString("hex"), roots[i]);
  });
});

test("the range has the root of RFC 6962's recursion at every size, also after it was stored and read", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }), fc.nat(70), (data, pause) => {
      let range = CompactRange.empty();
      const leaves = data.map((bytes) => Buffer.from(bytes));
      leaves.forEach((leaf, i) => {
        if (i === pause) range = CompactRange.from(range.size, range.hashes) as CompactRange;
        range.append(leafHash(leaf));
        assert.deepEqual(range.root(), merkleTreeHash(leaves.slice(0, i + 1)));
      });
    }),
  );
});

test("a stored range whose hashes do not fit its size is refused", () => {
  assert.equal(CompactRange.from(3, [Buffer.alloc(32)]), undefined);
  assert.equal(CompactRange.from(1, [Buffer.alloc(31)]), undefined);
  assert.equal(CompactRange.from(-1, []), undefined);
  assert.equal(CompactRange.from(0.5, []), undefined);
});

// The example of golang.org/x/mod/sumdb/note, which c2sp.org/signed-note repeats.
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

test("the published note opens, and is what we sign", () => {
  assert.equal(openNote(NOTE, decodeVerifierKey(PETER)), TEXT);
  const seed = Buffer.from(PETER_SECRET, "base64").subarray(1);
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  assert.equal(signNote(TEXT, "PeterNeumann", key), NOTE);
  assert.equal(encodeVerifierKey("PeterNeumann", key), PETER);
});

test("no other byte string opens under the key", () => {
  const key = decodeVerifierKey(PETER);
  fc.assert(
    fc.property(fc.nat(NOTE.length - 1), fc.integer({ min: 1, max: 0x7f }), (at, mask) => {
      const changed = NOTE.slice(0, at) + String.fromCharCode(NOTE.charCodeAt(at) ^ mask) + NOTE.slice(at + 1);
      assert.throws(() => openNote(changed, key), NoteError);
    }),
  );
  const { publicKey } = generateKeyPairSync("ed25519");
  assert.throws(() => openNote(NOTE, decodeVerifierKey(encodeVerifierKey("PeterNeumann", publicKey))), /another key/);
});

test("anything that is no note or key is refused, whatever it is", () => {
  const table = [
    "",
    "\n",
    "\n\n",
    TEXT,
    `${TEXT}\n`,
    NOTE.slice(0, -1),
    NOTE.replace("\n\n", "\n"),
    NOTE.replace("— ", "- "),
    `${NOTE}x\n`,
    NOTE.replace("=", ""),
    `a\u0007${NOTE}`,
  ];
  for (const text of table)
    assert.throws(() => openNote(text, decodeVerifierKey(PETER)), NoteError, JSON.stringify(text));
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const read of [parseNote, decodeVerifierKey, parseCheckpointText]) {
        try {
          read(text);
        } catch (error) {
          assert.ok(error instanceof NoteError);
        }
      }
    }),
  );
});

test("a checkpoint's text is read as it was written, and in no other spelling", () => {
  const root = leafHash(Buffer.from("x"));
  const text = formatCheckpoint({ origin: "example.org/log", size: 42, root });
  assert.deepEqual(parseCheckpointText(text), { origin: "example.org/log", size: 42, root });
  assert.deepEqual(parseCheckpointText(`${text}an extension\n`), { origin: "example.org/log", size: 42, root });
  for (const wrong of ["042", "+42", "4e1", "42 ", "-1", "", "99999999999999999999"]) {
    assert.throws(() => parseCheckpointText(text.replace("\n42\n", `\n${wrong}\n`)), NoteError);
  }
  assert.throws(() => parseCheckpointText(text.slice(0, -3)), NoteError);
});
