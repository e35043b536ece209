/** A class or function, by its name alone: nothing is behind it. */
export class PythonGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  toString(): string {
    return `${this.module}.${this.name}`;
  }
}

/** How a pair of module and name is looked up: exact, whatever dots stand in them. */
export function globalKey(module: string, name: string): string {
  return `${module}:${name}`;
}
