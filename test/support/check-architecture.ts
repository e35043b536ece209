/** Finds where a tree of files breaks the rules of the house. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, join, posix } from "node:path";
import { COMPOSITION, WITHOUT_DOOR, type Exception, type Rules } from "./architecture.ts";
import { readSourceFacts, type Import, type SourceFacts } from "./source-facts.ts";

/** Every violation as `file:line rule: what is wrong`, in the order of the files; empty when the house is in order. */
export function checkArchitecture(root: string, rules: Rules): string[] {
  return new Inspection(root, rules).run();
}

interface Violation {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

class Inspection {
  readonly #root: string;
  readonly #rules: Rules;
  readonly #sources = new Map<string, SourceFacts>();
  readonly #violations: Violation[] = [];

  constructor(root: string, rules: Rules) {
    this.#root = root;
    this.#rules = rules;
  }

  run(): string[] {
    const files = listFiles(this.#root, this.#rules.ignored);
    for (const file of files) {
      const text = readFileSync(join(this.#root, file), "utf8");
      this.#checkText(file, text);
      // Fixtures are programs of users: the rules of the house are not theirs.
      if (/\.[cm]?[jt]s$/.test(file) && !file.startsWith("test/fixtures/")) {
        this.#sources.set(file, readSourceFacts(file, text));
      }
    }
    for (const [file, facts] of this.#sources) {
      if (facts.lines > this.#rules.maxLines) this.#add("length", file, facts.lines, `${facts.lines} lines`);
      for (const item of facts.imports) this.#checkImport(file, item);
      if (file.startsWith("src/")) this.#checkPrivileges(file, facts);
    }
    this.#checkCycles();
    this.#checkDependencies();
    return this.#remaining().map(({ rule, file, line, message }) => `${file}:${line} ${rule}: ${message}`);
  }

  #add(rule: string, file: string, line: number, message: string): void {
    this.#violations.push({ rule, file, line, message });
  }

  #checkText(file: string, text: string): void {
    for (const { rule, pattern, says } of this.#rules.forbiddenText) {
      for (const [i, line] of text.split("\n").entries()) if (pattern.test(line)) this.#add(rule, file, i + 1, says);
    }
  }

  #checkImport(file: string, { specifier, line }: Import): void {
    if (specifier === undefined) {
      if (file.startsWith("src/")) this.#add("computed-import", file, line, "nobody can see what this loads");
    } else if (isRelative(specifier)) {
      if (file.endsWith(".ts") && !specifier.endsWith(".ts")) this.#add("extension", file, line, specifier);
      if (file.startsWith("src/")) this.#checkDoor(file, line, specifier);
    } else if (specifier.startsWith("node:")) {
      return;
    } else if (builtinModules.includes(specifier)) {
      this.#add("builtin-prefix", file, line, `${specifier} is node:${specifier}`);
    } else {
      this.#checkPackage(file, line, packageOf(specifier));
    }
  }

  #checkDoor(file: string, line: number, specifier: string): void {
    const target = posix.join(posix.dirname(file), specifier);
    const [from, to] = [roomOf(file), roomOf(target)];
    if (from === to) return;
    const [fromLayer, toLayer] = [this.#layerOf(from), this.#layerOf(to)];
    if (fromLayer < 0 || toLayer < 0) {
      this.#add("unknown-room", file, line, `${fromLayer < 0 ? from : to} is in no layer`);
      return;
    }
    const only = this.#rules.only[from];
    if (toLayer >= fromLayer) this.#add("layer", file, line, `${from} may not import ${to}`);
    else if (only !== undefined && !only.includes(to))
      this.#add("only", file, line, `${from} imports ${only.join(", ")} alone`);
    if (!WITHOUT_DOOR.has(to) && basename(target) !== "index.ts") {
      this.#add("door", file, line, `${specifier} goes past ${to}/index.ts`);
    }
  }

  #layerOf(room: string): number {
    return this.#rules.layers.findIndex((layer) => layer.includes(room));
  }

  /** Shipped code may use what is installed with it; everything else, what is installed for development. */
  #checkPackage(file: string, line: number, name: string): void {
    const { dependencies, peerDependencies, devDependencies } = this.#manifestOf(file);
    const available = { ...dependencies, ...peerDependencies, ...(file.startsWith("src/") ? {} : devDependencies) };
    if (!(name in available)) this.#add("dependency", file, line, `package.json does not name ${name}`);
  }

  /** The nearest package.json: benchmarks have their own. */
  #manifestOf(file: string): Manifest {
    for (let directory = dirname(file); ; directory = dirname(directory)) {
      const path = join(this.#root, directory, "package.json");
      if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Manifest;
      if (directory === ".") return {};
    }
  }

  #checkPrivileges(file: string, { imports, uses }: SourceFacts): void {
    for (const { rule, allowed, modules, uses: matches } of this.#rules.privileges) {
      if (allowed.includes(roomOf(file)) || allowed.includes(file.slice("src/".length))) continue;
      for (const { specifier, line } of imports) {
        if (specifier !== undefined && modules?.includes(specifier)) this.#add(rule, file, line, specifier);
      }
      for (const use of uses) {
        if (matches?.(use)) this.#add(rule, file, use.line, `${use.object}.${use.member}`);
      }
    }
  }

  /** Files that reach themselves by their imports; type imports count. */
  #checkCycles(): void {
    const finished = new Set<string>();
    const path: string[] = [];
    const visit = (file: string): void => {
      if (path.includes(file)) {
        const cycle = [...path.slice(path.indexOf(file)), file];
        this.#add("cycle", file, 1, cycle.map((name) => posix.relative("src", name)).join(" -> "));
        return;
      }
      if (finished.has(file)) return;
      path.push(file);
      for (const { specifier } of this.#sources.get(file)?.imports ?? []) {
        if (specifier !== undefined && isRelative(specifier)) visit(posix.join(posix.dirname(file), specifier));
      }
      path.pop();
      finished.add(file);
    };
    for (const file of this.#sources.keys()) if (file.startsWith("src/")) visit(file);
  }

  /** What users have to install is used, and ARCHITECTURE.md says what for. */
  #checkDependencies(): void {
    const { dependencies, peerDependencies } = this.#manifestOf("package.json");
    const document = join(this.#root, "ARCHITECTURE.md");
    const reasons = existsSync(document) ? readFileSync(document, "utf8").split("\n") : [];
    const shipped = [...this.#sources]
      .filter(([file]) => file.startsWith("src/"))
      .flatMap(([, { imports }]) => imports);
    const imported = new Set(shipped.map(({ specifier }) => packageOf(specifier ?? "")));
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (!imported.has(name)) this.#add("unused-dependency", "package.json", 1, name);
      const explained = reasons.some((line) => line.includes(`\`${name}\``) && /[a-z] [a-z]/.test(line));
      if (!explained) this.#add("reason", "package.json", 1, `ARCHITECTURE.md does not say why \`${name}\` is needed`);
    }
  }

  #remaining(): Violation[] {
    const { exceptions } = this.#rules;
    const covers = (exception: Exception, { rule, file }: Violation): boolean =>
      exception.rule === rule && exception.file === file;
    const left = this.#violations.filter((violation) => !exceptions.some((exception) => covers(exception, violation)));
    for (const exception of exceptions) {
      if (this.#violations.some((violation) => covers(exception, violation))) continue;
      left.push({ rule: "needless-exception", file: exception.file, line: 1, message: exception.rule });
    }
    return left.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  }
}

function isRelative(specifier: string): boolean {
  return /^\.{1,2}\//.test(specifier);
}

/** `@scope/name/part` -> `@scope/name` */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** `src/store/layout.ts` -> `store`; `src/setup.ts` -> the composition. */
function roomOf(file: string): string {
  const parts = file.split("/");
  return parts.length > 2 ? (parts[1] as string) : COMPOSITION;
}

/** Every file that belongs to the project, with slashes, sorted: what .gitignore names does not. */
function listFiles(root: string, ignored: readonly string[]): string[] {
  const gitignore = join(root, ".gitignore");
  const names = existsSync(gitignore) ? readFileSync(gitignore, "utf8").split("\n") : [];
  const skipped = new Set([".git", ...names.map((name) => name.replace(/\/$/, ""))]);
  const files: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = posix.join(directory, entry.name);
      if (skipped.has(entry.name) || ignored.includes(path)) continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) files.push(path);
    }
  };
  visit(".");
  return files.sort();
}
