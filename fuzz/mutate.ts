/** Changes to bytes of the kinds that break decoders: flipped bits, edges of integers, pieces removed, doubled, moved between inputs, repeated without end. */
import type { Random } from "./random.ts";

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/** One to five changes of `bytes`; `other` is another input, from which pieces are taken. At most `maxBytes` long. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random, maxBytes: number): Uint8Array {
  let result = bytes;
  for (let left = 1 + random.below(5); left > 0; left -= 1) {
    result = random.pick(MUTATIONS)(result, random, other).subarray(0, maxBytes);
  }
  return result;
}

const flipBit: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  const at = random.below(copy.length || 1);
  if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << random.below(8));
  return copy;
};

const setByte: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
  return copy;
};

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

const setInteger: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes);
  const width = random.pick([1, 2, 4]);
  if (copy.length < width) return copy;
  const value = random.pick(INTERESTING) % 2 ** (8 * width);
  const at = random.below(copy.length - width + 1);
  if (random.below(2) === 0) copy.writeUIntBE(value, at, width);
  else copy.writeUIntLE(value, at, width);
  return copy;
};

const remove: Mutation = (bytes, random) => {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1));

const repeat: Mutation = (bytes, random) => {
  const [from, to] = range(bytes, random);
  const piece = bytes.subarray(from, Math.min(to, from + 8));
  const times = 1 << random.below(12);
  return Buffer.concat([bytes.subarray(0, from), ...Array<Uint8Array>(times).fill(piece), bytes.subarray(from)]);
};

const insert: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const piece = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256));
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
};

const splice: Mutation = (bytes, random, other) => {
  const [from, to] = range(other, random);
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at + random.below(3))]);
};

const append: Mutation = (bytes, _random, other) => Buffer.concat([bytes, other]);

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setByte,
  setInteger,
  remove,
  truncate,
  repeat,
  insert,
  splice,
  append,
];

function range(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  return [from, from + random.below(Math.min(bytes.length - from, 64) + 1)];
}
