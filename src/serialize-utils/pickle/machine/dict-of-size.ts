/**
 * Empty objects with room for just so many properties. `{}` has room for four, and what goes beyond lies in an array beside, with room to spare.
 * For all that can be seen they are objects like any other: their constructors stand for nothing but the room, and `Object.prototype` is their prototype.
 */
type DictMaker = new () => Record<string, unknown>;

const LARGEST = 16;

/** By the number of properties, made when they are needed. */
const makers: (DictMaker | undefined)[] = [];

export function dictOfSize(size: number): object {
  if (size > LARGEST) return {};
  const Maker = (makers[size] ??= makerOfDicts(size));
  return new Maker();
}

function makerOfDicts(size: number): DictMaker {
  function Dict(this: Record<"a" | "b" | "c" | "d" | "e" | "f" | "g" | "h", unknown>, never?: boolean): void {
    // V8 reserves room for the assignments that stand here, and for eight more.
    if (never) this.a = this.b = this.c = this.d = this.e = this.f = this.g = this.h = null;
  }
  Dict.prototype = Object.prototype;
  const Maker = Dict as unknown as DictMaker;
  // From what the first few objects need it then learns how much is right.
  for (let i = 0; i < SAMPLES; i += 1) {
    const sample = new Maker();
    for (let property = 0; property < size; property += 1) sample[`property${property}`] = null;
  }
  return Maker;
}

const SAMPLES = 8;
