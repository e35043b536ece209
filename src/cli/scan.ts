/** `sealtrace scan`: what would a pickle do? */
import { printable } from "../config/index.ts";
import { SealtraceError } from "../record/index.ts";
import { scanPickle, type PickleScan, type ScannedName, type ScanVerdict } from "../serialize-utils/index.ts";
import { countOption, parseCommandLine, wrongUse } from "./arguments.ts";
import { readBytes } from "./byte-streams.ts";
import { writeJson } from "./outcome.ts";
import { counted, painterFor, type Painter, type Style } from "./terminal.ts";

const HELP = `Usage: sealtrace scan [options] FILE...

What would Python import and call if it loaded these pickles? Looks into zip
(PyTorch), tar, gzip, zlib, zstd, .npy and joblib files, and into pickles within
pickles, whatever the files are called. Nothing is run.

      --all            also the names that are harmless
      --max-bytes N    the largest file, also once decompressed (2147483647)
      --json           print JSON, a line for each file
  -h, --help

FILE may be "-" for standard input.
Exit code: 0 all are safe, 1 one is not, 2 wrong use.
`;

const MAX_BYTES = 2 ** 31 - 1;
const STYLES: Readonly<Record<ScanVerdict, Style>> = { safe: "green", suspicious: "yellow", dangerous: "red" };
const MAX_SHOWN = 200;

/** Runs the command; resolves to the exit code. Rejects with a SealtraceError for wrong use and for a file that can't be read. */
export async function scan(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("scan", args, {
    all: { type: "boolean" },
    "max-bytes": { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  const { values, positionals } = line;
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length === 0) throw wrongUse("scan", "Which file?");
  const maxBytes = countOption("scan", line, "max-bytes") ?? MAX_BYTES;
  const paint = painterFor(process.stdout);
  let code = 0;
  for (const file of positionals) {
    const result = scanPickle(await readWhole(file, maxBytes), { maxBytes });
    if (result.verdict !== "safe") code = 1;
    if (values.json === true) writeJson({ file, ...result });
    else process.stdout.write(describe(file, result, values.all === true, paint));
  }
  return code;
}

async function readWhole(file: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readBytes(file)) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new SealtraceError(
        "SEALTRACE_LIMIT_EXCEEDED",
        `${file} is larger than ${maxBytes} bytes. If that is right, raise --max-bytes.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function describe(file: string, scanned: PickleScan, showsAll: boolean, paint: Painter): string {
  const { verdict, pickles, names, findings } = scanned;
  const head = `${paint("bold", printable(file))}: ${paint(STYLES[verdict], verdict)}, ${counted(pickles, "pickle")}, ${counted(names.length, "name")}`;
  const shown = names.filter((name) => showsAll || name.verdict !== "safe");
  const lines = [
    ...shown.map((name) => row(name.verdict, sayName(name), name, paint)),
    ...findings.map((finding) => row(finding.verdict, finding.message, finding, paint)),
  ];
  const hidden = lines.length - MAX_SHOWN;
  const more = hidden > 0 ? [`  and ${counted(hidden, "other")}; --json has them all`] : [];
  return [head, ...lines.slice(0, MAX_SHOWN), ...more, ""].join("\n");
}

function sayName({ module, name, isCalled }: ScannedName): string {
  return `${isCalled ? "calls" : "imports"} ${module}.${name}`;
}

function row(
  verdict: ScanVerdict,
  text: string,
  { at, where }: { readonly at: number; readonly where: string },
  paint: Painter,
): string {
  const place = where === "" ? `byte ${at}` : `${where}, byte ${at}`;
  return `  ${paint(STYLES[verdict], verdict.padEnd(10))}  ${printable(text, 300)}  ${paint("dim", `(${printable(place, 200)})`)}`;
}
