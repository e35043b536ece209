/** `sealtrace decrypt`: what was encrypted with age, by sealtrace or anybody else. */
import { SealtraceError } from "../record/index.ts";
import { decryptAgeStream, type AgeDecryption } from "../serialize-utils/index.ts";
import { readIdentities } from "./age-keys.ts";
import {
  countOption,
  listOption,
  oneFile,
  parseCommandLine,
  textOption,
  wrongUse,
  type CommandLine,
} from "./arguments.ts";
import { readBytes, writeBytes, type Bytes } from "./byte-streams.ts";
import { reportFinding, writeJson } from "./outcome.ts";
import { secretSource } from "./secret-prompt.ts";

const HELP = `Usage: sealtrace decrypt [-i FILE]... [options] [FILE]

Decrypts FILE, or standard input, that was encrypted with age. Without -i it
asks for the passphrase.

  -i, --identity FILE           identities, or an SSH private key; also several
      --passphrase-file FILE    the first line of a file, "-" for standard input
      --max-work-factor N       what a passphrase may cost; default: 20 (1 GiB)
  -o, --output FILE             written only when everything is right;
                                default: standard output, a piece at a time
      --json                    print JSON; needs -o
  -h, --help

Exit code: 0 fine, 1 it does not open or was changed, 2 wrong use.
`;

export async function decrypt(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("decrypt", args, {
    decrypt: { type: "boolean", short: "d" },
    identity: { type: "string", short: "i", multiple: true },
    "passphrase-file": { type: "string" },
    "max-work-factor": { type: "string" },
    output: { type: "string", short: "o" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const input = oneFile("decrypt", line);
  const output = textOption(line, "output");
  const json = line.values.json === true;
  if (output === undefined && json) throw wrongUse("decrypt", "--json needs -o");
  const keys = await keysOf(line);
  try {
    const plain = decryptAgeStream(readBytes(input), keys);
    const shown = output === undefined && process.stdout.isTTY ? textOnly(plain) : plain;
    const bytes = await writeBytes(shown, output ?? "-");
    if (json) writeJson({ file: output, ok: true, bytes });
    return 0;
  } catch (error) {
    return reportFinding(error, input, json);
  }
}

async function keysOf(line: CommandLine): Promise<AgeDecryption> {
  const secret = secretSource(textOption(line, "passphrase-file"), { twice: false });
  const files = listOption(line, "identity");
  const maxScryptWorkFactor = countOption("decrypt", line, "max-work-factor");
  if (files.length === 0) return { passphrase: await secret("Passphrase"), maxScryptWorkFactor };
  const identities: string[] = [];
  for (const file of files) identities.push(...(await readIdentities(file, secret)));
  return { identities, maxScryptWorkFactor };
}

/** What somebody else encrypted must not steer the terminal. */
async function* textOnly(pieces: Bytes): Bytes {
  // One control character may lie in two pieces.
  const decoder = new TextDecoder();
  for await (const piece of pieces) {
    if (/[^\P{Cc}\n\r\t]/u.test(decoder.decode(piece, { stream: true }))) {
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        "The terminal is not the place for what it holds, which has control characters: give -o FILE, or -o - all the same.",
      );
    }
    yield piece;
  }
}
