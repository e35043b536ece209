/**
 * The runtime: begins and ends calls, keeps `current.call` true across `await` and `yield`, and writes the events. One
 * per thread, as `current` is. Everything here runs inside the program's own functions: nothing throws, and nothing
 * runs the program's code.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { current, EVENT, type Call, type Censor, type RecordSink, type RootCall } from "../record/index.ts";
import { EventBuffer } from "./event-buffer.ts";
import { functions, SECRET_ARGUMENT, type TraceableFunction } from "./function-table.ts";
import { previewException, previewValue } from "./preview.ts";

/** What generated code holds while its function runs; 0 when the call is not traced. */
export type Position = TracedCall | 0;

const RETURNED = 1;
const THREW = 2;
const SUSPENDED = 4;
const ENDED = 8;

/** A call that is going on, with what its end has to know. */
export class TracedCall implements Call {
  readonly id: number;
  readonly root: TracedRoot;
  outer: Call | undefined;
  /** The result, or the exception. */
  value: unknown = undefined;
  flags = 0;
  readonly function: number;

  constructor(id: number, root: TracedRoot | undefined, outer: Call | undefined, functionId: number) {
    this.id = id;
    this.root = root ?? new TracedRoot(id, this);
    this.outer = outer;
    this.function = functionId;
  }

  get ended(): boolean {
    return (this.flags & ENDED) !== 0;
  }
}

class TracedRoot implements RootCall {
  readonly id: number;
  readonly traceId: string = newTraceId();
  open = true;
  /** The call itself, as the asynchronous context holds it. */
  readonly call: TracedCall;
  /** The context that has to come back when the root call stops running. */
  before: TracedCall | undefined = undefined;
  /** True while the root call runs in a context that isn't its own. */
  borrowed = false;

  constructor(id: number, call: TracedCall) {
    this.id = id;
    this.call = call;
  }
}

export interface TracedEvents {
  readonly call: boolean;
  readonly return: boolean;
}

interface Connection {
  readonly censor: Censor;
  readonly events: TracedEvents;
  readonly buffer: EventBuffer;
}

// Taken at once, for tests of programs put clocks of their own there; it needs no `this`.
const now: () => bigint = process.hrtime.bigint;
let connection: Connection | undefined;
let paused: Connection | undefined;
let nextCall = 1;
let calls = 0;

/**
 * Says which call code at depth 0 (a timer, an event, a promise's reaction) descends from. Made at the first root, for
 * it has a price.
 */
let context: AsyncLocalStorage<TracedCall | undefined> | undefined;

export function connectRecorder(sink: RecordSink, censor: Censor, events: TracedEvents, root?: string): void {
  const buffer = new EventBuffer(sink, root, () => {
    // No call runs when the event loop turns. If one seems to, its end was lost in a stack overflow.
    current.call = undefined;
  });
  for (const known of functions) if (known !== undefined) known.keys = undefined;
  connection = { censor, events, buffer };
  current.inContext = contextCall;
}

export function disconnectRecorder(): void {
  flushRecorder();
  connection = undefined;
  paused = undefined;
  current.inContext = undefined;
}

/** While paused, calls don't begin; those that are going on are recorded to their end only if it goes on before. */
export function pauseRecorder(pause: boolean): void {
  if (pause === (paused !== undefined)) return;
  [connection, paused] = [paused, connection];
}

export function flushRecorder(): void {
  (connection ?? paused)?.buffer.flush();
}

/** True also while paused. */
export function isConnected(): boolean {
  return connection !== undefined || paused !== undefined;
}

/** Calls that were begun in this thread. */
export function callCount(): number {
  return calls;
}

/** A call of function `id` begins. The arguments are those of its named parameters, in order. */
export function enter(id: number, values: readonly unknown[] | undefined): Position {
  const target = connection;
  if (target === undefined) return 0;
  try {
    if (!target.buffer.hasRoom()) return 0;
    const fn = functions[id] as TraceableFunction;
    const text = describeArguments(fn, values, target);
    // Nobody else makes calls.
    const outer = current.call as TracedCall | undefined;
    const call = outer === undefined ? enterFromNowhere(fn, text, target) : enterFrom(outer, fn, text, target);
    calls += 1;
    current.call = call;
    return call;
  } catch {
    // A stack overflow: the program is about to meet it itself.
    return 0;
  }
}

function enterFrom(outer: TracedCall, fn: TraceableFunction, text: string, { buffer }: Connection): TracedCall {
  const id = nextCall++;
  const call = new TracedCall(id, outer.root, outer, fn.info.id);
  buffer.add(EVENT.ENTER, id, outer.id, fn.info.id, text, now());
  return call;
}

/**
 * A call at depth 0 is a child of the call in whose asynchronous context it runs, as long as that goes on; else it
 * begins a trace.
 */
function enterFromNowhere(fn: TraceableFunction, text: string, { buffer }: Connection): TracedCall {
  context ??= new AsyncLocalStorage();
  const origin = context.getStore();
  const id = nextCall++;
  if (origin?.root.open === true) {
    const parent = origin.ended ? origin.root.call : origin;
    const call = new TracedCall(id, origin.root, undefined, fn.info.id);
    buffer.add(EVENT.ENTER, id, parent.id, fn.info.id, text, now());
    return call;
  }
  const call = new TracedCall(id, undefined, undefined, fn.info.id);
  const { root } = call;
  enterContext(root, origin);
  const rootText = text === "" ? `${root.traceId} ` : `${root.traceId} ${text}`;
  buffer.add(EVENT.ROOT, id, origin === undefined ? 0 : origin.id, fn.info.id, rootText, now());
  return call;
}

function describeArguments(fn: TraceableFunction, values: readonly unknown[] | undefined, target: Connection): string {
  let { keys } = fn;
  if (keys === undefined) {
    keys = fn.prepare(target.censor);
    target.buffer.announce(fn.info);
  }
  if (!target.events.call) return "";
  const shown = values === undefined ? 0 : Math.min(values.length, keys.length);
  if (values === undefined || shown === 0) return "{}";
  let text = "";
  for (let i = 0; i < shown; i += 1) {
    text += keys[i] as string;
    text += fn.secret[i] === true ? SECRET_ARGUMENT : previewValue(values[i], target.censor);
  }
  return `${text}}`;
}

/** The call is about to return this value. */
export function returning(position: Position, value: unknown): void {
  if (position === 0) return;
  position.flags |= RETURNED;
  position.value = value;
}

/** The call is about to end by this exception. */
export function throwing(position: Position, error: unknown): void {
  if (position === 0) return;
  position.flags |= THREW;
  position.value = error;
}

/** The call ends. */
export function leave(position: Position): void {
  if (position === 0) return;
  const { flags } = position;
  if ((flags & ENDED) !== 0) return;
  position.flags = flags | ENDED;
  if ((flags & SUSPENDED) === 0) current.call = position.outer;
  const { root } = position;
  if (root.id === position.id) {
    root.open = false;
    if (root.borrowed) leaveContext(root);
  }
  if (connection?.events.return === true) writeEnd(position, connection);
  // Asynchronous contexts may hold the call for long.
  position.value = undefined;
  position.outer = undefined;
}

function writeEnd(call: TracedCall, { buffer, censor }: Connection): void {
  try {
    buffer.hasRoom();
    const { flags, value } = call;
    if ((flags & THREW) !== 0) buffer.add(EVENT.THROW, call.id, 0, 0, previewException(value, censor), now());
    else buffer.add(EVENT.RETURN, call.id, 0, 0, value === undefined ? "" : previewValue(value, censor), now());
  } catch {
    // A stack overflow.
  }
}

/** The call stops running for a while: its caller is current again. */
export function suspend(position: Position): void {
  if (position === 0 || (position.flags & (SUSPENDED | ENDED)) !== 0) return;
  position.flags |= SUSPENDED;
  current.call = position.outer;
  const { root } = position;
  if (root.borrowed && root.id === position.id) leaveContext(root);
}

/** The call runs on after a suspension; nothing when it was running. */
export function resume(position: Position): void {
  if (position === 0 || (position.flags & SUSPENDED) === 0) return;
  position.flags &= ~SUSPENDED;
  position.outer = current.call;
  current.call = position;
  if (position.root.id === position.id) returnToContext(position.root);
}

/** As {@link resume}, after an `await`: then nothing but this call runs in the context it finds, so it may keep it. */
export function resumeAwait(position: Position): void {
  resume(position);
  if (position === 0 || position.outer !== undefined || position.root.id !== position.id) return;
  position.root.borrowed = false;
  position.root.before = undefined;
}

/** Runs synchronous code with a call as what calls at depth 0, later on, descend from. */
export function runInContext<T>(call: TracedCall, run: () => T): T {
  context ??= new AsyncLocalStorage();
  return context.run(call, run);
}

/** The call in whose asynchronous context the code runs, when no call is current. */
export function contextCall(): TracedCall | undefined {
  const call = context?.getStore();
  return call === undefined || call.ended ? undefined : call;
}

function returnToContext(root: TracedRoot): void {
  try {
    const found = context?.getStore();
    if (found !== root.call) enterContext(root, found);
  } catch {
    // A stack overflow: what runs later has no known origin.
  }
}

function enterContext(root: TracedRoot, before: TracedCall | undefined): void {
  context?.enterWith(root.call);
  root.before = before;
  root.borrowed = true;
}

function leaveContext(root: TracedRoot): void {
  root.borrowed = false;
  try {
    context?.enterWith(root.before);
  } catch {
    // As above.
  }
  root.before = undefined;
}

let idDigits = "";
let idOffset = 0;

/** W3C Trace Context trace-id. Random bytes are drawn for many at once, for drawing them is slow. */
function newTraceId(): string {
  if (idOffset >= idDigits.length) {
    idDigits = randomBytes(4096).toString("hex");
    idOffset = 0;
  }
  idOffset += 32;
  return idDigits.slice(idOffset - 32, idOffset);
}
