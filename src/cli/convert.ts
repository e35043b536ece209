/** `sealtrace convert`: a file in another format. */
import { printable } from "../config/index.ts";
import { SealtraceError } from "../record/index.ts";
import {
  ageRecipientOf,
  decode,
  decodeStream,
  DEFAULT_MAX_BYTES,
  encode,
  encodeStream,
  FORMAT_NAMES,
  formatOf,
  plainForm,
  PYTHON_CLASSES,
  stagesOfName,
  type CompressionName,
  type DecodeOptions,
  type EncodeOptions,
  type FormatName,
  type PlainLoss,
} from "../serialize-utils/index.ts";
import { readIdentities, readRecipients } from "./age-keys.ts";
import { choiceOption, countOption, listOption, parseCommandLine, wrongUse, type CommandLine } from "./arguments.ts";
import { readBytes, readSmallFile, writeBytes, type Bytes } from "./byte-streams.ts";
import { reportFinding, writeJson } from "./outcome.ts";
import { secretSource } from "./secret-prompt.ts";
import { counted } from "./terminal.ts";

const HELP = `Usage: sealtrace convert [options] IN OUT

Reads IN and writes what it holds as OUT, in the formats that their names say:
.json .ndjson .yaml .msgpack .cbor .pkl .pbvalue, also compressed (.zst .gz .br)
and encrypted (.age), as orders.pkl.zst and orders.json.age. "-" is standard
input or output.

  --from FORMAT, --to FORMAT    ${FORMAT_NAMES.slice(2, 6).join(", ")},
                                ${FORMAT_NAMES.slice(6).join(", ")}
  --plain                       nothing that other programs would not understand:
                                tells what OUT can't hold, and writes nothing
  --lossy                       the same, but what OUT can't hold is changed to
                                what it can, and told
  -i, --identity FILE           opens IN, if it is encrypted
  -r, --recipient RECIPIENT     who may open OUT, if it is to be encrypted
  -R, --recipients-file FILE    the same, one a line
      --max-bytes N             the largest IN that is read as a whole, and what
                                it is decompressed to; default: 256 MiB
      --json                    print JSON about it; OUT must be a file
  -h, --help

Between ndjson, msgpack and cbor, IN may hold any number of values one after the
other, and is never in memory as a whole. What a format has no form of its own
for (dates, maps, Python's tuples) stands in it in a form that sealtrace reads
back: see docs/serialization.md.
Exit code: 0 fine, 1 IN is wrong or OUT can't hold it, 2 wrong use.
`;

/** One of the two files. */
interface Side {
  readonly path: string;
  readonly format: FormatName;
  readonly compress: CompressionName | undefined;
  readonly isEncrypted: boolean;
}

interface Conversion {
  readonly from: Side;
  readonly to: Side;
  readonly identities: readonly string[] | undefined;
  readonly recipients: readonly string[] | undefined;
  readonly plainness: Plainness;
  readonly maxBytes: number | undefined;
}

export async function convert(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("convert", args, {
    from: { type: "string" },
    to: { type: "string" },
    plain: { type: "boolean" },
    lossy: { type: "boolean" },
    identity: { type: "string", short: "i", multiple: true },
    recipient: { type: "string", short: "r", multiple: true },
    "recipients-file": { type: "string", short: "R", multiple: true },
    "max-bytes": { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const [input, output, ...extra] = line.positionals;
  if (input === undefined || output === undefined || extra.length > 0) throw wrongUse("convert", "Give IN and OUT");
  const json = line.values.json === true;
  if (json && output === "-") throw wrongUse("convert", "--json needs OUT to be a file");
  const plainness = new Plainness(line.values.plain === true, line.values.lossy === true);
  const from = sideOf(line, "from", input);
  const to = sideOf(line, "to", output);
  const maxBytes = countOption("convert", line, "max-bytes");
  const conversion = { from, to, plainness, maxBytes, ...(await keysOf(line, from, to)) };
  try {
    const bytes = await writeBytes(converted(conversion), output);
    if (json) writeJson({ file: output, ok: true, from: from.format, to: to.format, bytes, losses: plainness.losses });
    else for (const loss of plainness.losses) process.stderr.write(`sealtrace: ${printable(describe(loss))}\n`);
    return 0;
  } catch (error) {
    return reportFinding(error, input, json);
  }
}

function sideOf(line: CommandLine, name: "from" | "to", path: string): Side {
  const named = stagesOfName(path);
  const format = choiceOption("convert", line, name, FORMAT_NAMES.slice(2)) ?? named.format;
  if (format === undefined || format === "text" || format === "binary") {
    throw wrongUse("convert", `The name ${printable(path)} does not say its format: give --${name}`);
  }
  return { path, format, compress: named.compression, isEncrypted: named.isEncrypted };
}

async function keysOf(line: CommandLine, from: Side, to: Side): Promise<Pick<Conversion, "identities" | "recipients">> {
  const secret = secretSource(undefined, { twice: false });
  const identities: string[] = [];
  for (const file of listOption(line, "identity")) identities.push(...(await readIdentities(file, secret)));
  const recipients = [...listOption(line, "recipient")];
  for (const file of listOption(line, "recipients-file")) recipients.push(...(await readRecipients(file)));
  if (to.isEncrypted && recipients.length === 0) {
    // Who can read the one can read the other.
    for (const identity of identities) recipients.push(await ageRecipientOf(identity));
  }
  if (from.isEncrypted && identities.length === 0) throw wrongUse("convert", "IN is encrypted: give -i");
  if (to.isEncrypted && recipients.length === 0) throw wrongUse("convert", "Who may open OUT? Give -r or -R");
  return {
    identities: from.isEncrypted ? identities : undefined,
    recipients: to.isEncrypted ? recipients : undefined,
  };
}

function converted(conversion: Conversion): Bytes {
  const { from, to } = conversion;
  return isSequence(from) && isSequence(to) ? convertedInSequence(conversion) : convertedAsWhole(conversion);
}

function isSequence({ format }: Side): boolean {
  return format === "ndjson" || formatOf(format).readSequence !== undefined;
}

function convertedInSequence(conversion: Conversion): Bytes {
  const values = decodeStream(readBytes(conversion.from.path), readingOf(conversion));
  return encodeStream(conversion.plainness.each(values), writingOf(conversion));
}

async function* convertedAsWhole(conversion: Conversion): Bytes {
  const content = await readSmallFile(conversion.from.path, conversion.maxBytes ?? DEFAULT_MAX_BYTES);
  const value = await decode(content, readingOf(conversion));
  const { bytes } = await encode(conversion.plainness.of(value), { ...writingOf(conversion), indent: 2 });
  yield bytes;
}

function readingOf({ from: { format, compress }, identities, maxBytes }: Conversion): DecodeOptions {
  return { format, compress, identities, maxBytes, classes: PYTHON_CLASSES };
}

function writingOf({ to: { format, compress }, recipients }: Conversion): EncodeOptions {
  return { format, compress, recipients, classes: PYTHON_CLASSES };
}

/** What is said of values that are more than plain data. */
class Plainness {
  readonly #refuses: boolean;
  readonly #changes: boolean;
  readonly #losses = new Map<string, PlainLoss>();

  constructor(plain: boolean, lossy: boolean) {
    this.#refuses = plain && !lossy;
    this.#changes = plain || lossy;
  }

  get losses(): PlainLoss[] {
    return [...this.#losses.values()];
  }

  of(value: unknown, at = ""): unknown {
    if (!this.#changes) return value;
    const { value: plain, losses } = plainForm(value, PYTHON_CLASSES);
    if (this.#refuses && losses.length > 0) {
      throw new SealtraceError(
        "SEALTRACE_VALUE_UNSUPPORTED",
        `${at}Plain data can't hold it: ${losses.map(describe).join("; ")}. Take --lossy if that is fine, or leave out --plain.`,
      );
    }
    for (const loss of losses) {
      const { count = 0, place } = this.#losses.get(loss.what) ?? { place: at + loss.place };
      this.#losses.set(loss.what, { what: loss.what, count: count + loss.count, place });
    }
    return plain;
  }

  async *each(values: AsyncIterable<unknown>): AsyncGenerator {
    let count = 0;
    for await (const value of values) {
      count += 1;
      yield this.of(value, `value ${count}: `);
    }
  }
}

function describe({ what, count, place }: PlainLoss): string {
  return `${what}, ${counted(count, "time")}${place === "" ? "" : `, first at ${place}`}`;
}
