import { parse, type AnyNode, type Program } from "acorn";

export type Dialect = "module" | "commonjs";

export type FunctionNode = Extract<
  AnyNode,
  { type: "FunctionDeclaration" | "FunctionExpression" | "ArrowFunctionExpression" }
>;

/**
 * Older versions of Node don't know `using`: what acorn accepts and they refuse would be refused in the changed text.
 */
const ECMA_VERSION = Number.parseInt(process.versions.node, 10) >= 24 ? "latest" : 2025;

/** Parses a source text; throws when it can't. */
export function parseSource(text: string, dialect: Dialect): Program {
  return parse(text, { ecmaVersion: ECMA_VERSION, sourceType: dialect, allowHashBang: true });
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}

/** The nodes directly below a node, in the order of the text. */
export function* children(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const element of value) if (isNode(element)) yield element;
    } else if (isNode(value)) yield value;
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** The names that patterns bind. */
export function boundNames(patterns: readonly (AnyNode | null)[]): string[] {
  const names: string[] = [];
  const visit = (pattern: AnyNode | null): void => {
    switch (pattern?.type) {
      case "Identifier":
        names.push(pattern.name);
        break;
      case "ObjectPattern":
        for (const property of pattern.properties) visit(property.type === "Property" ? property.value : property);
        break;
      case "ArrayPattern":
        for (const element of pattern.elements) visit(element);
        break;
      case "AssignmentPattern":
        visit(pattern.left);
        break;
      case "RestElement":
        visit(pattern.argument);
        break;
      default:
    }
  };
  for (const pattern of patterns) visit(pattern);
  return names;
}

/** The directives (`"use strict"`) that a body begins with. */
export function directives(body: readonly AnyNode[]): string[] {
  const found: string[] = [];
  for (const statement of body) {
    if (statement.type !== "ExpressionStatement" || statement.directive === undefined) break;
    found.push(statement.directive);
  }
  return found;
}

/**
 * True when the body of a function can stand in a block without a change of meaning. It can't when a function that is
 * declared in it has a namesake among the parameters, the `var`s or the other functions: in a block that is an error,
 * or another variable.
 */
export function fitsInBlock(node: FunctionNode): boolean {
  if (node.body.type !== "BlockStatement") return true;
  const declared = node.body.body.map(declaredFunction).filter((name) => name !== undefined);
  if (declared.length === 0) return true;
  const names = new Set(declared);
  if (names.size < declared.length || names.has("arguments")) return false;
  return ![...boundNames(node.params), ...node.body.body.flatMap(hoistedNames)].some((name) => names.has(name));
}

function declaredFunction(statement: AnyNode): string | undefined {
  if (statement.type === "LabeledStatement") return declaredFunction(statement.body);
  return statement.type === "FunctionDeclaration" ? statement.id?.name : undefined;
}

/** Names that a statement of a body makes variables of the function: `var`s, and functions in blocks. */
function hoistedNames(statement: AnyNode): string[] {
  const names: string[] = [];
  const visit = (node: AnyNode, top: boolean): void => {
    if (node.type === "FunctionDeclaration" && !top && node.id) names.push(node.id.name);
    if (isFunction(node) || node.type === "ClassDeclaration" || node.type === "ClassExpression") return;
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      names.push(...boundNames(node.declarations.map(({ id }) => id)));
    }
    for (const child of children(node)) visit(child, top && node.type === "LabeledStatement");
  };
  visit(statement, true);
  return names;
}

/** True when calls of the function don't end when they return to their caller. */
export function suspends(fn: FunctionNode): boolean {
  return fn.async || fn.generator;
}

/** A hashbang must stay at the very start. */
export function afterHashbang(text: string): number {
  if (!text.startsWith("#!")) return 0;
  const end = /[\n\r\u2028\u2029]/.exec(text);
  return end === null ? text.length : end.index + 1;
}

/** The offset behind the `=>`; only parentheses, a comma and comments can stand before it. */
export function afterArrow(text: string, from: number): number {
  const token = /\/\*[^]*?\*\/|\/\/.*|=>/g;
  token.lastIndex = from;
  let found = token.exec(text);
  while (found !== null && found[0] !== "=>") found = token.exec(text);
  return found === null ? from : token.lastIndex;
}
