"""Says which data of one schema another one reads, by python3-protobuf.

Argument: a file with pairs of base64 file descriptors, old and new, a pair a line. Prints a JSON list: for each pair the numbers of the
fields of message A that new knows and does not find in what old wrote, or the error.
"""

import base64
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError


def message_of(text):
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text)))
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("A"))()


def fill(message):
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None and message.WhichOneof(field.containing_oneof.name) is not None:
            continue
        if field.cpp_type == Field.CPPTYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["k"] = value_of(field.message_type.fields_by_name["value"])
        elif field.cpp_type == Field.CPPTYPE_MESSAGE:
            fill(getattr(message, field.name).add() if field.label == Field.LABEL_REPEATED else getattr(message, field.name))
        elif field.label == Field.LABEL_REPEATED:
            getattr(message, field.name).extend([value_of(field), value_of(field)])
        else:
            setattr(message, field.name, value_of(field))


def value_of(field):
    return {Field.CPPTYPE_STRING: b"x" if field.type == Field.TYPE_BYTES else "x", Field.CPPTYPE_BOOL: True}.get(field.cpp_type, 1)


def lost(old, new):
    fill(old)
    try:
        new.ParseFromString(old.SerializeToString())
    except DecodeError as error:
        return str(error)
    return missing(old, new)


def missing(old, new):
    found = {field.number: value for field, value in new.ListFields()}
    numbers = [field.number for field, _ in old.ListFields() if field.number in new.DESCRIPTOR.fields_by_number and field.number not in found]
    for field, value in old.ListFields():
        if hasattr(value, "ListFields") and hasattr(found.get(field.number), "ListFields"):
            numbers += missing(value, found[field.number])
    return numbers


print(json.dumps([lost(*(message_of(text) for text in line.split())) for line in open(sys.argv[1])]))
