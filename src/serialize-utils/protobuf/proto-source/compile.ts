import { SealtraceError } from "../../../record/index.ts";
import { loadProtobuf } from "../library.ts";
import { describeFile, type TypeKind } from "./describe.ts";
import { parseProto } from "./parse.ts";
import type { EnumSyntax, FileSyntax, MessageSyntax } from "./syntax.ts";
import type { FileDescriptorProto, FileDescriptorSet } from "@bufbuild/protobuf/wkt";

/** The descriptors of a .proto file and of what it imports. Throws SEALTRACE_USAGE, naming file and line. */
export function compileProto(source: string, imports: Readonly<Record<string, string>>): FileDescriptorSet {
  const { create, wkt } = loadProtobuf();
  const own = new Map<string, FileSyntax>();
  const known = new Map<string, FileDescriptorProto>();
  const pending: [name: string, text: string][] = [[MAIN, source]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [name, text] = next;
    const file = parseProto(text, name);
    own.set(name, file);
    for (const imported of file.imports) {
      if (own.has(imported) || known.has(imported) || pending.some(([waiting]) => waiting === imported)) continue;
      const wellKnown = wellKnownFile(imported);
      if (wellKnown !== undefined) known.set(imported, wellKnown);
      else if (Object.hasOwn(imports, imported)) pending.push([imported, imports[imported] as string]);
      else throw missingImport(name, imported);
    }
  }
  const types = typesOf([...own.values()], [...known.values()]);
  const files = inOrder(own).map((file) => describeFile(file, types));
  return create(wkt.FileDescriptorSetSchema, { file: [...known.values(), ...files] });
}

const MAIN = "schema.proto";

/** A file of google.protobuf, which the library brings. Those that import others are left out but for these, which import none. */
function wellKnownFile(name: string): FileDescriptorProto | undefined {
  const { wkt } = loadProtobuf();
  const files = [
    wkt.file_google_protobuf_any,
    wkt.file_google_protobuf_duration,
    wkt.file_google_protobuf_empty,
    wkt.file_google_protobuf_field_mask,
    wkt.file_google_protobuf_struct,
    wkt.file_google_protobuf_timestamp,
    wkt.file_google_protobuf_wrappers,
    wkt.file_google_protobuf_descriptor,
  ];
  return files.find(({ proto }) => proto.name === name)?.proto;
}

function missingImport(file: string, imported: string): SealtraceError {
  return new SealtraceError(
    "SEALTRACE_USAGE",
    `${file} imports ${JSON.stringify(imported)}, which is not given: put its text under this name into \`imports\`.`,
  );
}

/** Imported files first. */
function inOrder(files: ReadonlyMap<string, FileSyntax>): FileSyntax[] {
  const ordered = new Set<FileSyntax>();
  const visiting = new Set<FileSyntax>();
  const visit = (file: FileSyntax): void => {
    if (ordered.has(file)) return;
    if (visiting.has(file) || visiting.size > MAX_IMPORTS) {
      throw new SealtraceError("SEALTRACE_USAGE", `${file.name} imports itself, directly or by others.`);
    }
    visiting.add(file);
    for (const imported of file.imports) {
      const next = files.get(imported);
      if (next !== undefined) visit(next);
    }
    visiting.delete(file);
    ordered.add(file);
  };
  for (const file of files.values()) visit(file);
  return [...ordered];
}

/** Files that import each other in a row. */
const MAX_IMPORTS = 256;

/** Which types there are, by their full names. */
function typesOf(own: readonly FileSyntax[], known: readonly FileDescriptorProto[]): Map<string, TypeKind> {
  const types = new Map<string, TypeKind>();
  const add = (scope: string, messages: readonly MessageSyntax[], enums: readonly EnumSyntax[]): void => {
    for (const { name } of enums) types.set(`${scope}.${name}`, "enum");
    for (const message of messages) {
      types.set(`${scope}.${message.name}`, "message");
      add(`${scope}.${message.name}`, message.messages, message.enums);
    }
  };
  for (const file of own) add(file.package === "" ? "" : `.${file.package}`, file.messages, file.enums);
  for (const { package: scope, messageType, enumType } of known) {
    for (const { name } of messageType) types.set(`.${scope}.${name}`, "message");
    for (const { name } of enumType) types.set(`.${scope}.${name}`, "enum");
  }
  return types;
}
