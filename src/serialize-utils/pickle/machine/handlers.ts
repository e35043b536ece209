/**
 * Who runs the machine decides what comes of everything in a pickle that isn't plain data: the loader calls its inert builders, the scanner takes notes.
 * `at` is the offset of the opcode. What a handler throws ends the run.
 */
export interface PickleHandlers {
  /** GLOBAL, INST. */
  readonly findGlobal: (module: string, name: string, at: number) => unknown;
  /** STACK_GLOBAL: what stood on the stack, strings or not. */
  readonly findStackGlobal: (module: unknown, name: unknown, at: number) => unknown;
  /** REDUCE, and INST and OBJ with arguments. `args` is a tuple, if the pickle is right. */
  readonly call: (callable: unknown, args: unknown, at: number) => unknown;
  /** NEWOBJ, NEWOBJ_EX, and INST and OBJ without arguments. */
  readonly make: (type: unknown, args: unknown, kwargs: unknown, at: number) => unknown;
  /** BUILD. Gives the instance, or what stands in its place from now on. */
  readonly build: (instance: unknown, state: unknown, at: number) => unknown;
  /** APPEND, APPENDS to what is no list; ADDITEMS to what is no set. */
  readonly append: (target: unknown, items: unknown[], at: number) => void;
  /** SETITEM, SETITEMS on what is no dict: keys and values in turn. */
  readonly setItems: (target: unknown, keysAndValues: unknown[], at: number) => void;
  readonly extension: (code: number, at: number) => unknown;
  readonly persistentId: (id: unknown, at: number) => unknown;
  readonly nextBuffer: (at: number) => unknown;
  readonly readOnlyBuffer: (buffer: unknown, at: number) => unknown;
  /** A byte string of Python 2. */
  readonly byteString: (bytes: Uint8Array, at: number) => unknown;
  /** A frame that says something else than the opcodes: CPython's two unpicklers differ in what they make of it. */
  readonly badFrame: (what: string, at: number) => void;
}
