import { checkBytes } from "../../content-argument.ts";
import { SealtraceError } from "../../../record/index.ts";
import { DEFAULT_MAX_BYTES, limitExceeded, ReadingBudget } from "../../limits.ts";
import { knownClasses, type ClassRegistry } from "../../values/class-registry.ts";
import type { PickleBuilder } from "../builders/builder.ts";
import { builderOf, type PickleClasses } from "../builders/registered.ts";
import { BUILT_IN_BUILDERS, GETATTR } from "../builders/known.ts";
import { runPickle } from "../machine/machine.ts";
import { PickleState, type MachineLimits } from "../machine/state.ts";
import { Loading, type ByteStrings } from "./loading.ts";
import { NAMESPACE, namespaceBuilder } from "./rich-values.ts";
import { settle } from "./settle.ts";

export interface PickleReadingOptions extends MachineLimits {
  /** The classes of JavaScript whose instances were written under these names. */
  readonly classes?: ClassRegistry | undefined;
  /** What is made of the classes and functions of Python, by `module:name`. */
  readonly pythonClasses?: PickleClasses | undefined;
  /** What becomes of all other classes and functions. Default: `refuse`. A placeholder is a PythonGlobal or PythonObject that says what stood there. */
  readonly unknownGlobals?: "refuse" | "placeholder" | undefined;
  /** The buffers that were written out of band (protocol 5), in their order. */
  readonly buffers?: Iterable<Uint8Array> | undefined;
  /** What the byte strings of Python 2 are. Default: `ascii`, and an error for anything else. */
  readonly byteStrings?: ByteStrings | undefined;
}

/**
 * The value of a pickle of Python, protocols 0 to 5. Nothing in it is run or looked up: names lead to builders of ours and of the options, exactly, and to
 * nothing else. docs/pickle.md has the table of what becomes of what.
 *
 * Throws SEALTRACE_INVALID_DATA, DATA_TRUNCATED, DATA_TRAILING or DATA_CONCATENATED for what is no pickle or more than one, SEALTRACE_TYPE_REFUSED for classes
 * and functions that aren't known, SEALTRACE_LIMIT_EXCEEDED.
 */
export function deserializeFromPickle(bytes: Uint8Array, options: PickleReadingOptions = {}): unknown {
  checkBytes(bytes);
  const budget = new ReadingBudget(options);
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  if (bytes.length > maxBytes) throw limitExceeded("maxBytes", maxBytes);
  const loading = new Loading({
    builders: knownBuilders(options, budget),
    keepsUnknown: options.unknownGlobals === "placeholder",
    byteStrings: options.byteStrings ?? "ascii",
    buffers: (options.buffers ?? [])[Symbol.iterator](),
  });
  const state = new PickleState(bytes, 0, loading, options, budget);
  loading.state = state;
  const value = runPickle(state);
  if (state.pos < bytes.length) throw trailing(bytes, state.pos);
  if (loading.nextBufferIsLeft()) {
    throw new SealtraceError("SEALTRACE_DATA_TRAILING", "More buffers were given than the pickle asks for.");
  }
  return state.isShared || state.mustReplace ? settle(value, state) : value;
}

function knownBuilders(
  { classes, pythonClasses = {} }: PickleReadingOptions,
  budget: ReadingBudget,
): ReadonlyMap<string, PickleBuilder> {
  const builders = new Map(BUILT_IN_BUILDERS).set("builtins:getattr", GETATTR);
  builders.set(
    NAMESPACE,
    namespaceBuilder(knownClasses(classes), (values) => budget.spend(values)),
  );
  for (const [name, entry] of Object.entries(pythonClasses)) builders.set(name, builderOf(entry));
  return builders;
}

function trailing(bytes: Uint8Array, at: number): SealtraceError {
  // What every pickle since protocol 2 begins with.
  const another = bytes[at] === 0x80 && (bytes[at + 1] ?? 6) <= 5;
  return another
    ? new SealtraceError(
        "SEALTRACE_DATA_CONCATENATED",
        `Another pickle follows the first, at byte ${at}: read them one by one.`,
      )
    : new SealtraceError(
        "SEALTRACE_DATA_TRAILING",
        `${bytes.length - at} bytes follow the end of the pickle, at byte ${at}.`,
      );
}
