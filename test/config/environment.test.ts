import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, test } from "node:test";
import fc from "fast-check";
import { configurationDirectory, printable, readEnvironment, RUN_ORDER, takeRunOrder } from "../../src/config/index.ts";

afterEach(() => {
  delete process.env[RUN_ORDER];
});

test("the order of sealtrace run is taken once", () => {
  process.env[RUN_ORDER] = JSON.stringify({ descriptor: 3, flags: { "logging.level": "INFO" } });
  assert.deepEqual(takeRunOrder(), { descriptor: 3, flags: { "logging.level": "INFO" } });
  assert.equal(readEnvironment()[RUN_ORDER], undefined);
  assert.equal(takeRunOrder(), undefined);
});

test("an order that can't be understood is none, and children don't inherit it", () => {
  const malformed = ["", "x", "null", "3", "[]", "{}", '{"descriptor":3}', '{"descriptor":"3","flags":{}}'];
  for (const text of [
    ...malformed,
    '{"descriptor":-1,"flags":{}}',
    '{"descriptor":3,"flags":[]}',
    '{"descriptor":3,"flags":null}',
  ]) {
    process.env[RUN_ORDER] = text;
    assert.equal(takeRunOrder(), undefined, text);
    assert.equal(process.env[RUN_ORDER], undefined);
  }
});

test("the configuration directory follows the variable, then the platform's convention", () => {
  const posix = { HOME: "/users/u" };
  assert.equal(configurationDirectory(posix, "linux"), "/users/u/.config/sealtrace");
  assert.equal(configurationDirectory({ ...posix, XDG_CONFIG_HOME: "/x" }, "freebsd"), "/x/sealtrace");
  assert.equal(
    configurationDirectory({ ...posix, XDG_CONFIG_HOME: "relative" }, "linux"),
    "/users/u/.config/sealtrace",
  );
  assert.equal(configurationDirectory({ ...posix, XDG_CONFIG_HOME: "" }, "linux"), "/users/u/.config/sealtrace");
  assert.equal(
    configurationDirectory({ ...posix, XDG_CONFIG_HOME: "/x" }, "darwin"),
    "/users/u/Library/Application Support/sealtrace",
  );
  const windows = { USERPROFILE: "C:\\Users\\u", APPDATA: "C:\\Users\\u\\AppData\\Roaming" };
  assert.equal(configurationDirectory(windows, "win32"), "C:\\Users\\u\\AppData\\Roaming\\sealtrace");
  assert.equal(
    configurationDirectory({ ...windows, APPDATA: "" }, "win32"),
    "C:\\Users\\u\\AppData\\Roaming\\sealtrace",
  );
  assert.equal(configurationDirectory({ ...posix, SEALTRACE_CONFIG_DIR: "/keys" }, "linux"), "/keys");
  assert.equal(configurationDirectory({ ...posix, SEALTRACE_CONFIG_DIR: "" }, "linux"), "/users/u/.config/sealtrace");
  assert.equal(configurationDirectory({ SEALTRACE_CONFIG_DIR: "keys" }), resolve("keys"));
});

test(
  "without HOME the account's home directory counts",
  { skip: process.platform === "win32" && "HOME is a POSIX variable" },
  () => {
    for (const environment of [{}, { HOME: "" }, { HOME: "relative" }]) {
      assert.ok(configurationDirectory(environment, "linux").endsWith(join("/", ".config", "sealtrace")));
      assert.ok(configurationDirectory(environment, "linux").startsWith("/"));
    }
    assert.equal(configurationDirectory({ HOME: homedir() }, "linux"), join(homedir(), ".config", "sealtrace"));
  },
);

test("printable text has nothing that steers a terminal, and JSON stays the same JSON", () => {
  assert.equal(printable("é 日本 🚀 a\\n"), "é 日本 🚀 a\\n");
  assert.equal(
    printable("a\u001b[31m\n\u0085\u009b\u202e\u2028\u200b\ud800"),
    "a\\u001b[31m\\u000a\\u0085\\u009b\\u202e\\u2028\\u200b\\ud800",
  );
  assert.equal(printable("abcdef", 3), "abc…");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.ok(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(printable(text)));
      assert.equal(JSON.parse(printable(JSON.stringify(text))), text);
    }),
  );
});
