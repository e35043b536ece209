import { types } from "node:util";
import type { Censor, Level } from "../record/index.ts";
import type { Logger } from "./logger.ts";
import { formatMessage } from "./message.ts";

const LEVEL_OF_METHOD = {
  log: "INFO",
  info: "INFO",
  dir: "INFO",
  table: "INFO",
  debug: "DEBUG",
  trace: "DEBUG",
  warn: "WARNING",
  error: "ERROR",
} as const satisfies Record<string, Level>;

/**
 * Makes a record of what the program writes by `console.*`, without changing what it writes. Objects are shown redacted. Returns a
 * function that undoes it.
 */
export function captureConsole(logger: Logger, getCensor: () => Censor): () => void {
  const undo: (() => void)[] = [];
  let inside = false;
  for (const [name, level] of Object.entries(LEVEL_OF_METHOD) as [keyof typeof LEVEL_OF_METHOD, Level][]) {
    const original = console[name] as (...values: unknown[]) => void;
    const write = (values: readonly unknown[]): void => {
      // console.warn and console.trace call console.error in turn: that is one record, not two.
      if (inside) return;
      inside = true;
      try {
        const shown = name === "dir" || name === "table" ? values.slice(0, 1) : values;
        const message = formatMessage(shown, getCensor());
        const error = values.find((value) => types.isNativeError(value));
        logger[LOGGER_METHOD[level]](message, error === undefined ? undefined : { error });
      } finally {
        inside = false;
      }
    };
    const captured = {
      [name](this: unknown, ...values: unknown[]): void {
        write(values);
        const wasInside = inside;
        inside = true;
        try {
          Reflect.apply(original, this, values);
        } finally {
          inside = wasInside;
        }
      },
    }[name] as typeof original;
    Object.defineProperty(captured, "length", { value: original.length, configurable: true });
    console[name] = captured as (typeof console)[typeof name];
    undo.push(() => {
      if ((console[name] as unknown) === captured) console[name] = original as (typeof console)[typeof name];
    });
  }
  return () => {
    for (const step of undo) step();
  };
}

const LOGGER_METHOD = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warning",
  ERROR: "error",
  CRITICAL: "critical",
} as const satisfies Record<Level, keyof Logger>;
