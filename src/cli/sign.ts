/** `sealtrace sign`: a signature beside a file, as the minisign command writes it. */
import { basename } from "node:path";
import { decodeUtf8, isProtectedMinisignKey, openMinisignSecretKey, signMinisign } from "../serialize-utils/index.ts";
import { parseCommandLine, textOption, wrongUse } from "./arguments.ts";
import { readBytes, readSmallFile, writeBytes } from "./byte-streams.ts";
import { writeJson } from "./outcome.ts";
import { secretSource } from "./secret-prompt.ts";
import { signedFiles } from "./signed-files.ts";

const HELP = `Usage: sealtrace sign -s KEY [options] [-m] FILE...

Signs files with a minisign key: the minisign command checks them. The
signature of FILE is FILE.minisig.

  -s, --secret-key FILE         sealtrace keys new --minisign makes one
  -m, --message FILE            the file, "-" for standard input
  -x, --signature FILE          the signature of the one file
  -t, --trusted-comment TEXT    what is said of it, under the signature
  -c, --comment TEXT            what anybody may change
      --passphrase-file FILE    the key's password: the first line of a file
      --json                    print JSON
  -h, --help

Exit code: 0 fine, 2 wrong use.
`;

const MAX_KEY_BYTES = 16 * 1024;

export async function sign(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("sign", args, {
    "secret-key": { type: "string", short: "s" },
    message: { type: "string", short: "m", multiple: true },
    signature: { type: "string", short: "x" },
    "trusted-comment": { type: "string", short: "t" },
    comment: { type: "string", short: "c" },
    "passphrase-file": { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const files = signedFiles("sign", line);
  const keyFile = textOption(line, "secret-key");
  if (keyFile === undefined) throw wrongUse("sign", "With which key? Give -s");
  const text = decodeUtf8(await readSmallFile(keyFile, MAX_KEY_BYTES));
  const password = isProtectedMinisignKey(text)
    ? await secretSource(textOption(line, "passphrase-file"), { twice: false })("Password of the secret key")
    : undefined;
  const key = await openMinisignSecretKey(text, { password });
  for (const { file, signatureFile } of files) {
    const signature = await signMinisign(readBytes(file), key, {
      trustedComment: textOption(line, "trusted-comment") ?? usualComment(file),
      untrustedComment: textOption(line, "comment"),
    });
    await writeBytes([Buffer.from(signature)], signatureFile, PUBLIC);
    if (line.values.json === true) writeJson({ file, ok: true, signature: signatureFile, keyId: key.keyId });
  }
  return 0;
}

function usualComment(file: string): string {
  const name = file === "-" ? "" : `\tfile:${nameOf(file)}`;
  return `timestamp:${Math.floor(Date.now() / 1000)}${name}\thashed`;
}

/** A tab would end it, and what follows would be signed as something else that is said of the file. */
function nameOf(file: string): string {
  const name = basename(file);
  if (!/\p{Cc}/u.test(name)) return name;
  throw wrongUse("sign", `The name of ${file} has control characters, and is to be signed: give it another, or -t`);
}

/** A signature is for everybody. */
const PUBLIC = 0o644;
