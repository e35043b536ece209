import { SealtraceError } from "../../record/index.ts";
import { truncated } from "../binary/failures.ts";
import { DEFAULT_MAX_DEPTH, limitExceeded, ReadingBudget, type ReadingLimits } from "../limits.ts";
import { setProperty, type PlainObject } from "../values/plain-data.ts";
import type { FieldPlan, MessagePlan } from "./message-plan.ts";
import { UNKNOWN_FIELDS } from "./unknown-fields.ts";
import { setDefault, WELL_KNOWN } from "./well-known.ts";
import { WireReader } from "./wire-reader.ts";
import { END_GROUP, FIXED32, FIXED64, GROUP, LENGTH, VARINT } from "./wire-writer.ts";

export interface MessageReading extends ReadingLimits {
  readonly keepUnknown?: boolean | undefined;
  readonly defaults?: boolean | undefined;
}

/** A message as plain data. As in every reader of Protobuf, of a field that comes twice the last one counts, and messages are merged. */
export function readMessage(bytes: Uint8Array, plan: MessagePlan, options: MessageReading): unknown {
  return new MessageReader("Protobuf", bytes, options).read(plan, options);
}

interface Frame {
  readonly plan: MessagePlan;
  readonly target: PlainObject;
  readonly start: number;
  /** In bytes; of a group, that of what it is in. */
  readonly end: number;
  /** The number that ends it, if it is a group. */
  readonly group: number;
  readonly parent: Frame | undefined;
  /** Of the parent, where it goes. */
  readonly field: FieldPlan | undefined;
}

class MessageReader extends WireReader {
  #budget = new ReadingBudget();
  #depth = 0;
  #maxDepth = DEFAULT_MAX_DEPTH;
  #keepUnknown = false;
  #defaults = false;
  /** Messages that lack what is required. A later piece of the same message may bring it. */
  readonly #incomplete = new Map<unknown, Frame>();

  read(plan: MessagePlan, options: MessageReading): unknown {
    const { maxDepth = DEFAULT_MAX_DEPTH, keepUnknown = false, defaults = false } = options;
    this.#budget = new ReadingBudget(options);
    this.#maxDepth = maxDepth;
    this.#keepUnknown = keepUnknown;
    this.#defaults = defaults;
    let frame: Frame = { plan, target: {}, start: 0, end: this.end, group: 0, parent: undefined, field: undefined };
    for (;;) {
      if (this.at >= frame.end) {
        if (this.at > frame.end) throw this.invalid("a field goes on after the end of its message", frame.end);
        if (frame.group !== 0 && this.at === this.end) throw truncated(this.format, this.end);
        if (frame.group !== 0) throw this.invalid("a group doesn't end", frame.start);
        const value = this.#finish(frame);
        if (frame.parent === undefined || frame.field === undefined) return this.#complete(value);
        this.#deliver(frame.parent, frame.field, value);
        frame = frame.parent;
      } else frame = this.#field(frame);
    }
  }

  /** The frame that goes on. */
  #field(frame: Frame): Frame {
    const start = this.at;
    const tag = this.tag();
    const wireType = tag & 7;
    const number = tag >>> 3;
    if (wireType === END_GROUP) return this.#endGroup(frame, number, start);
    this.#budget.spend(1);
    const field = frame.plan.byNumber.get(number);
    if (field !== undefined) {
      const next = this.#knownField(frame, field, wireType);
      if (next !== undefined) return next;
    }
    this.#unknownField(frame, tag, start);
    return frame;
  }

  #endGroup(frame: Frame, number: number, start: number): Frame {
    if (number !== frame.group || frame.parent === undefined || frame.field === undefined) {
      throw this.invalid("a group ends that didn't begin", start);
    }
    this.#deliver(frame.parent, frame.field, this.#finish(frame));
    return frame.parent;
  }

  /** Undefined for a field of another wire type than its own, which counts as unknown. */
  #knownField(frame: Frame, field: FieldPlan, wireType: number): Frame | undefined {
    const { scalar } = field;
    if (scalar === undefined) {
      if (wireType === (field.isGroup ? GROUP : LENGTH)) return this.#begin(frame, field);
    } else if (wireType === scalar.wireType) {
      this.#deliver(frame, field, this.#scalar(field));
      return frame;
    } else if (wireType === LENGTH && field.isList) {
      const end = this.length() + this.at;
      while (this.at < end) {
        this.#budget.spend(1);
        this.#deliver(frame, field, this.#scalar(field));
      }
      if (this.at !== end) throw this.invalid("a packed field ends within a number", end);
      return frame;
    }
    return undefined;
  }

  #scalar({ scalar, enumeration }: FieldPlan): unknown {
    const value = scalar?.read(this);
    return enumeration?.nameOf.get(value as number) ?? value;
  }

  #begin(parent: Frame, field: FieldPlan): Frame {
    const start = this.at;
    const end = field.isGroup ? parent.end : this.length() + this.at;
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) throw limitExceeded("maxDepth", this.#maxDepth, `at byte ${start}`);
    const plan = field.message();
    const before = field.isList || field.isMap ? undefined : own(parent.target, field.name);
    const wellKnown = before === undefined ? undefined : WELL_KNOWN.get(plan.typeName);
    const target = wellKnown === undefined ? before : wellKnown.toMessage(before);
    const group = field.isGroup ? field.number : 0;
    return { plan, target: (target as PlainObject | undefined) ?? {}, start, end, group, parent, field };
  }

  #finish(frame: Frame): unknown {
    const { plan, target, start, field } = frame;
    this.#depth -= 1;
    if (field?.isMap === true) return target;
    if (missingField(frame) !== undefined) this.#incomplete.set(target, frame);
    else if (this.#incomplete.size > 0) this.#incomplete.delete(target);
    const wellKnown = WELL_KNOWN.get(plan.typeName);
    if (wellKnown === undefined) {
      if (this.#defaults) this.#setDefaults(plan, target);
      return target;
    }
    try {
      return wellKnown.fromMessage(target);
    } catch (cause) {
      throw this.invalid((cause as Error).message, start, cause);
    }
  }

  /** The value, if nothing in it lacks what is required: what was replaced by a later field doesn't count. */
  #complete(value: unknown): unknown {
    const pending = this.#incomplete.size > 0 ? [value] : [];
    while (pending.length > 0) {
      const next = pending.pop();
      const frame = this.#incomplete.get(next);
      if (frame !== undefined) {
        const { plan, start } = frame;
        const name = missingField(frame)?.name ?? "";
        throw this.invalid(`the required field ${name} of a ${plan.typeName} is missing`, start);
      }
      if (typeof next !== "object" || next === null || next instanceof Uint8Array) continue;
      for (const part of next instanceof Map ? next.values() : Object.values(next)) pending.push(part);
    }
    return value;
  }

  #setDefaults(plan: MessagePlan, target: PlainObject): void {
    for (const field of plan.fields) {
      if (field.isList) setDefault(target, field.name, []);
      else if (field.isMap) setDefault(target, field.name, emptyMap(field));
      else if (field.isImplicit) setDefault(target, field.name, absentValue(field));
    }
  }

  #deliver({ plan, target }: Frame, field: FieldPlan, value: unknown): void {
    if (field.isMap) this.#addEntry(target, field, value as PlainObject);
    else if (field.isList) {
      const list = own(target, field.name);
      if (list === undefined) setProperty(target, field.name, [value]);
      else (list as unknown[]).push(value);
    } else {
      // Only the member of a oneof that came last is set.
      if (field.oneof !== undefined)
        for (const { oneof, name } of plan.fields) if (oneof === field.oneof) delete target[name];
      setProperty(target, field.name, value);
    }
  }

  #addEntry(target: PlainObject, field: FieldPlan, entry: PlainObject): void {
    const [key, value] = field.message().fields as readonly [FieldPlan, FieldPlan];
    const entryKey = own(entry, "key") ?? absentValue(key);
    const entryValue = own(entry, "value") ?? this.#absentValue(value);
    let map = own(target, field.name);
    if (map === undefined) {
      map = emptyMap(field);
      setProperty(target, field.name, map);
    }
    if (map instanceof Map) map.set(entryKey, entryValue);
    else setProperty(map as PlainObject, entryKey as string, entryValue);
  }

  /** Of the value of an entry. */
  #absentValue(field: FieldPlan): unknown {
    const value = absentValue(field);
    const isMessage = field.scalar === undefined && !WELL_KNOWN.has(field.message().typeName);
    if (isMessage && this.#defaults) this.#setDefaults(field.message(), value as PlainObject);
    return value;
  }

  #unknownField({ plan, target }: Frame, tag: number, start: number): void {
    if (!this.#keepUnknown) throw refusedField(tag, plan, start);
    this.#skip(tag, start);
    const bytes = this.bytes.subarray(start, this.at);
    const before = own(target, UNKNOWN_FIELDS) as Uint8Array[] | undefined;
    if (before !== undefined) before.push(new Uint8Array(bytes));
    else Object.defineProperty(target, UNKNOWN_FIELDS, { value: [new Uint8Array(bytes)] });
  }

  /** Groups nest, and so are counted. */
  #skip(tag: number, start: number): void {
    const groups: number[] = [];
    for (;;) {
      switch (tag & 7) {
        case VARINT:
          this.varint();
          break;
        case FIXED64:
          this.take(8);
          break;
        case LENGTH:
          this.take(this.length());
          break;
        case GROUP:
          groups.push(tag >>> 3);
          if (this.#depth + groups.length > this.#maxDepth) throw limitExceeded("maxDepth", this.#maxDepth, `at byte ${start}`); // prettier-ignore
          break;
        case END_GROUP:
          if (groups.pop() !== tag >>> 3) throw this.invalid("a group ends that didn't begin");
          break;
        case FIXED32:
          this.take(4);
          break;
        default:
          throw this.invalid("a field has a wire type that none can have", start);
      }
      if (groups.length === 0) return;
      this.#budget.spend(1);
      tag = this.tag();
    }
  }
}

function missingField({ plan, target }: Frame): FieldPlan | undefined {
  for (const field of plan.fields) if (field.isRequired && !Object.hasOwn(target, field.name)) return field;
  return undefined;
}

function refusedField(tag: number, { typeName, byNumber }: MessagePlan, start: number): SealtraceError {
  const what = byNumber.has(tag >>> 3) ? "has another wire type than in the schema" : "isn't in the schema";
  return new SealtraceError(
    "SEALTRACE_TYPE_REFUSED",
    `At byte ${start}, the field ${tag >>> 3} of ${typeName} ${what}: take the schema of the writer, or give \`keepUnknown: true\` to keep what is unknown.`,
  );
}

function own(target: PlainObject, name: string | symbol): unknown {
  return Object.hasOwn(target, name) ? target[name as string] : undefined;
}

function emptyMap(field: FieldPlan): PlainObject | Map<unknown, unknown> {
  return field.message().fields[0]?.scalar?.name === "string" ? {} : new Map();
}

function absentValue({ scalar, enumeration, message }: FieldPlan): unknown {
  if (scalar === undefined) {
    const wellKnown = WELL_KNOWN.get(message().typeName);
    return wellKnown === undefined ? {} : wellKnown.fromMessage({});
  }
  // That of an enumeration is its first value, which in proto2 may be another than 0.
  const [first] = enumeration?.numberOf.keys() ?? [];
  return first ?? scalar.absent();
}
