/**
 * Whether a Map can be written as the format's own kind of map and read back as a Map: its first key tells it from an object, and no key is a container, of which
 * two could be equal in bytes.
 */
export function keysAreNativeIn(map: object): boolean {
  let isFirst = true;
  for (const key of (map as Map<unknown, unknown>).keys()) {
    if (isFirst ? typeof key === "string" : false) return false;
    if (typeof key === "object" && key !== null) return false;
    isFirst = false;
  }
  return !isFirst;
}
