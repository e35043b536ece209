"""Google's implementation of Protobuf as an oracle. Reads JSON: `descriptors` (a FileDescriptorSet in base64) and `cases`, each the name of a message, the
bytes of one as hex, and the same as sealtrace read and wrote it (or null). Writes for each: null if the bytes are refused; otherwise what is in them,
whether sealtrace's bytes mean the same, and whether they have something that may be read in several ways."""

import base64
import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory, unknown_fields

asked = json.load(sys.stdin)
pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(asked["descriptors"])).file:
    pool.Add(file)


class NoText(Exception):
    pass


def number(value):
    return "number " + ("NaN" if value != value else struct.pack(">d", value).hex())


def shown(field, value):
    if field.message_type is not None:
        return dump(value)
    if field.enum_type is not None:
        return next((v.name for v in field.enum_type.values if v.number == value), number(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, bytes) and field.type == field.TYPE_STRING:
        raise NoText
    if isinstance(value, bytes):
        return "bytes " + value.hex()
    if isinstance(value, str):
        return value
    if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64):
        return "bigint " + str(value)
    return number(value)


def dump(content):
    shape = {}
    for field, value in content.ListFields():
        if is_map(field):
            key, item = field.message_type.fields_by_number[1], field.message_type.fields_by_number[2]
            pairs = [[shown(key, k), shown(item, value[k])] for k in value]
            shape[field.json_name] = sorted(pairs, key=lambda pair: json.dumps(pair[0]))
        elif field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
            shape[field.json_name] = [shown(field, item) for item in value]
        else:
            shape[field.json_name] = shown(field, value)
    return shape


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_ambiguous(content):
    """Whether there are entries of maps or well-known types with more than their fields, or in proto2 numbers of enumerations without a name: here they are
    kept as unknown fields, while others drop what is more, and keep the numbers."""
    fields = content.DESCRIPTOR.fields_by_number
    for unknown in unknown_fields.UnknownFieldSet(content):
        field = fields.get(unknown.field_number)
        if content.DESCRIPTOR.file.package == "google.protobuf":
            return True
        if field is not None and (is_map(field) or field.enum_type is not None):
            return True
    for field, value in content.ListFields():
        if is_map(field):
            inner = [value[k] for k in value] if field.message_type.fields_by_number[2].message_type else []
        elif field.message_type is None:
            inner = []
        else:
            inner = [value] if isinstance(value, message.Message) else value
        if any(is_ambiguous(part) for part in inner):
            return True
    return False


def parsed(name, data):
    try:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name)).FromString(bytes.fromhex(data))
    except message.DecodeError:
        return None


def answer(case):
    theirs = parsed(case["message"], case["bytes"])
    if theirs is None:
        return None
    try:
        content = dump(theirs)
    except (NoText, UnicodeDecodeError):
        # Texts of proto2 are looked at only when they are asked for, and may be given as bytes.
        return None
    ours = None if case["written"] is None else parsed(case["message"], case["written"])
    same = ours is not None and ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)
    # Of a NaN the bits may change.
    same = same or ours is not None and "number NaN" in json.dumps(content) and dump(ours) == content
    return {"content": content, "same": same, "ambiguous": is_ambiguous(theirs)}


json.dump([answer(case) for case in asked["cases"]], sys.stdout)
