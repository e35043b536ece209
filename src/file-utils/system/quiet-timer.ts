/** Calls when it has been quiet for a while, and now and then when it never is. */
export class QuietTimer {
  readonly #milliseconds: number;
  readonly #persistent: boolean;
  readonly #action: () => void;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;

  constructor(milliseconds: number, persistent: boolean, action: () => void) {
    this.#milliseconds = milliseconds;
    this.#persistent = persistent;
    this.#action = action;
  }

  noise(): void {
    if (this.#timer === undefined) {
      this.#since = performance.now();
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#action();
      }, this.#milliseconds);
      if (!this.#persistent) this.#timer.unref();
    } else if (performance.now() - this.#since < MAX_DELAYS * this.#milliseconds) this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** For so many times as long a quiet moment is waited for. */
const MAX_DELAYS = 10;
