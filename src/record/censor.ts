/** What stands in a record where a secret was. */
export const REDACTED = "[REDACTED]";

/** Decides what must not be written. Handed to everything that turns values into text. */
export interface Censor {
  /** True when a value under this key, whatever it is, must not be written. */
  isSecretKey(name: string): boolean;
  /** The text with every secret in it replaced by {@link REDACTED}; the same string when there is none. */
  censorText(text: string): string;
}
