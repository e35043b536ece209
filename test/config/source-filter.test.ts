import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceFilter } from "../../src/config/index.ts";

interface Globs {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

function traced(globs: Globs, path: string, root = "/srv/app", platform: NodeJS.Platform = "linux"): boolean {
  const { include = ["**"], exclude = ["**/node_modules/**"] } = globs;
  const tracing = { enable: true, events: { call: true, return: true }, include, exclude };
  return sourceFilter({ root, tracing }, platform)(path);
}

test("by default the project's own files are traced: all in the root, but no dependency and nothing outside", () => {
  const own = [
    "a.js",
    "src/a.ts",
    ".config/a.js",
    ".a.js",
    "src/.hidden/a.mjs",
    "node_modules.js",
    "..a/b.js",
    "src/a b[1].js",
  ];
  for (const path of own) assert.ok(traced({}, `/srv/app/${path}`), path);
  const foreign = [
    "/srv/app/node_modules/x/a.js",
    "/srv/app/node_modules/.pnpm/x/node_modules/x/a.js",
    "/srv/app/packages/p/node_modules/x/a.js",
    "/srv/app/.yarn/cache/x.zip/node_modules/x/a.js",
    "/srv/other/a.js",
    "/srv/application/a.js",
    "/srv/a.js",
    "/a.js",
    "a.js",
    "node:fs",
    "",
  ];
  for (const path of foreign) assert.ok(!traced({}, path), path);
});

test("a root that lies in a node_modules directory itself is a project like any other", () => {
  const root = "/x/node_modules/pkg";
  assert.ok(traced({}, `${root}/a.js`, root));
  assert.ok(!traced({}, `${root}/node_modules/y/a.js`, root));
  assert.ok(!traced({}, "/x/node_modules/other/a.js", root));
});

test("a root with characters that globs treat specially is taken literally", () => {
  const root = "/srv/[app] {x,y} (1)!";
  assert.ok(traced({}, `${root}/a.js`, root));
  assert.ok(traced({ include: ["src/*.js"] }, `${root}/src/a.js`, root));
  assert.ok(traced({ include: ["../shared/**"] }, "/srv/shared/a.js", root));
});

test("the root of the file system may be the project's root", () => {
  assert.ok(traced({}, "/a.js", "/"));
  assert.ok(!traced({}, "/node_modules/x/a.js", "/"));
});

test("globs: stars, braces, sets, negation in brackets, dots", () => {
  const cases: readonly (readonly [glob: string, path: string, expected: boolean])[] = [
    ["*.js", "a.js", true],
    ["*.js", "src/a.js", false],
    ["**/*.js", "a.js", true],
    ["**/*.js", ".a.js", true],
    ["**/*.js", "a.ts", false],
    ["src/**", "src/x/.y/a.js", true],
    ["./src/**", "src/a.js", true],
    ["src/**/a.js", "src/a.js", true],
    ["src/{a,b}/*.{js,ts}", "src/b/x.ts", true],
    ["src/[ab].js", "src/c.js", false],
    ["src/!(a|b).js", "src/c.js", true],
    ["src/!(a|b).js", "src/a.js", false],
    ["!(test)/**", "test/a.js", false],
    ["!(test)/**", "src/a.js", true],
    ["src/a?.js", "src/ab.js", true],
    ["src/\\*.js", "src/*.js", true],
    ["src/\\*.js", "src/a.js", false],
    ["src", "src/x/a.js", true],
    ["src/", "src/x/a.js", true],
    ["src", "srcs/a.js", false],
    ["src/a.js", "src/a.js", true],
    ["SRC/**", "src/a.js", false],
    [".", "src/a.js", true],
    ["./", "src/a.js", true],
  ];
  for (const [glob, path, expected] of cases) {
    assert.equal(traced({ include: [glob] }, `/srv/app/${path}`), expected, `${glob} and ${path}`);
    assert.equal(traced({ exclude: [glob] }, `/srv/app/${path}`), !expected, `not ${glob} and ${path}`);
  }
  assert.ok(!traced({ include: [] }, "/srv/app/a.js"));
});

test("what lies outside is traced only when a glob leads out, and a dependency not even then", () => {
  assert.ok(traced({ include: ["../shared/**"] }, "/srv/shared/a.js"));
  assert.ok(!traced({ include: ["../shared/**"] }, "/srv/app/a.js"));
  assert.ok(!traced({ include: ["../shared/**"] }, "/shared/a.js"));
  assert.ok(!traced({ include: ["../**"] }, "/elsewhere/a.js"));
  assert.ok(traced({ include: ["../shared"] }, "/srv/shared/x/a.js"));
  assert.ok(traced({ include: ["/opt/plugins/**"] }, "/opt/plugins/a.js"));
  assert.ok(traced({ include: ["/srv/app/src/**"] }, "/srv/app/src/a.js"));
  assert.ok(!traced({ include: ["/opt/plugins/**"] }, "/opt/a.js"));
  assert.ok(traced({ include: ["/"] }, "/opt/a.js"));
  assert.ok(!traced({ include: ["!(x)/**", "?./**"] }, "/srv/a.js"));
  assert.ok(!traced({ include: ["../shared/**"] }, "/srv/shared/node_modules/x/a.js"));
  assert.ok(!traced({ include: ["/opt/**"] }, "/opt/node_modules/x/a.js"));
  assert.ok(traced({ include: ["../shared/**"], exclude: ["shared/**"] }, "/srv/shared/a.js"));
  assert.ok(!traced({ include: ["../shared/**"], exclude: ["../shared/gen/**"] }, "/srv/shared/gen/a.js"));
});

test("Windows: separators, drives, capitals", () => {
  const root = "C:\\work\\app";
  const on = (globs: Globs, path: string): boolean => traced(globs, path, root, "win32");
  assert.ok(on({}, "C:\\work\\app\\src\\a.js"));
  assert.ok(on({}, "c:\\Work\\app\\src\\a.js"));
  assert.ok(on({ include: ["SRC/*.JS"] }, "C:\\work\\app\\src\\a.js"));
  assert.ok(!on({}, "C:\\work\\app\\node_modules\\x\\a.js"));
  assert.ok(!on({}, "C:\\work\\other\\a.js"));
  assert.ok(!on({}, "D:\\work\\app\\a.js"));
  assert.ok(on({ include: ["../shared/**"] }, "C:\\work\\shared\\a.js"));
  assert.ok(on({ include: ["d:/plugins/**"] }, "D:\\plugins\\a.js"));
  assert.ok(!on({ include: ["D:/**"] }, "D:\\plugins\\node_modules\\x\\a.js"));
  assert.ok(on({ include: ["//server/share/**"] }, "\\\\server\\share\\a.js"));
});
