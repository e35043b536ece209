import { bufferOf } from "../encoding/buffer-of.ts";
import { magnitudeOfBytes } from "../binary/bigint-bytes.ts";
import { invalidContent } from "../values/invalid-content.ts";
import { richTypeNamed } from "../values/rich-types.ts";
import { TAGS, TYPED_ARRAY_TAGS } from "./tags.ts";

/** What a tag makes of its content; undefined for tags that are unknown, or none that wrap one value. */
export function tagReader(tag: number): ((content: unknown) => unknown) | undefined {
  return SIMPLE_READERS[tag] ?? typedArrayReader(tag);
}

const SIMPLE_READERS: Readonly<Record<number, (content: unknown) => unknown>> = {
  [TAGS.dateText]: dateOfText,
  [TAGS.epoch]: (content) => {
    const time = typeof content === "number" ? Math.round(content * 1000) : NaN;
    return validDate(time, "a number of seconds that a Date holds");
  },
  [TAGS.bigPositive]: (content) => magnitudeOf(content),
  [TAGS.bigNegative]: (content) => -1n - magnitudeOf(content),
  [TAGS.set]: setOf,
  [TAGS.uri]: (content) => build("URL", content),
  [TAGS.regularExpression]: (content) => build("RegExp", [content, ""]),
};

function build(name: string, content: unknown): object {
  const type = richTypeNamed(name);
  if (type === undefined || !("build" in type)) throw invalidContent(name, "of a type that can be built");
  return type.build(content);
}

function setOf(content: unknown): unknown {
  const set = new Set(Array.isArray(content) ? content : []);
  if (!Array.isArray(content) || set.size !== content.length) throw invalidContent("Set", "an array, each value once");
  return set;
}

/** RFC 3339. */
const DATE_TEXT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

function dateOfText(content: unknown): Date {
  const time = typeof content === "string" && DATE_TEXT.test(content) ? Date.parse(content.toUpperCase()) : NaN;
  return validDate(time, "a time as 2026-01-31T12:00:00Z");
}

function validDate(time: number, expected: string): Date {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw invalidContent("Date", expected);
  return date;
}

function magnitudeOf(content: unknown): bigint {
  if (content instanceof Uint8Array) return magnitudeOfBytes(content);
  throw invalidContent("big integer", "bytes");
}

function typedArrayReader(tag: number): ((content: unknown) => unknown) | undefined {
  const type = TYPED_ARRAY_TAGS.get(tag);
  if (type === undefined) return undefined;
  return (content) => build(type.name, type.isBigEndian ? swapped(content, type.width) : content);
}

/** The content is a copy that nobody else has. */
function swapped(content: unknown, width: number): unknown {
  if (!(content instanceof Uint8Array) || content.length % width !== 0) return content;
  const bytes = bufferOf(content);
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else bytes.swap64();
  return content;
}
