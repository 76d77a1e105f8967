"""Batches of `mesh jobs read --tensors`, for trainers that have numpy. Format: docs/training/README.md."""
import fcntl
import json
import os
import queue
import struct
import subprocess
import tempfile
import threading

import numpy

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}
F_SETPIPE_SZ = 1031  # Linux; not in fcntl before Python 3.10
PIPE_BYTES = 1 << 20


class MeshError(Exception):
    """`mesh` refused or failed. Permanent when the same call cannot work later."""

    def __init__(self, message, permanent):
        super().__init__(message)
        self.permanent = permanent


def command():
    """The words that start mesh: MESH_COMMAND, a JSON list that the runner sets, else `mesh` on the PATH."""
    return json.loads(os.environ.get("MESH_COMMAND", '["mesh"]'))


def describe(*arguments):
    """What `mesh jobs read --describe` says, as a dictionary."""
    done = subprocess.run([*command(), "jobs", "read", "--describe", "--json", *arguments], capture_output=True)
    if done.returncode != 0:
        raise _error(done.stderr.decode(errors="replace"), done.returncode)
    return json.loads(done.stdout)


class Batch:
    """Arrays by name in memory of their own, with the metadata: cursor, epoch, samples."""

    def __init__(self, frame):
        (length,) = struct.unpack_from("<Q", frame)
        header = json.loads(bytes(frame[8:8 + length]))
        self.metadata = header.pop("__metadata__")
        self.arrays = {}
        for name, tensor in header.items():
            shape, begin = tensor["shape"], 8 + length + tensor["data_offsets"][0]
            self.arrays[name] = numpy.frombuffer(frame, DTYPES[tensor["dtype"]], count=int(numpy.prod(shape, dtype=numpy.int64)), offset=begin).reshape(shape)

    def __getitem__(self, name):
        return self.arrays[name]

    @property
    def cursor(self):
        return self.metadata["cursor"]

    @property
    def epoch(self):
        return int(self.metadata["epoch"])


class Stream:
    """Iterates over batches; a thread reads ahead while the caller computes. Close it, or use it in a `with`."""

    def __init__(self, *arguments, ahead=2):
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen([*command(), "jobs", "read", "--tensors", *map(str, arguments)], stdout=subprocess.PIPE, stderr=self._errors, stdin=subprocess.DEVNULL, bufsize=0)
        try:
            fcntl.fcntl(self._process.stdout, F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:
            pass  # a smaller pipe only costs time
        self._queue = queue.Queue(maxsize=ahead)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        first = self._take()
        self.description = first.metadata
        self.columns = json.loads(self.description["columns"])

    def texts(self, column):
        """Texts of a column by their codes."""
        return json.loads(self.description["values:" + column])

    def __iter__(self):
        while True:
            batch = self._take()
            if batch.metadata["kind"] == "end":
                self.end = batch.metadata
                return
            yield batch

    def close(self):
        self._closed.set()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        while not self._queue.empty():
            self._queue.get_nowait()
        self._thread.join()
        self._errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _take(self):
        item = self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def _put(self, item):
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=0.5)
                return
            except queue.Full:
                continue

    def _read(self):
        try:
            while not self._closed.is_set():
                (length,) = struct.unpack("<Q", self._bytes(8))
                batch = Batch(self._bytes(length))
                self._put(batch)
                if batch.metadata["kind"] == "end":
                    return
        except Exception as error:  # goes to whoever iterates
            self._put(error)

    def _bytes(self, length):
        buffer = bytearray(length)
        view, done = memoryview(buffer), 0
        while done < length:
            read = self._process.stdout.readinto(view[done:])
            if not read:
                raise self._ended()
            done += read
        return buffer

    def _ended(self):
        code = self._process.wait()
        self._errors.seek(0)
        return _error(self._errors.read().decode(errors="replace"), code)


def _error(text, code):
    lines = [line for line in text.splitlines() if line.startswith("error")] or text.splitlines()[-3:]
    message = " ".join(lines) or "nothing said"
    return MeshError(f"`mesh jobs read` ended with {code}: {message}", permanent="error MESH92" in message or code == 2)
