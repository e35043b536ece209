/** Where in a value something stands. */

/** `user.tags[3]["first name"]`; empty for the whole. A long way is told by its beginning and its end. */
export function placeOf(keys: readonly (string | number)[]): string {
  if (keys.length <= MAX_KEYS) return textOf(keys);
  return `${textOf(keys.slice(0, MAX_KEYS / 2))}…${textOf(keys.slice(-MAX_KEYS / 2))} (${keys.length} levels deep)`;
}

const MAX_KEYS = 20;
const MAX_KEY = 100;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function textOf(keys: readonly (string | number)[]): string {
  let text = "";
  for (const key of keys) {
    if (typeof key === "number") text += `[${key}]`;
    else if (key.length > MAX_KEY) text += `[${JSON.stringify(key.slice(0, MAX_KEY))}…]`;
    else if (IDENTIFIER.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}
