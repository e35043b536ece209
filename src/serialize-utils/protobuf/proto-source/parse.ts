import type { EnumSyntax, FieldSyntax, FileSyntax, MessageSyntax } from "./syntax.ts";
import { Tokens } from "./tokens.ts";

/** Messages in messages. protoc takes 32 levels. */
const MAX_DEPTH = 32;

/** Reads a .proto file (proto2, proto3; https://protobuf.dev/reference/protobuf/proto3-spec). Services, extensions and options without effect on bytes are passed over. */
export function parseProto(source: string, name: string): FileSyntax {
  return new Parser(new Tokens(source, name)).file(name);
}

class Parser {
  readonly #tokens: Tokens;
  #syntax: "proto2" | "proto3" = "proto2";

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  file(name: string): FileSyntax {
    const tokens = this.#tokens;
    const file: FileSyntax = {
      name,
      syntax: "proto2",
      package: "",
      imports: [],
      publicImports: [],
      messages: [],
      enums: [],
    };
    while (tokens.next !== "") {
      if (tokens.accept(";")) continue;
      switch (tokens.word()) {
        case "syntax":
          file.syntax = this.#readSyntax();
          break;
        case "edition":
          throw tokens.error("editions are not understood here: give the schema as a descriptor set");
        case "package":
          file.package = tokens.path();
          tokens.expect(";");
          break;
        case "import":
          this.#import(file);
          break;
        case "option":
          this.#option();
          tokens.expect(";");
          break;
        case "message":
          file.messages.push(this.#message(1));
          break;
        case "enum":
          file.enums.push(this.#enum());
          break;
        case "service":
        case "extend":
          tokens.skipTo("{");
          this.#skipBlock();
          break;
        default:
          throw tokens.error("this begins nothing that a schema may hold");
      }
    }
    return file;
  }

  #readSyntax(): "proto2" | "proto3" {
    this.#tokens.expect("=");
    const syntax = this.#tokens.text();
    this.#tokens.expect(";");
    if (syntax !== "proto2" && syntax !== "proto3") throw this.#tokens.error("the syntax must be proto2 or proto3");
    return (this.#syntax = syntax);
  }

  #import({ imports, publicImports }: FileSyntax): void {
    if (this.#tokens.accept("public")) publicImports.push(imports.length);
    else this.#tokens.accept("weak");
    imports.push(this.#tokens.text());
    this.#tokens.expect(";");
  }

  #message(depth: number, name = this.#tokens.word()): MessageSyntax {
    const tokens = this.#tokens;
    if (depth > MAX_DEPTH) throw tokens.error(`messages are nested more than ${MAX_DEPTH} levels deep`);
    const message: MessageSyntax = { name, fields: [], oneofs: [], messages: [], enums: [], isMapEntry: false };
    tokens.expect("{");
    while (!tokens.accept("}")) this.#member(message, depth);
    return message;
  }

  #member(message: MessageSyntax, depth: number): void {
    const tokens = this.#tokens;
    switch (tokens.next) {
      case ";":
        tokens.take();
        break;
      case "message":
        tokens.take();
        message.messages.push(this.#message(depth + 1));
        break;
      case "enum":
        tokens.take();
        message.enums.push(this.#enum());
        break;
      case "oneof":
        tokens.take();
        this.#oneof(message, depth);
        break;
      case "option":
        tokens.take();
        this.#option();
        tokens.expect(";");
        break;
      case "extend":
        tokens.skipTo("{");
        this.#skipBlock();
        break;
      case "reserved":
      case "extensions":
        tokens.skipTo(";");
        break;
      default:
        this.#field(message, depth, undefined);
    }
  }

  #oneof(message: MessageSyntax, depth: number): void {
    const tokens = this.#tokens;
    const oneof = message.oneofs.push(tokens.word()) - 1;
    tokens.expect("{");
    while (!tokens.accept("}")) {
      if (tokens.accept("option")) {
        this.#option();
        tokens.expect(";");
      } else if (!tokens.accept(";")) this.#field(message, depth, oneof);
    }
  }

  #field(message: MessageSyntax, depth: number, oneof: number | undefined): void {
    const tokens = this.#tokens;
    const label = oneof === undefined ? this.#label() : undefined;
    const typed = tokens.path();
    if (typed === "map" && tokens.next === "<") return this.#map(message);
    const named = tokens.word();
    const isGroup = typed === "group";
    tokens.expect("=");
    const number = tokens.integer();
    const options = this.#fieldOptions();
    if (isGroup) message.messages.push(this.#message(depth + 1, named));
    else tokens.expect(";");
    message.fields.push({
      name: isGroup ? named.toLowerCase() : named,
      number,
      label: label ?? "optional",
      type: typed,
      isProto3Optional: label === "optional" && this.#syntax === "proto3",
      options,
      ...(isGroup ? { group: named } : {}),
      ...(oneof === undefined ? {} : { oneof }),
    });
  }

  #label(): FieldSyntax["label"] | undefined {
    const { next } = this.#tokens;
    if (next !== "optional" && next !== "required" && next !== "repeated") return undefined;
    this.#tokens.take();
    return next;
  }

  /** A list of entries, as messages of key and value. */
  #map(message: MessageSyntax): void {
    const tokens = this.#tokens;
    tokens.expect("<");
    const key = tokens.path();
    tokens.expect(",");
    const value = tokens.path();
    tokens.expect(">");
    const name = tokens.word();
    tokens.expect("=");
    const number = tokens.integer();
    const options = this.#fieldOptions();
    tokens.expect(";");
    const entry = `${capitalized(name)}Entry`;
    const plain = { label: "optional", isProto3Optional: false, options: new Map<string, string>() } as const;
    message.messages.push({
      name: entry,
      fields: [
        { ...plain, name: "key", number: 1, type: key },
        { ...plain, name: "value", number: 2, type: value },
      ],
      oneofs: [],
      messages: [],
      enums: [],
      isMapEntry: true,
    });
    message.fields.push({ name, number, label: "repeated", type: entry, isProto3Optional: false, options });
  }

  #fieldOptions(): Map<string, string> {
    const options = new Map<string, string>();
    if (!this.#tokens.accept("[")) return options;
    do {
      const [name, value] = this.#option();
      options.set(name, value);
    } while (this.#tokens.accept(","));
    this.#tokens.expect("]");
    return options;
  }

  /** Name and value; the value of an aggregate is passed over. */
  #option(): [name: string, value: string] {
    const tokens = this.#tokens;
    let name = "";
    while (tokens.next !== "=") {
      if (tokens.next === "") throw tokens.error("the file ends too early");
      name += tokens.take();
    }
    tokens.expect("=");
    if (tokens.is("{")) {
      this.#skipBlock();
      return [name, ""];
    }
    if (tokens.isText()) return [name, tokens.text()];
    const sign = tokens.accept("-") ? "-" : "";
    return [name, sign + tokens.take()];
  }

  #enum(): EnumSyntax {
    const tokens = this.#tokens;
    const name = tokens.word();
    const values: EnumSyntax["values"] = [];
    let allowsAlias = false;
    tokens.expect("{");
    while (!tokens.accept("}")) {
      if (tokens.accept(";")) continue;
      const word = tokens.word();
      if (word === "option") {
        const [option, value] = this.#option();
        if (option === "allow_alias") allowsAlias = value === "true";
      } else if (word === "reserved") tokens.skipTo(";");
      else {
        tokens.expect("=");
        values.push({ name: word, number: tokens.integer() });
        this.#fieldOptions();
      }
      tokens.expect(";");
    }
    return { name, values, allowsAlias };
  }

  #skipBlock(): void {
    let depth = 0;
    do {
      const token = this.#tokens.isText() ? (this.#tokens.take(), "text") : this.#tokens.take();
      if (token === "{") depth += 1;
      else if (token === "}") depth -= 1;
      else if (token === "") throw this.#tokens.error("the file ends too early");
    } while (depth > 0);
  }
}

function capitalized(name: string): string {
  return name.replace(/(?:^|_)([a-z\d]?)/g, (_, letter: string) => letter.toUpperCase());
}
