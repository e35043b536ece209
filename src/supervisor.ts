import type { Recorder } from "./setup.ts";
import { writeDescriptor } from "./file-utils/essentials/index.ts";

/** With `--import`, Node would start a CommonJS program in another way, which it could see in `module.parent` and in stacks. */
export const PRELOAD_FLAG = "--require";

/** Takes the preloading out of what the program sees and passes on to its children, which are not recorded unasked. */
export function hidePreload(): void {
  const at = process.execArgv.lastIndexOf(PRELOAD_FLAG);
  if (at >= 0) process.execArgv.splice(at, 2);
}

/**
 * Runs what starting the recorder has put into the tick queue, while the program has not begun: else its first microtasks would run from there,
 * which shows in the stacks of its exceptions.
 */
export function settleTicks(): void {
  (process as { _tickCallback?: () => void })._tickCallback?.();
}

/** What a recorded program tells the `sealtrace run` that started it, one JSON text a line. */
export type SupervisorNews =
  /** The program has, or no longer has, a listener of its own for a signal. */
  | { readonly type: "handles"; readonly signal: string; readonly handles: boolean }
  /** A signal has arrived, so the event loop turns. */
  | { readonly type: "signal"; readonly signal: string; readonly handledByProgram: boolean }
  /** The stream that is written, and its size before. */
  | { readonly type: "stream"; readonly directory: string; readonly written: number };

/** The program's way to its supervisor: an inherited pipe. */
export class Supervisor {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  tell(news: SupervisorNews): void {
    writeDescriptor(this.#descriptor, `${JSON.stringify(news)}\n`);
  }

  /** Tells which stream the recording went to. */
  tellStream(recorder: Recorder, written: number): void {
    if (recorder.directory !== undefined) this.tell({ type: "stream", directory: recorder.directory, written });
  }
}
