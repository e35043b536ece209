import { setImmediate, setTimeout } from "node:timers";
import { toPortablePath, type FunctionInfo, type RecordSink, type TraceEvents } from "../record/index.ts";

const FULL = 2048;
/** Room for the ends of calls while the stack is too deep to hand anything over. */
const ROOM = FULL + 1024;
/** UTF-16 units. */
const FULL_TEXT = 65_536;
/** Frames that must be free before the sink is called: it must not be cut off in the middle by a stack overflow. */
const FREE_FRAMES = 60;

/** Call events on their way to the sink, which gets them when there are many, and once a turn of the event loop. */
export class EventBuffer {
  readonly #sink: RecordSink;
  readonly #root: string | undefined;
  readonly #kinds = new Uint8Array(ROOM);
  readonly #calls = new Float64Array(ROOM);
  readonly #parents = new Float64Array(ROOM);
  readonly #functions = new Int32Array(ROOM);
  readonly #times = new BigInt64Array(ROOM);
  readonly #texts = new Array<string>(ROOM).fill("");
  #announced: FunctionInfo[] = [];
  #count = 0;
  #textUnits = 0;
  #scheduled = false;
  /** Events for which there was no room left. */
  dropped = 0;
  readonly #turn: () => void;
  /** Wakes the event loop for the turn: an immediate without a reference alone waits until something else does. */
  readonly #alarm = setTimeout(() => undefined, 1).unref();

  /**
   * `root`: the project's directory, to which the files of functions are relative in the record; undefined leaves them as they are. `onTurn` is called once a turn in
   * which there were events, when no call is going on.
   */
  constructor(sink: RecordSink, root: string | undefined, onTurn: () => void) {
    this.#sink = sink;
    this.#root = root;
    this.#turn = () => {
      this.#scheduled = false;
      onTurn();
      this.flush();
    };
  }

  /** True when an event can be added; hands over what there is if need be. */
  hasRoom(): boolean {
    if (this.#count < FULL && this.#textUnits < FULL_TEXT) return true;
    if (!stackHasRoom(FREE_FRAMES)) return false;
    this.flush();
    return true;
  }

  announce(info: FunctionInfo): void {
    this.#announced.push({ ...info, file: recordedFile(info.file, this.#root) });
  }

  add(kind: number, call: number, parent: number, id: number, text: string, time: bigint): void {
    const i = this.#count;
    if (i >= ROOM) {
      this.dropped += 1;
      return;
    }
    this.#kinds[i] = kind;
    this.#calls[i] = call;
    this.#parents[i] = parent;
    this.#functions[i] = id;
    this.#times[i] = time;
    this.#texts[i] = text;
    this.#textUnits += text.length;
    this.#count = i + 1;
    if (!this.#scheduled) this.#schedule();
  }

  flush(): void {
    if (this.#announced.length > 0) {
      const announced = this.#announced;
      this.#announced = [];
      this.#sink.writeFunctions(announced);
    }
    if (this.#count === 0) return;
    const events: TraceEvents = {
      count: this.#count,
      kinds: this.#kinds,
      calls: this.#calls,
      parents: this.#parents,
      functions: this.#functions,
      times: this.#times,
      texts: this.#texts,
    };
    this.#count = 0;
    this.#textUnits = 0;
    this.#sink.writeEvents(events);
  }

  #schedule(): void {
    try {
      setImmediate(this.#turn).unref();
      this.#alarm.refresh();
      this.#scheduled = true;
    } catch {
      // A stack overflow: the next event will do it.
    }
  }
}

/** The same on every machine where it lies in the project; elsewhere an absolute path or a URL. */
function recordedFile(file: string, root: string | undefined): string {
  return (root === undefined ? undefined : toPortablePath(root, file)) ?? file;
}

function stackHasRoom(frames: number): boolean {
  try {
    return frames === 0 || stackHasRoom(frames - 1);
  } catch {
    return false;
  }
}
