/** Passphrases: asked for on the terminal, where nothing shows, or read from a file; never from an argument or the environment, which others can see. */
import { isatty, ReadStream } from "node:tty";
import { printable } from "../config/index.ts";
import { SealtraceError } from "../record/index.ts";
import { readSmallFile } from "./byte-streams.ts";

const MAX_BYTES = 64 * 1024;

export type SecretSource = (question: string) => Promise<string>;

/** The first line of the file when one is given (`-` is standard input), else what is typed; with `twice` it is asked for again, that it isn't mistyped. */
export function secretSource(file: string | undefined, { twice }: { readonly twice: boolean }): SecretSource {
  let read: Promise<string> | undefined;
  return (question) => (file === undefined ? askFor(question, twice) : (read ??= readSecret(file)));
}

async function readSecret(file: string): Promise<string> {
  const bytes = await readSmallFile(file, MAX_BYTES);
  const [line = ""] = bytes.toString("utf8").split(/\r?\n/, 1);
  if (line !== "") return line;
  throw new SealtraceError("SEALTRACE_USAGE", `There is no passphrase on the first line of ${printable(file)}.`);
}

async function askFor(question: string, twice: boolean): Promise<string> {
  const descriptor = [0, 2, 1].find((number) => isatty(number));
  if (descriptor === undefined) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `${question} is wanted, and there is no terminal to ask on: put it into a file and give that by --passphrase-file.`,
    );
  }
  const [secret = "", again] = await ask(descriptor, twice ? [question, `${question} again`] : [question]);
  if (secret === "") throw new SealtraceError("SEALTRACE_USAGE", "Nothing was typed.");
  if (!twice || secret === again) return secret;
  throw new SealtraceError("SEALTRACE_USAGE", "The two differ: try again.");
}

/** The terminal by any descriptor of it: standard input may be the content. */
async function ask(descriptor: number, questions: readonly string[]): Promise<string[]> {
  const terminal = new ReadStream(descriptor);
  terminal.setRawMode(true);
  terminal.setEncoding("utf8");
  const answers: string[] = [];
  let typed = "";
  try {
    process.stderr.write(`${questions[0] ?? ""}: `);
    for await (const keys of terminal as AsyncIterable<string>) {
      for (const key of keys) {
        if (key === INTERRUPT) throw new SealtraceError("SEALTRACE_USAGE", "Interrupted.");
        if (key === "\r" || key === "\n" || key === END) {
          answers.push(typed);
          typed = "";
          const next = questions[answers.length];
          process.stderr.write(next === undefined ? "\n" : `\n${next}: `);
          if (next === undefined) return answers;
        } else if (key === DELETE || key === "\b") typed = Array.from(typed).slice(0, -1).join("");
        else typed = key === ERASE_LINE ? "" : typed + key;
      }
    }
    return answers;
  } finally {
    terminal.setRawMode(false);
    terminal.destroy();
  }
}

const [INTERRUPT, END, ERASE_LINE, DELETE] = ["\u0003", "\u0004", "\u0015", "\u007f"];
