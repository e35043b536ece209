import type { AnyNode } from "acorn";
import { targetName } from "./function-name.ts";
import { suspends, type FunctionNode } from "./syntax.ts";

/**
 * True for the calls in a CommonJS module by whose exact text Node finds the names that the module exports:
 * `Object.defineProperty(exports, ...)` and, at its top, `Object.keys(...).forEach(...)`. They must stay as they are.
 */
export function namesExports(
  node: Extract<AnyNode, { type: "CallExpression" }>,
  within: FunctionNode | undefined,
): boolean {
  if (node.callee.type !== "MemberExpression") return false;
  if (within !== undefined && suspends(within)) return false;
  if (targetName(node.callee) === "Object.defineProperty") {
    const [target] = node.arguments;
    return target !== undefined && /^(?:module\.)?exports$/.test(targetName(target) ?? "");
  }
  const { object, property } = node.callee;
  return (
    within === undefined &&
    property.type === "Identifier" &&
    property.name === "forEach" &&
    object.type === "CallExpression" &&
    targetName(object.callee) === "Object.keys"
  );
}
