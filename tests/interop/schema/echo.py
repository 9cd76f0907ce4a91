"""Reads lines of "full.name hex" on stdin, each a message that peerwire wrote; decodes it with the code that protoc made
from the emitted schema, refuses unknown fields, encodes it again and prints it as hex. The first argument is the folder
of that code, the others are its modules."""
import importlib
import sys

from google.protobuf import symbol_database
from google.protobuf.descriptor import FieldDescriptor

sys.path.insert(0, sys.argv[1])
for module in sys.argv[2:]:
    importlib.import_module(module)
database = symbol_database.Default()


def unknown(message):
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type == FieldDescriptor.TYPE_MESSAGE:
                if any(unknown(item) for item in value.values()):
                    return True
        elif any(unknown(item) for item in (value if field.label == FieldDescriptor.LABEL_REPEATED else [value])):
            return True
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


for line in sys.stdin:
    name, _, content = line.strip().partition(" ")
    message = database.GetSymbol(name)()
    message.ParseFromString(bytes.fromhex(content))
    if unknown(message):
        sys.exit(f"{name}: unknown fields")
    print(message.SerializeToString().hex())
