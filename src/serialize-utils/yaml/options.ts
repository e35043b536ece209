import type { ReadingLimits } from "../limits.ts";
import type { ClassRegistry } from "../values/class-registry.ts";

export interface YamlReadingOptions extends ReadingLimits {
  /** Classes whose instances may be made, by the names under which they were written. Default: none. */
  readonly classes?: ClassRegistry | undefined;
  /**
   * Values that there were if each alias were a copy, as it is for whoever walks through them. Here an alias costs nothing: it is the same object again. Raise it
   * for large graphs of your own. Default: 20 million.
   */
  readonly maxExpandedValues?: number | undefined;
}
