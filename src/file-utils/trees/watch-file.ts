import { placeOf, systemPath, type Place } from "../system/place.ts";
import { demandSame, type Observer, type Situation } from "./watch-observer.ts";
import { listen, lookAt, type Listener } from "./watch-events.ts";

/**
 * One file, whichever has its name at the time: its directory is watched, so that it may be replaced, removed and made again. If it is a symbolic
 * link, what it points to is compared, whenever something happens in the directory.
 */
export class FileObserver implements Observer {
  readonly #place: Place;
  readonly #situation: Situation;
  #listener: Listener | undefined;
  #directory: string | undefined;
  #state: string | undefined;

  constructor(path: string, situation: Situation) {
    this.#place = placeOf(path);
    this.#situation = situation;
  }

  async start(): Promise<void> {
    const { persistent, onNoise, onError } = this.#situation;
    const { directory, path } = this.#place;
    this.#listener = listen(directory, path, persistent, onNoise, onError);
    this.#directory = await lookAt(directory, true);
    this.#state = await lookAt(systemPath(this.#place), true);
  }

  async compare(): Promise<void> {
    const { name, directory, path } = this.#place;
    const state = await lookAt(systemPath(this.#place), true);
    if (state !== this.#state) {
      const kind = state === undefined ? "removed" : this.#state === undefined ? "created" : "changed";
      this.#situation.queue.add(kind, name);
      this.#state = state;
    }
    await demandSame(directory, this.#directory, path);
  }

  stop(): void {
    this.#listener?.close();
  }
}
