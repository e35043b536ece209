/**
 * The transform: where to put what into a module's text so that its calls are recorded. Nothing is removed and no line
 * is added. A function
 *
 *     function f(a) { ... return g(a); }
 *
 * becomes, with `$t` a name that the text does not contain,
 *
 *     function f(a) {const $ts=--$tN[7]<0?$tE(7,[a]):0;try{ ... return $tV($ts,g(a)); }catch($te){
 *     try{$tT($ts,$te)}catch{}throw $te}finally{if($ts!==0)$tX($ts)}}
 */
import type { AnyNode, BlockStatement, Program } from "acorn";
import { keyName, targetName } from "./function-name.ts";
import type { Insertion } from "./insertions.ts";
import { namesExports } from "./named-exports.ts";
import {
  afterArrow,
  afterHashbang,
  boundNames,
  children,
  directives,
  fitsInBlock,
  isFunction,
  suspends,
  type Dialect,
  type FunctionNode,
} from "./syntax.ts";

export interface FoundFunction {
  readonly name: string;
  /** Where it begins in the text. */
  readonly offset: number;
  /** The names that its parameters bind. */
  readonly parameters: readonly string[];
}

export interface Instrumentation {
  readonly insertions: readonly Insertion[];
  /** In the order of their ids, which follow each other from `firstId` on. */
  readonly functions: readonly FoundFunction[];
  /** Functions that were left as they are, for the transform would change what they mean. */
  readonly skipped: number;
}

export interface InstrumentOptions {
  readonly dialect: Dialect;
  /** Begins every name in generated code; the text must not contain it. */
  readonly prefix: string;
  /** Names the file in the locations of throw statements. */
  readonly file: number;
  readonly firstId: number;
  /** Code that makes the helpers known in the module; for an ES module an import declaration. */
  readonly prologue: string;
}

/** Finds the insertions for a parsed text. */
export function instrument(text: string, program: Program, options: InstrumentOptions): Instrumentation {
  const instrumenter = new Instrumenter(text, options);
  instrumenter.program(program);
  return instrumenter;
}

/** What a node stands in. */
interface Surroundings {
  /**
   * The function whose `return`, `await` and `yield` these are; undefined outside, and in one that isn't instrumented.
   */
  readonly function: FunctionNode | undefined;
  /** Begins the names of functions: `outer.`, `Class.`. */
  readonly path: string;
}

const ANCHORS = new Set(["ReturnStatement", "ThrowStatement", "ExpressionStatement"]);

class Instrumenter implements Instrumentation {
  readonly insertions: Insertion[] = [];
  readonly functions: FoundFunction[] = [];
  skipped = 0;
  readonly #text: string;
  readonly #options: InstrumentOptions;
  readonly #prefix: string;
  /** Names that functions, classes and objects get from what they are assigned to. */
  readonly #names = new Map<AnyNode, string>();
  /** Where a method begins: its function begins only at the parameters. */
  readonly #starts = new Map<AnyNode, number>();
  /** Where V8 says that something happens which has no position of its own: at the statement, or the initial value. */
  #anchor: number | undefined;
  /** `for await` loops that are already wrapped, with their labels. */
  readonly #wrapped = new Set<AnyNode>();

  constructor(text: string, options: InstrumentOptions) {
    this.#text = text;
    this.#options = options;
    this.#prefix = options.prefix;
  }

  program(program: Program): void {
    const first = program.body.find((_, i) => i >= directives(program.body).length);
    if (first === undefined) return;
    const { dialect, prologue } = this.#options;
    this.#insert(dialect === "module" ? afterHashbang(this.#text) : first.start, prologue);
    this.#visitAll(program.body, { function: undefined, path: "" });
    // The prologue alone would be of no use.
    if (this.insertions.length === 1) this.insertions.pop();
  }

  #insert(offset: number, text: string, beforeName = false): void {
    this.insertions.push({ offset, text, anchor: this.#anchor, beforeName });
  }

  /** Puts `open` before a node and `close` behind it, with what is inserted into the node between them. */
  #around(node: AnyNode, open: string, close: string, inside: () => void): void {
    this.#insert(node.start, open);
    inside();
    this.#insert(node.end, close);
  }

  /** Makes an expression an argument of a helper: `helper(first, expression)`. */
  #pass(helper: string, first: string, argument: AnyNode, around: Surroundings, last = ""): void {
    const [open, close] = argument.type === "SequenceExpression" ? ["(", ")"] : ["", ""];
    // The space is for `return(x)`, where the keyword touches the expression.
    this.#insert(argument.start, ` ${this.#prefix}${helper}(${first},${open}`, argument.type === "Identifier");
    this.#visit(argument, around);
    this.#insert(argument.end, `${close}${last})`);
  }

  #visitAll(nodes: readonly (AnyNode | null)[], around: Surroundings): void {
    for (const node of nodes) if (node !== null) this.#visit(node, around);
  }

  #visit(node: AnyNode, around: Surroundings): void {
    const anchor = this.#anchor;
    if (node.type.endsWith("Statement")) this.#anchor = ANCHORS.has(node.type) ? node.start : undefined;
    this.#visitNode(node, around);
    this.#anchor = anchor;
  }

  #visitNode(node: AnyNode, around: Surroundings): void {
    if (isFunction(node)) this.#function(node, around);
    else if (around.function === undefined || !this.#visitFlow(node, around, around.function))
      this.#visitOther(node, around);
  }

  #visitOther(node: AnyNode, around: Surroundings): void {
    switch (node.type) {
      case "VariableDeclarator":
        this.#name(node.init, targetName(node.id));
        this.#anchor = node.init?.start;
        break;
      case "AssignmentExpression":
      case "AssignmentPattern":
        this.#name(node.right, targetName(node.left));
        break;
      case "ExportDefaultDeclaration":
        if (!("id" in node.declaration) || node.declaration.id === null) this.#name(node.declaration, "default");
        break;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#class(node, around);
        return;
      case "ObjectExpression":
        this.#visitAll(node.properties, this.#inside(node, around));
        return;
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
        this.#member(node);
        break;
      case "ThrowStatement":
        this.#pass("L", `${this.#options.file},${node.start}`, node.argument, around);
        return;
      case "CallExpression":
        if (this.#options.dialect === "commonjs" && namesExports(node, around.function)) return;
        break;
      default:
    }
    this.#visitAll([...children(node)], around);
  }

  /** Visits what has to do with leaving and suspending `fn`; false for everything else. */
  #visitFlow(node: AnyNode, around: Surroundings, fn: FunctionNode): boolean {
    const position = `${this.#prefix}s`;
    switch (node.type) {
      case "ReturnStatement":
        if (node.argument === null || node.argument === undefined) return true;
        // An asynchronous generator awaits what it returns.
        if (fn.async && fn.generator)
          this.#pass("S", `${position},${this.#prefix}V(${position}`, node.argument, around, ")");
        else this.#pass("V", position, node.argument, around);
        return true;
      case "AwaitExpression":
        this.#around(node, `${this.#prefix}R(${position},`, ")", () => {
          this.#pass("S", position, node.argument, around);
        });
        return true;
      case "VariableDeclarator":
        return this.#awaitedPattern(node, around);
      case "YieldExpression":
        this.#around(node, `${this.#prefix}Y(${position},`, ")", () => {
          if (node.argument === null || node.argument === undefined) {
            this.#insert(node.start + "yield".length, ` ${this.#prefix}S(${position})`);
          } else if (node.delegate) this.#pass("W", position, node.argument, around, `,${fn.async}`);
          else this.#pass("S", position, node.argument, around);
        });
        return true;
      case "LabeledStatement":
      case "ForOfStatement":
        return this.#forAwait(node, around);
      case "CatchClause":
        if (!suspends(fn)) return false;
        this.#insert(node.body.start + 1, this.#continue());
        return false;
      case "TryStatement":
        if (node.finalizer && suspends(fn)) this.#insert(node.finalizer.start + 1, this.#continue());
        return false;
      default:
        return false;
    }
  }

  /**
   * `const { a } = await b`: the call continues in a variable of its own, for when b is undefined the engine's message
   * describes what stands right of the `=`. Not for a pattern that calls something.
   */
  #awaitedPattern(node: Extract<AnyNode, { type: "VariableDeclarator" }>, around: Surroundings): boolean {
    const { id, init } = node;
    if (init?.type !== "AwaitExpression" || id.type === "Identifier") return false;
    if (/[(`]|\b(?:await|new|yield)\b/.test(this.#text.slice(id.start, id.end))) return false;
    this.#anchor = init.start;
    this.#pass("S", `${this.#prefix}s`, init.argument, around);
    this.#insert(node.end, `,${this.#prefix}_${node.start}=${this.#prefix}R(${this.#prefix}s)`);
    return true;
  }

  #continue(): string {
    return `${this.#prefix}C(${this.#prefix}s);`;
  }

  /**
   * `for await` suspends unseen, before each round and when it is left: its iterable is watched, and what comes after
   * continues.
   */
  #forAwait(node: AnyNode, around: Surroundings): boolean {
    let loop = node;
    while (loop.type === "LabeledStatement") loop = loop.body;
    if (loop.type !== "ForOfStatement" || !loop.await) return false;
    if (!this.#wrapped.has(loop)) {
      this.#wrapped.add(loop);
      this.#around(node, "try{", `}finally{${this.#continue()}}`, () => {
        if (node === loop) this.#forAwait(node, around);
        else this.#visitAll([...children(node)], around);
      });
      return true;
    }
    if (node !== loop) return false;
    this.#visit(loop.left, around);
    this.#pass("W", `${this.#prefix}s`, loop.right, around, ",true");
    if (loop.body.type === "BlockStatement") {
      this.#insert(loop.body.start + 1, this.#continue());
      this.#visit(loop.body, around);
    } else {
      const { body } = loop;
      this.#around(body, `{${this.#continue()}`, "}", () => {
        this.#visit(body, around);
      });
    }
    return true;
  }

  #function(node: FunctionNode, around: Surroundings): void {
    this.#anchor = undefined;
    const own = node.type === "ArrowFunctionExpression" ? undefined : node.id?.name;
    const path = `${around.path}${own ?? this.#names.get(node) ?? "<anonymous>"}`;
    const inner = { function: undefined, path: `${path}.` };
    const block = node.body.type === "BlockStatement" ? node.body : undefined;
    // asm.js is no longer asm.js with anything in it.
    if (block !== undefined && directives(block.body).includes("use asm")) return;
    if (!this.#canChange(node)) {
      this.skipped += 1;
      this.#visitAll([...node.params, node.body], inner);
      return;
    }
    const id = this.#options.firstId + this.functions.length;
    const parameters = boundNames(node.params);
    this.functions.push({ name: path, offset: this.#starts.get(node) ?? node.start, parameters });
    const values = parameters.length === 0 ? "" : `,[${parameters.slice(0, 16).join(",")}]`;
    const p = this.#prefix;
    const before = `const ${p}s=--${p}N[${id}]<0?${p}E(${id}${values}):0;try{`;
    const after = `}catch(${p}e){try{${p}T(${p}s,${p}e)}catch{}throw ${p}e}finally{if(${p}s!==0)${p}X(${p}s)}`;
    this.#visitAll(node.params, inner);
    const within = { function: node, path: inner.path };
    if (block !== undefined) this.#blockBody(block, before, after, within);
    else this.#expressionBody(node, `{${before}return ${p}V(${p}s,`, `)${after}}`, within);
  }

  #blockBody(block: BlockStatement, before: string, after: string, within: Surroundings): void {
    const first = directives(block.body).length;
    const last = block.body[first - 1];
    // A directive may lack its semicolon.
    if (last === undefined) this.#insert(block.start + 1, before);
    else this.#insert(last.end, this.#text[last.end - 1] === ";" ? before : `;${before}`);
    this.#visitAll(block.body.slice(first), within);
    this.#insert(block.end - 1, after);
  }

  /** The body of an arrow function may be in parentheses, which don't belong to its node. */
  #expressionBody(node: FunctionNode, before: string, after: string, within: Surroundings): void {
    this.#insert(afterArrow(this.#text, node.params.at(-1)?.end ?? node.start), before);
    this.#visit(node.body, within);
    this.#insert(node.end, after);
  }

  /** The end of a block that awaits what it used can't be told from outside. */
  #canChange(node: FunctionNode): boolean {
    if (node.async && /\bawait\s+using\b/.test(this.#text.slice(node.start, node.end))) return false;
    return fitsInBlock(node);
  }

  #class(node: Extract<AnyNode, { type: "ClassDeclaration" | "ClassExpression" }>, around: Surroundings): void {
    const name = node.id?.name ?? this.#names.get(node) ?? "<anonymous>";
    if (node.superClass) this.#visit(node.superClass, around);
    this.#visit(node.body, { function: around.function, path: `${around.path}${name}.` });
  }

  #member(node: Extract<AnyNode, { type: "Property" | "MethodDefinition" | "PropertyDefinition" }>): void {
    if (!node.value) return;
    const accessor =
      node.type !== "PropertyDefinition" && (node.kind === "get" || node.kind === "set") ? `${node.kind} ` : "";
    this.#name(node.value, accessor + keyName(node.key, node.computed));
    if (node.type === "MethodDefinition" || (node.type === "Property" && (node.method || accessor !== ""))) {
      this.#starts.set(node.value, node.start);
    }
  }

  #name(node: AnyNode | null | undefined, name: string | undefined): void {
    if (node && name !== undefined) this.#names.set(node, name);
  }

  #inside(node: AnyNode, around: Surroundings): Surroundings {
    const name = this.#names.get(node);
    return name === undefined ? around : { function: around.function, path: `${around.path}${name}.` };
  }
}
