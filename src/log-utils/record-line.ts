import { types } from "node:util";
import { current, MAX_CAPTURED_BYTES, REDACTED, spanId, type Censor, type Level } from "../record/index.ts";
import { DEFAULT_LIMITS, formatValue, quote, type FormatLimits } from "../serialize-utils/essentials/index.ts";
import type { LogTarget } from "./log-target.ts";
import { timestamp } from "./timestamp.ts";

const FIELD_LIMITS: FormatLimits = { ...DEFAULT_LIMITS, string: 16_384, total: 32_768 };
const MESSAGE_LIMITS: FormatLimits = { ...DEFAULT_LIMITS, string: 32_768 };
/** Programs use few different keys; one that makes keys up must not make the table grow without end. */
const MAX_CACHED_KEYS = 10_000;

/** Keys that the record itself uses. A caller's field of that name is written as `fields.<name>`, so that none occurs twice. */
const RESERVED = new Set([
  "@timestamp",
  "log.level",
  "message",
  "log.logger",
  "service.name",
  "process.pid",
  "process.thread.id",
  "trace.id",
  "span.id",
  "error.type",
  "error.message",
  "error.stack_trace",
  "seal",
  "sealtrace.cut",
  "__proto__",
]);

/** A key's `,"key":` already escaped, and its value where it must not be written. */
interface Key {
  readonly member: string;
  readonly secret: boolean;
}

const keys = new WeakMap<Censor, Map<string, Key>>();

/** What a logger knows before a record is written. */
export interface RecordContext {
  /** `,"log.logger":"name"` */
  readonly logger: string;
  /** Bound fields as JSON members with leading commas. */
  readonly bound: string;
  readonly boundFields: Readonly<Record<string, unknown>> | undefined;
}

/** One log record as a line of JSON, redacted and bounded. The order of the members is fixed: see `docs/format.md`. */
export function formatRecord(
  target: LogTarget,
  context: RecordContext,
  level: Level,
  message: string,
  fields: object | undefined,
): string {
  const start = `{"@timestamp":${timestamp()},"log.level":"${level}","message":${formatMessage(message, target.censor)}`;
  const head = start + context.logger + target.origin + callMembers();
  let line = `${head}${context.bound}}`;
  if (fields !== undefined) {
    const bound = context.boundFields === undefined ? context.bound : boundWithout(target.censor, context, fields);
    line = `${head}${bound}${formatFields(fields, target.censor)}}`;
  }
  if (line.length * 3 <= MAX_CAPTURED_BYTES || Buffer.byteLength(line) <= MAX_CAPTURED_BYTES) return line;
  return `${shorten(head, start, context, target)},"sealtrace.cut":true}`;
}

/** Fields as JSON members, each with a leading comma. An Error under `err` or `error` becomes ECS `error.*`. */
export function formatFields(fields: object, censor: Censor): string {
  let members = "";
  if (types.isNativeError(fields)) return errorMembers(fields, censor);
  if (types.isProxy(fields)) return "";
  let hasError = false;
  for (const name of Object.keys(fields)) {
    const value: unknown = (fields as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (!hasError && (name === "err" || name === "error") && types.isNativeError(value)) {
      members += errorMembers(value, censor);
      hasError = true;
      continue;
    }
    const key = keyOf(name, censor);
    members += key.member;
    members += key.secret ? `"${REDACTED}"` : formatValue(value, censor, FIELD_LIMITS);
  }
  return members;
}

function formatMessage(message: string, censor: Censor): string {
  return message.length <= MESSAGE_LIMITS.string
    ? quote(censor.censorText(message))
    : formatValue(message, censor, MESSAGE_LIMITS);
}

function callMembers(): string {
  const call = current.call ?? current.inContext?.();
  return call === undefined ? "" : `,"trace.id":"${call.root.traceId}","span.id":"${spanId(call.id)}"`;
}

function errorMembers(error: Error, censor: Censor): string {
  const parts = JSON.parse(formatValue(error, censor, FIELD_LIMITS)) as Record<"type" | "message" | "stack", string>;
  const stack = parts.stack === "" ? "" : `,"error.stack_trace":${quote(parts.stack)}`;
  return `,"error.type":${quote(parts.type)},"error.message":${quote(parts.message)}${stack}`;
}

function keyOf(name: string, censor: Censor): Key {
  let table = keys.get(censor);
  if (table === undefined) keys.set(censor, (table = new Map<string, Key>()));
  const known = table.get(name);
  if (known !== undefined) return known;
  const shown = RESERVED.has(name) ? `fields.${name}` : name;
  const key = { member: `,${quote(censor.censorText(shown.slice(0, 256)))}:`, secret: censor.isSecretKey(name) };
  if (table.size < MAX_CACHED_KEYS) table.set(name, key);
  return key;
}

/** Bound fields that the record's own fields do not replace: a key must not occur twice. */
function boundWithout(censor: Censor, context: RecordContext, fields: object): string {
  const own = new Set(Object.keys(fields));
  const bound = context.boundFields ?? {};
  if (!Object.keys(bound).some((name) => own.has(name))) return context.bound;
  return formatFields(Object.fromEntries(Object.entries(bound).filter(([name]) => !own.has(name))), censor);
}

/** A head that is sure to fit, for a record that does not: the start of its message is kept, its fields are not. */
function shorten(head: string, start: string, context: RecordContext, target: LogTarget): string {
  if (Buffer.byteLength(head) <= MAX_CAPTURED_BYTES - 64) return head;
  const { "@timestamp": time, "log.level": level, message } = JSON.parse(`${start}}`) as Record<string, string>;
  const text = quote(`${(message as string).slice(0, 4096)}… [cut]`);
  const logger = context.logger.length <= 1024 ? context.logger : "";
  return `{"@timestamp":"${time}","log.level":"${level}","message":${text}${logger}${target.origin}${callMembers()}`;
}
