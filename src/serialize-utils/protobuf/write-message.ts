import { inspect } from "node:util";
import { SealtraceError } from "../../record/index.ts";
import { placeOf } from "../values/place.ts";
import type { PlainObject } from "../values/plain-data.ts";
import type { FieldPlan, MessagePlan } from "./message-plan.ts";
import { UNKNOWN_FIELDS } from "./unknown-fields.ts";
import { WELL_KNOWN } from "./well-known.ts";
import { END_GROUP, GROUP, LENGTH, WireWriter } from "./wire-writer.ts";

/** Plain data as a message: fields in the order of their numbers, entries of maps in that of their keys, so that equal data is equal bytes. */
export function writeMessage(value: unknown, plan: MessagePlan): Uint8Array {
  return new MessageWriter().write(value, plan);
}

/** One field with one value; of a packed list with all of them. */
interface Part {
  readonly field: FieldPlan;
  readonly value: unknown;
  /** Where it is in the message. */
  readonly keys: readonly (string | number)[];
}

class Frame {
  readonly value: unknown;
  readonly parts: readonly Part[];
  readonly unknown: readonly Uint8Array[];
  /** In the parent. */
  readonly field: FieldPlan | undefined;
  readonly parent: Frame | undefined;
  index = 0;

  constructor(
    value: unknown,
    parts: readonly Part[],
    unknown: readonly Uint8Array[],
    field: FieldPlan | undefined,
    parent: Frame | undefined,
  ) {
    this.value = value;
    this.parts = parts;
    this.unknown = unknown;
    this.field = field;
    this.parent = parent;
  }
}

class MessageWriter {
  readonly #writer = new WireWriter();
  readonly #open = new Set<unknown>();
  #frame: Frame | undefined;

  write(value: unknown, plan: MessagePlan): Uint8Array {
    this.#begin(value, plan, undefined);
    while (this.#frame !== undefined) {
      const part = this.#frame.parts[this.#frame.index++];
      if (part === undefined) this.#end(this.#frame);
      else this.#put(part);
    }
    return this.#writer.finish();
  }

  #put({ field, value }: Part): void {
    const writer = this.#writer;
    const { scalar } = field;
    if (scalar === undefined) {
      writer.tag(field.number, field.isGroup ? GROUP : LENGTH);
      if (!field.isGroup) writer.open();
      return this.#begin(value, field.message(), field);
    }
    if (!field.isPacked) {
      writer.tag(field.number, scalar.wireType);
      return this.#scalar(field, value);
    }
    writer.tag(field.number, LENGTH);
    writer.open();
    for (const item of value as unknown[]) this.#scalar(field, item);
    writer.close();
  }

  #scalar({ scalar, enumeration }: FieldPlan, value: unknown): void {
    const written = typeof value === "string" && enumeration !== undefined ? enumeration.numberOf.get(value) : value;
    if (scalar?.takes(written) !== true) throw this.#wrong(value, `a value of type ${scalar?.name ?? "message"}`);
    scalar.write(this.#writer, written as never);
  }

  #begin(value: unknown, plan: MessagePlan, field: FieldPlan | undefined): void {
    // A google.protobuf.Value has its object once more inside, as a Struct or a ListValue.
    if (typeof value === "object" && value !== null && plan.typeName !== "google.protobuf.Value") {
      if (this.#open.has(value)) throw this.#unsupported("leads back to itself, which a message can't");
      this.#open.add(value);
    }
    const message = this.#messageOf(value, plan);
    const parts = this.#parts(message, plan);
    const unknown = Object.hasOwn(message, UNKNOWN_FIELDS)
      ? ((message as unknown as Record<symbol, readonly Uint8Array[]>)[UNKNOWN_FIELDS] ?? [])
      : [];
    this.#frame = new Frame(value, parts, unknown, field, this.#frame);
  }

  #messageOf(value: unknown, plan: MessagePlan): PlainObject {
    const wellKnown = WELL_KNOWN.get(plan.typeName);
    const message = wellKnown === undefined ? value : wellKnown.toMessage(value);
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      throw this.#wrong(value, `a ${plan.typeName}`);
    }
    return message as PlainObject;
  }

  #parts(message: PlainObject, plan: MessagePlan): Part[] {
    const values = new Map<FieldPlan, unknown>();
    for (const name of Object.keys(message)) {
      const value = message[name];
      if (value === undefined) continue;
      const field = plan.byName.get(name);
      if (field === undefined) {
        throw this.#unsupported(`has a property ${JSON.stringify(name)}, which ${plan.typeName} has no field for`);
      }
      if (value === null && !takesNull(field)) continue;
      if (values.has(field)) throw this.#unsupported(`gives the field ${field.name} twice, by both of its names`);
      values.set(field, value);
    }
    const parts: Part[] = [];
    const oneofs = new Set<string>();
    for (const field of plan.fields) {
      if (values.has(field)) {
        if (field.oneof !== undefined && oneofs.has(field.oneof)) {
          throw this.#unsupported(`sets more than one of ${field.oneof}, of which only one can be`);
        }
        if (field.oneof !== undefined) oneofs.add(field.oneof);
        this.#addParts(parts, field, values.get(field));
      } else if (field.isRequired) throw this.#unsupported(`lacks ${field.name}, which ${plan.typeName} requires`);
    }
    return parts;
  }

  #addParts(parts: Part[], field: FieldPlan, value: unknown): void {
    const keys = [field.name];
    if (field.isMap) {
      for (const entry of this.#entries(field, value)) parts.push({ field, value: entry, keys });
    } else if (field.isList) {
      if (!Array.isArray(value)) throw this.#wrong(value, `an array, for ${field.name}`);
      if (field.isPacked) {
        if (value.length > 0) parts.push({ field, value, keys });
      } else value.forEach((item: unknown, i) => parts.push({ field, value: item, keys: [field.name, i] }));
    } else if (!field.isImplicit || !isDefault(field, value)) parts.push({ field, value, keys });
  }

  #entries(field: FieldPlan, value: unknown): PlainObject[] {
    if (typeof value !== "object" || value === null) throw this.#wrong(value, `a Map or an object, for ${field.name}`);
    const keyType = field.message().fields[0]?.scalar?.name ?? "";
    const entries: [unknown, unknown][] =
      value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value).map(([key, item]) => [keyOf(key, keyType), item]); // prettier-ignore
    return entries.sort(([a], [b]) => compare(a as string, b as string)).map(([key, item]) => ({ key, value: item }));
  }

  #end({ value, unknown, field, parent }: Frame): void {
    this.#open.delete(value);
    for (const bytes of unknown) this.#writer.raw(bytes);
    this.#frame = parent;
    if (field === undefined) return;
    if (field.isGroup) this.#writer.tag(field.number, END_GROUP);
    else this.#writer.close();
  }

  #wrong(value: unknown, expected: string): Error {
    return this.#unsupported(`is ${shown(value)}, where the schema wants ${expected}`);
  }

  #unsupported(what: string): Error {
    const keys: (string | number)[] = [];
    for (let frame = this.#frame; frame !== undefined; frame = frame.parent) {
      const { keys: part = [] } = frame.parts[frame.index - 1] ?? {};
      keys.push(...part.toReversed());
    }
    const place = placeOf(keys.reverse());
    return new SealtraceError("SEALTRACE_VALUE_UNSUPPORTED", `The value${place === "" ? "" : ` at ${place}`} ${what}.`);
  }
}

function shown(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `${typeof value} ${inspect(value).slice(0, 50)}`;
}

/** Anywhere else null means that the field isn't set, as in Protobuf's JSON. */
function takesNull({ scalar, isList, isMap, message }: FieldPlan): boolean {
  return scalar === undefined && !isList && !isMap && message().typeName === "google.protobuf.Value";
}

function isDefault({ scalar, enumeration }: FieldPlan, value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  const written = typeof value === "string" && enumeration !== undefined ? enumeration.numberOf.get(value) : value;
  const absent = scalar?.absent();
  return Object.is(written, absent) || (typeof absent === "bigint" && written === 0);
}

/** Objects have texts as keys, whatever a map has. */
function keyOf(key: string, type: string): unknown {
  if (type === "string") return key;
  if (type === "bool") return key === "true" || (key === "false" ? false : key);
  return /^-?\d+$/.test(key) ? (type.endsWith("64") ? BigInt(key) : Number(key)) : key;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
