/** Oldest supported release of each line that has one; every later line is supported. The same as `engines` in package.json. */
const LINES = [
  [22, 22, 3],
  [24, 11, 1],
  [26, 0, 0],
];

export const SUPPORTED_NODE = "22.22.3, 24.11.1, 26 or newer";

/** Whether programs can be recorded on this version of Node, as `process.versions.node` writes it. */
export function supportsNode(version: string): boolean {
  const [major, minor, patch] = version.split(".").map((part) => Number.parseInt(part, 10)) as [number, number, number];
  const last = LINES[LINES.length - 1] as number[];
  if (major > (last[0] as number)) return true;
  return LINES.some(
    (line) => line[0] === major && (minor > (line[1] as number) || (minor === line[1] && patch >= (line[2] as number))),
  );
}
