/** How things look on a terminal. Whatever comes from a file goes through `printable` first: it must not steer the terminal. */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "magenta";

/** Paints texts for a stream: in colour on a terminal, plain elsewhere and where NO_COLOR says so. */
export type Painter = (style: Style, text: string) => string;

export function painterFor(stream: NodeJS.WriteStream): Painter {
  return (style, text) => styleText(style, text, { stream });
}

/** Columns of a terminal; undefined for a file or a pipe, whose lines may be of any length. */
export function widthOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns : undefined;
}

/** A text cut to a width, which is said by an ellipsis. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Nanoseconds for people: `850 ns`, `12.3 µs`, `4.56 ms`, `1.23 s`, `2 min 5 s`. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(3)} µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(nanoseconds < 1e8 ? 2 : 0)} ms`;
  if (nanoseconds < 6e10) return `${(nanoseconds / 1e9).toFixed(2)} s`;
  return `${Math.floor(nanoseconds / 6e10)} min ${Math.round((nanoseconds % 6e10) / 1e9)} s`;
}

/** `1,234,567` */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 record`, `2 records` */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `512 bytes`, `12.3 kB`, `4.5 MB` */
export function byteCount(bytes: number): string {
  if (bytes < 1_000) return counted(bytes, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1_000;
  return `${value.toPrecision(3)} ${units[unit] as string}`;
}

/** Rows in columns as wide as their widest cell; those named are aligned to the right. */
export function table(rows: readonly (readonly string[])[], rightAligned: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        rightAligned.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
