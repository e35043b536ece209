import { SealtraceError } from "../../../record/index.ts";
import { knownClasses, type ClassRegistry } from "../../values/class-registry.ts";
import type { PickleClasses } from "../builders/registered.ts";
import { PickleOutput, type PickleProtocol } from "./output.ts";
import { registeredReductions } from "./registered-reductions.ts";
import { PickleWriter } from "./writer.ts";

export interface PickleWritingOptions {
  /** Default: 4, which CPython 3.4 and later read. 5 has bytearrays and buffers (3.8), 2 is for Python 2. */
  readonly protocol?: PickleProtocol | undefined;
  /** Classes of JavaScript whose instances survive, and are plain attributes to Python. */
  readonly classes?: ClassRegistry | undefined;
  /** Classes of JavaScript whose instances become those of a class of Python, by `module:name`. */
  readonly pythonClasses?: PickleClasses | undefined;
  /** Protocol 5: takes the contents of Uint8Array and Buffer instead of the pickle, in the order in which `buffers` has to give them when it is read. */
  readonly bufferCallback?: ((buffer: Uint8Array) => void) | undefined;
}

/**
 * A value as a pickle that CPython loads, and that `deserializeFromPickle` reads back as it was. docs/pickle.md has the table of what becomes of what.
 *
 * Throws SEALTRACE_VALUE_UNSUPPORTED, naming class and place, for functions, symbols of this program only, and instances of classes that aren't registered
 * and have no method `toJSON`; SEALTRACE_USAGE for options that can't be.
 */
export function serializeToPickle(value: unknown, options: PickleWritingOptions = {}): Uint8Array<ArrayBuffer> {
  const { protocol = 4, classes, pythonClasses = {}, bufferCallback } = options;
  if (![2, 3, 4, 5].includes(protocol))
    throw new SealtraceError("SEALTRACE_USAGE", `Pickle is written in protocol 2, 3, 4 or 5, not ${String(protocol)}.`);
  if (bufferCallback !== undefined && protocol !== 5)
    throw new SealtraceError("SEALTRACE_USAGE", "Buffers out of band want protocol 5.");
  const out = new PickleOutput(protocol);
  const pythonReduction = registeredReductions(pythonClasses);
  new PickleWriter(out, { classes: knownClasses(classes), pythonReduction, onBuffer: bufferCallback }).write(value);
  return out.finish();
}
