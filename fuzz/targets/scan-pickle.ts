import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { SealtraceError } from "../../src/record/index.ts";
import { deserializeFromPickle, scanPickle, serializeToPickle } from "../../src/serialize-utils/index.ts";

export const name = "scan-pickle";

const LIMITS = { maxDepth: 60, maxBytes: 1 << 20, maxValues: 50_000, maxMilliseconds: 5_000, maxMemo: 10_000 };

export function seeds(): Uint8Array[] {
  const files = JSON.parse(
    readFileSync(new URL("../../testdata/pickle/joblib.json", import.meta.url), "utf8"),
  ) as Record<string, string>;
  const attacks = [
    "cos\nsystem\n(S'id'\ntR.",
    "\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x85R.",
    "(S'id'\nios\nsystem\n.",
  ];
  // An archive of one member, stored.
  const zip = "504b0304140000000000000000000000000003000000030000000100000061804e2e504b0102140014000000000000000000000000000300000003000000010000000000000000000000000000000000000061504b050600000000010001002f000000220000000000"; // prettier-ignore
  return [
    ...Object.values(files).map((hex) => Buffer.from(hex, "hex")),
    ...attacks.map((text) => Buffer.from(text, "latin1")),
    Buffer.from(zip, "hex"),
    gzipSync(attacks[0] as string),
    serializeToPickle([new Date(0), { a: 1 }]),
  ];
}

/** Nothing is thrown; and what the loader refuses for a name is never called safe. */
export function run(bytes: Uint8Array): string {
  const { verdict, names, findings } = scanPickle(bytes, LIMITS);
  try {
    deserializeFromPickle(bytes, LIMITS);
  } catch (error) {
    if (!(error instanceof SealtraceError)) throw error;
    if (
      error.code === "SEALTRACE_TYPE_REFUSED" &&
      verdict === "safe" &&
      isPlain(bytes) &&
      !/only known by name|instance of the class|persistent id/.test(error.message)
    ) {
      throw new Error(`What the loader refuses is called safe: ${error.message}`, { cause: error });
    }
  }
  return [
    verdict,
    ...names.map(({ module, name: inner }) => `${module}.${inner}`),
    ...findings.map(({ message }) => message),
  ].join("; ");
}

/** No torch or joblib file, of which more is known than the loader reads. */
function isPlain(bytes: Uint8Array): boolean {
  return !/torch|joblib|storage|module/.test(Buffer.from(bytes).toString("latin1"));
}
