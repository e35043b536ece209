import type { RichForm } from "./rich-form.ts";

export const ARRAY = 0;
export const OBJECT = 1;
/** What is more than plain data: a name and what it is made of. */
export const RICH = 2;
export type ContainerKind = typeof ARRAY | typeof OBJECT | typeof RICH;

/** A format, as a walk over a value sees it. What returns a boolean returns false for a text that can't be written, having written nothing of it. */
export interface ValueSink {
  /** As errors call it. */
  readonly format: string;
  null(): void;
  boolean(value: boolean): void;
  number(value: number): void;
  string(value: string): boolean;
  bigint(value: bigint): void;
  undefined(): void;
  /** An element that an array doesn't have. */
  hole(): void;
  /** `Symbol.for(key)`. */
  symbol(key: string): boolean;
  /** The object that was begun as this one, counting from 0. */
  reference(number: number): void;
  beginArray(length: number): void;
  /** The names of the properties, in the order in which they are to be written. */
  keysOf(value: object): readonly string[];
  beginObject(size: number): void;
  key(text: string): boolean;
  /** Writes a value of this rich type as a whole, if the format has a form of its own for it. */
  leaf(name: string, value: object): boolean;
  /** Objects that only this format knows. */
  formOf(value: object): RichForm | undefined;
  /** The items that are to be written next, as they are given or in another order. */
  beginRich(form: RichForm, value: object): readonly unknown[];
  end(kind: ContainerKind): void;
}
