/** The records that the writer writes about itself. See `docs/format.md`, "Control records". */
export const CONTROL_LOGGER = "sealtrace";

export type ControlAction = "stream-start" | "writer-start" | "recovery" | "trace-chunk" | "records-dropped";

const MESSAGES: Readonly<Record<ControlAction, string>> = {
  "stream-start": "stream begins",
  "writer-start": "writer took over",
  recovery: "recovered what the writer before left",
  "trace-chunk": "calls stored",
  "records-dropped": "records could not be written",
};

export type ControlFields = Readonly<Record<string, string | number>>;

/** The line of a control record, without seal and newline. */
export function formatControlRecord(service: string, action: ControlAction, fields: ControlFields): string {
  return JSON.stringify({
    "@timestamp": new Date().toISOString(),
    "log.level": action === "records-dropped" ? "ERROR" : "INFO",
    message: MESSAGES[action],
    "log.logger": CONTROL_LOGGER,
    "service.name": service,
    "process.pid": process.pid,
    "event.action": action,
    ...fields,
  });
}

const ACTION_KEY = Buffer.from('"event.action":"');

/** The action and fields of a control record; undefined for every other line. */
export function parseControlRecord(
  line: Buffer,
): { readonly action: string; readonly fields: Readonly<Record<string, unknown>> } | undefined {
  if (!line.includes(ACTION_KEY)) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const record = fields as Record<string, unknown>;
  const action = record["event.action"];
  if (record["log.logger"] !== CONTROL_LOGGER || typeof action !== "string") return undefined;
  return { action, fields: record };
}

/** Which bytes of which trace file a `trace-chunk` record covers. */
export interface ChunkReference {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly events: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export function chunkFields(reference: ChunkReference): ControlFields {
  return Object.fromEntries(
    Object.entries(reference).map(([name, value]) => [`sealtrace.trace.${name}`, value as string | number]),
  );
}

/** What the fields of a `trace-chunk` record say; undefined when they say nothing sensible. */
export function readChunkReference(fields: Readonly<Record<string, unknown>>): ChunkReference | undefined {
  const field = (name: string): unknown => fields[`sealtrace.trace.${name}`];
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const [file, offset, bytes, events, sha256] = [
    field("file"),
    field("offset"),
    field("bytes"),
    field("events"),
    field("sha256"),
  ];
  if (typeof file !== "string" || typeof sha256 !== "string") return undefined;
  if (!isCount(offset) || !isCount(bytes) || !isCount(events)) return undefined;
  return { file, offset, bytes, events, sha256 };
}
