import { SealtraceError } from "../record/index.ts";
import type { KeyName } from "./keys.ts";

/** A value and where it comes from. */
export interface ConfigurationSource {
  readonly value: unknown;
  readonly source: "default" | "file" | "environment" | "flag";
  /** `path:line:column` in a file, or the name of the variable. */
  readonly where?: string;
}

/** What one source says: only valid values. */
export type Settings = { readonly [Name in KeyName]?: ConfigurationSource };

/** For whoever fills {@link Settings}. */
export type SettingsDraft = { -readonly [Name in KeyName]?: ConfigurationSource };

export function invalid(message: string, cause?: unknown): SealtraceError {
  return new SealtraceError("SEALTRACE_CONFIG_INVALID", message, cause === undefined ? {} : { cause });
}
