/**
 * How binary formats hold what is more than plain data: a name, and a sequence of items. Those of a Map are its keys and values in turn, of a Set its values, of
 * an Error or an instance of a class without a form of its own the names and values of properties in turn; everything else is one item.
 */
export interface RichForm {
  readonly name: string;
  readonly items: readonly unknown[];
}

/** Of what a container was taken apart into. */
export function itemsOf(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : Object.entries(content as object).flat(1);
}
