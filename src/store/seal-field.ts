/** The last field of every record: `,"seal":"<index>.<previous>.<salt>"}`. See `docs/format.md`, "Record". */
export const PREVIOUS_BYTES = 8;
export const SALT_BYTES = 16;

export interface SealField {
  readonly index: number;
  /** base64url of the first 8 bytes of the previous record's leaf hash. */
  readonly previous: string;
}

/** Stands for the leaf before the first. */
export const NO_PREVIOUS: string = Buffer.alloc(PREVIOUS_BYTES).toString("base64url");

const FIELD = /,"seal":"(0|[1-9]\d{0,14})\.([\w-]{11})\.[\w-]{22}"\}$/;
const FIELD_BYTES = 80;

export function formatSealField(index: number, previous: string, salt: string): string {
  return `,"seal":"${index}.${previous}.${salt}"}`;
}

/** What a later record says of the record with this leaf hash. */
export function previousOf(leaf: Buffer): string {
  return leaf.toString("base64url", 0, PREVIOUS_BYTES);
}

/** The seal at the end of a line; undefined when it has none. */
export function parseSealField(line: Buffer): SealField | undefined {
  const end = line.toString("latin1", Math.max(0, line.length - FIELD_BYTES));
  const parts = FIELD.exec(end);
  return parts === null ? undefined : { index: Number(parts[1]), previous: parts[2] as string };
}
