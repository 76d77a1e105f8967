"""Reads a stream of `mesh jobs read --tensors` with struct, json and numpy alone, and prints what is in it, a JSON line a frame."""
import json
import struct
import sys

import numpy

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}

stream = sys.stdin.buffer if len(sys.argv) < 2 else open(sys.argv[1], "rb")
while True:
    prefix = stream.read(8)
    if not prefix:
        sys.exit("the stream ended without its end frame")
    (length,) = struct.unpack("<Q", prefix)
    file = stream.read(length)
    (header_length,) = struct.unpack_from("<Q", file)
    header = json.loads(file[8:8 + header_length])
    metadata = header.pop("__metadata__")
    tensors, covered = {}, 0
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        array = numpy.frombuffer(file, TYPES[tensor["dtype"]], offset=8 + header_length + begin, count=int(numpy.prod(tensor["shape"]))).reshape(tensor["shape"])
        assert array.nbytes == end - begin and begin == covered and array.flags.aligned, name
        covered = end
        tensors[name] = {"dtype": str(array.dtype), "shape": list(array.shape), "values": array.tolist()}
    assert 8 + header_length + covered == length
    print(json.dumps({"metadata": metadata, "tensors": tensors}))
    if metadata["kind"] == "end":
        assert not stream.read(1), "something comes after the end frame"
        break
