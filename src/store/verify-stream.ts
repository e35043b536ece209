/** Is every record of a stream as it was sealed? Streams the files, and believes nothing but the signatures of one key. */
import { basename } from "node:path";
import { fileSize, isLocked, pathExists, readFileText } from "../file-utils/essentials/index.ts";
import { MAX_LINE_BYTES, SealtraceError } from "../record/index.ts";
import {
  CompactRange,
  decodeVerifierKey,
  encodeVerifierKey,
  leafHash,
  NoteError,
  type Checkpoint,
  type VerifierKey,
} from "../seal/index.ts";
import { openCheckpoint, readCheckpointEntries, readNewestNote } from "./checkpoint-file.ts";
import { readClosedNote, type ClosedNote } from "./closed-note.ts";
import { checkFormat } from "./format-file.ts";
import { readInstallation } from "./keys.ts";
import { layout } from "./layout.ts";
import { requireStream } from "./list-streams.ts";
import { ProblemList, type Problem } from "./problems.ts";
import { RecordSequence } from "./record-sequence.ts";
import { parseSealField } from "./seal-field.ts";
import { listSegments, readSegmentLines, type SegmentLine } from "./segments.ts";
import { ControlVerifier, type LateRange, type TraceTotals } from "./verify-control.ts";

export interface VerifyOptions {
  /** Where this installation's key lies: streams that it has signed are held against it. */
  readonly keysDirectory?: string;
  /** A verifier key (C2SP signed-note vkey) that the caller trusts; overrides everything else. */
  readonly verifierKey?: string;
}

export interface StreamVerification {
  /** Name of the stream's directory. */
  readonly stream: string;
  /** What its checkpoints call it: `<installation>/<stream>`. */
  readonly origin: string;
  readonly ok: boolean;
  /** Records found. */
  readonly records: number;
  /** Records under the newest checkpoint whose signature is right. */
  readonly signedSize: number;
  /** Root hash of that checkpoint, base64. */
  readonly root: string;
  /** Checkpoints whose signatures are right. */
  readonly checkpoints: number;
  /** `pinned`: the key was known before. `self-attested`: it lies beside the log, so whoever could change the log could change it too. */
  readonly trust: "pinned" | "self-attested";
  /** A writer holds the stream; records at its end may not be under a checkpoint yet. */
  readonly active: boolean;
  /** Records beyond the newest checkpoint. */
  readonly unsealed: number;
  /** Half-open ranges of records that were sealed by the next writer, after theirs had died. */
  readonly late: readonly LateRange[];
  /** Bytes that recoveries have set aside, all in all. */
  readonly tornBytes: number;
  /** Set when the stream was closed because signed records were lost. */
  readonly closed?: ClosedNote;
  readonly trace: TraceTotals;
  /** At most 100; `moreProblems` counts the others. */
  readonly problems: readonly Problem[];
  readonly moreProblems: number;
}

/**
 * Verifies a stream. What is wrong with its content is in the answer; SealtraceErrors are thrown for what is no stream, what a newer
 * version wrote, and what can't be read.
 */
export function verifyStream(directory: string, options: VerifyOptions = {}): StreamVerification {
  return new Verification(requireStream(directory), options).run();
}

const MAX_KEY_BYTES = 4096;

/** A signed root that the records did not lead to. */
interface Mismatch {
  readonly after: number;
  readonly size: number;
  readonly note: number;
}

class Verification {
  readonly #stream: string;
  readonly #options: VerifyOptions;
  readonly #problems = new ProblemList();
  readonly #sequence: RecordSequence;
  readonly #control: ControlVerifier;
  /** Undefined once it can't lead to any signed root any more. */
  #tree: CompactRange | undefined = CompactRange.empty();
  #mismatch: Mismatch | undefined;
  #matched = 0;
  #records = 0;
  #checkpoints = 0;
  #newest: Checkpoint | undefined;
  #lastNote: string | undefined;

  constructor(stream: string, options: VerifyOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#sequence = new RecordSequence(this.#problems);
    this.#control = new ControlVerifier(stream, this.#problems);
  }

  run(): StreamVerification {
    const stream = this.#stream;
    const activeBefore = isLocked(layout.lock(stream));
    const format = checkFormat(stream);
    if (format !== "ours")
      this.#problems.add(`format-${format}`, "format", `the file that says the format's version is ${format}`);
    // Checkpoints before records: a writer that is at work may add to both meanwhile, in the other order.
    const newestNote = readNewestNote(stream);
    const checkpointsEnd = fileSize(layout.checkpoints(stream)) ?? 0;
    const { key, trust } = this.#findKey();
    this.#readRecords(key === undefined ? [].values() : this.#readCheckpoints(key, checkpointsEnd));
    const active = activeBefore || isLocked(layout.lock(stream));
    if (key !== undefined) this.#compareNewest(newestNote, key, active);
    const closed = key === undefined ? undefined : this.#readClosed(key);
    this.#judgeEnd(active, closed !== undefined);
    this.#control.end(active);
    const { size: signedSize, root } = this.#newest ?? { size: 0, root: CompactRange.empty().root() };
    return {
      stream: basename(stream),
      origin: key?.name ?? "",
      ok: this.#problems.isEmpty,
      records: this.#records,
      signedSize,
      root: root.toString("base64"),
      checkpoints: this.#checkpoints,
      trust,
      active,
      unsealed: Math.max(0, this.#records - signedSize),
      late: this.#control.late,
      tornBytes: this.#control.tornBytes,
      ...(closed === undefined ? {} : { closed }),
      trace: this.#control.trace,
      problems: this.#problems.items,
      moreProblems: this.#problems.more,
    };
  }

  #findKey(): { key: VerifierKey | undefined; trust: "pinned" | "self-attested" } {
    const { verifierKey, keysDirectory } = this.#options;
    const beside = this.#readKeyBeside();
    if (verifierKey !== undefined) return { key: decodeGivenKey(verifierKey), trust: "pinned" };
    const installation = keysDirectory === undefined ? undefined : readInstallation(keysDirectory);
    const origin = beside?.name ?? this.#claimedOrigin();
    if (installation === undefined || !origin.startsWith(`${installation.name}/`))
      return { key: beside, trust: "self-attested" };
    const key = decodeVerifierKey(encodeVerifierKey(origin, installation.publicKey));
    if (beside !== undefined && !beside.keyHash.equals(key.keyHash)) {
      this.#problems.add(
        "key-differs",
        "origin.vkey",
        `the key beside the log is not the key of this installation, ${installation.name}`,
      );
    }
    return { key, trust: "pinned" };
  }

  #readKeyBeside(): VerifierKey | undefined {
    const path = layout.verifierKey(this.#stream);
    if (!pathExists(path)) {
      this.#problems.add("key-missing", "origin.vkey", "the verifier key that belongs beside the log is missing");
      return undefined;
    }
    try {
      return decodeVerifierKey(readFileText(path, MAX_KEY_BYTES).replace(/\n$/, ""));
    } catch (error) {
      this.#problems.add("key-malformed", "origin.vkey", reason(error));
      return undefined;
    }
  }

  /** What the first checkpoint says whose it is. */
  #claimedOrigin(): string {
    for (const { note } of readCheckpointEntries(this.#stream)) return note.split("\n", 1)[0] ?? "";
    return "";
  }

  /** The checkpoints that this key has signed, in order of size. */
  *#readCheckpoints(key: VerifierKey, end: number): Generator<Checkpoint & { number: number }> {
    for (const { note, number, complete } of readCheckpointEntries(this.#stream, end)) {
      const problem = (code: "checkpoint-malformed" | "checkpoint-order", message: string): void => {
        this.#problems.add(code, "checkpoints", `checkpoint ${number + 1}: ${message}`);
      };
      if (!complete) {
        problem("checkpoint-malformed", "the file ends in the middle of it");
        continue;
      }
      const checkpoint = this.#open(note, key, "checkpoints", number);
      if (checkpoint === undefined) continue;
      const { size, root } = this.#newest ?? { size: 0, root: undefined };
      if (checkpoint.size < size) {
        problem("checkpoint-order", `it covers ${checkpoint.size} records, the one before it ${size}`);
        continue;
      }
      if (checkpoint.size === size && root !== undefined && !checkpoint.root.equals(root)) {
        problem("checkpoint-order", `it has another root than the one before it, for the same ${size} records`);
        continue;
      }
      this.#newest = checkpoint;
      this.#lastNote = note;
      this.#checkpoints += 1;
      yield { ...checkpoint, number };
    }
  }

  #open(note: string, key: VerifierKey, file: string, number?: number): Checkpoint | undefined {
    try {
      return openCheckpoint(note, key);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      const which = number === undefined ? "the newest checkpoint" : `checkpoint ${number + 1}`;
      const size = /^[^\n]*\n(\d{1,15})\n/.exec(note)?.[1];
      const record = size === undefined ? undefined : Math.max(0, Number(size) - 1);
      const code = error.message.includes("sign") ? "checkpoint-signature" : "checkpoint-malformed";
      this.#problems.add(code, file, `${which}: ${error.message}`, record);
      return undefined;
    }
  }

  #readRecords(checkpoints: Iterator<Checkpoint & { number: number }>): void {
    let next = checkpoints.next();
    const compare = (size: number): void => {
      for (; next.done !== true && next.value.size <= size; next = checkpoints.next()) this.#compareRoot(next.value);
    };
    compare(0);
    let size = 0;
    for (const line of readSegmentLines(this.#stream, listSegments(this.#stream))) {
      if (!this.#readLine(line, size)) continue;
      size += 1;
      compare(size);
    }
    // Those over records that are not there: their signatures still count.
    for (; next.done !== true; next = checkpoints.next());
    this.#records = this.#sequence.end();
    if (this.#mismatch !== undefined && this.#sequence.firstBad >= this.#mismatch.size)
      this.#reportMismatch(this.#mismatch);
  }

  /** False for a line that is no record. */
  #readLine(line: SegmentLine, size: number): boolean {
    const { bytes, file, length, terminated } = line;
    if (line.offset === 0 && line.segment !== size && this.#sequence.firstBad === Infinity)
      this.#checkSegmentName(line, size);
    if (!terminated) {
      if (!isLocked(layout.lock(this.#stream))) {
        this.#problems.add(
          "torn-line",
          file,
          `the last ${length} bytes are no whole line: the write was cut off. The next writer sets them aside`,
          size,
        );
      }
      return false;
    }
    if (length > MAX_LINE_BYTES) {
      this.#problems.add(
        "line-too-long",
        file,
        `a line of ${length} bytes; no record has more than ${MAX_LINE_BYTES}`,
        size,
      );
    }
    const leaf = leafHash(bytes);
    this.#tree?.append(leaf);
    this.#sequence.add({ seal: parseSealField(bytes), leaf, file });
    this.#control.read(bytes, size);
    return true;
  }

  /** Only when the lines themselves say otherwise: records missing before a segment are found by their own indexes. */
  #checkSegmentName({ bytes, file, segment }: SegmentLine, size: number): void {
    if (parseSealField(bytes)?.index === segment) return;
    this.#problems.add(
      "segment-name",
      file,
      `the name says that it begins with record ${segment}, but record ${size} follows here`,
      size,
    );
  }

  #compareRoot({ size, root, number }: Checkpoint & { number: number }): void {
    if (this.#tree?.size !== size) return;
    if (this.#tree.root().equals(root)) {
      this.#matched = size;
      return;
    }
    this.#mismatch = { after: this.#matched, size, note: number };
    this.#tree = undefined;
  }

  #reportMismatch({ after, size, note }: Mismatch): void {
    const last = size - 1;
    const isEnd = this.#records === size;
    const where = isEnd ? `record ${last} was changed` : `records ${after} to ${last} are not what was signed`;
    const more = isEnd
      ? ", or earlier ones and all links after them were rewritten"
      : ": their links were rewritten to fit";
    this.#problems.add(
      "root-mismatch",
      "checkpoints",
      `${where}${more} (checkpoint ${note + 1})`,
      isEnd ? last : after,
      last,
    );
  }

  #compareNewest(newestNote: string | undefined, key: VerifierKey, active: boolean): void {
    if (newestNote === undefined || this.#lastNote === undefined) {
      const file = newestNote === undefined ? "checkpoint" : "checkpoints";
      this.#problems.add(
        "checkpoint-missing",
        file,
        `there is no ${newestNote === undefined ? "newest checkpoint" : "checkpoint that this key has signed"}`,
      );
      return;
    }
    if (newestNote === this.#lastNote) return;
    const newest = this.#open(newestNote, key, "checkpoint");
    if (newest === undefined) return;
    const behind = newest.size < (this.#newest?.size ?? 0);
    // A writer at work replaces it after it has added to `checkpoints`.
    if (active && behind) return;
    this.#problems.add(
      "checkpoint-differs",
      "checkpoint",
      `it is not the last one of checkpoints: it covers ${newest.size} records, that one ${this.#newest?.size ?? 0}`,
    );
  }

  #readClosed(key: VerifierKey): ClosedNote | undefined {
    try {
      return readClosedNote(this.#stream, key);
    } catch (error) {
      this.#problems.add("closed-note", "closed", reason(error));
      return undefined;
    }
  }

  #judgeEnd(active: boolean, closed: boolean): void {
    const signed = this.#newest?.size ?? 0;
    const found = this.#records;
    const file = basename(layout.segment(this.#stream, listSegments(this.#stream).at(-1) ?? 0));
    if (found < signed) {
      const missing = found === signed - 1 ? `record ${found} is` : `records ${found} to ${signed - 1} are`;
      this.#problems.add(
        "records-missing",
        file,
        `${missing} missing at the end: ${signed} were signed`,
        found,
        signed - 1,
      );
    } else if (found > signed && !active && !closed) {
      this.#problems.add(
        "records-unsealed",
        file,
        `${found - signed === 1 ? "the record at the end is" : `${found - signed} records at the end are`} under no checkpoint. If the writer died, the next one seals what it left`,
        signed,
        found - 1,
      );
    }
  }
}

function decodeGivenKey(text: string): VerifierKey {
  try {
    return decodeVerifierKey(text.trim());
  } catch (cause) {
    throw new SealtraceError("SEALTRACE_KEY_INVALID", `The verifier key can't be used: ${reason(cause)}.`, { cause });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
