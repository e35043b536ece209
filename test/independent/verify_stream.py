#!/usr/bin/env python3
"""Checks a sealtrace stream from docs/format.md alone. See README.md beside this file."""

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MAX_LINE = 65535
# SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) up to the key itself.
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
SEAL = re.compile(rb',"seal":"(0|[1-9][0-9]{0,14})\.([A-Za-z0-9_-]{11})\.([A-Za-z0-9_-]{22})"\}$')
START = re.compile(rb'^\{"@timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","log\.level":"(DEBUG|INFO|WARNING|ERROR|CRITICAL)",')
ORIGIN = re.compile(r"^[^\s+/]+/[a-z0-9_-][a-z0-9._-]*$")


class Unusable(Exception):
    pass


class Bad(Exception):
    pass


def b64(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Bad(f"not base64: {error}")
    if base64.b64encode(raw).decode() != text:
        raise Bad("base64 that is not canonical")
    return raw


class Key:
    """A C2SP vkey: name+hash+base64(0x01 || public key)."""

    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3 or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
            raise Bad("a vkey has a name, a hash and a key")
        self.name, key_hash, encoded = parts
        if not ORIGIN.match(self.name):
            raise Bad("the key's name is not <installation>/<stream>")
        raw = b64(encoded)
        if len(raw) != 33 or raw[0] != 1:
            raise Bad("not an Ed25519 key")
        self.hash = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.hash.hex() != key_hash:
            raise Bad("the key's hash does not fit")
        self.public = raw[1:]

    def verifies(self, signature, message):
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: os.path.join(folder, name) for name in ("key", "signature", "message")}
            for name, content in (("key", SPKI_PREFIX + self.public), ("signature", signature), ("message", message)):
                with open(paths[name], "wb") as file:
                    file.write(content)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
            command += ["-inkey", paths["key"], "-sigfile", paths["signature"], "-in", paths["message"]]
            return subprocess.run(command, capture_output=True).returncode == 0


def open_note(note, key):
    """The text of a signed note, if this key has signed it."""
    try:
        text = note.decode()
    except UnicodeDecodeError:
        raise Bad("malformed: not UTF-8")
    split = text.rfind("\n\n")
    if split < 0 or not text.endswith("\n"):
        raise Bad("malformed: no empty line before the signatures, or no newline at the end")
    body, signatures = text[: split + 1], text[split + 2 : -1].split("\n")
    if any(ord(c) < 32 and c != "\n" for c in body):
        raise Bad("malformed: control characters")
    found = False
    for line in signatures:
        match = re.fullmatch(r"— (\S+) (\S+)", line)
        if not match:
            raise Bad("malformed: no signature line")
        raw = b64(match[2])
        if len(raw) != 68:
            raise Bad("malformed: a signature of another length")
        if match[1] != key.name or raw[:4] != key.hash:
            continue
        if found:
            raise Bad("signature: signed twice")
        if not key.verifies(raw[4:], body.encode()):
            raise Bad("signature: it does not fit")
        found = True
    if not found:
        raise Bad("signature: signed by another key")
    return body


def open_checkpoint(note, key):
    body = open_note(note, key)
    lines = body.split("\n")
    if len(lines) != 4 or lines[0] != key.name or not re.fullmatch(r"0|[1-9][0-9]*", lines[1]):
        raise Bad("malformed: no checkpoint of this origin")
    root = b64(lines[2])
    if len(root) != 32:
        raise Bad("malformed: the root is no hash")
    return int(lines[1]), root


class Tree:
    """RFC 6962, as the roots of its complete subtrees with their sizes."""

    def __init__(self):
        self.size = 0
        self.subtrees = []

    def add(self, leaf):
        self.subtrees.append((1, leaf))
        while len(self.subtrees) > 1 and self.subtrees[-1][0] == self.subtrees[-2][0]:
            (count, right), (_, left) = self.subtrees.pop(), self.subtrees.pop()
            self.subtrees.append((count * 2, hashlib.sha256(b"\x01" + left + right).digest()))
        self.size += 1

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1][1]
        for _, left in reversed(self.subtrees[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a key occurs twice")
    return dict(pairs)


class Checker:
    def __init__(self, stream, vkey):
        self.stream = stream
        self.vkey = vkey
        self.problems = []
        self.records = 0
        self.signed = 0
        self.covered = {}
        self.damaged = False

    def path(self, *names):
        return os.path.join(self.stream, *names)

    def problem(self, code, file, message, record=None):
        if len(self.problems) < 100:
            self.problems.append({"code": code, "record": record, "file": file, "message": message})

    def read(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read(1 << 20)
        except FileNotFoundError:
            return None

    def check(self):
        if not os.path.isdir(self.stream):
            raise Unusable(f"{self.stream} is no directory")
        segments = sorted(int(name[:-7]) for name in os.listdir(self.stream) if re.fullmatch(r"\d{12,15}\.ndjson", name))
        if not segments and self.read("checkpoint") is None and self.read("format") is None:
            raise Unusable(f"{self.stream} is no stream")
        self.check_format()
        key = self.find_key()
        checkpoints = self.read_checkpoints(key) if key else []
        self.read_segments(segments, checkpoints)
        if key:
            self.check_newest(key, checkpoints)
            self.check_closed(key)
        self.check_trace()

    def check_format(self):
        content = self.read("format")
        if content is None:
            self.problem("format-missing", "format", "the file is missing")
            return
        match = re.fullmatch(rb"sealtrace stream ([1-9][0-9]{0,8})\n", content)
        if not match:
            self.problem("format-damaged", "format", "it says no version")
        elif int(match[1]) > 1:
            raise Unusable("written by a newer sealtrace")

    def find_key(self):
        beside = self.read("origin.vkey")
        own = None
        if beside is None:
            self.problem("key-missing", "origin.vkey", "the file is missing")
        else:
            try:
                if not beside.endswith(b"\n"):
                    raise Bad("no newline at its end")
                own = Key(beside[:-1].decode())
            except (Bad, UnicodeDecodeError) as error:
                self.problem("key-malformed", "origin.vkey", str(error))
        if self.vkey is None:
            return own
        if own is not None and own.public != self.vkey.public:
            self.problem("key-differs", "origin.vkey", "it is not the pinned key")
        return self.vkey

    def read_checkpoints(self, key):
        """The checkpoints signed by the key, as (size, root, note), and problems for the others."""
        content = self.read("checkpoints")
        if not content:
            self.problem("checkpoint-missing", "checkpoints", "there are none")
            return []
        entries = content.split(b"\n\n")
        # A note has one empty line of its own and is followed by another: text, signatures, text, signatures, ..., nothing.
        if entries[-1] != b"" or len(entries) % 2 == 0:
            self.problem("checkpoint-malformed", "checkpoints", "the file ends in the middle of a checkpoint")
        found = []
        for at in range(0, len(entries) - 1, 2):
            number = at // 2 + 1
            note = entries[at] + b"\n\n" + entries[at + 1] + b"\n"
            try:
                size, root = open_checkpoint(note, key)
            except Bad as error:
                code = "checkpoint-signature" if str(error).startswith("signature") else "checkpoint-malformed"
                self.problem(code, "checkpoints", f"checkpoint {number}: {error}")
                continue
            if found and (size < found[-1][0] or (size == found[-1][0] and root != found[-1][1])):
                self.problem("checkpoint-order", "checkpoints", f"checkpoint {number} does not follow the one before it")
                continue
            found.append((size, root, note))
        if found:
            self.signed = found[-1][0]
        return found

    def lines(self, segments):
        for first in segments:
            name = f"{first:012d}.ndjson"
            with open(self.path(name), "rb") as file:
                place = 0
                while True:
                    line = file.readline(MAX_LINE + 2)
                    if not line:
                        break
                    yield name, first, place, line
                    place += 1

    def read_segments(self, segments, checkpoints):
        tree = Tree()
        pending = list(checkpoints)
        expected = 0
        before = b""  # The leaf before; b"" when it is not known.
        suspect = None  # A record whose successor does not fit it.
        mismatch = None
        for name, first, place, line in self.lines(segments):
            if not line.endswith(b"\n"):
                code = "line-too-long" if len(line) > MAX_LINE else "torn-line"
                self.problem(code, name, "a line that is not whole", expected)
                self.damaged = True
                continue
            line = line[:-1]
            leaf = hashlib.sha256(b"\x00" + line).digest()
            seal = SEAL.search(line)
            index = int(seal[1]) if seal else None
            link = seal[2].decode() if seal else None
            known = base64.urlsafe_b64encode(before[:8] if before else bytes(8)).decode().rstrip("=")
            fits = (before == b"" and expected > 0) or link == known
            if index == expected and fits:
                self.check_line(name, line, expected)
            elif index == expected:
                # Either the record before was changed, or this one's link: the next line will tell.
                self.problem("record-changed", name, f"record {expected} does not follow the record before it", expected - 1 if expected else 0)
                suspect = expected
            elif index is not None and index > expected and (not fits or place == 0):
                self.problem("records-missing", name, f"records {expected} to {index - 1} are missing, or others stand in their place", expected)
                expected = index
            elif index is not None and index < expected:
                self.problem("record-order", name, f"a line that says it is record {index}", expected)
                expected = index
            else:
                self.problem("record-changed", name, f"the line in the place of record {expected} is not that record", expected)
            if suspect is not None and suspect == expected - 1 and index == expected and not fits:
                self.problem("record-changed", name, f"record {suspect} was changed", suspect)
            if place == 0 and index is not None and index != first:
                self.problem("segment-name", name, f"it begins with record {index}", index)
            tree.add(leaf)
            before = leaf
            expected += 1
            self.check_control(name, line, expected - 1)
            while pending and pending[0][0] <= tree.size:
                size, root, _ = pending.pop(0)
                if size == tree.size and root != tree.root() and mismatch is None:
                    mismatch = size
        self.records = expected
        if mismatch is not None and not self.problems_before(mismatch):
            self.problem("root-mismatch", "checkpoints", f"the first {mismatch} records are not what was signed", mismatch - 1)
        if expected < self.signed:
            self.problem("records-missing", "checkpoints", f"{self.signed} records were signed, {expected} are there", expected)
        elif expected > self.signed:
            self.problem("records-unsealed", "checkpoints", f"records {self.signed} to {expected - 1} are under no checkpoint", self.signed)

    def problems_before(self, size):
        return any(item["record"] is not None and item["record"] < size for item in self.problems)

    def check_line(self, name, line, index):
        if len(line) > MAX_LINE:
            self.problem("line-too-long", name, f"{len(line)} bytes", index)
        if not START.match(line):
            self.problem("record-malformed", name, "it does not begin with its time and level", index)
            return
        try:
            record = json.loads(line.decode(), object_pairs_hook=lambda pairs: pairs)
            no_duplicates(record)
        except (ValueError, RecursionError) as error:
            self.problem("record-malformed", name, str(error), index)

    def check_control(self, name, line, index):
        if b'"event.action":"trace-chunk"' not in line:
            return
        try:
            record = json.loads(line)
        except ValueError:
            return
        if not isinstance(record, dict) or record.get("log.logger") != "sealtrace":
            return
        file, offset, size, digest = (record.get(f"sealtrace.trace.{field}") for field in ("file", "offset", "bytes", "sha256"))
        if not isinstance(file, str) or not re.fullmatch(r"\d{12,15}\.strace", file) or not isinstance(offset, int) or not isinstance(size, int):
            self.problem("trace-record", name, "it does not say which chunk", index)
            return
        end = self.covered.get(file, 0)
        if offset > end:
            self.problem("trace-unsealed", f"trace/{file}", f"bytes {end} to {offset - 1} are under no record", index)
        self.covered[file] = max(end, offset + size)
        try:
            with open(self.path("trace", file), "rb") as chunks:
                chunks.seek(offset)
                chunk = chunks.read(size)
        except FileNotFoundError:
            chunk = b""
        if len(chunk) < size:
            self.problem("trace-missing", f"trace/{file}", f"the chunk at {offset} is not there", index)
        elif hashlib.sha256(chunk).hexdigest() != digest:
            self.problem("trace-changed", f"trace/{file}", f"the chunk at {offset} was changed", index)
        elif chunk[:8] != b"STRC\x01\x00\x00\x00" or int.from_bytes(chunk[8:12], "little") != size - 16:
            self.problem("trace-changed", f"trace/{file}", f"at {offset} begins no chunk", index)

    def check_newest(self, key, checkpoints):
        newest = self.read("checkpoint")
        if newest is None:
            self.problem("checkpoint-missing", "checkpoint", "the file is missing")
        elif not checkpoints or newest != checkpoints[-1][2]:
            try:
                open_checkpoint(newest, key)
                self.problem("checkpoint-differs", "checkpoint", "it is not the last of checkpoints")
            except Bad as error:
                code = "checkpoint-signature" if str(error).startswith("signature") else "checkpoint-malformed"
                self.problem(code, "checkpoint", str(error))

    def check_closed(self, key):
        note = self.read("closed")
        if note is None:
            return
        try:
            body = open_note(note, key)
        except Bad as error:
            self.problem("closed-note", "closed", str(error))
            return
        pattern = rf"sealtrace closed stream\n{re.escape(key.name)}\nfound \d+ signed \d+\nsuccessor [a-z0-9._-]+\n"
        if not re.fullmatch(pattern, body):
            self.problem("closed-note", "closed", "it says something else than it should")

    def check_trace(self):
        folder = self.path("trace")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            extra = os.path.getsize(os.path.join(folder, name)) - self.covered.get(name, 0)
            if re.fullmatch(r"\d{12,15}\.strace", name) and extra > 0:
                self.problem("trace-unsealed", f"trace/{name}", f"{extra} bytes are under no record")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stream")
    parser.add_argument("--vkey", help="file with the verifier key to trust")
    arguments = parser.parse_args()
    try:
        if shutil.which("openssl") is None:
            raise Unusable("the openssl command is missing")
        vkey = None
        if arguments.vkey:
            with open(arguments.vkey, encoding="utf-8") as file:
                vkey = Key(file.read().strip())
        checker = Checker(arguments.stream, vkey)
        checker.check()
    except (Unusable, Bad, OSError) as error:
        print(str(error), file=sys.stderr)
        return 2
    result = {
        "ok": not checker.problems,
        "records": checker.records,
        "signed": checker.signed,
        "trust": "pinned" if vkey else "self-attested",
        "problems": checker.problems,
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
