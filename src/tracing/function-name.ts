import type { AnyNode } from "acorn";

/**
 * The part of a function's name that an assignment target gives: `f`, `obj.f`, `Class.f`; undefined when it says
 * nothing.
 */
export function targetName(target: AnyNode): string | undefined {
  if (target.type === "Identifier") return target.name;
  if (target.type !== "MemberExpression") return undefined;
  const property = keyName(target.property, target.computed);
  const owner = ownerName(target.object);
  return owner === "" ? property : `${owner}.${property}`;
}

/** What a key reads as: `name`, `#name`, `[Symbol.iterator]`. */
export function keyName(key: AnyNode, computed: boolean): string {
  if (computed) {
    if (key.type === "Literal") return String(key.value);
    const name = targetName(key);
    return name === undefined ? "[computed]" : `[${name}]`;
  }
  if (key.type === "Identifier") return key.name;
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Literal" ? String(key.value) : "[computed]";
}

/** `exports`, `module.exports` and `this` say nothing to a reader; `X.prototype` is X. */
function ownerName(object: AnyNode): string {
  if (object.type === "Identifier") return object.name === "exports" ? "" : object.name;
  if (object.type !== "MemberExpression" || object.computed) return "";
  const property = keyName(object.property, false);
  const owner = ownerName(object.object);
  if (property === "prototype") return owner;
  if (owner === "module" && property === "exports") return "";
  return owner === "" ? property : `${owner}.${property}`;
}
