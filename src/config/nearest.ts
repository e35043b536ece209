/** Longer names are not compared: nobody meant one of ours. */
const MAX_LENGTH = 80;
/** Share of a name that may differ from the right one. */
const TOLERANCE = 0.4;
/** The right name at the wrong place is less likely meant than one at the right place. */
const WRONG_PLACE = 0.25;
const ABBREVIATION = 0.3;

/**
 * The candidates that somebody who wrote `name` most likely meant: another spelling (`logsDirname`), a slip (`levle`), an
 * abbreviation (`warn`) or the wrong section (`call` for `tracing.events.call`). Several when they are equally near, none when nothing is.
 */
export function nearestNames(name: string, candidates: readonly string[]): string[] {
  if (name.length > MAX_LENGTH) return [];
  const differences = candidates.map((candidate) => difference(name, candidate));
  const least = Math.min(...differences);
  return least > TOLERANCE ? [] : candidates.filter((_, index) => differences[index] === least);
}

/** "Did you mean a or b?" with a space before it, or nothing. */
export function suggestion(names: readonly string[]): string {
  return names.length === 0 ? "" : ` Did you mean ${names.join(" or ")}?`;
}

/** 0 for the same name but for the spelling convention; 1 and more for nothing in common. */
function difference(name: string, candidate: string): number {
  const [section, last] = split(name);
  const [candidateSection, candidateLast] = split(candidate);
  const nested = share(last, candidateLast) + WRONG_PLACE * share(section, candidateSection);
  return section === "" ? Math.min(nested, share(last, candidateSection + candidateLast)) : nested;
}

/** What precedes the last dot, and what follows it; without what spelling conventions differ in. */
function split(name: string): [section: string, last: string] {
  const parts = name.toLowerCase().replace(/[_-]/g, "").split(".");
  const last = parts.pop() ?? "";
  return [parts.join(""), last];
}

function share(name: string, candidate: string): number {
  if (name === candidate) return 0;
  const differing = distance(name, candidate) / Math.max(name.length, candidate.length);
  const [short, long] = name.length < candidate.length ? [name, candidate] : [candidate, name];
  return short.length >= 3 && long.startsWith(short) ? Math.min(differing, ABBREVIATION) : differing;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from one text to the other (optimal string alignment). */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        least = Math.min(least, at(beforeLast, j - 2) + 1);
      }
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
