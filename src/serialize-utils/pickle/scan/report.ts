/** What a scan finds. */

export type ScanVerdict = "safe" | "suspicious" | "dangerous";

/** A class or function that Python would import. */
export interface ScannedName {
  readonly module: string;
  readonly name: string;
  readonly verdict: ScanVerdict;
  /** Whether it is called, or an instance of it made. */
  readonly isCalled: boolean;
  /** Offset of the opcode, in what `where` names. */
  readonly at: number;
  /** Where in the file: empty for the file itself, `model/data.pkl` for a member of an archive, then `> bytes` for a pickle within a pickle. */
  readonly where: string;
}

/** Anything else that is worth knowing. */
export interface ScanFinding {
  readonly verdict: Exclude<ScanVerdict, "safe">;
  readonly message: string;
  readonly at: number;
  readonly where: string;
}

export interface PickleScan {
  /** The worst of everything below. `safe` only if all of it was read to its end. */
  readonly verdict: ScanVerdict;
  /** How many pickles were found. */
  readonly pickles: number;
  readonly names: readonly ScannedName[];
  readonly findings: readonly ScanFinding[];
}

/** Collects; each name once for each place. */
export class ScanNotes {
  readonly #names = new Map<string, { -readonly [Key in keyof ScannedName]: ScannedName[Key] }>();
  readonly #findings = new Map<string, ScanFinding>();
  #isCut = false;
  pickles = 0;

  /** Names found so far. */
  get size(): number {
    return this.#names.size;
  }

  name(name: ScannedName): void {
    const key = [name.where, name.module, name.name].join("\n");
    const known = this.#names.get(key);
    if (known === undefined) {
      if (this.#names.size < MOST) this.#names.set(key, { ...name });
      else this.#cut(name.where, name.verdict === "dangerous" ? "dangerous" : "suspicious");
    } else {
      known.isCalled ||= name.isCalled;
      known.verdict = worse(known.verdict, name.verdict);
    }
  }

  finding(finding: ScanFinding): void {
    const key = [finding.where, finding.message].join("\n");
    if (this.#findings.size < MOST) {
      const known = this.#findings.get(key)?.verdict ?? "safe";
      if (worse(known, finding.verdict) !== known) this.#findings.set(key, finding);
    } else this.#cut(finding.where, finding.verdict);
  }

  report(): PickleScan {
    const names = [...this.#names.values()];
    const findings = [...this.#findings.values()];
    const verdict = [...names, ...findings].reduce<ScanVerdict>((worst, item) => worse(worst, item.verdict), "safe");
    return { verdict, pickles: this.pickles, names, findings };
  }

  /** Beyond this nobody reads on, and the verdict is no better for it. */
  #cut(where: string, verdict: "suspicious" | "dangerous" = "suspicious"): void {
    if (this.#isCut && verdict === "suspicious") return;
    this.#isCut = true;
    this.#findings.set(`cut ${verdict}`, {
      verdict,
      message: `more than ${MOST} names or findings; the others are left out`,
      at: 0,
      where,
    });
  }
}

const MOST = 10_000;
const ORDER: readonly ScanVerdict[] = ["safe", "suspicious", "dangerous"];

export function worse(one: ScanVerdict, other: ScanVerdict): ScanVerdict {
  return ORDER.indexOf(one) >= ORDER.indexOf(other) ? one : other;
}
