import { setImmediate, setTimeout } from "node:timers";

/** Calls a function at the end of the event loop's turn, once however often it is asked, without keeping the process alive for it. */
export class EndOfTurn {
  readonly #run: () => void;
  readonly #alarm: NodeJS.Timeout;
  #scheduled = false;

  constructor(run: () => void) {
    this.#run = () => {
      this.#scheduled = false;
      run();
    };
    // An immediate without a reference does not keep the loop from resting, and may then have to wait for whatever wakes it: for hours.
    this.#alarm = setTimeout(() => undefined, 1).unref();
  }

  schedule(): void {
    if (this.#scheduled) return;
    setImmediate(this.#run).unref();
    this.#alarm.refresh();
    this.#scheduled = true;
  }
}
