/** Keys whose hashes collide, as V8's of numbers and big integers can be made to, take the square of their number: no `maxValues` helps, only the clock. */

/** After so many keys of a Map or items of a Set, a look at the clock. Even. */
export const ITEMS_BETWEEN_LOOKS = 256;

/** The items of what becomes a Map or a Set; `look` throws when the time is over. */
export function* watched<Item>(items: Iterable<Item>, look: () => void): Generator<Item> {
  let count = 0;
  for (const item of items) {
    yield item;
    count += 1;
    if (count % ITEMS_BETWEEN_LOOKS === 0) look();
  }
}
