import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  KEYS,
  loadConfiguration,
  readConfigurationFile,
  variableOf,
  type ConfigurationFlags,
} from "../../src/config/index.ts";
import { LEVEL_NAMES, SealtraceError } from "../../src/record/index.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "sealtrace-config-")));
after(() => {
  rmSync(base, { recursive: true, force: true });
});

let project: string;
let counter = 0;
beforeEach(() => {
  project = join(base, String((counter += 1)));
  mkdirSync(join(project, "deep", "er"), { recursive: true });
});

const NOTHING = { from: base, environment: {} };

function put(text: string | Uint8Array, directory = project): string {
  const file = join(directory, "tracing.json");
  writeFileSync(file, text);
  return file;
}

/** The message of the error, without the directory that differs from run to run. */
function refusal(action: () => unknown, code = "SEALTRACE_CONFIG_INVALID"): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof SealtraceError, String(error));
    assert.equal(error.code, code);
    return error.message.replaceAll(`${project}/`, "").replaceAll(`${project}\\`, "");
  }
  return assert.fail("nothing was refused");
}

function refusalOf(text: string | Uint8Array): string {
  put(text);
  return refusal(() => loadConfiguration({ from: project, environment: {} }));
}

test("without file, environment and flags the defaults hold", () => {
  const { sources, ...configuration } = loadConfiguration(NOTHING);
  assert.deepEqual(configuration, {
    root: base,
    logging: { enable: true, logsDirectory: join(process.cwd(), "logs"), level: "DEBUG" },
    tracing: { enable: true, events: { call: true, return: true }, include: ["**"], exclude: ["**/node_modules/**"] },
  });
  assert.deepEqual(
    Object.keys(sources),
    KEYS.map((key) => key.name),
  );
  assert.ok(Object.values(sources).every(({ source }) => source === "default"));
});

test("the nearest file upwards is found, and its directory is the project's root", () => {
  const outer = put('{"logging":{"level":"ERROR"}}');
  const from = join(project, "deep", "er");
  assert.equal(loadConfiguration({ from, environment: {} }).file, outer);
  const inner = put('{"logging":{"level":"INFO"}}', join(project, "deep"));
  const configuration = loadConfiguration({ from, environment: {} });
  assert.equal(configuration.file, inner);
  assert.equal(configuration.root, join(project, "deep"));
  assert.equal(configuration.logging.level, "INFO");
});

test("every key does what it says, and flags override variables, which override the file", () => {
  const file = put(
    '{\n  "$schema": "x",\n  "logging": {"enable": false, "logs_dirname": "a", "level": "INFO"},\n' +
      '  "tracing": {"enable": false, "events": {"call": false, "return": false}, "include": ["src/**"], "exclude": []}\n}',
  );
  const fromFile = loadConfiguration({ from: project, environment: {} });
  assert.deepEqual(fromFile.logging, { enable: false, logsDirectory: join(project, "a"), level: "INFO" });
  assert.deepEqual(fromFile.tracing, {
    enable: false,
    events: { call: false, return: false },
    include: ["src/**"],
    exclude: [],
  });
  assert.deepEqual(fromFile.sources["logging.level"], { value: "INFO", source: "file", where: `${file}:3:62` });

  const environment = {
    SEALTRACE_LOGGING_ENABLE: "1",
    SEALTRACE_LOGGING_LOGS_DIRNAME: "b",
    SEALTRACE_LOGGING_LEVEL: "warning",
    SEALTRACE_TRACING_ENABLE: "True",
    SEALTRACE_TRACING_EVENTS_CALL: "true",
    SEALTRACE_TRACING_EVENTS_RETURN: "0",
    SEALTRACE_TRACING_INCLUDE: "lib/{a,b}/**, x\\,y ,",
    SEALTRACE_TRACING_EXCLUDE: ' ["a,b"]',
    SEALTRACE_RUN: "ignored",
    SEALTRACE_CONFIG_DIR: "ignored",
    SEALTRACE_UNKNOWN: "",
    OTHER: "x",
  };
  const fromVariables = loadConfiguration({ from: project, environment });
  assert.deepEqual(fromVariables.logging, { enable: true, logsDirectory: join(process.cwd(), "b"), level: "WARNING" });
  assert.deepEqual(fromVariables.tracing, {
    enable: true,
    events: { call: true, return: false },
    include: ["lib/{a,b}/**", "x\\,y"],
    exclude: ["a,b"],
  });
  assert.deepEqual(fromVariables.sources["tracing.exclude"], {
    value: ["a,b"],
    source: "environment",
    where: "SEALTRACE_TRACING_EXCLUDE",
  });

  const flags: ConfigurationFlags = { "logging.level": "CRITICAL", "logging.logs_dirname": "c", "tracing.include": [] };
  const fromFlags = loadConfiguration({ from: project, environment, flags });
  assert.deepEqual(fromFlags.logging, { enable: true, logsDirectory: join(process.cwd(), "c"), level: "CRITICAL" });
  assert.deepEqual(fromFlags.tracing.include, []);
  assert.deepEqual(fromFlags.sources["logging.level"], { value: "CRITICAL", source: "flag" });
});

test("an empty variable, and a flag that is undefined, count as unset; an empty list can be said", () => {
  put('{"logging":{"level":"INFO"}}');
  const environment = { SEALTRACE_LOGGING_LEVEL: "", SEALTRACE_TRACING_EXCLUDE: "[]" };
  const flags = { "logging.level": undefined } as unknown as ConfigurationFlags;
  const configuration = loadConfiguration({ from: project, environment, flags });
  assert.equal(configuration.logging.level, "INFO");
  assert.deepEqual(configuration.tracing.exclude, []);
});

test("an absolute logs_dirname is taken as it is", () => {
  const elsewhere = join(base, "elsewhere");
  put(JSON.stringify({ logging: { logs_dirname: elsewhere } }));
  assert.equal(loadConfiguration({ from: project, environment: {} }).logging.logsDirectory, elsewhere);
});

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  [
    '{\n  "logging": {\n    "levle": "INFO"}}',
    "unknown key logging.levle (line 3, column 5). Did you mean logging.level?",
  ],
  [
    '{"logging":{"logsDirname":"x"}}',
    "unknown key logging.logsDirname (line 1, column 13). Did you mean logging.logs_dirname?",
  ],
  [
    '{"logging":{"logs-dirname":"x"}}',
    "unknown key logging.logs-dirname (line 1, column 13). Did you mean logging.logs_dirname?",
  ],
  ['{"level":"INFO"}', "unknown key level (line 1, column 2). Did you mean logging.level?"],
  ['{"logLevel":"INFO"}', "unknown key logLevel (line 1, column 2). Did you mean logging.level?"],
  ['{"enable":true}', "unknown key enable (line 1, column 2). Did you mean logging.enable or tracing.enable?"],
  ['{"tracing":{"call":true}}', "unknown key tracing.call (line 1, column 13). Did you mean tracing.events.call?"],
  ['{"events":{"call":true}}', "unknown key events (line 1, column 2). Did you mean tracing.events?"],
  ['{"loging":{"level":"INFO"}}', "unknown key loging (line 1, column 2). Did you mean logging?"],
  [
    '{"logging.level":"INFO"}',
    'the key "logging.level" must be nested (line 1, column 2). Write {"logging": {"level": "INFO"}}.',
  ],
  [
    '{"tracing":{"events.call":false}}',
    'the key "events.call" must be nested (line 1, column 13). Write {"tracing": {"events": {"call": false}}}.',
  ],
  // Planned, not accepted yet.
  [
    '{"logging":{"redact":[]}}',
    "unknown key logging.redact (line 1, column 13). logging takes enable, logs_dirname, level.",
  ],
  [
    '{"logging":{"max_logfiles":3}}',
    "unknown key logging.max_logfiles (line 1, column 13). logging takes enable, logs_dirname, level.",
  ],
  [
    '{"logging":{"durability":"x"}}',
    "unknown key logging.durability (line 1, column 13). logging takes enable, logs_dirname, level.",
  ],
  [
    '{"tracing":{"mode":"all"}}',
    "unknown key tracing.mode (line 1, column 13). tracing takes enable, events, include, exclude.",
  ],
  [
    '{"tracing":{"json":{"compressed":true}}}',
    "unknown key tracing.json (line 1, column 13). tracing takes enable, events, include, exclude.",
  ],
  ['{"":1}', 'unknown key "" (line 1, column 2). The file takes logging, tracing.'],
  ['{"__proto__":{}}', "unknown key __proto__ (line 1, column 2). The file takes logging, tracing."],
  ['{"constructor":{}}', "unknown key constructor (line 1, column 2). The file takes logging, tracing."],
  [
    '{"logging":{"$schema":"x"}}',
    "unknown key logging.$schema (line 1, column 13). logging takes enable, logs_dirname, level.",
  ],
  [
    '{"a\u009b\\u001b[31m":1}',
    'unknown key "a\\u009b\\u001b[31m" (line 1, column 2). The file takes logging, tracing.',
  ],
  ['{"$schema":1}', "$schema must be the address of a JSON Schema (line 1, column 12)."],
  ['{"logging":{"enable":"true"}}', 'logging.enable must be true or false, but is "true" (line 1, column 22).'],
  [
    '{"logging":{"level":"warn"}}',
    `logging.level must be one of ${LEVEL_NAMES.join(", ")}, but is "warn" (line 1, column 21). Did you mean WARNING?`,
  ],
  [
    '{"logging":{"level":"loud"}}',
    `logging.level must be one of ${LEVEL_NAMES.join(", ")}, but is "loud" (line 1, column 21).`,
  ],
  [
    '{"logging":{"level":{"db":"INFO"}}}',
    `logging.level must be one of ${LEVEL_NAMES.join(", ")}, but is an object (line 1, column 21).`,
  ],
  [
    '{"logging":{"level":null}}',
    `logging.level must be one of ${LEVEL_NAMES.join(", ")}, but is null (line 1, column 21).`,
  ],
  [
    '{"logging":{"logs_dirname":""}}',
    'logging.logs_dirname must be the path of a directory, but is "" (line 1, column 28).',
  ],
  [
    '{"logging":{"logs_dirname":"a\\u0000"}}',
    'logging.logs_dirname must be the path of a directory, but is "a\\u0000" (line 1, column 28).',
  ],
  ['{"tracing":{"include":"src"}}', 'tracing.include must be a list of globs, but is "src" (line 1, column 23).'],
  ['{"tracing":{"include":["src",3]}}', "tracing.include[1] must be a glob, but is 3 (line 1, column 30)."],
  [
    '{"tracing":{"include":["{a"]}}',
    'tracing.include[0] must be a glob, but "{a" can\'t be understood (line 1, column 24).',
  ],
  [
    '{"tracing":{"include":["!a"]}}',
    'tracing.include[0] must not begin with "!": name in tracing.exclude what is not to be traced (line 1, column 24).',
  ],
  [
    '{"tracing":false}',
    "tracing must be an object with enable, events, include, exclude (line 1, column 12). Did you mean tracing.enable?",
  ],
  ['{"tracing":{"events":["call"]}}', "tracing.events must be an object with call, return (line 1, column 22)."],
  ["[]", "the file must hold an object in braces (line 1, column 1)."],
  [
    '{"logging":{"level":"INFO",\r\n"level":"INFO"}}',
    "duplicate key logging.level, which line 1 has already (line 2, column 1).",
  ],
  ['{"tracing":{},"\\u0074racing":{}}', "duplicate key tracing, which line 1 has already (line 1, column 15)."],
  ["", "expected a value, found the end of the text (line 1, column 1)."],
  ['{"logging":{},}', "JSON allows no comma before }; remove it (line 1, column 14)."],
  ["{\n// why\n}", "JSON has no comments; remove this one (line 2, column 1)."],
  ["{'logging':{}}", "expected a name in double quotes, found ' (line 1, column 2)."],
  ['{"logging" {}}', "expected a colon, found { (line 1, column 12)."],
  ['{"logging":{} "tracing":{}}', 'expected a comma or }, found " (line 1, column 15).'],
  [
    '{"logging":{"logs_dirname":"C:\\logs"}}',
    "no such escape in JSON; a backslash itself is written \\\\ (line 1, column 31).",
  ],
  ['{"a":"\n"}', "a line break, tab or other control character in a string must be escaped (line 1, column 7)."],
  ['{"a', "this string does not end (line 1, column 2)."],
  ["{}\u001b[2J", "nothing may follow the end of the value, but there is \\u001b (line 1, column 3)."],
  ['{"a":undefined}', "expected a value, found u (line 1, column 6)."],
  [`{"a":${"[".repeat(70)}`, "it nests deeper than 64 levels (line 1, column 69)."],
];

for (const [text, message] of REFUSED) {
  test(`refused: ${text.slice(0, 60)}`, () => {
    assert.equal(refusalOf(text), `tracing.json: ${message}`);
  });
}

test("a byte order mark is no error; another encoding and a file that is too large are", () => {
  put("\ufeff{}");
  loadConfiguration({ from: project, environment: {} });
  assert.match(
    refusalOf(Buffer.from("\ufeff{}", "utf16le")),
    /^tracing\.json: It is not UTF-8 text.*UTF-16, little-endian/,
  );
  put(`{}${" ".repeat(1024 * 1024 - 2)}`);
  loadConfiguration({ from: project, environment: {} });
  assert.match(refusalOf(`{}${" ".repeat(1024 * 1024)}`), /^tracing\.json has more than 1048576 bytes/);
});

test("a file that can't be read is an error, not a default", () => {
  mkdirSync(join(project, "tracing.json"));
  const load = (): unknown => loadConfiguration({ from: project, environment: {} });
  assert.equal(refusal(load, "SEALTRACE_CONFIG_UNREADABLE"), "tracing.json is not a file: move it out of the way.");
  const missing = (): unknown => readConfigurationFile(join(project, "missing.json"));
  assert.match(refusal(missing, "SEALTRACE_CONFIG_UNREADABLE"), /^missing\.json could not be read: it does not exist/);
});

test("directories that Node's permission model closes count as having no file", () => {
  const inner = join(project, "deep");
  const repository = fileURLToPath(new URL("../../", import.meta.url));
  const door = new URL("../../src/config/index.ts", import.meta.url).href;
  const program = `
    const { loadConfiguration } = await import(${JSON.stringify(door)});
    console.log(loadConfiguration({ from: ${JSON.stringify(inner)}, environment: {} }).logging.level);
  `;
  const permissions = ["--permission", `--allow-fs-read=${repository}*`, `--allow-fs-read=${join(inner, "*")}`];
  const load = (): string => {
    const args = ["--no-warnings", ...permissions, "--input-type=module", "-e", program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: inner, encoding: "utf8" });
    return stdout + stderr;
  };
  put('{"logging":{"level":"ERROR"}}');
  assert.equal(load(), "DEBUG\n");
  put('{"logging":{"level":"INFO"}}', inner);
  assert.equal(load(), "INFO\n");
});

test("a huge value is cut in the message", () => {
  const message = refusalOf(JSON.stringify({ logging: { level: "x".repeat(100_000) } }));
  assert.ok(message.length < 300, message);
  assert.ok(refusalOf(JSON.stringify({ ["x".repeat(100_000)]: 1 })).length < 300);
});

const REFUSED_VARIABLES: readonly (readonly [name: string, value: string, message: string])[] = [
  [
    "LOGGING_LEVLE",
    "INFO",
    "SEALTRACE_LOGGING_LEVLE means nothing to sealtrace. Did you mean SEALTRACE_LOGGING_LEVEL?",
  ],
  ["LEVEL", "INFO", "SEALTRACE_LEVEL means nothing to sealtrace. Did you mean SEALTRACE_LOGGING_LEVEL?"],
  [
    "LOGS_DIRNAME",
    "x",
    "SEALTRACE_LOGS_DIRNAME means nothing to sealtrace. Did you mean SEALTRACE_LOGGING_LOGS_DIRNAME?",
  ],
  [
    "TRACING_CALL",
    "1",
    "SEALTRACE_TRACING_CALL means nothing to sealtrace. Did you mean SEALTRACE_TRACING_EVENTS_CALL?",
  ],
  [
    "CONFIG_DIRECTORY",
    "x",
    "SEALTRACE_CONFIG_DIRECTORY means nothing to sealtrace. Did you mean SEALTRACE_CONFIG_DIR?",
  ],
  [
    "LOGGING_LEVEL",
    "warn",
    `SEALTRACE_LOGGING_LEVEL (logging.level) must be one of ${LEVEL_NAMES.join(", ")}, but is "warn". Did you mean WARNING?`,
  ],
  ["TRACING_ENABLE", "yes", 'SEALTRACE_TRACING_ENABLE (tracing.enable) must be true or false, but is "yes".'],
  [
    "TRACING_INCLUDE",
    "src,!x",
    'SEALTRACE_TRACING_INCLUDE (tracing.include) must not begin with "!": name in tracing.exclude what is not to be traced.',
  ],
  [
    "TRACING_INCLUDE",
    '["a"',
    'SEALTRACE_TRACING_INCLUDE (tracing.include) must be a list of globs, but is "[\\"a\\"".',
  ],
];

for (const [name, value, message] of REFUSED_VARIABLES) {
  test(`refused: SEALTRACE_${name}=${value}`, () => {
    const load = (): unknown => loadConfiguration({ ...NOTHING, environment: { [`SEALTRACE_${name}`]: value } });
    assert.equal(refusal(load), `The environment variable ${message}`);
  });
}

test("a variable that resembles nothing is refused with the list of those there are", () => {
  const message = refusal(() => loadConfiguration({ ...NOTHING, environment: { SEALTRACE_FOO: "x" } }));
  for (const key of KEYS) assert.ok(message.includes(variableOf(key.name)), message);
});

test("flags are checked like everything else", () => {
  const load = (flags: object) => (): unknown => loadConfiguration({ ...NOTHING, flags });
  assert.match(refusal(load({ "logging.level": "LOUD" })), /^The value given for logging\.level must be one of DEBUG/);
  assert.match(refusal(load({ "tracing.include": [1] })), /^The value given for tracing\.include\[0\] must be a glob/);
  assert.equal(
    refusal(load({ "logging.levle": 1 })),
    "There is no configuration key logging.levle. Did you mean logging.level?",
  );
});
