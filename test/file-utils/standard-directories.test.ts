import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { configurationDirectory, userDirectories } from "../../src/config/index.ts";
import { standardDirectories, standardDirectory, type UserSystem } from "../../src/file-utils/essentials/index.ts";
import { SealtraceError } from "../../src/record/index.ts";

const VARIABLES = [
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "XDG_CACHE_HOME",
  "XDG_RUNTIME_DIR",
  "APPDATA",
  "LOCALAPPDATA",
];
const PLATFORMS = ["linux", "freebsd", "aix", "android", "darwin", "win32"] as const;

function system(platform: NodeJS.Platform, environment: UserSystem["environment"] = {}): UserSystem {
  return { platform, environment, home: () => (platform === "win32" ? "C:\\Users\\u" : "/users/u") };
}

describe("the directories of a program", () => {
  it("on Linux and others are those of XDG", () => {
    for (const platform of ["linux", "freebsd", "aix"] as const) {
      assert.deepEqual(standardDirectories("app", system(platform)), {
        configuration: "/users/u/.config/app",
        data: "/users/u/.local/share/app",
        state: "/users/u/.local/state/app",
        cache: "/users/u/.cache/app",
        runtime: undefined,
      });
      const environment = Object.fromEntries(VARIABLES.map((name) => [name, `/x/${name}`]));
      assert.deepEqual(standardDirectories("app", system(platform, environment)), {
        configuration: "/x/XDG_CONFIG_HOME/app",
        data: "/x/XDG_DATA_HOME/app",
        state: "/x/XDG_STATE_HOME/app",
        cache: "/x/XDG_CACHE_HOME/app",
        runtime: "/x/XDG_RUNTIME_DIR/app",
      });
    }
  });

  it("on macOS are in the Library, whatever XDG says", () => {
    assert.deepEqual(standardDirectories("app", system("darwin", { XDG_CONFIG_HOME: "/x", XDG_RUNTIME_DIR: "/x" })), {
      configuration: "/users/u/Library/Application Support/app",
      data: "/users/u/Library/Application Support/app/Data",
      state: "/users/u/Library/Application Support/app/State",
      cache: "/users/u/Library/Caches/app",
      runtime: undefined,
    });
  });

  it("on Windows roam only with what was configured", () => {
    const expected = {
      configuration: "C:\\Users\\u\\AppData\\Roaming\\app",
      data: "C:\\Users\\u\\AppData\\Local\\app\\Data",
      state: "C:\\Users\\u\\AppData\\Local\\app\\State",
      cache: "C:\\Users\\u\\AppData\\Local\\app\\Cache",
      runtime: undefined,
    };
    assert.deepEqual(standardDirectories("app", system("win32")), expected);
    const environment = { APPDATA: "R:\\roaming", LOCALAPPDATA: "\\\\server\\local", XDG_RUNTIME_DIR: "C:\\x" };
    assert.deepEqual(standardDirectories("app", system("win32", environment)), {
      configuration: "R:\\roaming\\app",
      data: "\\\\server\\local\\app\\Data",
      state: "\\\\server\\local\\app\\State",
      cache: "\\\\server\\local\\app\\Cache",
      runtime: undefined,
    });
  });

  it("are absolute, whatever the variables say, for what is no absolute path is as if unset; without variables no two are the same", () => {
    const value = fc.constantFrom("", "relative", "./x", "C:", "C:x", "~", "/same", "C:\\same", "/x/", "D:/y");
    fc.assert(
      fc.property(
        fc.constantFrom(...PLATFORMS),
        fc.record(Object.fromEntries(VARIABLES.map((name) => [name, value]))),
        (platform, environment) => {
          const { isAbsolute } = platform === "win32" ? win32 : posix;
          const found = standardDirectories("app", system(platform, environment));
          const paths = Object.values(found).filter((path): path is string => path !== undefined);
          for (const path of paths) assert.ok(isAbsolute(path), path);
          const heeded = Object.fromEntries(Object.entries(environment).filter(([, text]) => isAbsolute(text)));
          assert.deepEqual(found, standardDirectories("app", system(platform, heeded)));
        },
      ),
    );
    for (const platform of PLATFORMS) {
      const paths = Object.values(standardDirectories("app", system(platform))).filter((path) => path !== undefined);
      assert.equal(new Set(paths).size, 4);
    }
  });

  it("need a name that is one everywhere", () => {
    for (const name of ["", ".", "..", "a/b", "a\\b", "nul", "a:b", "a.", "a\u0000"]) {
      assert.throws(
        () => standardDirectories(name, system("linux")),
        (error: unknown) => error instanceof SealtraceError && error.code === "SEALTRACE_USAGE",
      );
    }
  });

  it("need no home directory where a variable says enough", () => {
    const homeless: UserSystem = {
      platform: "linux",
      environment: { XDG_CACHE_HOME: "/x" },
      home: () => {
        throw new Error("no home");
      },
    };
    assert.equal(standardDirectory("cache", "app", homeless), "/x/app");
    assert.throws(() => standardDirectory("state", "app", homeless), /no home/);
  });
});

describe("this user's directories", () => {
  it("come from the environment that is handed in, or this process's", () => {
    assert.equal(userDirectories("app", { HOME: "/users/u" }, "linux").state, "/users/u/.local/state/app");
    assert.equal(
      userDirectories("app", { USERPROFILE: "C:\\Users\\u" }, "win32").state,
      "C:\\Users\\u\\AppData\\Local\\app\\State",
    );
    assert.deepEqual(userDirectories("app"), userDirectories("app", process.env, process.platform));
  });

  it("hold the keys of sealtrace where they always were", () => {
    for (const platform of PLATFORMS) {
      const environment = { HOME: "/users/u", USERPROFILE: "C:\\Users\\u" };
      assert.equal(
        configurationDirectory(environment, platform),
        userDirectories("sealtrace", environment, platform).configuration,
      );
    }
  });
});
