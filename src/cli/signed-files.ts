/** The files that `sign` and `check` work on, given by `-m` as for minisign, or without. */
import { listOption, textOption, wrongUse, type CommandLine } from "./arguments.ts";

export interface SignedFile {
  readonly file: string;
  readonly signatureFile: string;
}

export function signedFiles(command: string, line: CommandLine): SignedFile[] {
  const files = [...listOption(line, "message"), ...line.positionals];
  const signature = textOption(line, "signature");
  if (files.length === 0) throw wrongUse(command, "Which file?");
  if (signature !== undefined && files.length > 1) throw wrongUse(command, "-x names the signature of one file");
  if (signature === undefined && files.includes("-")) throw wrongUse(command, "Standard input has no name: give -x");
  return files.map((file) => ({ file, signatureFile: signature ?? `${file}.minisig` }));
}
