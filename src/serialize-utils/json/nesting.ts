/** Whether a value that JSON.parse made is nested more than so many levels deep. A scalar is 0 levels, `[]` is 1. */
export function isDeeperThan(value: unknown, maxDepth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  // A few levels by recursion, which is fastest; what lies below in the same way, piece by piece.
  let level: object[] = [value];
  for (let left = maxDepth; left > 0; left -= STEP) {
    const below: object[] = [];
    for (const container of level) collectBelow(container, Math.min(left, STEP), below);
    if (below.length === 0) return false;
    level = below;
  }
  return true;
}

const STEP = 16;

/** The containers that stand `levels` below this one. */
function collectBelow(container: object, levels: number, below: object[]): void {
  if (levels === 0) {
    below.push(container);
  } else if (Array.isArray(container)) {
    for (const item of container as unknown[]) {
      if (typeof item === "object" && item !== null) collectBelow(item, levels - 1, below);
    }
  } else {
    for (const key in container) {
      const item = (container as Record<string, unknown>)[key];
      if (typeof item === "object" && item !== null) collectBelow(item, levels - 1, below);
    }
  }
}
