/** `sealtrace encrypt`: a file that only its recipients can read, as the age command writes it. */
import { ageRecipientOf, encryptAgeStream, type AgeEncryption } from "../serialize-utils/index.ts";
import { readIdentities, readRecipients } from "./age-keys.ts";
import { listOption, oneFile, parseCommandLine, textOption, wrongUse, type CommandLine } from "./arguments.ts";
import { readBytes, writeBytes } from "./byte-streams.ts";
import { writeJson } from "./outcome.ts";
import { secretSource } from "./secret-prompt.ts";

const HELP = `Usage: sealtrace encrypt [-r RECIPIENT | -R FILE | -i FILE]... [-p] [-a] [FILE]

Encrypts FILE, or standard input, with age: the age command opens it.

  -r, --recipient RECIPIENT     age1..., or the line of an SSH public key
  -R, --recipients-file FILE    recipients, one a line
  -i, --identity FILE           the recipients of these identities
  -p, --passphrase              asks for a passphrase, instead of recipients
      --passphrase-file FILE    the first line of a file, "-" for standard input
  -a, --armor                   as text
  -o, --output FILE             default: standard output
      --json                    print JSON; needs -o
  -h, --help

The first three may be given several times. Who encrypted a file is not proven
by that: see sealtrace sign.
Exit code: 0 fine, 2 wrong use.
`;

export async function encrypt(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("encrypt", args, {
    encrypt: { type: "boolean", short: "e" },
    recipient: { type: "string", short: "r", multiple: true },
    "recipients-file": { type: "string", short: "R", multiple: true },
    identity: { type: "string", short: "i", multiple: true },
    passphrase: { type: "boolean", short: "p" },
    "passphrase-file": { type: "string" },
    armor: { type: "boolean", short: "a" },
    output: { type: "string", short: "o" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const input = oneFile("encrypt", line);
  const output = textOption(line, "output");
  const armor = line.values.armor === true;
  if (output === undefined && line.values.json === true) throw wrongUse("encrypt", "--json needs -o");
  if (output === undefined && !armor && process.stdout.isTTY) {
    throw wrongUse("encrypt", "The terminal can't show what is encrypted: give -o FILE or -a, or -o - all the same");
  }
  const bytes = await writeBytes(encryptAgeStream(readBytes(input), { ...(await keysOf(line)), armor }), output ?? "-");
  if (line.values.json === true) writeJson({ file: output, ok: true, bytes });
  return 0;
}

async function keysOf(line: CommandLine): Promise<AgeEncryption> {
  const secretFile = textOption(line, "passphrase-file");
  const recipients = listOption(line, "recipient");
  const [files, identityFiles] = [listOption(line, "recipients-file"), listOption(line, "identity")];
  if (line.values.passphrase === true || (secretFile !== undefined && identityFiles.length === 0)) {
    if (recipients.length + files.length + identityFiles.length > 0) {
      throw wrongUse("encrypt", "A passphrase can't be mixed with recipients");
    }
    return { passphrase: await secretSource(secretFile, { twice: true })("Passphrase") };
  }
  for (const file of files) recipients.push(...(await readRecipients(file)));
  const secret = secretSource(secretFile, { twice: false });
  for (const file of identityFiles) {
    for (const identity of await readIdentities(file, secret)) recipients.push(await ageRecipientOf(identity));
  }
  if (recipients.length === 0) throw wrongUse("encrypt", "For whom? Give -r, -R, -i or -p");
  return { recipients };
}
