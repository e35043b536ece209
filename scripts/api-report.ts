/**
 * Writes `docs/api-report.md`: every name that users can import, with its declaration. The report is committed, so that a change of the
 * public interface shows in the diff.
 *
 *     node scripts/api-report.ts            writes it
 *     node scripts/api-report.ts --check    ends with 1 if it is not what the sources say
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import ts from "typescript";
import { Declarations } from "./declarations.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = join(ROOT, "src");
const REPORT = join(ROOT, "docs/api-report.md");

const HEADER = `# The public interface

Every name that users can import, with its declaration. Written by \`npm run api-report\`; \`npm run check\` fails when it is not up to
date, so that no change of the interface goes unseen.
`;

class Report {
  readonly #options = compilerOptions();
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #files = new Map<ts.SourceFile, Declarations>();
  /** Where each declaration is shown. */
  readonly #shown = new Map<ts.Symbol, string>();
  readonly #referred = new Set<ts.Symbol>();

  constructor(files: readonly string[]) {
    this.#program = ts.createProgram({ rootNames: files, options: this.#options });
    this.#checker = this.#program.getTypeChecker();
  }

  async section(file: string): Promise<string> {
    const title = subpathOf(file);
    const module = this.#checker.getSymbolAtLocation(this.#program.getSourceFile(file) as ts.SourceFile);
    const exported = module === undefined ? [] : this.#checker.getExportsOfModule(module);
    if (exported.length === 0) return `\n## ${title}\n\nExports nothing: it is imported for what it does.\n`;
    const texts = byName(exported).map((symbol) => {
      const original = this.#original(symbol);
      const elsewhere = this.#shown.get(original);
      if (elsewhere !== undefined) return `// ${symbol.name}: as in ${elsewhere}`;
      const renamed = original.name === symbol.name ? "" : `export { ${original.name} as ${symbol.name} };\n`;
      return renamed + this.#show(original, title);
    });
    return section(title, texts);
  }

  /** Declarations that the ones shown so far refer to, and the ones that these refer to. */
  async rest(): Promise<string> {
    const texts = new Map<ts.Symbol, string>();
    for (const symbol of this.#referred) {
      if (!this.#shown.has(symbol)) texts.set(symbol, this.#show(symbol, "here"));
    }
    return section(
      "Behind them, without a name to import",
      byName([...texts.keys()]).map((symbol) => texts.get(symbol) ?? ""),
    );
  }

  #show(symbol: ts.Symbol, title: string): string {
    this.#shown.set(symbol, title);
    const file = symbol.declarations?.[0]?.getSourceFile();
    if (file === undefined) throw new Error(`${symbol.name} is exported and declared nowhere.`);
    let declarations = this.#files.get(file);
    if (declarations === undefined) {
      declarations = new Declarations(file, this.#options, this.#checker);
      this.#files.set(file, declarations);
    }
    for (const reference of declarations.referencesOf(symbol.name)) {
      const original = this.#original(reference);
      if (isOurs(original)) this.#referred.add(original);
    }
    return declarations.textOf(symbol.name);
  }

  #original(symbol: ts.Symbol): ts.Symbol {
    const aliased = symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    return this.#checker.getExportSymbolOfSymbol(aliased);
  }
}

function isOurs(symbol: ts.Symbol): boolean {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return file !== undefined && !relative(SOURCES, file).startsWith("..");
}

function byName(symbols: readonly ts.Symbol[]): ts.Symbol[] {
  return symbols.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function section(title: string, texts: readonly string[]): Promise<string> {
  const code = await format(texts.join("\n\n"), { ...(await resolveConfig(REPORT)), parser: "typescript" });
  return `\n## ${title}\n\n\`\`\`ts\n${code}\`\`\`\n`;
}

async function write(): Promise<string> {
  const names = readdirSync(join(SOURCES, "public")).filter((name) => name.endsWith(".ts"));
  const files = names.map((name) => join(SOURCES, "public", name));
  files.sort((a, b) => (subpathOf(a) < subpathOf(b) ? -1 : 1));
  const report = new Report(files);
  let text = HEADER;
  for (const file of files) text += await report.section(file);
  return text + (await report.rest());
}

function subpathOf(file: string): string {
  const name = basename(file, ".ts");
  return name === "index" ? "sealtrace" : `sealtrace/${name}`;
}

function compilerOptions(): ts.CompilerOptions {
  const path = join(ROOT, "tsconfig.json");
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as { config: unknown };
  return ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options;
}

function firstDifference(actual: string, expected: string): string {
  const [found, wanted] = [actual.split("\n"), expected.split("\n")];
  const line = wanted.findIndex((text, i) => text !== found[i]);
  const at = line < 0 ? wanted.length : line;
  return `line ${at + 1}\n  report:  ${found[at] ?? "(ends)"}\n  sources: ${wanted[at] ?? "(end)"}`;
}

const current = await write();
if (!process.argv.includes("--check")) {
  writeFileSync(REPORT, current);
} else {
  const committed = existsSync(REPORT) ? readFileSync(REPORT, "utf8") : "";
  if (committed !== current) {
    console.error(
      `docs/api-report.md is not what the sources say; the first difference is in ${firstDifference(committed, current)}\n` +
        "If the interface was meant to change: npm run api-report, and commit the report with the change.",
    );
    process.exitCode = 1;
  }
}
