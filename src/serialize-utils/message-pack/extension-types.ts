/**
 * The extension that holds what MessagePack has no form of its own for, version 1 of this format:
 *
 * Its type is 115 ("s"). Its content is a sequence of MessagePack values, up to its end. The first is
 * - a text: the name of what follows. `undefined` and `hole` (an element that an array lacks) have no content; `BigInt` an integer, or a binary in two's
 *   complement with the highest byte first; `Symbol` the key of a registered symbol; `Map` its keys and values in turn; `Set` its values; `Error` and instances
 *   of a class the names and values of their properties in turn; classes with a form of their own, and every other type (RegExp, URL, typed arrays, ...), one value;
 * - or an integer: the same object as the one with this number. Arrays, maps, binaries, timestamps and extensions (but for references, `undefined`, `hole`,
 *   `BigInt` and `Symbol`) are numbered from 0 in the order in which they begin.
 *
 * A change of this format takes another type.
 */
export const SEALTRACE_TYPE = 115;

/** The specification's own. */
export const TIMESTAMP_TYPE = -1;
