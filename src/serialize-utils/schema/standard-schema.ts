import { SealtraceError } from "../../record/index.ts";

/**
 * A validator of any library that speaks Standard Schema v1 (standardschema.dev): zod, valibot, arktype and others. Only what is used of it is
 * described here.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What the schema makes of the value. Throws SEALTRACE_INVALID_DATA with every issue and its place, the first few in full. */
export function acceptedBy<Output>(result: SchemaResult<Output>): Output {
  if (result.issues === undefined) return result.value;
  const shown = result.issues.slice(0, MAX_ISSUES).map((issue) => `${placeOf(issue)}${issue.message}`);
  const more = result.issues.length - shown.length;
  throw new SealtraceError(
    "SEALTRACE_INVALID_DATA",
    `It does not fit its schema: ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
  );
}

const MAX_ISSUES = 5;

function placeOf({ path = [] }: SchemaIssue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? "" : `${keys.join(".")}: `;
}
