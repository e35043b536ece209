/** What reading and writing need to know of a type of message, as the library has worked it out from descriptors, with all rules of syntax and editions applied. */
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import { SCALARS, type Scalar } from "./scalars.ts";

export interface MessagePlan {
  readonly typeName: string;
  /** By number. */
  readonly fields: readonly FieldPlan[];
  readonly byNumber: ReadonlyMap<number, FieldPlan>;
  /** By both of its names: that of JSON, and that of the schema. */
  readonly byName: ReadonlyMap<string, FieldPlan>;
}

export interface FieldPlan {
  readonly number: number;
  /** As in JSON: lowerCamelCase unless the schema says otherwise. */
  readonly name: string;
  readonly isList: boolean;
  /** Entries are messages of key and value. */
  readonly isMap: boolean;
  readonly isPacked: boolean;
  readonly isGroup: boolean;
  readonly isRequired: boolean;
  /** Whether its default stands for its absence. */
  readonly isImplicit: boolean;
  readonly oneof: string | undefined;
  /** Of numbers (enumerations too), texts and bytes; undefined for messages. */
  readonly scalar: Scalar | undefined;
  readonly enumeration: Enumeration | undefined;
  /** Types may contain themselves, so they are worked out when they are met. */
  readonly message: () => MessagePlan;
}

export interface Enumeration {
  readonly nameOf: ReadonlyMap<number, string>;
  readonly numberOf: ReadonlyMap<string, number>;
}

/** `known` holds those that are being worked out. */
export function planOf(
  message: DescMessage,
  known: Map<string, MessagePlan> = new Map<string, MessagePlan>(),
): MessagePlan {
  const before = known.get(message.typeName);
  if (before !== undefined) return before;
  const fields = message.fields.map((field) => fieldPlan(field, known)).sort((a, b) => a.number - b.number);
  const plan = planOfFields(
    message.typeName,
    fields,
    new Map(message.fields.map(({ name, number }) => [name, number])),
  );
  known.set(message.typeName, plan);
  return plan;
}

function planOfFields(
  typeName: string,
  fields: readonly FieldPlan[],
  numbers: ReadonlyMap<string, number>,
): MessagePlan {
  const byNumber = new Map(fields.map((field) => [field.number, field]));
  const byName = new Map<string, FieldPlan>();
  for (const [name, number] of numbers) byName.set(name, byNumber.get(number) as FieldPlan);
  for (const field of fields) byName.set(field.name, field);
  return { typeName, fields, byNumber, byName };
}

const REQUIRED = 3;
const IMPLICIT = 2;

function fieldPlan(field: DescField, known: Map<string, MessagePlan>): FieldPlan {
  const { fieldKind } = field;
  const isMap = fieldKind === "map";
  return {
    number: field.number,
    name: field.jsonName,
    isList: fieldKind === "list",
    isMap,
    isPacked: fieldKind === "list" && field.packed,
    isGroup: "delimitedEncoding" in field && field.delimitedEncoding,
    isRequired: (field.presence as number) === REQUIRED,
    isImplicit: (field.presence as number) === IMPLICIT && fieldKind !== "list" && !isMap,
    oneof: field.oneof?.name,
    scalar: isMap ? undefined : scalarOf(field),
    enumeration: isMap || field.enum === undefined ? undefined : enumerationOf(field.enum),
    message: memoized(() =>
      fieldKind === "map" ? entryPlan(field, known) : planOf(field.message as DescMessage, known),
    ),
  };
}

function scalarOf({ scalar, enum: enumeration }: Pick<DescField, "scalar" | "enum">): Scalar | undefined {
  if (enumeration !== undefined) return SCALARS.enum;
  return scalar === undefined ? undefined : SCALARS[scalar];
}

function enumerationOf({ values }: DescEnum): Enumeration {
  return {
    // Of aliases the first is the name.
    nameOf: new Map(values.map(({ name, number }) => [number, name] as const).reverse()),
    numberOf: new Map(values.map(({ name, number }) => [name, number])),
  };
}

function entryPlan(field: DescField & { fieldKind: "map" }, known: Map<string, MessagePlan>): MessagePlan {
  const plain = {
    isList: false,
    isMap: false,
    isPacked: false,
    isGroup: false,
    isRequired: false,
    isImplicit: false,
    oneof: undefined,
  };
  const key: FieldPlan = {
    ...plain,
    number: 1,
    name: "key",
    scalar: SCALARS[field.mapKey],
    enumeration: undefined,
    message: noMessage,
  };
  const value: FieldPlan = {
    ...plain,
    number: 2,
    name: "value",
    scalar: scalarOf(field),
    enumeration: field.enum && enumerationOf(field.enum),
    message: memoized(() => planOf(field.message as DescMessage, known)),
  };
  return planOfFields(`${field.parent.typeName}.${field.name}`, [key, value], new Map());
}

function noMessage(): never {
  throw new TypeError("A scalar has no fields.");
}

function memoized<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
