/**
 * Rich JSON, version 1. Plain data is plain JSON, byte for byte what JSON.stringify writes. What is more stands in its place as an object with the key `$rich`,
 * which names its type:
 *
 *     {"$rich":"undefined"}
 *     {"$rich":"Number","value":"NaN"}                       also "Infinity", "-Infinity", "-0"
 *     {"$rich":"BigInt","value":"123"}                       beyond 1,000 digits in base 16: "0x1f", "-0x1f"
 *     {"$rich":"Symbol","value":"key"}                       Symbol.for("key")
 *     {"$rich":"Date","value":"2026-01-31T12:00:00.000Z"}    null for an invalid one
 *     {"$rich":"RegExp","value":["a+","gi"]}                 third, if it isn't 0: lastIndex
 *     {"$rich":"URL","value":"https://example.org/"}         URLSearchParams alike
 *     {"$rich":"Map","value":[key, value, ...]}
 *     {"$rich":"Set","value":[value, ...]}
 *     {"$rich":"Error","value":{"type":"TypeError","message":"...","cause":...,"errors":[...],"properties":{...}}}
 *     {"$rich":"Uint8Array","value":"AQI="}                  every typed array, ArrayBuffer, DataView, Buffer: base64, little-endian
 *     {"$rich":"SparseArray","length":9,"value":[index, value, ...]}
 *     {"$rich":"class","name":"Money","value":...}           an instance of a class that both sides registered by this name
 *     {"$rich":"Object","value":{"$rich":"x"}}               an object that has a property `$rich` of its own: right inside of `value` it means nothing
 *
 * An object that stands in several places, or in itself, has an id where it stands first, and is referred to elsewhere:
 *
 *     {"$rich":1}                                            the object whose id is 1
 *     {"$rich":"Map","id":1,"value":[...]}                   what has a form has its id there
 *     {"$rich":"Object","id":1,"value":{...}}                a plain object or an array becomes a form for it
 *     {"$rich":"Array","id":1,"value":[...]}
 *
 * A later version may add types; what a type means never changes.
 */
export const RICH_KEY = "$rich";

/** What stands for something that is more than plain data. A field that is undefined isn't written. */
export interface Form {
  readonly [RICH_KEY]: unknown;
  id?: number | undefined;
  readonly name?: string | undefined;
  readonly length?: number | undefined;
  value?: unknown;
}

/** Any other field is refused. */
export const FORM_FIELDS: ReadonlySet<string> = new Set([RICH_KEY, "id", "name", "length", "value"]);
