import { parseExpressionAt, type AnyNode } from "acorn";
import { boundNames, isFunction } from "./syntax.ts";

/**
 * The names of a function's parameters, in order, read from its text; a parameter that is a pattern is called by its
 * position. They are needed to know which arguments are secret. Empty when the text can't be read, as for native
 * functions.
 */
export function parameterNames(text: string): string[] {
  const node = parseFunction(`(${text})`) ?? parseFunction(`({${text}})`) ?? parseFunction(`(class{${text}})`);
  if (node === undefined) return [];
  return node.params.map((parameter, i) => {
    const target = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
    if (target.type === "RestElement") return boundNames([target])[0] ?? String(i);
    return target.type === "Identifier" ? target.name : String(i);
  });
}

type ParsedFunction = Extract<AnyNode, { params: unknown }>;

/** Functions are all that a text in parentheses, in an object or in a class can be: a function, a method, a class. */
function parseFunction(text: string): ParsedFunction | undefined {
  let node: AnyNode;
  try {
    node = parseExpressionAt(text, 1, { ecmaVersion: "latest" });
  } catch {
    return undefined;
  }
  if (node.type === "ObjectExpression") {
    const [property] = node.properties;
    node = property?.type === "Property" ? property.value : node;
  } else if (node.type === "ClassExpression") {
    const { body } = node.body;
    const member = body.find(
      (one) => one.type === "MethodDefinition" && (body.length === 1 || one.kind === "constructor"),
    );
    node = member?.type === "MethodDefinition" ? member.value : node;
  }
  return isFunction(node) ? node : undefined;
}
