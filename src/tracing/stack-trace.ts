/** Stack traces of instrumented code with the columns of the original text. Lines are right by themselves. */
import { fileByName } from "./source-file.ts";

let prepared = 0;

/** How many stacks were made so far. A stack is made when it is first read. */
export function preparedStacks(): number {
  return prepared;
}

type Prepare = (error: Error, trace: NodeJS.CallSite[]) => unknown;

/** Frames of these modules are between the program's own frames and are not the program's. */
const OWN_FRAMES = new Set(["iterators", "trace-function"].flatMap((name) => [ownUrl(name, "ts"), ownUrl(name, "js")]));

function ownUrl(name: string, extension: string): string {
  return new URL(`./${name}.${extension}`, import.meta.url).href;
}

/**
 * Stands in for `Error.prepareStackTrace`, which every stack is made by. What the program sets there is given the
 * original places, too.
 */
export function installStackTraces(): void {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const native = before?.value as Prepare | undefined;
  if (before?.configurable !== true || native === undefined) return;
  let chosen: unknown = native;
  const originals = new WeakMap<object, Prepare>();
  const adapted = new WeakMap<Prepare, Prepare>();
  const adapt = (prepare: Prepare): Prepare => {
    const known = adapted.get(prepare);
    if (known !== undefined) return known;
    const wrapper: Prepare = (error, trace) => Reflect.apply(prepare, Error, [error, originalSites(trace)]);
    Object.defineProperty(wrapper, "name", { value: prepare.name, configurable: true });
    adapted.set(prepare, wrapper);
    originals.set(wrapper, prepare);
    return wrapper;
  };
  Object.defineProperty(Error, "prepareStackTrace", {
    configurable: true,
    enumerable: before.enumerable === true,
    get(): unknown {
      // Without one of its own a program gets what Node makes.
      return adapt(typeof chosen === "function" ? (chosen as Prepare) : native);
    },
    set(this: unknown, value: unknown) {
      if (this === Error) chosen = typeof value === "function" ? (originals.get(value) ?? value) : value;
      // An assignment to a subclass makes a property of its own, as it always did.
      else
        Object.defineProperty(this, "prepareStackTrace", {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
    },
  });
}

function originalSites(trace: NodeJS.CallSite[]): NodeJS.CallSite[] {
  prepared += 1;
  try {
    if (!trace.some(isChanged)) return trace;
    return trace
      .filter((site) => !OWN_FRAMES.has(site.getFileName() ?? ""))
      .map((site) => (isChanged(site) ? originalSite(site) : site));
  } catch {
    return trace;
  }
}

function isChanged(site: NodeJS.CallSite): boolean {
  const name = site.getFileName();
  return typeof name === "string" && (fileByName(name) !== undefined || OWN_FRAMES.has(name));
}

/** The call site with its column in the original text. Its methods work on nothing but itself, hence the binding. */
function originalSite(site: NodeJS.CallSite): NodeJS.CallSite {
  const file = fileByName(site.getFileName() ?? "");
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  if (file === undefined || line === null || column === null) return site;
  const original = file.text.originalColumn({ line, column });
  if (original === column) return site;
  const replaced: Record<PropertyKey, unknown> = {
    getColumnNumber: () => original,
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- call sites have their own
    toString: () => site.toString().replace(`:${line}:${column}`, `:${line}:${original}`),
  };
  return new Proxy(site, {
    get(target, key) {
      const value: unknown = replaced[key] ?? Reflect.get(target, key);
      return typeof value === "function" && !(key in replaced) ? (value as () => unknown).bind(target) : value;
    },
  });
}
