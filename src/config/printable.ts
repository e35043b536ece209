const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A text from outside as a terminal may see it: control and formatting characters, lone surrogates and unassigned code points become
 * `\uXXXX`, as in JSON (RFC 8259 section 7), so that JSON stays the same JSON. Longer texts are cut.
 */
export function printable(text: string, maxLength?: number): string {
  const cut = maxLength !== undefined && text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(UNPRINTABLE, escape);
}

function escape(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");
}
