import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { SealtraceError } from "../record/index.ts";

export interface CommandLine {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** The options and arguments of a command. Throws SEALTRACE_USAGE for what it does not know. */
export function parseCommandLine(
  command: string,
  args: readonly string[],
  options: ParseArgsOptionsConfig,
): CommandLine {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as CommandLine["values"], positionals };
  } catch (cause) {
    const sentence = cause instanceof Error ? cause.message.split(". ")[0] : String(cause);
    throw wrongUse(command, sentence ?? "", cause);
  }
}

/** The one directory that a command takes; the working directory's logs when none is given. */
export function directoryArgument(command: string, positionals: readonly string[]): string {
  if (positionals.length > 1) throw wrongUse(command, `One directory is enough: ${positionals.join(" ")}`);
  return positionals[0] ?? "logs";
}

/** The one file that a command works on; `-`, which is standard input, when none is given. */
export function oneFile(command: string, { positionals }: CommandLine): string {
  if (positionals.length > 1) throw wrongUse(command, `One file is enough: ${positionals.join(" ")}`);
  return positionals[0] ?? "-";
}

export function textOption({ values }: CommandLine, name: string): string | undefined {
  const text = values[name];
  return typeof text === "string" ? text : undefined;
}

/** What an option says that may be given several times. */
export function listOption({ values }: CommandLine, name: string): string[] {
  const texts = values[name];
  return Array.isArray(texts) ? [...(texts as readonly string[])] : [];
}

/** A whole number from 1 on; undefined when the option is not given. */
export function countOption(command: string, { values }: CommandLine, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw wrongUse(command, `--${name} takes a whole number from 1 on, not ${String(text)}`);
}

/** One of some words; undefined when the option is not given. */
export function choiceOption<T extends string>(
  command: string,
  { values }: CommandLine,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const chosen = choices.find((choice) => choice.toLowerCase() === String(text).toLowerCase());
  if (chosen !== undefined) return chosen;
  throw wrongUse(command, `--${name} takes one of ${choices.join(", ")}, not ${String(text)}`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment as ISO 8601 in UTC: given in ISO 8601 or RFC 3339, or as how long ago (`90s`, `10m`, `2h`, `7d`). */
export function timeOption(
  command: string,
  { values }: CommandLine,
  name: string,
  now: number = Date.now(),
): string | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const ago = /^(\d{1,9})([smhd])$/.exec(String(text));
  const time = ago === null ? Date.parse(String(text)) : now - Number(ago[1]) * (UNITS[ago[2] as string] as number);
  if (!Number.isNaN(time) && Math.abs(time) <= 8.64e15) return new Date(time).toISOString();
  throw wrongUse(command, `--${name} takes a time such as 2026-01-31T12:00:00Z or 10m, not ${String(text)}`);
}

export function wrongUse(command: string, sentence: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_USAGE", `${sentence}. See: sealtrace ${command} --help`, { cause });
}
