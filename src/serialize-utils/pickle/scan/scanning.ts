/** The scanner's side of the machine: nothing is refused and nothing is built, everything is noted. */
import { isZoneInfoMethod } from "../builders/known.ts";
import type { PickleHandlers } from "../machine/handlers.ts";
import { globalKey, PythonGlobal } from "../python/global.ts";
import { PythonObject } from "../python/object.ts";
import { gradeOf } from "./grades.ts";
import type { ScanFinding, ScanNotes } from "./report.ts";

export interface ScanningPlace {
  readonly notes: ScanNotes;
  readonly where: string;
  /** Bytes that are handed to something that may load them. */
  readonly nested: (bytes: Uint8Array, at: number) => void;
  /** After a joblib array wrapper, whose bytes follow among the opcodes. */
  readonly skipArray: (wrapper: object, at: number) => void;
}

export class Scanning implements PickleHandlers {
  readonly #place: ScanningPlace;
  readonly #globals = new Map<string, PythonGlobal>();

  /** Where getattr was imported that nothing harmless has been done with. */
  #idleGetattr: number | undefined;

  constructor(place: ScanningPlace) {
    this.#place = place;
  }

  /** After the last opcode. */
  finish(): void {
    if (this.#idleGetattr !== undefined) this.#note("builtins", "getattr", false, this.#idleGetattr);
  }

  readonly findGlobal = (module: string, name: string, at: number): PythonGlobal => {
    // What getattr is called with decides about it.
    if (isGetattr(module, name)) this.#idleGetattr ??= at;
    else this.#note(module, name, false, at);
    if (/[^\x21-\x7e]/.test(module + name))
      this.#found("suspicious", "a name with unusual characters, which may look like another", at);
    const key = globalKey(module, name);
    const global = this.#globals.get(key) ?? new PythonGlobal(module, name);
    this.#globals.set(key, global);
    return global;
  };

  readonly findStackGlobal = (module: unknown, name: unknown, at: number): unknown => {
    if (typeof module === "string" && typeof name === "string") return this.findGlobal(module, name, at);
    this.#found("dangerous", "a class or function whose name is computed while it is loaded", at);
    return new PythonObject(undefined, [module, name]);
  };

  readonly call = (callable: unknown, args: unknown, at: number): unknown => {
    const list = Array.isArray(args) ? (args as unknown[]) : [];
    if (!Array.isArray(args)) this.#found("suspicious", "a call whose arguments are no tuple", at);
    if (!(callable instanceof PythonGlobal)) {
      this.#found("dangerous", "a call of what another call gave", at);
      this.#lookInto(list, at);
      return new PythonObject(callable, list);
    }
    const { module, name } = callable;
    if (isGetattr(module, name) && isZoneInfoMethod(list)) {
      this.#idleGetattr = undefined;
      return this.findGlobal("zoneinfo", "ZoneInfo._unpickle", at);
    }
    this.#note(module, name, true, at);
    if (module === "_codecs" && name === "encode" && typeof list[0] === "string") return Buffer.from(list[0], "latin1");
    if (module === "copyreg" || module === "copy_reg") this.#noteType(list[0], at);
    if (gradeOf(module, name) !== "safe") this.#lookInto(list, at);
    return new PythonObject(callable, list);
  };

  readonly make = (type: unknown, args: unknown, kwargs: unknown, at: number): unknown => {
    const made = this.call(type, args, at);
    if (kwargs !== undefined && typeof kwargs === "object" && kwargs !== null)
      this.#lookInto(Object.values(kwargs), at);
    return made;
  };

  readonly build = (instance: unknown, state: unknown, at: number): unknown => {
    if (instance instanceof PythonGlobal) this.#found("dangerous", `sets attributes of ${String(instance)} itself`, at);
    else if (instance instanceof PythonObject) instance.states.push(state);
    const attributes = Array.isArray(state) ? (state as unknown[]) : [state];
    for (const part of attributes) {
      if (
        typeof part !== "object" ||
        part === null ||
        ArrayBuffer.isView(part) ||
        part instanceof PythonObject ||
        Array.isArray(part)
      )
        continue;
      if (Object.keys(part).some((key) => key.startsWith("__")))
        this.#found("suspicious", "sets an attribute that Python itself uses", at);
    }
    if (
      instance instanceof PythonObject &&
      isGlobalNamed(instance.type, "joblib.numpy_pickle", "NumpyArrayWrapper") &&
      typeof state === "object" &&
      state !== null
    ) {
      this.#place.skipArray(state, at);
    }
    return instance;
  };

  readonly append = (target: unknown, items: unknown[], at: number): void => {
    if (target instanceof PythonObject) for (const item of items) target.items.push(item);
    else this.#changes(target, at);
  };

  readonly setItems = (target: unknown, keysAndValues: unknown[], at: number): void => {
    if (target instanceof PythonObject) for (const part of keysAndValues) target.entries.push(part);
    else this.#changes(target, at);
  };

  readonly extension = (code: number, at: number): unknown => {
    this.#found("suspicious", `a class by extension code ${code}, which only its reader can look up`, at);
    return new PythonObject(undefined, [code]);
  };

  /** PyTorch's tensors refer to their storages so. */
  readonly persistentId = (id: unknown, at: number): unknown => {
    const isStorage = Array.isArray(id) && (id[0] === "storage" || id[0] === "module") && id.length >= 4;
    if (!isStorage) this.#found("suspicious", "a persistent id, of which its reader makes what it likes", at);
    return new PythonObject(undefined, [id]);
  };

  readonly nextBuffer = (): unknown => Buffer.alloc(0);

  readonly readOnlyBuffer = (buffer: unknown): unknown => buffer;

  readonly byteString = (bytes: Uint8Array): unknown => Buffer.from(bytes).toString("latin1");

  readonly badFrame = (what: string, at: number): void => {
    this.#found("suspicious", `${what}: CPython's unpicklers differ in what they make of it`, at);
  };

  #note(module: string, name: string, isCalled: boolean, at: number): void {
    this.#place.notes.name({ module, name, verdict: gradeOf(module, name), isCalled, at, where: this.#place.where });
  }

  /** `copyreg.__newobj__(C)` makes a C. */
  #noteType(type: unknown, at: number): void {
    if (type instanceof PythonGlobal) this.#note(type.module, type.name, true, at);
  }

  #changes(target: unknown, at: number): void {
    this.#found(
      target instanceof PythonGlobal ? "dangerous" : "suspicious",
      "puts items into what is no container",
      at,
    );
  }

  #found(verdict: ScanFinding["verdict"], message: string, at: number): void {
    this.#place.notes.finding({ verdict, message, at, where: this.#place.where });
  }

  /** Pickles within arguments, also in lists of them. */
  #lookInto(args: readonly unknown[], at: number): void {
    for (const arg of args.flatMap((part) => (Array.isArray(part) ? (part as unknown[]) : [part]))) {
      if (arg instanceof Uint8Array) this.#place.nested(arg, at);
      else if (typeof arg === "string" && /^[\0-\xff]{2,}$/.test(arg) && arg.endsWith("."))
        this.#place.nested(Buffer.from(arg, "latin1"), at);
    }
  }
}

function isGetattr(module: string, name: string): boolean {
  return (module === "builtins" || module === "__builtin__") && name === "getattr";
}

function isGlobalNamed(value: unknown, module: string, name: string): boolean {
  return value instanceof PythonGlobal && value.module === module && value.name === name;
}
