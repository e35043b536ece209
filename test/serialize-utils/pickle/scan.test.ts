/** What the scanner says of harmless pickles, and of the names in published attacks. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { scanPickle, serializeToPickle, PythonDecimal, type PickleScan } from "../../../src/serialize-utils/index.ts";
import { calling, global, pickle, PROTO4, REDUCE, STACK_GLOBAL, STOP, text, TUPLE1, type Part } from "./pickles.ts";

function scan(...parts: readonly Part[]): PickleScan {
  return scanPickle(pickle(...parts));
}

function worstNames({ names }: PickleScan): string[] {
  return names
    .filter(({ verdict }) => verdict !== "safe")
    .map(({ module, name, isCalled }) => `${module}.${name}${isCalled ? "()" : ""}`);
}

/** STACK_GLOBAL and a call with one argument. */
function calling4(module: string, name: string, argument = "id"): Part[] {
  return [PROTO4, text(module), text(name), STACK_GLOBAL, text(argument), TUPLE1, REDUCE];
}

describe("a scan", () => {
  it("calls data safe, and says what it imports", () => {
    const values = [
      1,
      "x",
      { a: [new Date(0)] },
      new Map([["a", 1]]),
      new Set([1]),
      new PythonDecimal("1"),
      Float64Array.of(1),
      undefined,
    ];
    for (const protocol of [2, 3, 4, 5] as const) {
      const found = scanPickle(serializeToPickle(values, { protocol }));
      assert.deepEqual([found.verdict, found.pickles, found.findings], ["safe", 1, []]);
      assert.ok(
        found.names.some(({ module, name, isCalled }) => module === "datetime" && name === "datetime" && isCalled),
      );
    }
  });

  it("calls all safe that CPython writes of the types that are read", () => {
    const given = JSON.parse(
      readFileSync(new URL("../../../testdata/pickle/cpython-3.11.json", import.meta.url), "utf8"),
    ) as { name: string; hex: string }[];
    for (const { name, hex } of given) {
      const found = scanPickle(Buffer.from(hex, "hex"));
      const expected = name.includes("instance") ? "suspicious" : "safe";
      assert.equal(found.verdict, expected, `${name}: ${JSON.stringify([worstNames(found), found.findings])}`);
    }
  });

  it("says where and how: imported or called, at which byte", () => {
    assert.deepEqual(scan(calling("os", "system")), {
      verdict: "dangerous",
      pickles: 1,
      names: [{ module: "os", name: "system", verdict: "dangerous", isCalled: true, at: 2, where: "" }],
      findings: [],
    });
    assert.equal(scan(global("os", "system"), STOP).names[0]?.isCalled, false);
  });

  it("grades what nobody knows as suspicious", () => {
    assert.equal(scan(calling("shop.models", "Order")).verdict, "suspicious");
    assert.equal(scan(calling("sklearn.svm._classes", "SVC")).verdict, "suspicious");
  });

  for (const [module, name] of [
    ["builtins", "eval"],
    ["builtins", "exec"],
    ["builtins", "__import__"],
    ["builtins", "getattr"],
    ["builtins", "open"],
    ["builtins", "compile"],
    ["__builtin__", "eval"],
    ["__builtin__", "execfile"],
    ["__builtin__", "apply"],
    ["__builtin__", "getattr"],
    ["os", "system"],
    ["posix", "system"],
    ["nt", "system"],
    ["os.path", "os.system"],
    ["commands", "getoutput"],
    ["subprocess", "Popen"],
    ["pty", "spawn"],
    ["runpy", "run_path"],
    ["importlib", "import_module"],
    ["marshal", "loads"],
    ["types", "FunctionType"],
    ["types", "CodeType"],
    ["ctypes", "CDLL"],
    ["pickle", "loads"],
    ["_pickle", "loads"],
    ["cPickle", "loads"],
    ["dill", "loads"],
    ["joblib", "load"],
    ["numpy", "load"],
    ["torch", "load"],
    // CVE-2025-1716
    ["pip", "main"],
    ["pip._internal.cli.main", "main"],
    // CVE-2025-10157: modules within dangerous ones
    ["asyncio.unix_events", "_UnixSubprocessTransport._start"],
    ["http.client", "HTTPSConnection"],
    ["multiprocessing.util", "spawnv_passfds"],
    // GHSA-vvpj-8cmc-gx39, GHSA-g38g-8gr9-h9xp and others of picklescan's and fickling's advisories
    ["pkgutil", "resolve_name"],
    ["uuid", "_get_command_stdout"],
    ["_osx_support", "_read_output"],
    ["_aix_support", "_read_cmd_output"],
    ["_pyrepl.pager", "pipe_pager"],
    ["imaplib", "IMAP4_stream"],
    ["test.support.script_helper", "assert_python_ok"],
    ["pydoc", "locate"],
    ["pydoc", "pipepager"],
    ["cProfile", "run"],
    ["profile", "Profile.runctx"],
    ["trace", "Trace.run"],
    ["timeit", "timeit"],
    ["doctest", "debug_script"],
    ["bdb", "Bdb.run"],
    ["code", "InteractiveInterpreter.runcode"],
    ["idlelib.pyshell", "ModifiedInterpreter.runcode"],
    ["idlelib.calltip", "get_entity"],
    ["lib2to3.pgen2.grammar", "Grammar.loads"],
    ["ensurepip", "_run_pip"],
    ["venv", "create"],
    ["distutils.file_util", "write_file"],
    ["ssl", "get_server_certificate"],
    ["socket", "create_connection"],
    ["urllib.request", "urlopen"],
    ["_io", "FileIO"],
    ["logging", "FileHandler"],
    ["operator", "attrgetter"],
    ["_operator", "methodcaller"],
    ["functools", "partial"],
    ["numpy.testing._private.utils", "runstring"],
    ["numpy.f2py.crackfortran", "getlincoef"],
    ["torch.utils.bottleneck.__main__", "run_cprofile"],
    ["torch._dynamo.guards", "GuardBuilder.get"],
    ["torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"],
    ["torch.jit.unsupported_tensor_ops", "execWrapper"],
    ["torch.utils._config_module", "ConfigModule.load_config"],
    ["torch._inductor.codecache", "compile_file"],
    ["torch.utils.collect_env", "run"],
    ["cloudpickle.cloudpickle", "_make_function"],
    ["webbrowser", "open"],
    ["requests.api", "get"],
    ["aiohttp.client", "ClientSession"],
    ["sys", "exit"],
    // What stands behind dots
    ["numpy", "_core.os.system"],
    ["collections", "sys.modules"],
    ["builtins", "set.__class__.__base__"],
  ] as const) {
    // prettier-ignore
    it(`calls ${module}.${name} dangerous`, () => {
      assert.equal(scan(...calling4(module, name), STOP).verdict, "dangerous");
      if (!name.includes(".")) assert.equal(scan(calling(module, name)).verdict, "dangerous");
    });
  }
});
