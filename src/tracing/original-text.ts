/** `Function.prototype.toString` for instrumented functions and classes: the text that their author wrote. */
import { functions } from "./function-table.ts";
import { fileByName, type SourceFile } from "./source-file.ts";

/** The gate that every instrumented function begins with. */
const GATE = /const (\$t\w*)s=--\1N\[(\d+)\]/;

export function installOriginalText(): void {
  const prototype = Function.prototype;
  const before = Object.getOwnPropertyDescriptor(prototype, "toString");
  const native = before?.value as (this: unknown) => string;
  // A method, for like the native one it must neither construct nor have a prototype.
  const { toString } = {
    toString(this: unknown): string {
      const text = Reflect.apply(native, this === toString ? native : this, []);
      return originalText(text);
    },
  };
  Object.defineProperty(prototype, "toString", { ...before, value: toString });
}

/** Instrumented texts, for a program that asks for one text asks for more. */
const texts = new WeakMap<SourceFile, string>();

/** The original of a function's text. Any gate in it says where in which file it stands. */
function originalText(text: string): string {
  const gate = GATE.exec(text);
  if (gate === null) return text;
  const file = fileByName(functions[Number(gate[2])]?.info.file ?? "");
  if (file === undefined) return text;
  let whole = texts.get(file);
  if (whole === undefined) {
    whole = file.text.changed();
    texts.set(file, whole);
  }
  const start = whole.indexOf(gate[0]) - gate.index;
  if (start < 0 || !whole.startsWith(text, start)) return text;
  return file.text.originalSlice(start, start + text.length);
}
