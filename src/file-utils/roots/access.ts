import { reportAccessViolation, SealtraceError } from "../../record/index.ts";
import { closeDirectory } from "../system/directory-handle.ts";
import { statusOf } from "../content/atomic-write.ts";
import { fileSystemError } from "../system/errors.ts";
import type { Lease } from "../content/file-streams.ts";
import type { FileStatus, Gate } from "../system/gate.ts";
import type { Place } from "../system/place.ts";
import { Route, WayRefused, type Anchor, type Reached, type Way } from "./descent.ts";
import { splitInnerPath } from "./inner-path.ts";
import type { RootAction } from "./policy.ts";
import type { PolicyCheck } from "./policy-check.ts";
import { Charge, RootUsage } from "./usage.ts";
import type { Steps } from "../system/steps.ts";

/** One policy that holds in a root, and where its own root is from here: a nested root keeps the policies of those around it. */
interface Rule {
  readonly check: PolicyCheck;
  /** The path of this root in the root that the policy is of; empty for a root's own. */
  readonly prefix: string;
  readonly usage: RootUsage;
}

/** What is to be done. The first action is the one that a refusal is about. */
export interface Access {
  readonly actions: readonly RootAction[];
  /** What becomes of a symbolic link in the last place: followed, or worked on itself. Default: followed. */
  readonly last?: "follow" | "itself";
  readonly purpose?: "read" | "write";
  /** Nothing need be there although the path ends in a slash: it will be a directory. */
  readonly makesDirectory?: boolean;
}

/** The one way to anything in a root: nothing is done but what every policy allows, at a place that lies inside. */
export class RootAccess {
  /** The root's directory, as people are told. */
  readonly path: string;
  readonly anchor: Anchor;
  /** Whether files must be looked at when they are opened. */
  readonly checksFiles: boolean;
  /** Whether contents matter, so that no file can be handed out to be written to by anybody. */
  readonly checksContent: boolean;
  readonly #rules: readonly Rule[];
  readonly #way: Way;
  /** The root around this one, which is needed for as long as this one is. */
  readonly #outer: RootAccess | undefined;
  #open = true;
  /** What is under way holds the descriptor: its number would soon be that of another directory. */
  #users = 0;

  constructor(path: string, anchor: Anchor, check: PolicyCheck, outer?: { access: RootAccess; prefix: string }) {
    this.path = path;
    this.anchor = anchor;
    this.#outer = outer?.access;
    if (this.#outer !== undefined) this.#outer.#users += 1;
    const rules: Rule[] = [{ check, prefix: "", usage: new RootUsage(check.maxTotalBytes, anchor.handle) }];
    for (const rule of outer === undefined ? [] : outer.access.#rules) {
      rules.push({ ...rule, prefix: joined(rule.prefix, outer?.prefix ?? "") });
    }
    this.#rules = rules;
    this.checksFiles = rules.some((rule) => rule.check.checksFiles);
    this.checksContent = rules.some((rule) => rule.check.checksContent);
    this.#way = {
      anchor,
      followsLinks: rules.every((rule) => rule.check.followsLinks),
      asksForNames: rules.some((rule) => rule.check.asksForNames),
      checkName: (name) => {
        const reason = this.#first((one) => one.name(name));
        if (reason !== undefined) throw new WayRefused(reason);
      },
    };
  }

  *close(): Steps<void> {
    if (!this.#open) return;
    this.#open = false;
    yield* this.#closeWhenUnused();
  }

  *#closeWhenUnused(): Steps<void> {
    if (this.#open || this.#users > 0) return;
    yield* closeDirectory(this.anchor.handle);
    if (this.#outer !== undefined) yield* this.#outer.#leaveRoot();
  }

  *#leaveRoot(): Steps<void> {
    this.#users -= 1;
    yield* this.#closeWhenUnused();
  }

  /** Does something at the place of a path. Errors are those of SealtraceError. */
  *at<T>(path: string, access: Access, work: (place: Place, reached: Reached) => Steps<T>): Steps<T> {
    const route = this.#route(path, access);
    this.#users += 1;
    try {
      for (;;) {
        const reached = yield* route.reach();
        try {
          this.#demandNames(reached, access);
          if (route.isDirectory) yield* this.#expectDirectory(reached, access);
          return yield* work(reached.place, reached);
        } catch (error) {
          if (access.last === "itself" || !mayBeLink(error) || !(yield* route.followLast(reached))) throw error;
        } finally {
          yield* this.#leave(reached);
        }
      }
    } catch (error) {
      throw this.#explained(error, path, access);
    } finally {
      yield* this.#leaveRoot();
    }
  }

  /** The place of a path, and the way to it, for as long as it is not released. Links in the last place are followed, or are the place. */
  *lease(path: string, access: Access): Steps<Lease> {
    const route = this.#route(path, access);
    this.#users += 1;
    try {
      for (;;) {
        const reached = yield* route.reach();
        try {
          this.#demandNames(reached, access);
          if (access.last === "itself" || !(yield* route.followLast(reached))) {
            if (route.isDirectory) yield* this.#expectDirectory(reached, access);
            return this.#leased(reached, path, access);
          }
        } catch (error) {
          yield* this.#leave(reached);
          throw error;
        }
        yield* this.#leave(reached);
      }
    } catch (error) {
      yield* this.#leaveRoot();
      throw this.#explained(error, path, access);
    }
  }

  #leased(reached: Reached, path: string, access: Access): Lease {
    const end = (): Steps<void> => this.#leaveRoot();
    const leave = (): Steps<void> => this.#leave(reached);
    return {
      place: reached.place,
      gate: this.gate(path, access),
      *release() {
        yield* leave();
        yield* end();
      },
    };
  }

  /** {@link at}, of two paths. */
  between<T>(
    [from, fromAccess]: readonly [string, Access],
    [to, toAccess]: readonly [string, Access],
    work: (from: Place, to: Place, fromNames: readonly string[], toNames: readonly string[]) => Steps<T>,
  ): Steps<T> {
    return this.at(from, fromAccess, (source, { names }) =>
      this.at(to, toAccess, (target, reached) => work(source, target, names, reached.names)),
    );
  }

  /** Refuses unless every policy allows it. */
  demand(path: string, access: Access): void {
    for (const action of access.actions) {
      const reason = this.#first((check) => check.action(action));
      if (reason !== undefined) throw this.refusal(path, { ...access, actions: [action] }, reason);
    }
  }

  get followsLinks(): boolean {
    return this.#way.followsLinks;
  }

  /** Whether it matters what paths are called. */
  get asksForNames(): boolean {
    return this.#way.asksForNames;
  }

  allows(action: RootAction): boolean {
    return this.#rules.every(({ check }) => check.action(action) === undefined);
  }

  demandMode(path: string, access: Access, mode: number | undefined): void {
    if (mode === undefined) return;
    if ((mode & 0o111) !== 0) this.demand(path, { ...access, actions: ["execute"] });
    const reason = this.#first((check) => check.mode(mode));
    if (reason !== undefined) throw this.refusal(path, access, reason);
  }

  /** What is asked while contents pass. Without a charge there must be no growth. */
  gate(path: string, access: Access, charge?: Charge): Gate {
    const demand = (reason: string | undefined): void => {
      if (reason !== undefined) throw this.refusal(path, access, reason);
    };
    return {
      mayReplace: this.allows("write"),
      file: (status: FileStatus) => {
        demand(this.#first((check) => check.file(status)));
      },
      content: (head, size) => {
        demand(this.#first((check) => check.content(head, size)));
      },
      growth: (bytes) => {
        demand(charge?.grow(bytes));
      },
    };
  }

  /** Before files grow. The charge must be ended. */
  charge(): Steps<Charge> {
    return Charge.begin(this.#rules.map(({ usage }) => usage));
  }

  /** After files were removed. */
  measureAgain(): void {
    for (const { usage } of this.#rules) usage.forget();
  }

  /** Why nothing may be done at this path in the root, whatever the action; undefined where something may. */
  reasonAgainst(path: string): string | undefined {
    for (const { check, prefix } of this.#rules) {
      const reason = check.path(joined(prefix, path));
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Whether a name in a tree is there for who walks it, by the path in the root. */
  shows(path: string, isDirectory: boolean): boolean {
    return this.#rules.every(({ check, prefix }) => {
      const full = joined(prefix, path);
      return check.path(full) === undefined || (isDirectory && check.leadsToIncluded(full));
    });
  }

  refusal(path: string, { actions, purpose = "read" }: Access, reason: string): SealtraceError {
    const [action = purpose] = actions;
    reportAccessViolation({ root: this.path, path, action, reason });
    return new SealtraceError(
      "SEALTRACE_ACCESS_DENIED",
      `Refused to ${action} ${JSON.stringify(path)} in ${this.path}: ${reason}.`,
    );
  }

  #route(path: string, access: Access): Route {
    if (!this.#open) throw new SealtraceError("SEALTRACE_USAGE", `The root ${this.path} is closed: open it again.`);
    const inner = splitInnerPath(path);
    if (typeof inner === "string") throw this.refusal(path, access, inner);
    this.demand(path, access);
    try {
      return new Route(this.#way, path, inner);
    } catch (error) {
      if (error instanceof WayRefused) throw this.refusal(path, access, error.message);
      throw error;
    }
  }

  *#leave({ directory }: Reached): Steps<void> {
    if (directory !== this.anchor.handle) yield* closeDirectory(directory);
  }

  #demandNames(reached: Reached, access: Access): void {
    for (const { check, prefix } of this.#way.asksForNames ? this.#rules : []) {
      const full = joined(prefix, reached.names.join("/"));
      const reason = check.path(full);
      if (reason === undefined || (access.actions[0] === "list" && check.leadsToIncluded(full))) continue;
      throw new WayRefused(reason);
    }
  }

  /** The path ended in a slash. */
  *#expectDirectory({ place }: Reached, access: Access): Steps<void> {
    const status = yield* statusOf(place);
    if (status?.isSymbolicLink() === true) throw Object.assign(new Error("a symbolic link"), { code: "ELOOP" });
    if (status?.isDirectory() === true || (status === undefined && access.makesDirectory === true)) return;
    throw Object.assign(new Error("no directory"), { code: status === undefined ? "ENOENT" : "ENOTDIR" });
  }

  #explained(error: unknown, path: string, access: Access): SealtraceError {
    if (error instanceof WayRefused) return this.refusal(path, access, error.message);
    return fileSystemError(error, path, access.purpose ?? "read");
  }

  #first(ask: (check: PolicyCheck) => string | undefined): string | undefined {
    for (const { check } of this.#rules) {
      const reason = ask(check);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
}

/** Errors that a symbolic link in the last place causes where none is followed. */
function mayBeLink(error: unknown): boolean {
  if (error instanceof SealtraceError) {
    return (
      error.code === "SEALTRACE_LINK_REFUSED" || (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOTDIR"
    );
  }
  return ["ELOOP", "ENOTDIR"].includes((error as NodeJS.ErrnoException | null)?.code ?? "");
}

function joined(prefix: string, path: string): string {
  return prefix === "" || path === "" ? prefix + path : `${prefix}/${path}`;
}
