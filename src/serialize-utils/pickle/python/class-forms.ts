import { BUILT_IN_BUILDERS } from "../builders/known.ts";
import { invalidContent } from "../../values/invalid-content.ts";
import type { AnyClassForm, ClassRegistry } from "../../values/class-registry.ts";
import { readProperties, type PlainObject } from "../../values/plain-data.ts";
import { PythonCounter, PythonDefaultDict, PythonDeque } from "./collections.ts";
import {
  PythonDate,
  PythonDateTime,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonZoneInfo,
  type TimeOfDay,
} from "./date-time.ts";
import { globalKey, PythonGlobal } from "./global.ts";
import { NdArray, type NdArrayData } from "./nd-array.ts";
import { PythonComplex, PythonDecimal, PythonFraction, PythonRange, PythonUuid } from "./numbers.ts";
import { PythonException, PythonNamespace } from "./object.ts";
import { PythonFrozenSet, PythonTuple } from "./tuple.ts";

type Integer = number | bigint;

/**
 * Python's own types for the other formats, as the option `classes`: what a pickle held survives in JSON, YAML, MessagePack, CBOR and Protobuf, and becomes the same
 * pickle again. What is read is checked as if it came from a stranger. A tuple that holds itself is refused.
 */
export const PYTHON_CLASSES: ClassRegistry = {
  PythonTuple: form(PythonTuple, (tuple) => [...tuple], (content) => PythonTuple.take([...list(content, "PythonTuple")])),
  PythonFrozenSet: form(PythonFrozenSet, (set) => [...set], (content) => new PythonFrozenSet(list(content, "PythonFrozenSet"))),
  PythonDecimal: form(PythonDecimal, ({ text }) => text, (content) => new PythonDecimal(text(content, "PythonDecimal"))),
  PythonUuid: form(PythonUuid, ({ text }) => text, (content) => new PythonUuid(text(content, "PythonUuid"))),
  PythonFraction: form(PythonFraction, ({ numerator, denominator }) => [numerator, denominator], (content) => new PythonFraction(...(list(content, "PythonFraction") as [Integer, Integer]))),
  PythonComplex: form(PythonComplex, ({ real, imaginary }) => [real, imaginary], readComplex),
  PythonRange: form(PythonRange, ({ start, stop, step }) => [start, stop, step], (content) => new PythonRange(...(list(content, "PythonRange") as [Integer, Integer, Integer]))),
  PythonTimeDelta: form(PythonTimeDelta, ({ days, seconds, microseconds }) => [days, seconds, microseconds], (content) => new PythonTimeDelta(...(list(content, "PythonTimeDelta") as [number, number, number]))),
  PythonTimeZone: form(PythonTimeZone, ({ offset, name }) => (name === undefined ? [offset] : [offset, name]), readTimeZone),
  PythonZoneInfo: form(PythonZoneInfo, ({ key }) => key, (content) => new PythonZoneInfo(text(content, "PythonZoneInfo"))),
  PythonDate: form(PythonDate, ({ year, month, day }) => [year, month, day], (content) => new PythonDate(...(list(content, "PythonDate") as [number, number, number]))),
  PythonTime: form(PythonTime, timeFields, (content) => new PythonTime(readTime(content, "PythonTime"))),
  PythonDateTime: form(PythonDateTime, timeFields, readDateTime),
  PythonDefaultDict: form(PythonDefaultDict, (map) => [map.factory, ...[...map].flat(1)], readDefaultDict),
  PythonCounter: form(PythonCounter, (map) => [...map].flat(1), (content) => new PythonCounter(pairs(list(content, "PythonCounter"), "PythonCounter"))),
  PythonDeque: form(PythonDeque, ({ items, maxLength }) => [maxLength, ...items], readDeque),
  PythonGlobal: form(PythonGlobal, ({ module, name }) => [module, name], readGlobal),
  PythonException: form(PythonException, ({ type, args, attributes }) => [type, args, attributes], readException),
  PythonNamespace: form(PythonNamespace, ({ attributes }) => attributes, (content) => new PythonNamespace(fields(content, "PythonNamespace"))),
  NdArray: form(NdArray, ({ dtype, shape, data }) => [dtype, shape, data], readNdArray),
}; // prettier-ignore

function form<Instance extends object>(
  of: abstract new (...parameters: never[]) => Instance,
  write: (instance: Instance) => unknown,
  read: (content: unknown) => Instance,
): AnyClassForm {
  return { class: of, write, read };
}

function list(content: unknown, type: string): readonly unknown[] {
  if (Array.isArray(content)) return content as unknown[];
  throw invalidContent(type, "an array");
}

function text(content: unknown, type: string): string {
  if (typeof content === "string") return content;
  throw invalidContent(type, "a string");
}

function fields(content: unknown, type: string): PlainObject {
  return Object.fromEntries(readProperties(content, type));
}

function pairs(flat: readonly unknown[], type: string): [unknown, unknown][] {
  if (flat.length % 2 !== 0) throw invalidContent(type, "keys and values in turn");
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

function readComplex(content: unknown): PythonComplex {
  const [real, imaginary] = list(content, "PythonComplex");
  if (typeof real !== "number" || typeof imaginary !== "number") throw invalidContent("PythonComplex", "two numbers");
  return new PythonComplex(real, imaginary);
}

function readTimeZone(content: unknown): PythonTimeZone {
  const [offset, name] = list(content, "PythonTimeZone");
  if (!(offset instanceof PythonTimeDelta)) throw invalidContent("PythonTimeZone", "a PythonTimeDelta and a name");
  return new PythonTimeZone(offset, name === undefined ? undefined : text(name, "PythonTimeZone"));
}

function timeFields(time: PythonTime): PlainObject {
  return Object.fromEntries(Object.entries(time));
}

function readTime(content: unknown, type: string): TimeOfDay {
  const { zone, ...time } = fields(content, type);
  if (zone !== null && !(zone instanceof PythonTimeZone) && !(zone instanceof PythonZoneInfo)) {
    throw invalidContent(type, "with a zone, or null");
  }
  return { ...time, zone };
}

function readDateTime(content: unknown): PythonDateTime {
  const { year, month, day } = fields(content, "PythonDateTime");
  return new PythonDateTime(year as number, month as number, day as number, readTime(content, "PythonDateTime"));
}

function readDefaultDict(content: unknown): PythonDefaultDict {
  const [factory, ...flat] = list(content, "PythonDefaultDict");
  if (factory !== null && !(factory instanceof PythonGlobal)) {
    throw invalidContent("PythonDefaultDict", "a PythonGlobal or null, then keys and values");
  }
  const map = new PythonDefaultDict(pairs(flat, "PythonDefaultDict"));
  map.factory = factory;
  return map;
}

function readDeque(content: unknown): PythonDeque {
  const [maxLength, ...items] = list(content, "PythonDeque");
  if (maxLength !== null && !(Number.isSafeInteger(maxLength) && (maxLength as number) >= 0)) {
    throw invalidContent("PythonDeque", "a length or null, then items");
  }
  return new PythonDeque(items, maxLength as number | null);
}

function readGlobal(content: unknown): PythonGlobal {
  const [module, name] = list(content, "PythonGlobal");
  return new PythonGlobal(text(module, "PythonGlobal"), text(name, "PythonGlobal"));
}

/** Only what a pickle may name: it will be called where the pickle that is made of it is loaded. */
function readException(content: unknown): PythonException {
  const [type, args, attributes] = list(content, "PythonException");
  if (
    !(type instanceof PythonGlobal) ||
    type.module !== "builtins" ||
    !BUILT_IN_BUILDERS.has(globalKey(type.module, type.name))
  ) {
    throw invalidContent("PythonException", "of one of Python's built-in exceptions");
  }
  const exception = new PythonException(type, list(args, "PythonException"));
  exception.attributes = fields(attributes, "PythonException");
  return exception;
}

function readNdArray(content: unknown): NdArray {
  const [dtype, shape, data] = list(content, "NdArray");
  const sizes = list(shape, "NdArray");
  if (!sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)) {
    throw invalidContent("NdArray", "of whole lengths");
  }
  if (!Array.isArray(data) && !(ArrayBuffer.isView(data) && !(data instanceof DataView))) {
    throw invalidContent("NdArray", "an array or typed array, after dtype and shape");
  }
  return new NdArray(text(dtype, "NdArray"), sizes as number[], data as NdArrayData);
}
