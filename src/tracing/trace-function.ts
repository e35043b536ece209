import { types } from "node:util";
import { current, SealtraceError, spanId } from "../record/index.ts";
import {
  contextCall,
  enter,
  isConnected,
  leave,
  resume,
  returning,
  runInContext,
  suspend,
  throwing,
  type Position,
  type TracedCall,
} from "./call-recorder.ts";
import { callerPlace, type CallerPlace } from "./caller-place.ts";
import { addFunction, functions, MAX_PARAMETERS } from "./function-table.ts";
import { parameterNames } from "./parameter-names.ts";
import { noteRethrow } from "./throw-sites.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function at all
export type AnyFunction = (...values: any[]) => unknown;

export interface TraceFunctionOptions {
  /** What the calls are called; default: the function's own name. */
  readonly name?: string;
}

/** The call that the asking code runs in. */
export interface CurrentCall {
  /** W3C trace-id, 32 hexadecimal digits. */
  readonly traceId: string;
  /** W3C parent-id, 16 hexadecimal digits. */
  readonly spanId: string;
  readonly name: string;
}

type Run = () => unknown;

/** Called before a call is recorded while nothing is connected; may connect. Must not throw. */
let connect: (() => void) | undefined;

/** Has `connectLazily` called, once, when something is to be recorded and nothing is connected. */
export function connectOnFirstCall(connectLazily: () => void): void {
  connect = connectLazily;
}

/**
 * The function, with every call of it recorded. Functions may be synchronous, asynchronous, generators or both; `this`,
 * name, length, properties, `new` and what is returned or thrown stay as they are. The promise of an asynchronous
 * function or generator is another one that is settled alike. A call of a function that is not asynchronous itself ends
 * when it returns, also when it returns a promise.
 *
 * Works as a standard (stage 3) decorator of methods, getters, setters and classes, too. Throws SEALTRACE_USAGE for
 * what is not a function.
 */
export function traceFunction<F extends AnyFunction>(fn: F, options: TraceFunctionOptions | DecoratorContext = {}): F {
  if (typeof fn !== "function") {
    throw new SealtraceError("SEALTRACE_USAGE", `traceFunction needs a function, not ${typeof fn}.`);
  }
  const place = callerPlace();
  let id: number | undefined;
  const begin = (values: readonly unknown[]): Position => {
    if (!connected()) return 0;
    id ??= register(fn, options, place);
    return enter(id, values);
  };
  const trace = tracerOf(fn);
  return new Proxy(fn, {
    apply: (target, self: unknown, values: unknown[]) =>
      trace(begin, values, () => Reflect.apply(target, self, values) as unknown),
    construct: (target, values: unknown[], newTarget: AnyFunction) =>
      traceSync(begin, values, () => Reflect.construct(target, values, newTarget) as unknown) as object,
  });
}

/**
 * Runs a function as a call of its own, called `name`, and returns what it returns. When that is a promise, the call
 * lasts until it is settled, and a promise that is settled alike is returned. Names should be few: each is kept.
 */
export function withSpan<T>(name: string, fn: () => T): T {
  if (typeof name !== "string" || typeof fn !== "function") {
    throw new SealtraceError("SEALTRACE_USAGE", "withSpan needs a name and a function: withSpan(name, () => ...).");
  }
  const begin = (): Position => (connected() ? enter(spanFunction(name), undefined) : 0);
  return traceUntilSettled(begin, [], fn) as T;
}

/** The innermost traced call that the asking code runs in, also across `await`; undefined when there is none. */
export function currentCall(): CurrentCall | undefined {
  const call = (current.call as TracedCall | undefined) ?? contextCall();
  if (call === undefined) return undefined;
  return { traceId: call.root.traceId, spanId: spanId(call.id), name: functions[call.function]?.info.name ?? "" };
}

function connected(): boolean {
  if (isConnected()) return true;
  const start = connect;
  connect = undefined;
  start?.();
  return isConnected();
}

function register(fn: AnyFunction, options: TraceFunctionOptions | DecoratorContext, place: CallerPlace): number {
  const own: unknown = Object.getOwnPropertyDescriptor(fn, "name")?.value;
  const name = String(options.name ?? (typeof own === "string" && own !== "" ? own : "<anonymous>"));
  const names = parameterNames(Function.prototype.toString.call(fn));
  while (names.length < MAX_PARAMETERS) names.push(String(names.length));
  return addFunction({ name, ...place }, names).info.id;
}

const spanFunctions = new Map<string, number>();

function spanFunction(name: string): number {
  let id = spanFunctions.get(name);
  if (id === undefined) {
    ({ id } = addFunction({ name, ...callerPlace() }, []).info);
    spanFunctions.set(name, id);
  }
  return id;
}

type Begin = (values: readonly unknown[]) => Position;
type Tracer = (begin: Begin, values: readonly unknown[], run: Run) => unknown;

function tracerOf(fn: AnyFunction): Tracer {
  if (types.isGeneratorFunction(fn)) return types.isAsyncFunction(fn) ? traceAsyncGenerator : traceGenerator;
  return types.isAsyncFunction(fn) ? traceUntilSettled : traceSync;
}

const traceSync: Tracer = (begin, values, run) => {
  const call = begin(values);
  if (call === 0) return run();
  try {
    const result = run();
    returning(call, result);
    return result;
  } catch (error) {
    throwing(call, error);
    throw noted(error); // node-do-not-add-exception-line
  } finally {
    leave(call);
  }
};

const traceUntilSettled: Tracer = (begin, values, run) => {
  const call = begin(values);
  if (call === 0) return run();
  let result: unknown;
  try {
    result = runInContext(call, run);
  } catch (error) {
    throwing(call, error);
    leave(call);
    throw noted(error); // node-do-not-add-exception-line
  }
  if (types.isPromise(result)) {
    suspend(call);
    return settled(call, result, () => true);
  }
  returning(call, result);
  leave(call);
  return result;
};

/**
 * The generator itself, with methods of its own: its call begins at the first `next()`, and is suspended between steps.
 */
const traceGenerator: Tracer = (begin, values, run) => {
  const generator = run() as Generator;
  let call: Position | undefined;
  let running = false;
  return replaceSteps(generator, (name, step) => {
    if (running || call === 0 || (call === undefined ? name !== "next" : call.ended)) return step();
    if (call === undefined) call = begin(values);
    else resume(call);
    running = true;
    try {
      const result = step();
      if (isDone(result)) end(call, result);
      else suspend(call);
      return result;
    } catch (error) {
      throwing(call, error);
      leave(call);
      throw noted(error); // node-do-not-add-exception-line
    } finally {
      running = false;
    }
  });
};

const traceAsyncGenerator: Tracer = (begin, values, run) => {
  const generator = run() as AsyncGenerator;
  let call: Position | undefined;
  return replaceSteps(generator, (name, step) => {
    if (call === 0 || (call === undefined ? name !== "next" : call.ended)) return step();
    if (call === undefined) call = begin(values);
    else resume(call);
    if (call === 0) return step();
    const result = runInContext(call, step);
    suspend(call);
    return types.isPromise(result) ? settled(call, result, isDone) : result;
  });
};

type StepName = "next" | "return" | "throw";

function replaceSteps(generator: object, replacement: (name: StepName, step: Run) => unknown): object {
  for (const name of ["next", "return", "throw"] as const) {
    const method = (generator as Record<StepName, unknown>)[name];
    if (typeof method !== "function") continue;
    const value = function (this: unknown, ...values: unknown[]): unknown {
      const step = (): unknown => Reflect.apply(method, this, values) as unknown;
      return this === generator ? replacement(name, step) : step();
    };
    Object.defineProperty(generator, name, { value, writable: true, configurable: true, enumerable: false });
  }
  return generator;
}

/** The intrinsic, whatever the program does to the prototype. */
const intrinsicThen = Promise.prototype.then;

/** A promise that is settled alike, after the call has been ended if `ends` says so. */
function settled(call: TracedCall, promise: Promise<unknown>, ends: (value: unknown) => boolean): unknown {
  const onValue = (value: unknown): unknown => {
    if (ends(value)) end(call, value);
    return value;
  };
  const onError = (error: unknown): never => {
    throwing(call, error);
    leave(call);
    throw error; // node-do-not-add-exception-line
  };
  return Reflect.apply(intrinsicThen, promise, [onValue, onError]);
}

function end(call: Position, result: unknown): void {
  returning(call, dataOf(result, "done") === true ? dataOf(result, "value") : result);
  leave(call);
}

function isDone(result: unknown): boolean {
  return dataOf(result, "done") === true;
}

/** Through `yield*` a result may be any object: no getter is run. */
function dataOf(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null || types.isProxy(object)) return undefined;
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function noted(error: unknown): unknown {
  noteRethrow(error);
  return error;
}
