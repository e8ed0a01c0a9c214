"""Reads messages from standard input; prints each as JSON and, in hexadecimal, as it is written again.

Called with the folder of the package `tablecloth` and one with further generated modules.
"""

import importlib
import json
import os
import struct
import sys

sys.path.insert(0, sys.argv[1])
import tablecloth  # noqa: E402
from tablecloth import xdr  # noqa: E402

tablecloth.__path__.append(sys.argv[2])

TYPES = {}
for folder in tablecloth.__path__:
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py") and name not in ("__init__.py", "xdr.py"):
            module = importlib.import_module("tablecloth." + name[:-3])
            for type_name, kind in module.TYPES.items():
                TYPES[type_name] = kind


def field():
    size = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack(">I", size)[0]) if size else None


while True:
    name = field()
    if name is None:
        break
    kind = TYPES[name.decode()]
    data = field()
    try:
        value = kind.decode(data)
    except xdr.XdrError:
        print("refused")
        continue
    print(json.dumps(kind.plain(value)))
    again = value.encode() if isinstance(value, (xdr.Struct, xdr.Union)) else kind.encode(value)
    print(again.hex())
