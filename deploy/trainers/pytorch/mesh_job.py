"""The job contract mesh.job/v1 from a trainer's side: what is asked, and how results are left. Needs nothing but Python."""
import hashlib
import json
import os
import pathlib
import signal
import sys
import time

DONE, RETRYABLE, PERMANENT, PREEMPTED = 0, 1, 2, 143


class Refused(Exception):
    """The job can never work: bad hyperparameters or data."""


class Preempted(Exception):
    """SIGTERM came; the checkpoint is written."""


class Job:
    def __init__(self):
        for name in ("MESH_JOB_SPEC", "MESH_INPUT_DIR", "MESH_OUTPUT_DIR", "MESH_CHECKPOINT_DIR"):
            if not os.environ.get(name):
                raise Refused(f"{name} is not set: a trainer is started by a job, not by hand. `mesh jobs list` shows the jobs.")
        self.spec = json.loads(pathlib.Path(os.environ["MESH_JOB_SPEC"]).read_text())
        if self.spec.get("schema") != "mesh.job/v1":
            raise Refused(f"the job spec has schema {self.spec.get('schema')!r}, expected mesh.job/v1")
        self.output = pathlib.Path(os.environ["MESH_OUTPUT_DIR"])
        self.checkpoints = pathlib.Path(os.environ["MESH_CHECKPOINT_DIR"])
        self.rank = int(os.environ.get("RANK", "0"))
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        self.local_rank = int(os.environ.get("LOCAL_RANK", "0"))
        self.artifacts = []
        self.stop = False
        signal.signal(signal.SIGTERM, self._terminate)
        self._metrics = None
        if self.is_writer:
            (self.output / "model").mkdir(parents=True, exist_ok=True)
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            self._metrics = open(self.output / "metrics.jsonl", "a", buffering=1)

    @property
    def is_writer(self):
        """Of several processes the first writes."""
        return self.rank == 0

    def report(self, **line):
        """Appends a line to metrics.jsonl, which Mesh reads while the trainer runs."""
        if self._metrics:
            self._metrics.write(json.dumps({**line, "ts": int(time.time() * 1000)}) + "\n")

    def write(self, name, content):
        """Writes a file whole or not at all."""
        if not isinstance(content, bytes):
            content = json.dumps(content, indent=2, ensure_ascii=False).encode()
        atomically(self.output / name, lambda path: path.write_bytes(content))
        return content

    def add(self, name, content):
        """Writes a file that becomes part of the model."""
        content = self.write(name, content)
        self.artifacts.append({"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)})

    def complete(self):
        """Declares the output complete; nothing is written after it."""
        self._metrics.flush()
        atomically(self.output / "_SUCCESS", lambda path: path.write_bytes(b""))

    def _terminate(self, *_):
        self.stop = True


def atomically(path, write):
    """Writes beside the file, makes it durable, renames."""
    temporary = path.with_name(f".{path.name}.tmp")
    write(temporary)
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def run(main, permanent=()):
    """Runs a trainer and turns how it ends into error.json and the exit code of the contract."""
    job = None
    try:
        job = Job()
        main(job)
        sys.exit(DONE)
    except Preempted:
        job.report(type="preempted")
        print("Pre-empted; the next attempt continues from the checkpoint.", flush=True)
        sys.exit(PREEMPTED)
    except Exception as error:  # the end of the process: whatever it was must be told
        is_permanent = isinstance(error, (Refused, KeyError, ValueError, *permanent)) or getattr(error, "permanent", False)
        if job is not None and job.is_writer:
            job.write("error.json", {"class": type(error).__name__, "message": str(error), "retryable": not is_permanent})
        if isinstance(error, Refused) or hasattr(error, "permanent"):
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        else:
            import traceback
            traceback.print_exc()
        sys.exit(PERMANENT if is_permanent else RETRYABLE)
