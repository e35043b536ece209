import { join } from "node:path";

/** The version of everything in a stream directory. Larger versions are refused, smaller ones stay readable. */
export const FORMAT_VERSION = 1;

const INDEX_DIGITS = 12;

/** Every path of a stream. Nobody else puts names together. */
export const layout = {
  segment: (stream: string, firstIndex: number): string => join(stream, `${padded(firstIndex)}.ndjson`),
  range: (stream: string, firstIndex: number): string => join(stream, `${padded(firstIndex)}.range`),
  checkpoint: (stream: string): string => join(stream, "checkpoint"),
  checkpoints: (stream: string): string => join(stream, "checkpoints"),
  verifierKey: (stream: string): string => join(stream, "origin.vkey"),
  format: (stream: string): string => join(stream, "format"),
  closed: (stream: string): string => join(stream, "closed"),
  lock: (stream: string): string => join(stream, "lock"),
  tornDirectory: (stream: string): string => join(stream, "torn"),
  torn: (stream: string, what: string, counter: number): string => join(stream, layout.tornName(what, counter)),
  /** Relative to the stream, as records name it. */
  tornName: (what: string, counter: number): string => `torn/${what}.${counter}`,
  traceDirectory: (stream: string): string => join(stream, "trace"),
  trace: (stream: string, name: string): string => join(stream, "trace", name),
  traceName: (firstIndex: number): string => `${padded(firstIndex)}.strace`,
  signingKey: (keysDirectory: string): string => join(keysDirectory, "signing.pem"),
  installation: (keysDirectory: string): string => join(keysDirectory, "installation"),
} as const;

export const FORMAT_LINE: string = `sealtrace stream ${FORMAT_VERSION}\n`;

/** The version in a `format` file; undefined when it is none of ours. */
export function parseFormat(text: string): number | undefined {
  const digits = /^sealtrace stream ([1-9]\d{0,8})\n$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function padded(index: number): string {
  return String(index).padStart(INDEX_DIGITS, "0");
}

/** The index in the name of a segment; undefined for other names. */
export function segmentIndex(name: string): number | undefined {
  return indexIn(name, /^(\d{12,15})\.ndjson$/);
}

/** The index in the name of a trace file; undefined for other names. */
export function traceIndex(name: string): number | undefined {
  return indexIn(name, /^(\d{12,15})\.strace$/);
}

function indexIn(name: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Names that a stream may have. */
export function isStreamName(name: string): boolean {
  return /^[a-z0-9_-][a-z0-9._-]{0,127}$/.test(name);
}

/** A service's name as it begins its streams' names. */
export function streamPrefix(service: string): string {
  const plain = service
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 64);
  return plain === "" ? "program" : plain;
}
