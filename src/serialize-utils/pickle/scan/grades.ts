/**
 * How bad a name is. Safe is what is listed as such, by module and name exactly: what our own loader builds, and what tensors are made of. Of the rest, what is known to
 * run code, import, read files or reach the network is dangerous, and what nobody knows is suspicious: a list of bad names is never complete, so it only
 * grades what is not allowed anyway.
 */
import { BUILT_IN_BUILDERS } from "../builders/known.ts";
import { inPython3 } from "../python/python-2-names.ts";
import { NAMESPACE } from "../read/rich-values.ts";
import type { ScanVerdict } from "./report.ts";

const STORAGES = [
  "BFloat16", "Bool", "Byte", "Char", "ComplexDouble", "ComplexFloat", "Double", "Float", "Half", "Int", "Long", "QInt32", "QInt8", "QUInt2x4", "QUInt4x2",
  "QUInt8", "Short",
]; // prettier-ignore

const DTYPES = [
  "float32", "float64", "float16", "bfloat16", "complex64", "complex128", "uint8", "int8", "int16", "int32", "int64", "bool", "quint8", "qint8", "qint32",
]; // prettier-ignore

const SAFE: ReadonlySet<string> = new Set([
  ...BUILT_IN_BUILDERS.keys(),
  NAMESPACE,
  "copyreg:_reconstructor",
  "copyreg:__newobj__",
  "copyreg:__newobj_ex__",
  "joblib.numpy_pickle:NumpyArrayWrapper",
  "torch._utils:_rebuild_tensor",
  "torch._utils:_rebuild_tensor_v2",
  "torch._utils:_rebuild_parameter",
  "torch.storage:TypedStorage",
  "torch.storage:UntypedStorage",
  "torch:Size",
  "torch:device",
  ...STORAGES.map((kind) => `torch:${kind}Storage`),
  ...DTYPES.map((type) => `torch:${type}`),
]);

/** Modules of which nothing that isn't in the list above belongs in data; so for all modules within them. */
const DANGEROUS_MODULES: ReadonlySet<string> = new Set([
  // Processes, the system, files
  "os", "posix", "nt", "posixpath", "ntpath", "subprocess", "_posixsubprocess", "popen2", "pty", "sys", "shutil", "tempfile", "glob", "fileinput",
  "mmap", "fcntl", "signal", "resource", "platform", "getpass", "winreg", "_winreg", "_winapi", "win32api", "pexpect", "paramiko", "fabric", "psutil",
  "multiprocessing", "concurrent", "threading", "_thread", "sched", "nturl2path", "antigravity", "_osx_support", "_aix_support", "uuid",
  // Code
  "runpy", "code", "codeop", "importlib", "_frozen_importlib", "_frozen_importlib_external", "imp", "_imp", "pkgutil", "zipimport", "marshal", "types", "inspect",
  "ctypes", "_ctypes", "cffi", "pdb", "bdb", "cProfile", "profile", "_lsprof", "timeit", "trace", "doctest", "unittest", "pydoc", "idlelib", "lib2to3", "dis", "ast",
  "compileall", "py_compile", "linecache", "site", "gc", "atexit", "weakref", "functools", "operator", "_operator", "_pyrepl", "readline", "rlcompleter", "cmd",
  "turtledemo", "_testcapi", "_xxsubinterpreters", "_interpreters", "cython", "numba", "jinja2", "IPython", "pyparsing", "sympy", "execnet", "rpyc",
  // Other pickles, and what reads them
  "pickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "jsonpickle", "copyreg", "_compat_pickle", "yaml", "pandas.io.pickle", "pandas.compat.pickle_compat",
  "zodbpickle",
  // The network
  "socket", "_socket", "ssl", "_ssl", "socketserver", "asyncio", "asyncore", "asynchat", "selectors", "select", "urllib", "urllib3", "http", "requests", "aiohttp",
  "httpx", "ftplib", "smtplib", "telnetlib", "imaplib", "poplib", "nntplib", "xmlrpc", "webbrowser", "wsgiref", "tornado", "twisted",
  // Packages
  "pip", "ensurepip", "venv", "setuptools", "distutils", "pkg_resources", "wheel", "conda",
  // Within larger packages
  "numpy.f2py", "numpy.testing", "numpy.distutils", "numpy.ctypeslib", "numpy.lib.npyio", "numpy.lib.utils", "torch.hub", "torch.jit", "torch.utils", "torch.fx",
  "torch._dynamo", "torch._inductor", "torch._export", "torch.serialization", "torch.distributed", "torch.package", "torch.testing", "torch.multiprocessing",
  "torch.cuda", "tensorflow", "keras", "logging.config", "logging.handlers", "test", "_testinternalcapi", "sqlite3", "dbm", "tkinter", "turtle", "tarfile", "zipfile", "zipapp",
]); // prettier-ignore

const DANGEROUS_NAMES: ReadonlySet<string> = new Set([
  ..."eval exec compile execfile __import__ getattr setattr delattr globals locals vars dir open input breakpoint apply help exit quit map filter memoryview super property"
    .split(" ")
    .filter((name) => !SAFE.has(`builtins:${name}`))
    .map((name) => `builtins:${name}`),
  ...["io", "_io", "_pyio"].flatMap((module) => ["open", "open_code", "FileIO"].map((name) => `${module}:${name}`)),
  "codecs:open",
  "logging:FileHandler",
  "numpy:load",
  "numpy:fromfile",
  "numpy:memmap",
  "torch:load",
  "torch:save",
  "torch:classes",
  "torch.storage:_load_from_bytes",
  "torch:ops",
  "pandas:read_pickle",
  "pandas:eval",
  "itertools:starmap",
]);

/** Of a module and name as they stand in the pickle. */
export function gradeOf(module: string, name: string): ScanVerdict {
  const grade = gradeExactly(...inPython3(module, name));
  if (grade !== "suspicious") return grade;
  // What only looks like a name is never safe; what it looks like may be worse.
  const [plainModule, plainName] = inPython3(module.normalize("NFKC"), name.normalize("NFKC"));
  return gradeExactly(plainModule, plainName) === "dangerous" ? "dangerous" : "suspicious";
}

function gradeExactly(module: string, name: string): ScanVerdict {
  if (SAFE.has(`${module}:${name}`)) return "safe";
  // `STACK_GLOBAL` follows dots: the module `builtins` with the name `eval.__call__` is eval, and `numpy` with `os.system` is os.
  const path = `${module}.${name}`.split(".");
  if (DANGEROUS_NAMES.has(`${module}:${name.split(".")[0] ?? ""}`)) return "dangerous";
  for (let length = 1; length < path.length; length += 1) {
    if (DANGEROUS_MODULES.has(path.slice(0, length).join("."))) return "dangerous";
  }
  const inner = name.split(".").slice(0, -1);
  return inner.some((part) => DANGEROUS_MODULES.has(part) || part.startsWith("__")) ? "dangerous" : "suspicious";
}
