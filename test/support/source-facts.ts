/** What the rules of the architecture need to know of a source file, read from its syntax tree. */
import ts from "typescript";

export interface Import {
  /** Undefined when it is computed at run time. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/** `process.exit`, `console.log`, however it is written. */
export interface Use {
  readonly object: string;
  /** `*` when it is computed, or the object is handed on as a whole. */
  readonly member: string;
  readonly line: number;
  readonly assigned: boolean;
}

export interface SourceFacts {
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
}

const OBJECTS = new Set(["process", "console"]);
/** Functions whose first argument names a module. */
const LOADERS = new Set(["require", "getBuiltinModule"]);

export function readSourceFacts(fileName: string, text: string): SourceFacts {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const uses: Use[] = [];
  /** Local names of the objects, for `import p from "node:process"`. */
  const names = new Map([...OBJECTS].map((name) => [name, name]));
  const lineOf = (node: ts.Node): number => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;

  const addImport = (node: ts.Node, specifier: ts.Node | undefined): void => {
    const literal = specifier !== undefined && ts.isStringLiteralLike(specifier);
    imports.push({ specifier: literal ? specifier.text : undefined, line: lineOf(node) });
  };
  const addUse = (object: string, member: string, node: ts.Node): void => {
    uses.push({ object, member, line: lineOf(node), assigned: isAssigned(node) });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      addImport(node, node.moduleSpecifier);
      importedObject(node, names, addUse);
    } else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier !== undefined) addImport(node, node.moduleSpecifier);
    } else if (ts.isImportTypeNode(node)) {
      addImport(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    } else if (ts.isCallExpression(node) && isLoader(node)) {
      addImport(node, node.arguments[0]);
    } else if (ts.isIdentifier(node)) {
      const object = names.get(node.text);
      if (object !== undefined && isReference(node))
        for (const use of usesOf(node)) addUse(object, use.member, use.node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0), imports, uses };
}

/** `import()`, `require()`, `createRequire(...)()`, `process.getBuiltinModule()`. */
function isLoader({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isCallExpression(expression)) return nameOf(expression.expression) === "createRequire";
  return LOADERS.has(nameOf(expression) ?? "");
}

function nameOf(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) ? node.name.text : undefined;
}

/** `import { env } from "node:process"` is a use; `import p from "node:process"` gives the object another name. */
function importedObject(
  { moduleSpecifier, importClause }: ts.ImportDeclaration,
  names: Map<string, string>,
  addUse: (object: string, member: string, node: ts.Node) => void,
): void {
  const object = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text.replace(/^node:/, "") : "";
  if (!OBJECTS.has(object) || importClause === undefined) return;
  if (importClause.name !== undefined) names.set(importClause.name.text, object);
  const { namedBindings } = importClause;
  if (namedBindings === undefined) return;
  if (ts.isNamespaceImport(namedBindings)) names.set(namedBindings.name.text, object);
  else for (const item of namedBindings.elements) addUse(object, (item.propertyName ?? item.name).text, item);
}

/** Whether an identifier stands for the global object, and is not somebody's property, parameter or type of the same name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node || nameOf(parent.expression) === "globalThis";
  }
  if (ts.isShorthandPropertyAssignment(parent) || ts.isReturnStatement(parent) || ts.isExpression(parent)) return true;
  return (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.initializer === node;
}

function usesOf(name: ts.Identifier): { member: string; node: ts.Node }[] {
  let node: ts.Node = name;
  if (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) node = node.parent;
  while (ts.isAsExpression(node.parent) || ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return [{ member: parent.name.text, node: parent }];
  if (ts.isElementAccessExpression(parent) && parent.expression === node) {
    const { argumentExpression: key } = parent;
    return [{ member: ts.isStringLiteralLike(key) ? key.text : "*", node: parent }];
  }
  if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) {
    return parent.name.elements.map((element) => ({ member: boundName(element), node: element }));
  }
  return [{ member: "*", node }];
}

function boundName({ dotDotDotToken, name, propertyName }: ts.BindingElement): string {
  const key = propertyName ?? name;
  return dotDotDotToken === undefined && ts.isIdentifier(key) ? key.text : "*";
}

function isAssigned(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
    parent.operatorToken.kind <= ts.SyntaxKind.LastAssignment
  );
}
