/** Files as streams, for what does not fit into memory: the same promises, a piece at a time. */
import { Readable, Writable } from "node:stream";
import { SealtraceError } from "../../record/index.ts";
import {
  abandonReplacement,
  beginReplacement,
  finishReplacement,
  writeFully,
  type Replacement,
  type ReplaceOptions,
} from "./atomic-write.ts";
import { fileSystemError } from "../system/errors.ts";
import type { Gate } from "../system/gate.ts";
import { linkTarget } from "../system/link-target.ts";
import { SNIFFED_BYTES } from "./media-type.ts";
import type { Progress } from "../system/options.ts";
import { placeOf, type Place } from "../system/place.ts";
import { publishNew } from "../trees/publish.ts";
import { checkMaxBytes, closeRead, openRegularFile, sameContent, unsettledFor } from "./regular-file.ts";
import { pause, runAsync, type Steps } from "../system/steps.ts";
import { exactStat, read } from "../system/calls.ts";

export interface ReadStreamOptions {
  /** Largest size, in bytes. Default: no limit: a stream needs no memory for it. */
  readonly maxBytes?: number | undefined;
  /** What becomes of a symbolic link in the file's place. Default: `follow`. */
  readonly symbolicLinks?: "follow" | "refuse" | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteStreamOptions {
  /** On the disk when the stream has finished. Default: true. */
  readonly durable?: boolean | undefined;
  /** Mode of the file, independent of the umask. Default: the mode of the file that is replaced; 0600 for a new one. */
  readonly mode?: number | undefined;
  /** Keep owner and group of the file that is replaced, and fail where that is not allowed. Default: true. */
  readonly keepOwner?: boolean | undefined;
  /** A symbolic link in the file's place: an error, written through, or itself replaced by the file. Default: `refuse`. */
  readonly symbolicLinks?: "refuse" | "follow" | "replace" | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A place that may be used until it is released. */
export interface Lease {
  readonly place: Place;
  readonly gate?: Gate | undefined;
  release(): Steps<void>;
}

/**
 * The bytes of a file. Ends with SEALTRACE_FILE_CHANGED, after all the bytes, when somebody has written to the file in the meantime, so that what was read may be
 * half of it; who replaces files never causes that.
 */
export function createReadStream(path: string, options: ReadStreamOptions = {}): Readable {
  return readStreamAt(() => leaseOf(placeOf(path)), options);
}

/**
 * Replaces a file by what is written to the stream, or makes it. Until it has finished the old content is there; when it is destroyed, or anything fails,
 * that stays. Once its `close` event has come, nothing of it is at work any more.
 */
export function createWriteStream(path: string, options: WriteStreamOptions = {}): Writable {
  return writeStreamAt(() => leaseOf(placeOf(path)), options);
}

function* leaseOf(place: Place): Steps<Lease> {
  return { place, release: nothing };
}

function* nothing(): Steps<void> {
  return undefined;
}

export function readStreamAt(lease: () => Steps<Lease>, options: ReadStreamOptions): Readable {
  const { signal } = options;
  return Readable.from(piecesOf(lease, options), { objectMode: false, ...(signal === undefined ? {} : { signal }) });
}

async function* piecesOf(lease: () => Steps<Lease>, options: ReadStreamOptions): AsyncGenerator<Buffer> {
  const { maxBytes = Infinity, symbolicLinks, onProgress } = options;
  checkMaxBytes(maxBytes);
  const { place, gate, release } = await runAsync(lease());
  let ended: unknown;
  try {
    const { descriptor, status } = await runAsync(openRegularFile(place, symbolicLinks !== "refuse"));
    try {
      const total = Number(status.size);
      gate?.file(status);
      if (total > maxBytes) throw tooLarge(place, maxBytes);
      const unsettled = unsettledFor(status);
      if (unsettled > 0) await runAsync(pause(unsettled));
      let done = 0;
      for (;;) {
        const piece = Buffer.allocUnsafe(PIECE_BYTES);
        const got = await runAsync(read(descriptor, piece, 0, PIECE_BYTES, done));
        if (done === 0) gate?.content(piece.subarray(0, got), total);
        if (got === 0) break;
        done += got;
        if (done > maxBytes) throw tooLarge(place, maxBytes);
        onProgress?.({ bytes: done, total: Math.max(done, total) });
        try {
          yield piece.subarray(0, got);
        } catch (error) {
          // What the stream is destroyed with comes in here.
          ended = error;
          throw error;
        }
      }
      if (!sameContent(status, await runAsync(exactStat(descriptor)))) throw changed(place);
    } finally {
      await runAsync(closeRead(descriptor));
    }
  } catch (error) {
    throw error === ended ? error : fileSystemError(error, place.path, "read");
  } finally {
    await runAsync(release());
  }
}

const PIECE_BYTES = 256 * 1024;

export function writeStreamAt(lease: () => Steps<Lease>, options: WriteStreamOptions): Writable {
  const replacing = new StreamedReplacement(lease, options);
  const { signal } = options;
  return new Writable({
    highWaterMark: PIECE_BYTES,
    construct: (done) => {
      settle(replacing.begin(), done);
    },
    write: (piece: Buffer, _encoding, done) => {
      settle(replacing.write(piece), done);
    },
    writev: (pieces, done) => {
      settle(replacing.write(Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer))), done);
    },
    final: (done) => {
      settle(replacing.finish(), done);
    },
    destroy: (error, done) => {
      settle(replacing.abandon(), (failure) => {
        done(error ?? failure ?? null);
      });
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(
    () => {
      done(null);
    },
    (error: unknown) => {
      done(error as Error);
    },
  );
}

class StreamedReplacement {
  readonly #lease: () => Steps<Lease>;
  readonly #options: ReplaceOptions & WriteStreamOptions;
  readonly #cancel = new AbortController();
  /** What goes on at the moment: a stream that is destroyed does not wait for it, and a descriptor that is written to must not be closed. */
  #work: Promise<void> = Promise.resolve();
  #leased: Lease | undefined;
  #replacement: Replacement | undefined;
  #bytes = 0;
  #head = Buffer.alloc(0);

  constructor(lease: () => Steps<Lease>, options: WriteStreamOptions) {
    this.#lease = lease;
    this.#options = {
      ...options,
      replaceLink: options.symbolicLinks === "replace",
      lastCheck: () => this.#checkWanted(),
    };
  }

  begin(): Promise<void> {
    return this.#run(this.#begin());
  }

  write(piece: Buffer): Promise<void> {
    return this.#run(this.#write(piece));
  }

  finish(): Promise<void> {
    return this.#run(this.#finish());
  }

  /** Also when it has finished: then nothing is left but the lease. */
  async abandon(): Promise<void> {
    this.#cancel.abort();
    await this.#work.catch(() => undefined);
    await runAsync(this.#abandon());
  }

  #run(steps: Steps<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    // Before the first step, which may already be the one that destroys the stream.
    this.#work = promise;
    runAsync(steps, this.#cancel.signal).then(() => {
      resolve(undefined);
    }, reject);
    return promise;
  }

  *#begin(): Steps<void> {
    this.#leased = yield* this.#lease();
    const { place } = this.#leased;
    const target = this.#options.symbolicLinks === "follow" ? yield* linkTarget(place) : place;
    this.#replacement = yield* beginReplacement(target, this.#options);
    this.#leased.gate?.growth(-(this.#replacement.before?.size ?? 0));
  }

  *#write(piece: Buffer): Steps<void> {
    const { place, descriptor } = this.#replacement as Replacement;
    this.#leased?.gate?.growth(piece.length);
    if (this.#head.length < SNIFFED_BYTES) {
      this.#head = Buffer.concat([this.#head, piece.subarray(0, SNIFFED_BYTES - this.#head.length)]);
    }
    this.#bytes += piece.length;
    // As soon as it can be told, and not when the disk is full.
    if (this.#head.length === SNIFFED_BYTES) this.#leased?.gate?.content(this.#head, this.#bytes);
    try {
      yield* writeFully(descriptor, piece);
    } catch (error) {
      throw fileSystemError(error, place.path, "write");
    }
    this.#options.onProgress?.({ bytes: this.#bytes, total: this.#bytes });
  }

  *#finish(): Steps<void> {
    this.#leased?.gate?.content(this.#head, this.#bytes);
    const replacement = this.#replacement as Replacement;
    this.#replacement = undefined;
    const publish = this.#leased?.gate?.mayReplace === false ? publishNew : undefined;
    yield* finishReplacement(replacement, { ...this.#options, publish });
  }

  *#checkWanted(): Steps<void> {
    if (this.#cancel.signal.aborted) throw new Error("destroyed");
  }

  *#abandon(): Steps<void> {
    if (this.#replacement !== undefined) yield* abandonReplacement(this.#replacement);
    this.#replacement = undefined;
    if (this.#leased !== undefined) yield* this.#leased.release();
    this.#leased = undefined;
  }
}

function tooLarge({ path }: Place, maxBytes: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_FILE_TOO_LARGE",
    `${path} has more than ${maxBytes} bytes. Raise maxBytes if you trust where it comes from.`,
  );
}

function changed({ path }: Place): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `${path} was written to while it was read: what was read may be half of it. Read it again.`,
  );
}
