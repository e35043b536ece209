/** Errors that all binary formats share. */
import { SealtraceError } from "../../record/index.ts";

/** `what` is wrong, as the rest of a sentence: "has a length that ...". */
export function invalid(format: string, what: string, at: number, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_INVALID_DATA", `It is no ${format} that can be read: at byte ${at}, ${what}.`, {
    cause,
  });
}

export function truncated(format: string, length: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_DATA_TRUNCATED",
    `The ${format} ends too early, after ${length} bytes: more was announced. Get the whole of it.`,
  );
}

export function trailing(format: string, at: number, another: boolean): SealtraceError {
  return another
    ? new SealtraceError(
        "SEALTRACE_DATA_CONCATENATED",
        `Another ${format} value begins at byte ${at}: read it as a sequence, or take only the first.`,
      )
    : new SealtraceError(
        "SEALTRACE_DATA_TRAILING",
        `What follows the ${format} value, from byte ${at} on, is no ${format}: take it away, or find out where it comes from.`,
      );
}

export function refusedType(name: string, at: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_TYPE_REFUSED",
    `It asks at byte ${at} for ${name}, which isn't known here: register the class by the option \`classes\` if the content can be trusted.`,
  );
}

export function loneSurrogate(format: string, place: string): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_VALUE_UNSUPPORTED",
    `${format} has no form for a text with a lone surrogate, which ${place === "" ? "the value is" : `stands at ${place}`}: use text.toWellFormed() if it may be replaced.`,
  );
}
