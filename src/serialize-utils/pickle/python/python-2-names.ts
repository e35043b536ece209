/** What modules and names of Python 2 are called in Python 3, as far as pickles of data have them; CPython's `_compat_pickle` does the same. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ["__builtin__", "builtins"],
  ["exceptions", "builtins"],
  ["copy_reg", "copyreg"],
  ["cPickle", "pickle"],
  ["Queue", "queue"],
  ["SocketServer", "socketserver"],
  ["ConfigParser", "configparser"],
  ["repr", "reprlib"],
  ["commands", "subprocess"],
  ["thread", "_thread"],
  ["urllib2", "urllib.request"],
  ["httplib", "http.client"],
  ["dummy_thread", "_dummy_thread"],
  ["UserDict", "collections"],
  ["UserList", "collections"],
  ["UserString", "collections"],
]);

const NAMES: ReadonlyMap<string, readonly [module: string, name: string]> = new Map([
  ["__builtin__:xrange", ["builtins", "range"]],
  ["__builtin__:unicode", ["builtins", "str"]],
  ["__builtin__:long", ["builtins", "int"]],
  ["__builtin__:unichr", ["builtins", "chr"]],
  ["__builtin__:raw_input", ["builtins", "input"]],
  ["__builtin__:execfile", ["builtins", "exec"]],
  ["__builtin__:reduce", ["functools", "reduce"]],
  ["__builtin__:intern", ["sys", "intern"]],
  ["exceptions:StandardError", ["builtins", "Exception"]],
  ["exceptions:EnvironmentError", ["builtins", "OSError"]],
  ["exceptions:IOError", ["builtins", "OSError"]],
  ["UserDict:IterableUserDict", ["collections", "UserDict"]],
]);

/** Module and name as Python 3 has them; as they are, if Python 2 called them no differently. */
export function inPython3(module: string, name: string): readonly [module: string, name: string] {
  return NAMES.get(`${module}:${name}`) ?? [MODULES.get(module) ?? module, name];
}
