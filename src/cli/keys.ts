/** `sealtrace keys`: keys for encrypting and signing files. */
import { createFile, pathExists } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import { ageRecipientOf, generateAgeIdentity, generateMinisignKey } from "../serialize-utils/index.ts";
import { parseCommandLine, textOption, wrongUse } from "./arguments.ts";
import { writeJson } from "./outcome.ts";
import { secretSource } from "./secret-prompt.ts";

const HELP = `Usage: sealtrace keys new --age [--hybrid] -o FILE
       sealtrace keys new --minisign -s FILE -p FILE [options]

New keys: an age identity to decrypt with, whose recipient is shown; or a
minisign pair to sign with. Files that are there are never replaced.

      --age                     for sealtrace encrypt and decrypt
      --hybrid                  one that quantum computers can't break either
  -o, --output FILE             the identity
      --minisign                for sealtrace sign and check
  -s, --secret-key FILE
  -p, --public-key-file FILE
  -W, --without-password        don't ask for one that protects the secret key
      --passphrase-file FILE    the password: the first line of a file
      --json                    print JSON
  -h, --help

Exit code: 0 fine, 2 wrong use.
`;

export async function keys(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine("keys", args, {
    age: { type: "boolean" },
    hybrid: { type: "boolean" },
    output: { type: "string", short: "o" },
    minisign: { type: "boolean" },
    "secret-key": { type: "string", short: "s" },
    "public-key-file": { type: "string", short: "p" },
    "without-password": { type: "boolean", short: "W" },
    "passphrase-file": { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  const [name, ...extra] = positionals;
  if (values.help === true || name === undefined) {
    (values.help === true ? process.stdout : process.stderr).write(HELP);
    return values.help === true ? 0 : 2;
  }
  if (name !== "new" || extra.length > 0) throw wrongUse("keys", `There is no command keys ${positionals.join(" ")}`);
  if ((values.age === true) === (values.minisign === true))
    throw wrongUse("keys", "Of which kind? Give --age or --minisign");
  const line = { values, positionals };
  if (values.age === true) {
    const output = required(textOption(line, "output"), "Into which file? Give -o");
    await newAgeIdentity(output, values.hybrid === true, values.json === true);
  } else {
    const secretFile = required(textOption(line, "secret-key"), "Into which file? Give -s");
    const publicFile = required(textOption(line, "public-key-file"), "And the public key? Give -p");
    const password =
      values["without-password"] === true
        ? undefined
        : await secretSource(textOption(line, "passphrase-file"), { twice: true })("Password of the secret key");
    await newMinisignKey(secretFile, publicFile, password, values.json === true);
  }
  return 0;
}

async function newAgeIdentity(file: string, hybrid: boolean, json: boolean): Promise<void> {
  checkFree(file);
  const identity = await generateAgeIdentity({ hybrid });
  const recipient = await ageRecipientOf(identity);
  createFile(file, `# created: ${new Date().toISOString()}\n# public key: ${recipient}\n${identity}\n`);
  if (json) writeJson({ identity: file, recipient });
  else process.stdout.write(`${recipient}\n`);
}

async function newMinisignKey(
  secretFile: string,
  publicFile: string,
  password: string | undefined,
  json: boolean,
): Promise<void> {
  checkFree(secretFile);
  checkFree(publicFile);
  const { secretKey, publicKey, keyId } = await generateMinisignKey({ password });
  createFile(secretFile, secretKey);
  createFile(publicFile, publicKey, PUBLIC);
  if (json) writeJson({ secretKey: secretFile, publicKey: publicFile, keyId });
  else process.stdout.write(`${publicKey.split("\n")[1] ?? ""}\n`);
}

const PUBLIC = 0o644;

function required(text: string | undefined, question: string): string {
  if (text !== undefined) return text;
  throw wrongUse("keys", question);
}

/** Before a password is asked for; that nothing is replaced is sure in any case. */
function checkFree(path: string): void {
  if (!pathExists(path)) return;
  throw new SealtraceError(
    "SEALTRACE_FILE_EXISTS",
    `${path} is there already: it is not replaced, that no key is lost.`,
  );
}
