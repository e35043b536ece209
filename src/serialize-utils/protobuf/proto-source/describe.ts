import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { SealtraceError } from "../../../record/index.ts";
import { loadProtobuf } from "../library.ts";
import type { EnumSyntax, FieldSyntax, FileSyntax, MessageSyntax } from "./syntax.ts";

export type TypeKind = "message" | "enum";

/** By the numbers of google.protobuf.FieldDescriptorProto.Type. */
const SCALAR_TYPES: ReadonlyMap<string, number> = new Map(
  Object.entries({ double: 1, float: 2, int64: 3, uint64: 4, int32: 5, fixed64: 6, fixed32: 7, bool: 8, string: 9, bytes: 12, uint32: 13, sfixed32: 15, sfixed64: 16, sint32: 17, sint64: 18 }), // prettier-ignore
);
const GROUP_TYPE = 10;
const MESSAGE_TYPE = 11;
const ENUM_TYPE = 14;

/** The descriptor of a file, its names of types looked up among `types`. */
export function describeFile(file: FileSyntax, types: ReadonlyMap<string, TypeKind>): FileDescriptorProto {
  const { create, wkt } = loadProtobuf();
  const scope = file.package === "" ? "" : `.${file.package}`;
  const describer = new Describer(file, types);
  return create(wkt.FileDescriptorProtoSchema, {
    name: file.name,
    package: file.package,
    syntax: file.syntax,
    dependency: file.imports,
    publicDependency: file.publicImports,
    messageType: file.messages.map((message) => describer.message(message, scope)),
    enumType: file.enums.map((type) => describer.enum(type)),
  });
}

class Describer {
  readonly #file: FileSyntax;
  readonly #types: ReadonlyMap<string, TypeKind>;

  constructor(file: FileSyntax, types: ReadonlyMap<string, TypeKind>) {
    this.#file = file;
    this.#types = types;
  }

  message(message: MessageSyntax, outer: string): DescriptorProto {
    const { create, wkt } = loadProtobuf();
    const scope = `${outer}.${message.name}`;
    const oneofs = [...message.oneofs];
    return create(wkt.DescriptorProtoSchema, {
      name: message.name,
      field: message.fields.map((field) => this.#field(field, scope, oneofs)),
      nestedType: message.messages.map((nested) => this.message(nested, scope)),
      enumType: message.enums.map((type) => this.enum(type)),
      oneofDecl: oneofs.map((name) => ({ name })),
      options: { mapEntry: message.isMapEntry },
    });
  }

  /** An optional field of proto3 is alone in a oneof of its own, which is added. */
  #field(field: FieldSyntax, scope: string, oneofs: string[]): FieldDescriptorProto {
    const { create, wkt } = loadProtobuf();
    const { name, number, label, options, isProto3Optional } = field;
    const oneofIndex = isProto3Optional ? oneofs.push(`_${name}`) - 1 : field.oneof;
    const packed = options.get("packed");
    const defaultValue = options.get("default");
    return create(wkt.FieldDescriptorProtoSchema, {
      name,
      number,
      label: labelOf(label),
      jsonName: options.get("json_name") ?? jsonName(name),
      proto3Optional: isProto3Optional,
      ...this.#type(field, scope),
      ...(oneofIndex === undefined ? {} : { oneofIndex }),
      ...(packed === undefined ? {} : { options: { packed: packed === "true" } }),
      ...(defaultValue === undefined ? {} : { defaultValue }),
    });
  }

  #type({ type, group, name }: FieldSyntax, scope: string): { type: number; typeName?: string } {
    const scalar = SCALAR_TYPES.get(type);
    if (scalar !== undefined) return { type: scalar };
    if (group !== undefined) return { type: GROUP_TYPE, typeName: `${scope}.${group}` };
    const typeName = this.#resolve(type, scope);
    if (typeName === undefined) {
      throw new SealtraceError(
        "SEALTRACE_USAGE",
        `${this.#file.name}: the type ${type} of the field ${name} is unknown.`,
      );
    }
    return { type: this.#types.get(typeName) === "enum" ? ENUM_TYPE : MESSAGE_TYPE, typeName };
  }

  /** From the innermost scope outwards. */
  #resolve(type: string, scope: string): string | undefined {
    if (type.startsWith(".")) return this.#types.has(type) ? type : undefined;
    for (let outer = scope; ; outer = outer.slice(0, outer.lastIndexOf("."))) {
      if (this.#types.has(`${outer}.${type}`)) return `${outer}.${type}`;
      if (outer === "") return undefined;
    }
  }

  enum({ name, values, allowsAlias }: EnumSyntax): EnumDescriptorProto {
    const { create, wkt } = loadProtobuf();
    return create(wkt.EnumDescriptorProtoSchema, { name, value: values, options: { allowAlias: allowsAlias } });
  }
}

function labelOf(label: FieldSyntax["label"]): FieldDescriptorProto_Label {
  const { OPTIONAL, REQUIRED, REPEATED } = loadProtobuf().wkt.FieldDescriptorProto_Label;
  return label === "optional" ? OPTIONAL : label === "required" ? REQUIRED : REPEATED;
}

/** As protoc makes it: lowerCamelCase. */
function jsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase());
}
