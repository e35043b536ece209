const MAX_DATE = 8.64e15;

/** The content of a timestamp, in the shortest of its three forms. */
export function timestampBytes(date: Date): Uint8Array {
  const time = date.getTime();
  const seconds = Math.floor(time / 1000);
  const nanoseconds = (time - seconds * 1000) * 1_000_000;
  const bytes = Buffer.alloc(12);
  if (seconds >= 0 && seconds < 2 ** 34) {
    const high = Math.floor(seconds / 2 ** 32);
    bytes.writeUInt32BE(seconds % 2 ** 32, 4);
    if (nanoseconds === 0 && high === 0) return bytes.subarray(4, 8);
    bytes.writeUInt32BE(nanoseconds * 4 + high);
    return bytes.subarray(0, 8);
  }
  bytes.writeUInt32BE(nanoseconds);
  bytes.writeBigInt64BE(BigInt(seconds), 4);
  return bytes;
}

/** Rounded down to milliseconds, which is what a Date holds. Undefined for what is no timestamp, or beyond what a Date holds. */
export function dateOfTimestamp(view: DataView, at: number, length: number): Date | undefined {
  let seconds: number;
  let nanoseconds = 0;
  if (length === 4) seconds = view.getUint32(at);
  else if (length === 8) {
    const head = view.getUint32(at);
    nanoseconds = head >>> 2;
    seconds = (head & 3) * 2 ** 32 + view.getUint32(at + 4);
  } else if (length === 12) {
    nanoseconds = view.getUint32(at);
    seconds = Number(view.getBigInt64(at + 4));
  } else return undefined;
  const time = seconds * 1000 + Math.floor(nanoseconds / 1_000_000);
  return nanoseconds <= 999_999_999 && Math.abs(time) <= MAX_DATE ? new Date(time) : undefined;
}
