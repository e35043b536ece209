"""The side of CPython in the tests of pickle. `exchange.py COMMAND`, JSON in and out; pickles are hexadecimal."""

import array
import collections
import datetime
import decimal
import fractions
import json
import pickle
import sys
import types
import uuid

try:
    import numpy
except ImportError:
    numpy = None

try:
    import zoneinfo
except ImportError:
    zoneinfo = None


class Point:
    """Registered on the other side; as `__main__:Point`."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __eq__(self, other):
        return type(other) is Point and vars(self) == vars(other)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b

    def __eq__(self, other):
        return type(other) is Slotted and (self.a, self.b) == (other.a, other.b)


def recursive_list():
    value = []
    value.append(value)
    return value


def recursive_dict():
    value = {}
    value[1] = value
    value["self"] = [value]
    return value


def recursive_tuple():
    inner = []
    value = (inner, 1)
    inner.append(value)
    return value


def recursive_instance():
    value = Point(1, [])
    value.y.append(value)
    return value


def corpus():
    dt, td, utc = datetime.datetime, datetime.timedelta, datetime.timezone.utc
    shared = [1]
    values = {
        "none": None,
        "booleans": [True, False],
        "ints": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 - 1, -(2**53) + 1],
        "big ints": [2**53, -(2**53), 2**63, 2**64, -(2**64), 2**2040, -(2**2047), 2**2048, 10**600],
        "floats": [0.5, -0.0, 1e300, 5e-324, float("inf"), float("-inf"), 1.0, 1e22],
        "strings": ["", "a", "\u00e9", "\u20ac", "\U0001f600", "a\nb\\u0041\r\0", "\ud800", "x\udc00y", "a" * 300, "\u20ac" * 300, "\u00e9" * 40],
        "bytes": [b"", b"a", bytes(range(256))],
        "bytearray": [bytearray(), bytearray(b"ab\xff")],
        "list": [[], [1, [2, [3]]]],
        "tuple": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),)],
        "dict": [{}, {"a": 1, "b": {"c": None}}, {"__proto__": 1, "constructor": 2, "toString": 3}],
        "dict of other keys": [{1: "a", "b": 2}, {(1, 2): 3}, {None: 1, True: 2}, {b"k": 1}, {2**70: 1}, {1.5: 2}],
        "large bytes": [b"x" * 70000, bytearray(b"y" * 70000), "z" * 70000],
        "large list": list(range(2000)),
        "large dict": {str(i): i for i in range(3000)},
        "dict that changes": {**{str(i): i for i in range(1500)}, 7: 8},
        "set": [set(), {1, 2, "a"}, {(1, 2)}],
        "frozenset": [frozenset(), frozenset([1, 2]), {frozenset([1]): 2}],
        "complex": [1 + 2j, -0j],
        "range": [range(3), range(1, 10, 2)],
        "datetime": [dt(2020, 1, 2, 3, 4, 5, 6), dt(1, 1, 1), dt(9999, 12, 31, 23, 59, 59, 999999), dt(2020, 1, 2, 3, 4, 5, 6000, utc),
                     dt(2020, 1, 2, 3, 4, 5, 6, utc), dt(2020, 1, 2, tzinfo=datetime.timezone(td(hours=-5), "EST")), dt(50, 1, 1, tzinfo=utc)],
        "fold": [dt(2020, 10, 25, 2, fold=1), datetime.time(1, fold=1)],
        "date": [datetime.date(2020, 2, 29), datetime.date(1, 1, 1)],
        "time": [datetime.time(), datetime.time(23, 59, 59, 999999), datetime.time(1, 2, 3, 4, utc)],
        "timedelta": [td(), td(1, 2, 3), td(-1, 86399, 999999), td(999999999)],
        "timezone": [utc, datetime.timezone(td(hours=1)), datetime.timezone(td(minutes=90), "X")],
        "decimal": [decimal.Decimal(text) for text in ("1.50", "-0", "1E+3", "NaN", "Infinity", "-Infinity", "0." + "3" * 50)],
        "fraction": [fractions.Fraction(1, 3), fractions.Fraction(-(2**70), 3)],
        "uuid": [uuid.UUID(int=5), uuid.UUID("12345678-1234-5678-1234-567812345678")],
        "OrderedDict": [collections.OrderedDict(), collections.OrderedDict([("b", 1), ("a", [2])])],
        "defaultdict": [collections.defaultdict(list, {"a": [1]}), collections.defaultdict(None, {1: 2})],
        "Counter": [collections.Counter("abracadabra"), collections.Counter()],
        "deque": [collections.deque([1, 2]), collections.deque([1, 2, 3], 5), collections.deque(maxlen=0)],
        "array": [array.array(code, [1, 2, 3]) for code in "bBhHiIqQfd"],
        "SimpleNamespace": types.SimpleNamespace(a=1, b=[2]),
        "exception": [ValueError("x", 1), KeyError("k"), Exception()],
        "types": [int, str, list, object],
        "shared": [shared, shared, {"a": shared}],
        "instance": [Point(1, "a"), Slotted(1, [2])],
        "recursive list": recursive_list(),
        "recursive dict": recursive_dict(),
        "recursive tuple": recursive_tuple(),
        "recursive instance": recursive_instance(),
    }
    if zoneinfo is not None:
        try:
            values["zoneinfo"] = dt(2020, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
        except Exception:
            pass
    if numpy is not None:
        values.update({
            "numpy arrays": [numpy.arange(6).astype(code).reshape(2, 3) for code in ("b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16")],
            "numpy big-endian": [numpy.arange(6, dtype=">" + code) for code in ("i2", "u4", "f8", "c16")],
            "numpy Fortran": numpy.asfortranarray(numpy.arange(24.0).reshape(2, 3, 4)),
            "numpy shapes": [numpy.array(5), numpy.zeros((0, 3)), numpy.zeros((2, 0))],
            "numpy strings": [numpy.array(["a", "\u20acb", ""]), numpy.array([b"ab", b""]), numpy.array(["x"], dtype=">U3")],
            "numpy objects": numpy.array([1, "a", None, [2]], dtype=object),
            "numpy times": [numpy.array(["2020-01-01", "NaT"], dtype="M8[ns]"), numpy.array([1, 2], dtype="m8[10s]"), numpy.datetime64("2020-01-01")],
            "numpy scalars": [numpy.float32(1.5), numpy.float64(2.5), numpy.int64(-3), numpy.uint64(2**63), numpy.bool_(True), numpy.complex128(1 + 2j), numpy.str_("a"), numpy.bytes_(b"b")],
        })
    return values


def same(a, b, seen=None):
    """Equal, down to what == doesn't look at: cycles, NaN, arrays, types of containers, the sign of zero."""
    seen = {} if seen is None else seen
    if (id(a), id(b)) in seen:
        return True
    seen[id(a), id(b)] = (a, b)
    if numpy is not None and (isinstance(a, (numpy.ndarray, numpy.generic)) or isinstance(b, (numpy.ndarray, numpy.generic))):
        a, b = numpy.asarray(a), numpy.asarray(b)
        if a.shape != b.shape:
            return False
        if a.dtype == object:
            return all(same(x, y, seen) for x, y in zip(a.flat, b.flat))
        return bool(numpy.array_equal(a, b)) or a.tobytes() == b.tobytes()
    if isinstance(a, float) and isinstance(b, (int, float)):
        return repr(a) == repr(float(b)) if a == 0 else a == b or (a != a and b != b)
    if isinstance(a, (bytes, bytearray, array.array)):
        return isinstance(b, (bytes, bytearray, array.array)) and list(a) == list(b)
    if isinstance(a, decimal.Decimal):
        return isinstance(b, decimal.Decimal) and str(a) == str(b)
    if isinstance(a, BaseException):
        return type(a) is type(b) and same(a.args, b.args, seen)
    if isinstance(a, (list, tuple, collections.deque)):
        return type(a) is type(b) and len(a) == len(b) and all(same(x, y, seen) for x, y in zip(a, b)) and getattr(a, "maxlen", 0) == getattr(b, "maxlen", 0)
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b) and all(same(a[key], b[key], seen) for key in a) if len(a) < 100 else a == b
    if isinstance(a, (Point, types.SimpleNamespace)):
        return type(a) is type(b) and same(vars(a), vars(b), seen)
    if isinstance(a, datetime.datetime):
        return a == b and (a.tzinfo is None or a.utcoffset() == b.utcoffset()) and a.fold == b.fold
    return type(a) is type(b) and a == b if not isinstance(a, int) else a == b


def give(_):
    return [
        {"name": name, "protocol": protocol, "hex": pickle.dumps(value, protocol).hex()}
        for name, value in corpus().items()
        for protocol in range(6)
        # Slots want protocol 2, the fold of a time protocol 4.
        if protocol >= {"instance": 2, "fold": 4}.get(name, 0)
    ]


def check(entries):
    """The names of those that are not what the corpus has."""
    values = corpus()
    wrong = []
    for entry in entries:
        try:
            if not same(values[entry["name"]], pickle.loads(bytes.fromhex(entry["hex"]))):
                wrong.append(entry["name"])
        except Exception as error:
            wrong.append(f"{entry['name']}: {error!r}")
    return wrong


def echo(pickles):
    """Loaded, and dumped in every protocol; the error, where that fails."""
    result = []
    for text in pickles:
        try:
            value = pickle.loads(bytes.fromhex(text))
            result.append([pickle.dumps(value, protocol).hex() for protocol in range(6)])
        except Exception as error:
            result.append(repr(error))
    return result


def describe(pickles):
    """The repr of each, in the words of Python."""
    return [repr(pickle.loads(bytes.fromhex(text))) for text in pickles]


def depth(text):
    """How deep the lists are, if there are nothing but lists of one."""
    value, levels = pickle.loads(bytes.fromhex(text)), 0
    while value:
        value, levels = value[0], levels + 1
    return [levels]


def buffers(entry):
    """A pickle with buffers out of band, loaded and dumped so."""
    value = pickle.loads(bytes.fromhex(entry["hex"]), buffers=[bytes.fromhex(text) for text in entry["buffers"]])
    out = []
    content = pickle.dumps({"buffers": [pickle.PickleBuffer(b"abc"), pickle.PickleBuffer(bytearray(b"de"))]}, 5, buffer_callback=out.append)
    return {"repr": repr(value), "hex": content.hex(), "buffers": [bytes(buffer).hex() for buffer in out]}


def tester(_):
    """The data of CPython's own tests."""
    from test import pickletester

    return {name: getattr(pickletester, name).hex() for name in dir(pickletester) if name.startswith("DATA") and isinstance(getattr(pickletester, name), bytes)}


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    command = {"give": give, "check": check, "echo": echo, "describe": describe, "depth": depth, "buffers": buffers, "tester": tester}[sys.argv[1]]
    json.dump(command(json.load(sys.stdin)), sys.stdout)
