import assert from "node:assert/strict";
import { win32 } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  comparePortablePaths,
  fromPortablePath,
  isPortablePath,
  isReservedOnWindows,
  parsePortablePath,
  SealtraceError,
  toPortablePath,
  type PortablePath,
} from "../../src/record/index.ts";

const PLATFORMS = ["linux", "darwin", "win32"] as const;
const ROOTS = { linux: "/srv/app", darwin: "/Users/u/app", win32: "C:\\Users\\u\\app" } as const;

const throwsCode = (action: () => unknown, code: string, says: RegExp = /./): void => {
  assert.throws(
    action,
    (error: unknown) => error instanceof SealtraceError && error.code === code && says.test(error.message),
  );
};

const UNITS = "aA. \\:~e\u0301\u00e9\u212b\ud55c\u1112\u1161\u11ab\ud83d\ude00\uffff".split("");

/** Names of all kinds, most of them awkward. */
const name = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
  fc.string({
    unit: fc.constantFrom(...UNITS),
    minLength: 1,
    maxLength: 5,
  }),
  fc.constantFrom("..", ".", "...", "con", "NUL.txt", "a.", "a ", "a:b", "a\\b", "C:", "-", "\u0000", "\n", "\u0085"),
);
const portablePath = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((names) => names.join("/").normalize("NFC"))
  .filter(isPortablePath);

function exists(path: PortablePath, platform: NodeJS.Platform): boolean {
  return platform !== "win32" || path === "." || !path.split("/").some(isReservedOnWindows);
}

describe("a portable path", () => {
  it("is the same for one file recorded on Linux, macOS and Windows", () => {
    const recorded = [
      toPortablePath("/srv/app", "/srv/app/src/caf\u00e9/\u00c5.ts", "linux"),
      toPortablePath("/Users/u/app", "/Users/u/app/src/cafe\u0301/A\u030a.ts", "darwin"),
      toPortablePath("C:\\app", "c:\\app\\src\\caf\u00e9\\\u00c5.ts", "win32"),
    ];
    assert.deepEqual(new Set(recorded), new Set(["src/caf\u00e9/\u00c5.ts"]));
  });

  const posix: readonly [path: string, expected: string | undefined][] = [
    ["/srv/app", "."],
    ["/srv/app/", "."],
    [".", "."],
    ["a/b", "a/b"],
    ["./a//b/./c/", "a/b/c"],
    ["/srv/app/a/../b", "b"],
    ["/srv//app/a", "a"],
    ["/../srv/app/a", "a"],
    ["/srv/app/..a/...", "..a/..."],
    ["/srv/app/a\\b:c", "a\\b:c"],
    ["/srv/app/con", "con"],
    ["/srv/app/..", undefined],
    ["..", undefined],
    ["../app2/a", undefined],
    ["../app/a", "a"],
    ["/srv/application/a", undefined],
    ["/srv/APP/a", undefined],
    ["/", undefined],
    ["/srv/app/a\nb", undefined],
    ["/srv/app/a\u0000", undefined],
    ["/srv/app/a\u009b", undefined],
    ["/srv/app/\ud800", undefined],
  ];
  for (const [path, expected] of posix) {
    it(`Linux: ${JSON.stringify(path)} is ${String(expected)}`, () => {
      assert.equal(toPortablePath("/srv/app", path, "linux"), expected);
    });
  }

  const windows: readonly [path: string, expected: string | undefined][] = [
    ["C:\\Users\\u\\app", "."],
    ["c:/users/U/APP/Src/a.ts", "Src/a.ts"],
    ["C:\\Users\\u\\app\\x\\..\\y\\.\\z", "y/z"],
    ["C:\\..\\Users\\u\\app\\y", "y"],
    ["\\\\?\\C:\\Users\\u\\app\\a", "a"],
    ["\\\\?\\c:\\users\\u\\app\\a", "a"],
    ["//?/C:/Users/u/app/a/../b", "b"],
    ["\\\\.\\C:\\Users\\u\\app\\a", "a"],
    ["\\Users\\u\\app\\a", "a"],
    ["/Users/u/app/a", "a"],
    ["sub\\a", "sub/a"],
    ["..\\app\\a", "a"],
    ["..\\a", undefined],
    ["D:\\Users\\u\\app\\a", undefined],
    ["C:a", undefined],
    ["C:\\Users\\u\\app2", undefined],
    ["\\\\server\\share\\Users\\u\\app\\a", undefined],
    ["\\\\server", undefined],
    ["\\\\?\\C:\\Users\\u\\app\\..\\app\\a", undefined],
    ["\\\\?\\C:\\Users\\u\\app\\a/b", undefined],
    ["C:\\Users\\u\\app\\NUL", undefined],
    ["C:\\Users\\u\\app\\a:stream", undefined],
    ["C:\\Users\\u\\app\\a.", undefined],
    ["C:\\Users\\u\\app\\a ", undefined],
    ["C:\\Users\\u\\app\\...\\a", undefined],
  ];
  for (const [path, expected] of windows) {
    it(`Windows: ${JSON.stringify(path)} is ${String(expected)}`, () => {
      assert.equal(toPortablePath("C:\\Users\\u\\app", path, "win32"), expected);
      assert.equal(toPortablePath("\\\\?\\c:\\Users\\u\\app", path, "win32"), expected);
    });
  }

  it("Windows: a root may be a drive, a share or a volume", () => {
    assert.equal(toPortablePath("C:\\", "c:\\a\\b", "win32"), "a/b");
    assert.equal(toPortablePath("\\\\Server\\Share", "\\\\server\\share\\a", "win32"), "a");
    assert.equal(toPortablePath("\\\\server\\share\\d", "\\\\?\\UNC\\SERVER\\share\\D\\a", "win32"), "a");
    assert.equal(toPortablePath("\\\\server\\share\\d", "\\\\server\\other\\d\\a", "win32"), undefined);
    assert.equal(toPortablePath("\\\\?\\Volume{1A}\\d", "\\\\?\\volume{1a}\\d\\a", "win32"), "a");
    for (const root of ["C:\\", "\\\\server\\share", "\\\\?\\C:\\d", "C:/d/"]) {
      const path = parsePortablePath("a/b");
      assert.equal(toPortablePath(root, fromPortablePath(root, path, "win32"), "win32"), path);
    }
  });

  it("macOS: the root may be spelled in either normal form", () => {
    assert.equal(toPortablePath("/Users/caf\u00e9", "/Users/cafe\u0301/a", "darwin"), "a");
    assert.equal(toPortablePath("/srv/caf\u00e9", "/srv/cafe\u0301/a", "linux"), undefined);
  });

  it("needs an absolute root", () => {
    for (const root of ["", "app", "./app"]) {
      throwsCode(() => toPortablePath(root, "a", "linux"), "SEALTRACE_USAGE", /not absolute/);
    }
    for (const root of ["app", "\\app", "C:app", "\\\\server"]) {
      throwsCode(() => toPortablePath(root, "a", "win32"), "SEALTRACE_USAGE", /not absolute/);
      throwsCode(() => fromPortablePath(root, parsePortablePath("a"), "win32"), "SEALTRACE_USAGE", /not absolute/);
    }
  });

  it("goes to the system and back unchanged, or says that it can't", () => {
    fc.assert(
      fc.property(portablePath, fc.constantFrom(...PLATFORMS), (path, platform) => {
        if (!exists(path, platform)) {
          throwsCode(() => fromPortablePath(ROOTS.win32, path, platform), "SEALTRACE_INVALID_DATA", /Windows/);
          return;
        }
        const native = fromPortablePath(ROOTS[platform], path, platform);
        assert.equal(toPortablePath(ROOTS[platform], native, platform), path);
        // As a path of the system itself, it stays in the root.
        if (platform === "win32") assert.equal(win32.normalize(native), native);
      }),
      { numRuns: 2_000 },
    );
  });

  it("once made, is the same made again, whatever it was made from", () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), fc.constantFrom(...PLATFORMS), (names, platform) => {
        const path = toPortablePath(ROOTS[platform], names.join("/"), platform);
        if (path === undefined) return;
        assert.equal(parsePortablePath(path), path);
        assert.equal(toPortablePath(ROOTS[platform], path, platform), path);
        assert.equal(
          toPortablePath(ROOTS[platform], fromPortablePath(ROOTS[platform], path, platform), platform),
          path,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  /** What a system of this kind takes for equal, upper and lower case apart. */
  const identity = {
    linux: (native: string) => native,
    darwin: (native: string) => native.normalize("NFD"),
    win32: (native: string) =>
      win32
        .normalize(native)
        .split("\\")
        .map((part) => part.replace(/(?<!^)[. ]+$/, ""))
        .join("\\"),
  };
  it("no two of them name one file", () => {
    const pair = fc.tuple(portablePath, portablePath);
    fc.assert(
      fc.property(pair, fc.constantFrom(...PLATFORMS), ([one, other], platform) => {
        const natives: string[] = [];
        for (const path of [one, other]) {
          if (!exists(path, platform)) return;
          natives.push(identity[platform](fromPortablePath(ROOTS[platform], path, platform)));
        }
        assert.equal(natives[0] === natives[1], one === other);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is ordered the same everywhere: by names, those by code points, each directory before what is in it", () => {
    const ordered = [
      ".",
      "!",
      "a",
      "a/b",
      "a/b/c",
      "a/bc",
      "a!",
      "a-b",
      "ab",
      "\u00e9",
      "\uffff",
      "\u{10000}",
      "\u{1f600}/a",
    ];
    const shuffled = ordered.map(parsePortablePath).reverse();
    assert.deepEqual(shuffled.sort(comparePortablePaths), ordered);
    const reference = (path: PortablePath): Buffer[] =>
      path === "." ? [] : path.split("/").map((part) => Buffer.from(part));
    const byNames = (one: PortablePath, other: PortablePath): number => {
      const [left, right] = [reference(one), reference(other)];
      for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
        const difference = Buffer.compare(left[i] as Buffer, right[i] as Buffer);
        if (difference !== 0) return difference;
      }
      return left.length - right.length;
    };
    fc.assert(
      fc.property(portablePath, portablePath, (one, other) => {
        assert.equal(Math.sign(comparePortablePaths(one, other)), Math.sign(byNames(one, other)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("text that claims to be a portable path", () => {
  const wrong: readonly [text: unknown, says: RegExp][] = [
    ["", /empty/],
    ["/a", /top of a file system/],
    ["a/../b", /"\.\."/],
    ["..", /"\.\."/],
    ["./a", /"\."/],
    ["a/.", /"\."/],
    ["a//b", /nothing between/],
    ["a/", /nothing between/],
    ["a\u0000b", /control/],
    ["a\u007fb", /control/],
    ["\ud800", /surrogate/],
    ["cafe\u0301", /normal form C/],
    [null, /null, not text/],
    [undefined, /undefined, not text/],
    [{ toString: () => "a" }, /object, not text/],
    [["a"], /object, not text/],
  ];
  for (const [text, says] of wrong) {
    it(`${JSON.stringify(text)} is refused`, () => {
      assert.equal(isPortablePath(text), false);
      throwsCode(() => parsePortablePath(text), "SEALTRACE_INVALID_DATA", says);
    });
  }

  it("a cast does not make it one", () => {
    for (const path of ["../../secret", "/secret", "a/../../secret"]) {
      throwsCode(() => fromPortablePath("/srv/app", path as PortablePath, "linux"), "SEALTRACE_INVALID_DATA");
    }
  });

  it("a long one does not flood the message", () => {
    assert.throws(
      () => parsePortablePath(`/${"a".repeat(100_000)}`),
      ({ message }: Error) => message.length < 400,
    );
  });
});

describe("names that Windows has reserved", () => {
  const reserved =
    'con CON Con.txt con.tar.gz aux prn nul NUL.. com0 com1 COM9.x lpt0 lpt9 com\u00b9 LPT\u00b2.log com\u00b3 conin$ CONOUT$ con:x nul::$DATA a:b a. a.. . .. a< a> a" a/b a\\b a| a? a* a\u0000 a\u001f'.split(
      " ",
    );
  for (const name of [...reserved, "", " ", "a ", "con ", "con .txt", "a\n"]) {
    it(JSON.stringify(name), () => {
      assert.equal(isReservedOnWindows(name), true);
    });
  }
  const free =
    "a console con1 com com10 comx lpt xcon a.con .con .a ..a conin conout a\u007f \u00b9 com\u2074 nu~ nul_ \u00e9".split(
      " ",
    );
  for (const name of [...free, " con", "a b", "a .b"]) {
    it(`not ${JSON.stringify(name)}`, () => {
      assert.equal(isReservedOnWindows(name), false);
    });
  }
});
