import { SealtraceError } from "../../record/index.ts";

/** What is wrong with a text that JSON.parse refused. Goes by V8's words: were they to change, the error would be less exact, not wrong. */
export function syntaxError(text: string, cause: SyntaxError): SealtraceError {
  const { message } = cause;
  const position = Number(/ at position (\d+)/.exec(message)?.[1] ?? -1);
  if (message.startsWith("Unexpected end of JSON input") || position === text.length) {
    return new SealtraceError("SEALTRACE_DATA_TRUNCATED", `It is no whole JSON, it ends too early: ${message}.`, {
      cause,
    });
  }
  if (!isTrailing(message)) {
    return new SealtraceError("SEALTRACE_INVALID_DATA", `It is no JSON: ${message}.`, { cause });
  }
  const where = `at character ${position}`;
  return beginsWithJson(text.slice(position))
    ? new SealtraceError("SEALTRACE_DATA_CONCATENATED", `Another JSON text begins ${where}: read it as NDJSON.`, {
        cause,
      })
    : new SealtraceError("SEALTRACE_DATA_TRAILING", `Something that is no JSON follows the JSON, ${where}.`, { cause });
}

function isTrailing(message: string): boolean {
  return message.startsWith("Unexpected non-whitespace character after JSON");
}

function beginsWithJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    return isTrailing((error as SyntaxError).message);
  }
}
