/** A line of a log as a reader sees it: whoever could write the file may have put anything there. Undefined when it is no JSON object. */
export function recordFields(text: string): Readonly<Record<string, unknown>> | undefined {
  const fields = parsed(text);
  return typeof fields === "object" && fields !== null ? (fields as Readonly<Record<string, unknown>>) : undefined;
}

/** The value of a JSON text; the text itself when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
