/** What a .proto file says, before names are looked up. */
export interface FileSyntax {
  readonly name: string;
  syntax: "proto2" | "proto3";
  package: string;
  readonly imports: string[];
  readonly publicImports: number[];
  readonly messages: MessageSyntax[];
  readonly enums: EnumSyntax[];
}

export interface MessageSyntax {
  readonly name: string;
  readonly fields: FieldSyntax[];
  readonly oneofs: string[];
  readonly messages: MessageSyntax[];
  readonly enums: EnumSyntax[];
  readonly isMapEntry: boolean;
}

export interface FieldSyntax {
  readonly name: string;
  readonly number: number;
  readonly label: "optional" | "required" | "repeated";
  /** A scalar type, "group", or a name of a type. */
  readonly type: string;
  /** Of a group: its message. */
  readonly group?: string;
  readonly oneof?: number;
  readonly isProto3Optional: boolean;
  readonly options: ReadonlyMap<string, string>;
}

export interface EnumSyntax {
  readonly name: string;
  readonly values: { readonly name: string; readonly number: number }[];
  readonly allowsAlias: boolean;
}
