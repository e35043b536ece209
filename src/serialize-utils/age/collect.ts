/**
 * The pieces as one, copied as they come: a piece is then still in the processor's cache, and its memory free for the next. `capacity` is how many bytes are
 * expected; more are taken too.
 */
export async function collect(pieces: AsyncIterable<Buffer>, capacity: number): Promise<Buffer> {
  let all: Buffer = Buffer.alloc(0);
  let length = 0;
  for await (const piece of pieces) {
    if (length + piece.length > all.length) all = enlarged(all, length, Math.max(capacity, length + piece.length));
    all.set(piece, length);
    length += piece.length;
  }
  // Nobody needs to see what was in this memory before.
  all.fill(0, length);
  return all.subarray(0, length);
}

function enlarged(bytes: Buffer, length: number, wanted: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(length === 0 ? wanted : Math.max(wanted, 2 * length));
  larger.set(bytes.subarray(0, length));
  return larger;
}
