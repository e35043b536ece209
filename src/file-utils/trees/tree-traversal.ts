import { SealtraceError } from "../../record/index.ts";
import { placeIn, type DirectoryHandle } from "../system/directory-handle.ts";
import { listEntries, type EntryKind, type NamedEntry } from "../system/directory-entries.ts";
import { DirectoryTrail } from "../system/directory-trail.ts";
import { fileSystemError } from "../system/errors.ts";
import type { Place } from "../system/place.ts";
import { cancellable, type Steps } from "../system/steps.ts";

/** Something in a tree, at the moment in which it is its turn. */
export interface Visited {
  readonly place: Place;
  /** Relative to the top, with `/` between names; the top itself is "". */
  readonly path: string;
  readonly kind: EntryKind;
}

export interface Visitor {
  /** Everything but directories; also what was a directory when it was listed and is none now. */
  leaf(entry: Visited): Steps<void>;
  /** True for a directory that is left alone. */
  skips?(directory: Visited): boolean;
  /** A directory that has just been opened. */
  entered(directory: Visited, handle: DirectoryHandle): Steps<void>;
  /** When everything in it has had its turn, after it was closed. `again`: there is something in it still. */
  left(directory: Visited): Steps<"again" | undefined>;
}

interface Level {
  readonly name: string;
  readonly path: string;
  readonly entries: NamedEntry[];
}

/** So often is a directory listed that others keep putting something in. */
const MAX_TURNS = 16;

/**
 * Visits a tree, depth first, through open directories, so that nothing that is renamed meanwhile leads elsewhere, and without recursion, so that
 * it may be thousands of levels deep. The top must be a directory.
 */
export function* traverse(top: Place, visitor: Visitor, mayCancel = true): Steps<void> {
  for (let turn = 1; ; turn += 1) {
    const directory: Visited = { place: top, path: "", kind: "directory" };
    yield* traverseOnce(directory, visitor, mayCancel);
    if ((yield* visitor.left(directory)) === undefined) return;
    checkTurn(turn, top);
  }
}

function* traverseOnce(top: Visited, visitor: Visitor, mayCancel: boolean): Steps<void> {
  const trail = yield* DirectoryTrail.open(top.place);
  const turns = new Map<string, number>();
  try {
    const levels: Level[] = [{ name: "", path: "", entries: yield* enter(top, trail, visitor) }];
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      if (mayCancel) yield* cancellable();
      const entry = level.entries.pop();
      if (entry !== undefined) {
        const { name, kind } = entry;
        const visited = { place: placeIn(trail.current, name), path: pathIn(level.path, name), kind };
        if (kind === "directory" && visitor.skips?.(visited) === true) continue;
        if (kind === "directory" && (yield* opens(trail, name))) {
          levels.push({ name, path: visited.path, entries: yield* enter(visited, trail, visitor) });
        } else yield* visitor.leaf(visited);
        continue;
      }
      levels.pop();
      const parent = levels.at(-1);
      if (parent === undefined) return;
      yield* trail.leave();
      const { name, path } = level;
      const directory: Visited = { place: placeIn(trail.current, name), path, kind: "directory" };
      if ((yield* visitor.left(directory)) === undefined) {
        turns.delete(path);
      } else {
        const turn = (turns.get(path) ?? 0) + 1;
        checkTurn(turn, directory.place);
        turns.set(path, turn);
        parent.entries.push({ name, kind: "directory" });
      }
    }
  } finally {
    yield* trail.close();
  }
}

function pathIn(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** False for what is no directory any more. */
function* opens(trail: DirectoryTrail, name: string): Steps<boolean> {
  try {
    yield* trail.enter(name);
    return true;
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(cause?.code ?? "")) return false;
    throw error;
  }
}

function* enter(directory: Visited, { current }: DirectoryTrail, visitor: Visitor): Steps<NamedEntry[]> {
  yield* visitor.entered(directory, current);
  try {
    return yield* listEntries(current.system);
  } catch (error) {
    throw fileSystemError(error, current.path, "read");
  }
}

function checkTurn(turn: number, { path }: Place): void {
  if (turn < MAX_TURNS) return;
  throw new SealtraceError(
    "SEALTRACE_FILE_CHANGED",
    `Others kept putting files into ${path} while it was worked on. Try again when they have stopped.`,
  );
}
