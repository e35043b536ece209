/**
 * Rich values in YAML, version 1. Plain data is plain YAML 1.2 (core schema). What is more has a tag: YAML's own where there is one, else a local one
 * with the name of the type.
 *
 *     !!timestamp 2026-01-31T12:00:00.000Z     Date; !Date null is an invalid one
 *     !!binary "AQI="                          Uint8Array; !Float64Array, !ArrayBuffer, !Buffer and so on alike, in little-endian order
 *     !!set {? a, ? b}                         Set
 *     !Map {1: one, [a]: two}                  Map
 *     !undefined ""    !BigInt "123"    !Symbol key    !URL https://example.org/    !RegExp [a+, gi]
 *     !Error {type: TypeError, message: ..., cause: ...}
 *     !SparseArray [9, index, value, ...]      its length comes first
 *     !class:Money {...}                       an instance of a class that both sides registered by this name
 *     !class-of:Money [...]                    the same, where what it is made of has a tag or an anchor of its own
 *     &a1 ... *a1                              an object that stands in several places, or in itself
 *
 * -0, .nan and .inf are YAML's own. Also read: !!omap (a Map), and the core schema's tags. Any other tag is refused.
 */
export const YAML_TAG = "tag:yaml.org,2002:";
export const CLASS_TAG = "!class:";
export const CLASS_OF_TAG = "!class-of:";
