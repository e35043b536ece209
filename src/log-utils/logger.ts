import { types } from "node:util";
import { isLevel, LEVELS, SealtraceError, type Censor, type Level } from "../record/index.ts";
import { quote } from "../serialize-utils/essentials/index.ts";
import type { LogTarget } from "./log-target.ts";
import { formatMessage } from "./message.ts";
import { formatFields, formatRecord, type RecordContext } from "./record-line.ts";

/** Structured fields of a record. Values may be anything; secrets under secret-looking keys are replaced. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes one record. Either order: `(message, fields?)` as in sealtrace, or `(fields, message?, ...values)` as in pino. Values after
 * the message that are no fields fill the message's placeholders, as `util.format` does. An Error may stand for the fields.
 */
export type LogMethod = (first: unknown, second?: unknown, ...values: unknown[]) => void;

export interface Logger {
  readonly name: string;
  debug: LogMethod;
  info: LogMethod;
  warning: LogMethod;
  error: LogMethod;
  critical: LogMethod;
  /** True when a record of this level would be written. Throws SEALTRACE_USAGE for a name that is no level. */
  isEnabled(level: Level): boolean;
  /** A logger whose records all carry these fields. */
  with(fields: Fields): Logger;
  /** pino's and Fastify's names, so that this can stand where theirs does: trace is DEBUG, warn WARNING, fatal CRITICAL. */
  trace: LogMethod;
  warn: LogMethod;
  fatal: LogMethod;
  /** Does nothing; pino and Fastify expect it. */
  silent: () => void;
  child(fields: Fields): Logger;
  /** The least severe level that is written, in pino's spelling. */
  readonly level: string;
}

/** Who reads a record under this name relies on the writer having written it. */
const WRITERS_OWN = "sealtrace";

const PINO_LEVELS: Readonly<Record<Level, string>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  ERROR: "error",
  CRITICAL: "fatal",
};

/** A logger that writes to a target. `name` becomes `log.logger`. */
export function createLogger(target: LogTarget, name: string, bound?: Fields): Logger {
  if (typeof name !== "string" || name === "") {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      "getLogger needs a name: a text that says which part of the program speaks.",
    );
  }
  if (name === WRITERS_OWN) {
    throw new SealtraceError(
      "SEALTRACE_USAGE",
      `The name ${WRITERS_OWN} marks what the writer says of itself. Choose another for this logger.`,
    );
  }
  const logger = `,"log.logger":${quote(name.slice(0, 256))}`;
  let context: RecordContext | undefined;

  function write(level: Level, first: unknown, second: unknown, values: readonly unknown[]): void {
    if (LEVELS[level] < target.threshold || !target.ensureConnected() || LEVELS[level] < target.threshold) return;
    // Formatted at the first record, for an unconnected target has no censor yet.
    context ??= { logger, boundFields: bound, bound: bound === undefined ? "" : formatFields(bound, target.censor) };
    const [message, fields] = readArguments(first, second, values, target.censor);
    let line: string;
    try {
      line = formatRecord(target, context, level, message, fields);
    } catch (cause) {
      // A getter of the caller's fields may throw; the message must not be lost for it.
      line = formatRecord(target, context, level, message, { "sealtrace.unreadable_fields": String(cause) });
    }
    target.sink?.writeLine(line);
  }

  const method =
    (level: Level): LogMethod =>
    (first, second, ...values) => {
      if (LEVELS[level] >= target.threshold) write(level, first, second, values);
    };
  const warning = method("WARNING");
  const critical = method("CRITICAL");
  const debug = method("DEBUG");
  const bind = (fields: Fields): Logger => createLogger(target, name, { ...bound, ...fields });
  return {
    name,
    debug,
    info: method("INFO"),
    warning,
    error: method("ERROR"),
    critical,
    isEnabled(level) {
      if (!isLevel(level)) {
        throw new SealtraceError(
          "SEALTRACE_USAGE",
          `${String(level)} is no level; use one of ${Object.keys(LEVELS).join(", ")}.`,
        );
      }
      return target.ensureConnected() && LEVELS[level] >= target.threshold;
    },
    with: bind,
    trace: debug,
    warn: warning,
    fatal: critical,
    silent: () => undefined,
    child: bind,
    get level() {
      const least = Object.keys(PINO_LEVELS).find((level) => LEVELS[level as Level] >= target.threshold);
      return least === undefined ? "silent" : PINO_LEVELS[least as Level];
    },
  };
}

function readArguments(
  first: unknown,
  second: unknown,
  values: readonly unknown[],
  censor: Censor,
): [message: string, fields: object | undefined] {
  const rest = second === undefined && values.length === 0 ? [] : [second, ...values];
  if (!isFields(first)) {
    if (typeof first === "string" && rest.length === 1 && isFields(second)) return [first, second];
    return [formatMessage([first, ...rest], censor), undefined];
  }
  if (typeof second === "string") return [formatMessage(rest, censor), first];
  if (types.isNativeError(first)) return [ownMessage(first), first];
  const { msg, ...fields } = first as { msg?: unknown };
  return typeof msg === "string" ? [msg, fields] : ["", first];
}

function isFields(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownMessage(error: Error): string {
  const message: unknown = Object.getOwnPropertyDescriptor(error, "message")?.value;
  return typeof message === "string" ? message : error.name;
}
