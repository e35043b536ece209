/** The loader's side of the machine: builders for the names that are known, and a refusal, or a placeholder, for all others. */
import { ITEMS_BETWEEN_LOOKS } from "../../values/watched.ts";
import { SealtraceError } from "../../../record/index.ts";
import type { PickleBuilder } from "../builders/builder.ts";
import { malformed } from "../machine/malformed.ts";
import type { PickleHandlers } from "../machine/handlers.ts";
import type { PickleState } from "../machine/state.ts";
import { decodeUtf8WithSurrogates } from "../machine/text.ts";
import { globalKey, PythonGlobal } from "../python/global.ts";
import { PythonObject } from "../python/object.ts";
import { inPython3 } from "../python/python-2-names.ts";
import { UNDEFINED, UnknownClass } from "./rich-values.ts";
import { settle } from "./settle.ts";

export type ByteStrings = "ascii" | "latin1" | "utf-8" | "bytes";

export interface LoadingOptions {
  readonly builders: ReadonlyMap<string, PickleBuilder>;
  readonly keepsUnknown: boolean;
  readonly byteStrings: ByteStrings;
  readonly buffers: Iterator<Uint8Array>;
}

export class Loading implements PickleHandlers {
  /** Set once the state is there, which is made with these handlers. */
  state!: PickleState;
  readonly #options: LoadingOptions;
  /** One object for each name. */
  readonly #globals = new Map<string, PythonGlobal>();
  /** Which builder made what: what comes to it later is that builder's. */
  readonly #makers = new Map<unknown, PickleBuilder>();

  constructor(options: LoadingOptions) {
    this.#options = options;
  }

  readonly findGlobal = (module: string, name: string, at: number): PythonGlobal => {
    const key = globalKey(module, name);
    const known = this.#globals.get(key);
    if (known !== undefined) return known;
    const global = new PythonGlobal(...inPython3(module, name));
    if (!this.#isSpecial(global) && this.#builderOf(global) === undefined && !this.#options.keepsUnknown) {
      throw refusedGlobal(global, at);
    }
    this.#globals.set(key, global);
    return global;
  };

  readonly findStackGlobal = (module: unknown, name: unknown, at: number): PythonGlobal => {
    if (typeof module === "string" && typeof name === "string") return this.findGlobal(module, name, at);
    throw malformed("the name of a class or function that is no string", at);
  };

  readonly call = (callable: unknown, args: unknown, at: number): unknown => {
    if (!Array.isArray(args)) throw malformed("a call whose arguments are no tuple", at);
    if (!(callable instanceof PythonGlobal) || callable.module !== "copyreg")
      return this.make(callable, args, undefined, at);
    const [type, ...rest] = args as unknown[];
    switch (callable.name) {
      case "__newobj__":
        return this.make(type, rest, undefined, at);
      case "__newobj_ex__":
        return this.make(type, rest[0], rest[1], at);
      case "_reconstructor": {
        const [base, content] = rest;
        if (base instanceof PythonGlobal && base.name === "object" && content === null)
          return this.make(type, [], undefined, at);
        return this.make(type, [content], undefined, at);
      }
      default:
        return this.make(callable, args, undefined, at);
    }
  };

  readonly make = (type: unknown, args: unknown, kwargs: unknown, at: number): unknown => {
    if (!Array.isArray(args)) throw malformed("an instance whose arguments are no tuple", at);
    const builder = type instanceof PythonGlobal ? this.#builderOf(type) : undefined;
    if (builder === undefined) {
      if (this.#options.keepsUnknown) return new PythonObject(type, args, kwargs);
      if (type instanceof PythonGlobal) throw refusedGlobal(type, at);
      throw malformed("a call of what is no class or function", at);
    }
    const { create } = builder;
    if (create === undefined) throw refusedCall(type as PythonGlobal, at);
    const made = this.#run(type, at, () =>
      create(this.#settled(args) as unknown[], (this.#settled(kwargs) ?? {}) as Record<string, unknown>, this.#look),
    );
    if (typeof made === "object" && made !== null) this.#makers.set(made, builder);
    return made;
  };

  readonly build = (instance: unknown, state: unknown, at: number): unknown => {
    if (instance instanceof PythonObject) {
      instance.states.push(state);
      return instance;
    }
    const builder = this.#makers.get(instance);
    const setState = builder?.setState;
    if (setState === undefined) throw malformed("a state for what has none", at);
    const result = this.#run(instance, at, () => setState(instance as never, this.#settled(state), this.#look));
    if (result === undefined) return instance;
    if (result === UNDEFINED) return undefined;
    if (typeof result === "object" && result !== null && builder !== undefined) this.#makers.set(result, builder);
    return result;
  };

  readonly append = (target: unknown, items: unknown[], at: number): void => {
    if (target instanceof PythonObject) {
      for (const item of items) target.items.push(item);
      return;
    }
    const append = this.#makers.get(target)?.append;
    if (append === undefined) throw malformed("items for what is no list or set", at);
    this.#run(target, at, () => {
      for (const some of batchesOf(items)) {
        append(target as never, some);
        this.#look();
      }
    });
  };

  readonly setItems = (target: unknown, keysAndValues: unknown[], at: number): void => {
    if (target instanceof PythonObject) {
      for (const part of keysAndValues) target.entries.push(part);
      return;
    }
    const setItems = this.#makers.get(target)?.setItems;
    if (setItems === undefined) throw malformed("keys and values for what is no dict", at);
    this.#run(target, at, () => {
      for (const some of batchesOf(keysAndValues)) {
        setItems(target as never, some);
        this.#look();
      }
    });
  };

  readonly extension = (code: number, at: number): never => {
    throw new SealtraceError(
      "SEALTRACE_TYPE_REFUSED",
      `It asks for the class with extension code ${code}, at byte ${at}, which only the program that wrote it knows.`,
    );
  };

  readonly persistentId = (_id: unknown, at: number): never => {
    throw new SealtraceError(
      "SEALTRACE_TYPE_REFUSED",
      `It refers to an object outside of it (a persistent id), at byte ${at}, which only the program that wrote it has.`,
    );
  };

  readonly nextBuffer = (at: number): Uint8Array => {
    const next = this.#options.buffers.next();
    if (next.done === true) throw malformed("it wants one more buffer than were given (option buffers)", at);
    return next.value;
  };

  nextBufferIsLeft(): boolean {
    return this.#options.buffers.next().done !== true;
  }

  readonly readOnlyBuffer = (buffer: unknown, at: number): unknown => {
    if (!(buffer instanceof Uint8Array)) throw malformed("READONLY_BUFFER finds no buffer", at);
    return buffer;
  };

  readonly byteString = (bytes: Uint8Array, at: number): unknown => {
    const encoding = this.#options.byteStrings;
    if (encoding === "bytes") return bytes;
    if (encoding === "utf-8") return decodeUtf8WithSurrogates(bytes, at);
    if (encoding === "ascii" && bytes.some((byte) => byte >= 0x80)) {
      throw malformed("a string of Python 2 that is not ASCII; say what it is by the option byteStrings", at);
    }
    return Buffer.from(bytes).toString("latin1");
  };

  readonly badFrame = (what: string, at: number): never => {
    throw malformed(what, at);
  };

  #isSpecial({ module, name }: PythonGlobal): boolean {
    return module === "copyreg" && ["__newobj__", "__newobj_ex__", "_reconstructor"].includes(name);
  }

  #builderOf({ module, name }: PythonGlobal): PickleBuilder | undefined {
    return this.#options.builders.get(globalKey(module, name));
  }

  /** What a builder gets: nothing in it is going to be replaced by what it already is. */
  #settled(value: unknown): unknown {
    return this.state.mustReplace ? settle(value, this.state) : value;
  }

  readonly #look = (): void => {
    this.state.look();
  };

  #run<Result>(what: unknown, at: number, build: () => Result): Result {
    try {
      return build();
    } catch (cause) {
      if (cause instanceof UnknownClass) throw unregistered(cause.message, at);
      if (cause instanceof SealtraceError && cause.code !== "SEALTRACE_INVALID_DATA") throw cause;
      const name = what instanceof PythonGlobal ? String(what) : "an object";
      throw malformed(`${name} can't be made of what is there: ${(cause as Error).message}`, at, cause);
    }
  }
}

/** As Python itself writes them, in some hundreds. */
function* batchesOf(items: readonly unknown[]): Generator<readonly unknown[]> {
  for (let i = 0; i < items.length; i += ITEMS_BETWEEN_LOOKS) yield items.slice(i, i + ITEMS_BETWEEN_LOOKS);
}

function refusedGlobal(global: PythonGlobal, at: number): SealtraceError {
  const key = globalKey(global.module, global.name);
  return new SealtraceError(
    "SEALTRACE_TYPE_REFUSED",
    `It asks for ${String(global)}, at byte ${at}, which is not known. Nothing was run. If it is a class of yours, register it by the option pythonClasses ` +
      `(${JSON.stringify(key)}), or look at it with unknownGlobals: "placeholder"; scanPickle says what else it asks for.`,
  );
}

function refusedCall(global: PythonGlobal, at: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_TYPE_REFUSED",
    `It calls ${String(global)}, at byte ${at}, which is only known by name.`,
  );
}

function unregistered(name: string, at: number): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_TYPE_REFUSED",
    `It holds an instance of the class ${JSON.stringify(name)}, at byte ${at}: register it by the option classes.`,
  );
}
