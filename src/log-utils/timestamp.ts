let second = -1;
let prefix = "";

/** The time in ISO 8601 with milliseconds, as JSON text. The part up to the second is made once a second. */
export function timestamp(now: number = Date.now()): string {
  const thisSecond = Math.floor(now / 1000);
  if (thisSecond !== second) {
    second = thisSecond;
    prefix = `"${new Date(thisSecond * 1000).toISOString().slice(0, 20)}`;
  }
  const milliseconds = now - thisSecond * 1000;
  return `${prefix}${milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : ""}${milliseconds}Z"`;
}
