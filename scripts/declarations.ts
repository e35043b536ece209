import ts from "typescript";

/** A source file, and its declarations as they are shipped, without comments. */
export class Declarations {
  readonly #checker: ts.TypeChecker;
  readonly #file: ts.SourceFile;
  readonly #shipped: ts.SourceFile;
  readonly #printer = ts.createPrinter({ removeComments: true });
  #scope: ReadonlyMap<string, ts.Symbol> | undefined;

  constructor(file: ts.SourceFile, compilerOptions: ts.CompilerOptions, checker: ts.TypeChecker) {
    this.#checker = checker;
    this.#file = file;
    const { outputText } = ts.transpileDeclaration(file.text, { fileName: file.fileName, compilerOptions });
    this.#shipped = ts.createSourceFile("declarations.d.ts", outputText, ts.ScriptTarget.Latest, true);
  }

  textOf(name: string): string {
    const texts = this.#named(name).map((node) =>
      this.#printer.printNode(ts.EmitHint.Unspecified, node, this.#shipped),
    );
    return texts.join("\n");
  }

  /** What the declaration of a name refers to. */
  referencesOf(name: string): ts.Symbol[] {
    this.#scope ??= new Map(
      this.#checker
        .getSymbolsInScope(this.#file, ts.SymbolFlags.Type | ts.SymbolFlags.Value | ts.SymbolFlags.Alias)
        .map((symbol) => [symbol.name, symbol]),
    );
    const found = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (ts.isTypeReferenceNode(node)) found.add(firstName(node.typeName));
      else if (ts.isTypeQueryNode(node)) found.add(firstName(node.exprName));
      else if (ts.isExpressionWithTypeArguments(node)) found.add(node.expression.getText());
      ts.forEachChild(node, visit);
    };
    for (const statement of this.#named(name)) visit(statement);
    return [...found].flatMap((text) => this.#scope?.get(text) ?? []);
  }

  /** A type and a value may share a name, and a function may have several declarations. */
  #named(name: string): ts.Statement[] {
    return this.#shipped.statements.filter((statement) => namesOf(statement).includes(name));
  }
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.Statement & { name?: ts.Identifier };
  return name === undefined ? [] : [name.text];
}

function firstName(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : firstName(name.left);
}
