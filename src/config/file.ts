import { dirname, join, resolve } from "node:path";
import { fileSize, isUnfitContent, pathExists, readFileText } from "../file-utils/essentials/index.ts";
import { SealtraceError } from "../record/index.ts";
import {
  JsonError,
  locate,
  plainValue,
  readJson,
  type JsonMember,
  type JsonNode,
  type JsonObject,
} from "./json-reader.ts";
import { findKey, KEY_NAMES, namesIn, SECTIONS, type Key } from "./keys.ts";
import { nearestNames, suggestion } from "./nearest.ts";
import { printable } from "./printable.ts";
import { invalid, type Settings, type SettingsDraft } from "./settings.ts";

export const CONFIGURATION_FILE = "tracing.json";

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_SHOWN_NAME = 100;

/** The nearest `tracing.json` in a directory or above it. */
export function findConfigurationFile(from: string): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const path = join(directory, CONFIGURATION_FILE);
    if (exists(path)) return path;
    if (directory === dirname(directory)) return undefined;
  }
}

/** Under Node's permission model to ask for a file that may not be read is an error; it is not ours then. */
function exists(path: string): boolean {
  try {
    return pathExists(path);
  } catch {
    return false;
  }
}

/** What a configuration file says. Throws a SealtraceError when it can't be read, or says anything that it may not. */
export function readConfigurationFile(path: string): Settings {
  const file = new ConfigurationText(path, readText(path));
  return file.settings();
}

function readText(path: string): string {
  try {
    if (pathExists(path) && fileSize(path) === undefined) {
      throw new SealtraceError(
        "SEALTRACE_CONFIG_UNREADABLE",
        `${printable(path)} is not a file: move it out of the way.`,
      );
    }
    return readFileText(path, MAX_FILE_BYTES);
  } catch (cause) {
    const message = printable(cause instanceof Error ? cause.message : String(cause));
    if (isUnfitContent(cause)) {
      const tooLarge = cause.code === "SEALTRACE_FILE_TOO_LARGE";
      throw invalid(tooLarge ? `${printable(path)} has more than ${MAX_FILE_BYTES} bytes.` : message, cause);
    }
    throw new SealtraceError("SEALTRACE_CONFIG_UNREADABLE", message, { cause });
  }
}

class ConfigurationText {
  readonly #path: string;
  readonly #text: string;
  readonly #settings: SettingsDraft = {};

  constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  settings(): Settings {
    const document = this.#parse();
    if (document.kind !== "object") this.#fail("the file must hold an object in braces", document.offset);
    this.#readSection("", document);
    return this.#settings;
  }

  #parse(): JsonNode {
    try {
      return readJson(this.#text);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return this.#fail(error.message, error.offset);
    }
  }

  #readSection(section: string, object: JsonObject): void {
    for (const member of object.members) {
      const { name, node } = member;
      const path = section === "" ? name : `${section}.${name}`;
      const key = findKey(path);
      const isSection = SECTIONS.includes(path);
      if (path === "$schema") this.#checkSchema(node);
      else if (name.includes(".") && (key !== undefined || isSection)) this.#failFlat(member, path);
      else if (key !== undefined) this.#readValue(key, node);
      else if (!isSection) this.#failUnknown(section, path, member);
      else if (node.kind === "object") this.#readSection(path, node);
      else this.#failNoSection(path, node);
    }
  }

  #readValue(key: Key, node: JsonNode): void {
    const value = plainValue(node);
    const problem = key.type.problem(value);
    if (problem === undefined) {
      const { line, column } = locate(this.#text, node.offset);
      this.#settings[key.name] = { value, source: "file", where: `${this.#path}:${line}:${column}` };
      return;
    }
    const { index, text, hint } = problem;
    const item = node.kind === "array" && index !== undefined ? node.items[index] : undefined;
    this.#fail(`${key.name}${item === undefined ? "" : `[${index}]`} ${text}`, (item ?? node).offset, hint);
  }

  #checkSchema(node: JsonNode): void {
    if (typeof plainValue(node) !== "string") this.#fail("$schema must be the address of a JSON Schema", node.offset);
  }

  #failFlat({ name, offset, node }: JsonMember, path: string): never {
    const inner = node.kind === "scalar" ? JSON.stringify(node.value) : "…";
    const nested = path.split(".").reduceRight((value, part) => `{"${part}": ${value}}`, inner);
    this.#fail(`the key "${name}" must be nested`, offset, ` Write ${printable(nested, MAX_SHOWN_NAME)}.`);
  }

  #failUnknown(section: string, path: string, { offset, node }: JsonMember): never {
    const meant = nearestNames(path, node.kind === "object" ? SECTIONS : KEY_NAMES);
    const place = section === "" ? "The file" : section;
    const hint = suggestion(meant) || ` ${place} takes ${namesIn(section).join(", ")}.`;
    const shown = /^[\w$.-]+$/.test(path) ? path : JSON.stringify(path);
    this.#fail(`unknown key ${printable(shown, MAX_SHOWN_NAME)}`, offset, hint);
  }

  #failNoSection(path: string, node: JsonNode): never {
    const switched = findKey(`${path}.enable`) !== undefined && typeof plainValue(node) === "boolean";
    const hint = switched ? ` Did you mean ${path}.enable?` : "";
    this.#fail(`${path} must be an object with ${namesIn(path).join(", ")}`, node.offset, hint);
  }

  #fail(what: string, offset: number, hint = ""): never {
    const { line, column } = locate(this.#text, offset);
    throw invalid(`${printable(this.#path)}: ${printable(what)} (line ${line}, column ${column}).${hint}`);
  }
}
