/** `sealtrace check`: is a file what its minisign signature says, by the key that is trusted? */
import { printable } from "../config/index.ts";
import { SealtraceError } from "../record/index.ts";
import { decodeUtf8, verifyMinisign, type VerifiedSignature } from "../serialize-utils/index.ts";
import { parseCommandLine, textOption, wrongUse, type CommandLine } from "./arguments.ts";
import { readBytes, readSmallFile } from "./byte-streams.ts";
import { reportFinding, writeJson } from "./outcome.ts";
import { signedFiles } from "./signed-files.ts";

const HELP = `Usage: sealtrace check (-p FILE | -P KEY) [options] [-m] FILE...

Is each file as it was signed, by this key? Its signature is FILE.minisig, as
sealtrace sign and the minisign command write it.

  -p, --public-key-file FILE    the key that is trusted, in a file
  -P, --public-key KEY          or as text
  -m, --message FILE            the file, "-" for standard input
  -x, --signature FILE          the signature of the one file
      --json                    print JSON
  -h, --help

Exit code: 0 all are right, 1 one is not, or has no signature, 2 wrong use.
`;

const MAX_KEY_BYTES = 16 * 1024;

export async function check(args: readonly string[]): Promise<number> {
  const line = parseCommandLine("check", args, {
    "public-key-file": { type: "string", short: "p" },
    "public-key": { type: "string", short: "P" },
    message: { type: "string", short: "m", multiple: true },
    signature: { type: "string", short: "x" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (line.values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const files = signedFiles("check", line);
  const key = await trustedKey(line);
  const json = line.values.json === true;
  let code = 0;
  for (const { file, signatureFile } of files) {
    try {
      const signature = await readSignature(signatureFile);
      const { trustedComment, keyId }: VerifiedSignature = await verifyMinisign(readBytes(file), signature, key);
      if (json) writeJson({ file, ok: true, keyId, trustedComment });
      else
        process.stdout.write(
          `${printable(file)}: signed by ${keyId}: ${printable(trustedComment.replaceAll("\t", "  "))}\n`,
        );
    } catch (error) {
      code = reportFinding(error, file, json);
    }
  }
  return code;
}

async function trustedKey(line: CommandLine): Promise<string> {
  const [file, text] = [textOption(line, "public-key-file"), textOption(line, "public-key")];
  if ((file === undefined) === (text === undefined)) throw wrongUse("check", "By which key? Give -p or -P");
  return text ?? decodeUtf8(await readSmallFile(file as string, MAX_KEY_BYTES));
}

/** Without a signature nothing is proven: that is a finding and no wrong use. */
async function readSignature(path: string): Promise<string> {
  try {
    return decodeUtf8(await readSmallFile(path, MAX_KEY_BYTES));
  } catch (cause) {
    if (!(cause instanceof SealtraceError) || cause.code === "SEALTRACE_DIRECTORY_UNREADABLE") throw cause;
    const what = cause.code === "SEALTRACE_FILE_MISSING" ? `There is no signature ${path}` : `${path} is no signature`;
    throw new SealtraceError("SEALTRACE_SIGNATURE_INVALID", `${what}. Don't use the content.`, { cause });
  }
}
