/**
 * A type that has no children which could lead back to it is built at once; a container is begun empty, then filled, so that cycles close. `takeApart` gives
 * null, booleans, numbers, strings, arrays and plain objects of such, a Uint8Array for bytes; in containers also any values that stood in them.
 */
export type RichType = LeafType | ContainerType;

export interface LeafType {
  readonly name: string;
  readonly takeApart: (value: object) => unknown;
  readonly build: (content: unknown) => object;
}

export interface ContainerType {
  readonly name: string;
  readonly takeApart: (value: object) => unknown;
  readonly begin: (content: unknown) => object;
  /** `look` may throw when the time is over. Keys whose hashes collide, as V8's of numbers can be made to, take the square of their number. */
  readonly fill: (target: object, content: unknown, look?: () => void) => void;
}
