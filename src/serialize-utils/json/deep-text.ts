import { quote } from "../essentials/quote.ts";

/** What JSON.stringify gives for a tree of plain data, for any depth. Properties that are undefined are left out. */
export function deepJsonText(tree: unknown): string {
  const pieces: string[] = [];
  const stack: { readonly left: Iterator<[string | number, unknown]>; readonly close: string; isFirst: boolean }[] = [];
  const write = (value: unknown): void => {
    if (typeof value === "string") {
      pieces.push(quote(value));
    } else if (typeof value !== "object" || value === null) {
      pieces.push(String(value));
    } else {
      const isArray = Array.isArray(value);
      pieces.push(isArray ? "[" : "{");
      const left = isArray ? (value as unknown[]).entries() : Object.entries(value).values();
      stack.push({ left, close: isArray ? "]" : "}", isFirst: true });
    }
  };
  write(tree);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.left.next();
    if (next.done === true) {
      pieces.push(top.close);
      stack.pop();
      continue;
    }
    const [key, item] = next.value;
    if (item !== undefined) {
      if (!top.isFirst) pieces.push(",");
      top.isFirst = false;
      if (typeof key === "string") pieces.push(quote(key), ":");
      write(item);
    }
  }
  return pieces.join("");
}
