/**
 * Which Node.js versions can sealtrace run on? Tries on each given binary what it builds on, above all that load hooks
 * (`module.registerHooks`) which change nothing leave CommonJS and ES modules as they were. The floors in package.json's `engines`
 * come from here.
 *
 *     node scripts/probe-node.mjs [path of a node binary]...
 *
 * Plain JavaScript, for it must run on versions that cannot read TypeScript. Prints a table; ends with 1 if anything failed.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const HOOKS = `
import { registerHooks } from "node:module";
registerHooks({
  resolve: (specifier, context, next) => next(specifier, context),
  load: (url, context, next) => next(url, context),
});
`;

/** A load hook as sealtrace's: it takes the source and gives back another. */
const TRANSFORM = `
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.startsWith("file:") || loaded.source == null) return loaded;
    return { ...loaded, source: String(loaded.source).replaceAll("BEFORE", "AFTER") };
  },
});
`;

/**
 * Each probe is a little program, run with HOOKS preloaded (unless it says otherwise), that prints true when all is well.
 * The first file is the one that is started.
 */
const PROBES = {
  "require.cache": { "main.cjs": "console.log(require.cache[__filename] === module);" },
  "require.cache below": {
    "main.cjs": "console.log(require('./child.cjs'));",
    "child.cjs": "module.exports = require.cache?.[__filename] === module;",
  },
  "require.extensions": { "main.cjs": "console.log(typeof require.extensions?.['.js'] === 'function');" },
  "require.main": { "main.cjs": "console.log(require.main === module && module.parent == null);" },
  "module.parent": {
    "main.cjs": "console.log(require('./child.cjs') && module.children.length === 1);",
    "child.cjs": "module.exports = module.parent?.filename === require.main.filename;",
  },
  "require of JSON": { "main.cjs": "console.log(require('./data.json').fine);", "data.json": '{"fine":true}' },
  "require cycle": {
    "main.cjs": "exports.early = true; console.log(require('./child.cjs').seen);",
    "child.cjs": "exports.seen = require('./main.cjs').early;",
  },
  "require(esm)": {
    "main.cjs": "console.log(require('./child.mjs').fine);",
    "child.mjs": "import './grandchild.mjs'; export const fine = true;",
    "grandchild.mjs": "export {};",
  },
  "import() in CommonJS": {
    "main.cjs": "import('./child.mjs').then((child) => console.log(child.fine));",
    "child.mjs": "export const fine = true;",
  },
  "named exports of CommonJS": {
    "main.mjs": "import both, { fine } from './child.cjs'; console.log(fine && both.fine);",
    "child.cjs": "exports.fine = true;",
  },
  "require below an import": {
    "main.mjs": "import { fine } from './child.cjs'; console.log(fine);",
    "child.cjs":
      "const { up } = require('./grandchild.cjs'); exports.fine = up && require.cache?.[__filename] === module;",
    "grandchild.cjs": "exports.up = module.parent?.filename.endsWith('child.cjs') ?? false;",
  },
  "import of JSON": {
    "main.mjs": "import data from './data.json' with { type: 'json' }; console.log(data.fine);",
    "data.json": '{"fine":true}',
  },
  createRequire: {
    "main.mjs":
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" +
      "const path = require.resolve('./child.cjs'); console.log(require('./child.cjs') && require.cache?.[path]?.loaded === true);",
    "child.cjs": "module.exports = true;",
  },
  "TypeScript is run": {
    "main.mts": "import { fine } from './child.cts'; const result: boolean = fine; console.log(result);",
    "child.cts": "const fine: boolean = true; exports.fine = fine;",
  },
  "CommonJS by its syntax": {
    "main.js": "console.log(require('./child.js').fine && require.cache?.[__filename] === module);",
    "child.js": "exports.fine = module.parent?.filename === require.main.filename;",
  },
  "ES module by its syntax": {
    "main.js": "import { fine } from './child.js'; console.log(fine);",
    "child.js": "export const fine = true;",
  },
  "hook changes an ES module": { preload: TRANSFORM, "main.mjs": "console.log('BEFORE' === 'AFT' + 'ER');" },
  "hook changes CommonJS": {
    preload: TRANSFORM,
    "main.cjs": "console.log(require('./child.cjs') === 'AFT' + 'ER' && require.cache?.[__filename] === module);",
    "child.cjs": "module.exports = 'BEFORE';",
  },
  stripTypeScriptTypes: {
    "main.mjs":
      "import { stripTypeScriptTypes } from 'node:module'; console.log(!stripTypeScriptTypes('let a: number').includes('number'));",
  },
  "node:sqlite": {
    "main.mjs":
      "import { DatabaseSync } from 'node:sqlite'; const db = new DatabaseSync(':memory:');" +
      "console.log(db.prepare('SELECT 1 AS one').get().one === 1);",
  },
  "zstd in node:zlib": {
    "main.mjs":
      "import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';" +
      "console.log(String(zstdDecompressSync(zstdCompressSync('a'))) === 'a');",
  },
  "hash of node:crypto": {
    "main.mjs": "import { hash } from 'node:crypto'; console.log(hash('sha256', 'a').startsWith('ca978112'));",
  },
  getBuiltinModule: { "main.mjs": "console.log(process.getBuiltinModule('node:path').sep.length === 1);" },
  "process.threadCpuUsage": { "main.mjs": "console.log(process.threadCpuUsage().user >= 0);" },
};

const run = promisify(execFile);
const binaries = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath];
const directory = mkdtempSync(join(tmpdir(), "probe-node-"));
try {
  writeFileSync(join(directory, "hooks.mjs"), HOOKS);
  const programs = Object.entries(PROBES).map(([name, probe], i) => prepare(name, probe, join(directory, String(i))));
  const columns = [];
  for (const binary of binaries) columns.push(await probeBinary(binary, programs));
  print(columns, programs);
  process.exitCode = columns.every(({ failures }) => failures.size === 0) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}

function prepare(name, { preload, ...files }, folder) {
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  if (preload !== undefined) writeFileSync(join(folder, "preload.mjs"), preload);
  const hooks = preload === undefined ? join(directory, "hooks.mjs") : join(folder, "preload.mjs");
  return { name, args: ["--import", pathToFileURL(hooks).href, join(folder, Object.keys(files)[0])] };
}

async function probeBinary(binary, programs) {
  const { stdout } = await run(binary, ["--version"]);
  const failures = new Map();
  for (const { name, args } of programs) {
    try {
      const { stdout: answer } = await run(binary, args, { timeout: 10_000 });
      if (answer.trim() !== "true") failures.set(name, `printed ${JSON.stringify(answer.trim())}`);
    } catch (error) {
      const line = error.stderr.split("\n").find((text) => /^\w*Error/.test(text));
      failures.set(name, line ?? error.message.split("\n")[0]);
    }
  }
  return { version: stdout.trim(), failures };
}

function print(columns, programs) {
  const width = Math.max(...programs.map(({ name }) => name.length)) + 2;
  console.log(" ".repeat(width) + columns.map(({ version }) => version.padEnd(10)).join(""));
  for (const { name } of programs) {
    const row = columns.map(({ failures }) => (failures.has(name) ? "no" : "yes").padEnd(10));
    console.log((name.padEnd(width) + row.join("")).trimEnd());
  }
  for (const { version, failures } of columns) {
    for (const [name, reason] of failures) console.log(`${version}  ${name}: ${reason}`);
  }
}
