"""Windows of driving with the manoeuvre as label, from a table of synchronised frames: the same task, labels and split as builtin/manoeuvre."""
import hashlib

import numpy

import mesh_tensors
from mesh_job import Preempted, Refused

CHANNELS = ["acceleration_x", "acceleration_y", "acceleration_z", "rotation_x", "rotation_y", "rotation_z", "speed"]
SIGNALS = [
    ["linear_acceleration.x"], ["linear_acceleration.y"], ["linear_acceleration.z"],
    ["angular_velocity.x"], ["angular_velocity.y"], ["angular_velocity.z"],
    ["wheel_speeds.speed", "wheel_speed.speed", "vehicle_speed", "speed", "speed_mps"],
]
LABELS = ["manoeuvre.label", "labels_manoeuvre.label", "manoeuvre.name", "label", "manoeuvre"]
SLICES = ["vehicle_id", "country", "weather", "road_type", "time_of_day"]

HYPERPARAMETERS = {
    "window": (16, int, 4, 256), "stride": (4, int, 1, 256), "epochs": (60, int, 1, 10_000), "batchSize": (32, int, 1, 65_536),
    "learningRate": (2e-3, float, 1e-7, 1), "weightDecay": (1e-2, float, 0, 1), "labelSmoothing": (0.05, float, 0, 0.5), "noise": (0.1, float, 0, 10),
    "heldOut": (0.25, float, 0.05, 0.5), "seed": (7, int, 0, 2**31 - 1), "shuffleBufferMiB": (64, int, 1, 1024), "checkpointSteps": (500, int, 1, 1_000_000),
    "threads": (1, int, 1, 256),
}


def hyperparameters(given):
    values = {name: default for name, (default, *_) in HYPERPARAMETERS.items()}
    for name, text in given.items():
        if name not in HYPERPARAMETERS:
            raise Refused(f"the PyTorch trainer has no hyperparameter '{name}'; there are: {', '.join(sorted(HYPERPARAMETERS))}")
        _, kind, low, high = HYPERPARAMETERS[name]
        try:
            values[name] = kind(text)
        except ValueError:
            values[name] = None
        if values[name] is None or not low <= values[name] <= high:
            raise Refused(f"hyperparameter {name} is '{text}', expected a {'whole ' if kind is int else ''}number from {low} to {high}")
    return values


class Frames:
    """The columns of a job's input, and streams of windows over them."""

    def __init__(self, job, options):
        if len(job.spec["inputs"]) != 1:
            raise Refused(f"the manoeuvre trainer takes one product, the job has {len(job.spec['inputs'])}")
        self.job, self.options = job, options
        view = mesh_tensors.describe()
        numbers = [column["name"] for column in view["columns"] if column["layout"] == "scalar" and column["dtype"] in ("F32", "F64", "I32", "I64")]
        texts = [column["name"] for column in view["left_out"] if column["type"] == "utf8"]
        self.signals = [_match(numbers, endings) for endings in SIGNALS]
        self.label = _match(texts, LABELS)
        missing = [f"{name} (…{endings[0]})" for name, endings, found in zip(CHANNELS, SIGNALS, self.signals) if found is None]
        missing += [name for name, found in (("sequence", "sequence" in numbers), ("recording_id", "recording_id" in texts), ("the manoeuvre label (…manoeuvre.label, text)", self.label)) if not found]
        if missing:
            raise Refused(f"'{view['source']}' is no table of synchronised frames: it has no {', '.join(missing)}")
        self.slices = {name: found for name in SLICES if (found := _match(texts, [name]))}
        self.rows = view["rows"]

    def windows(self, *arguments, holdouts, columns=(), seed=None, epochs=1, shard="0/1", resume=None):
        """A stream of windows: shuffled with a seed, else in the order of the files."""
        options = self.options
        order = ["--shuffle-buffer", f"{options['shuffleBufferMiB']}MiB", "--seed", seed] if seed is not None else ["--shuffle-buffer", "0"]
        return mesh_tensors.Stream(
            "--columns", ",".join([*self.signals, self.label, "recording_id", "sequence", *columns]), "--window", options["window"], "--stride", options["stride"],
            "--holdouts", holdouts, "--epochs", epochs, "--shard", shard, *order, *(["--resume", resume] if resume else []), *arguments)

    def check_stop(self):
        if self.job.stop:
            raise Preempted()

    def rows_of_recordings(self):
        """Rows that may be learnt from, by ingest id."""
        with mesh_tensors.Stream("--columns", "recording_id", "--shuffle-buffer", "0", "--batch-size", 65_536, "--holdouts", "exclude") as stream:
            ids = stream.texts("recording_id")
            counts = numpy.zeros(len(ids), numpy.int64)
            for batch in stream:
                self.check_stop()
                counts += numpy.bincount(batch["recording_id"], minlength=len(ids))
        return {recording: int(count) for recording, count in zip(ids, counts) if count}


class Windows:
    """A batch's windows that can be used: every signal there and finite, every frame labelled."""

    def __init__(self, batch, frames, classes):
        values = numpy.stack([batch[name].astype(numpy.float32, copy=False) for name in frames.signals], axis=-1)
        usable = numpy.isfinite(values).all((1, 2))
        for name in frames.signals:
            if name + ":valid" in batch.arrays:
                usable &= batch[name + ":valid"].all(1)
        self.without_samples = int((~usable).sum())
        codes = classes.of_code[batch[frames.label]]
        labelled = (codes >= 0).all(1)
        self.without_label = int((usable & ~labelled).sum())
        usable &= labelled
        self.values = values[usable]
        self.classes = majority(codes[usable], len(classes.names))
        self.recordings = batch["recording_id"][usable, 0]
        self.starts = batch["sequence"][usable, 0]
        middle = frames.options["window"] // 2
        self.slices = {name: numpy.where(batch[column + ":valid"][usable, middle], batch[column][usable, middle], -1) if column + ":valid" in batch.arrays else batch[column][usable, middle]
                       for name, column in frames.slices.items() if column in batch.arrays}

    def __len__(self):
        return len(self.classes)


class Classes:
    """Labels in ordinal order, and the class of each code of a stream; -1 for none."""

    def __init__(self, texts):
        self.names = [text for text in texts if text]
        # The last place is that of code -1.
        self.of_code = numpy.array([self.names.index(text) if text else -1 for text in texts] + [-1], numpy.int64)


def majority(codes, classes):
    """The class that most frames have, the middle frame's on a tie."""
    if len(codes) == 0:
        return numpy.zeros(0, numpy.int64)
    votes = (codes[:, :, None] == numpy.arange(classes)).sum(1)
    middle = codes[:, codes.shape[1] // 2]
    most = votes.max(1)
    return numpy.where(votes[numpy.arange(len(codes)), middle] == most, middle, votes.argmax(1))


class Split:
    """
    Which windows are held out: whole recordings where there are at least three, else blocks of time with a gap around them, since windows that
    share frames would be both learnt from and examined on.
    """

    def __init__(self, recordings, starts, classes, texts, class_count, options):
        self.window = options["window"]
        share, seed = options["heldOut"], options["seed"]
        self.kind, self.held_codes = "time", None
        self.block, self.period = self.window * 8, max(2, round(1 / share))
        self.phase = seed % self.period
        counts = {int(code): numpy.bincount(classes[recordings == code], minlength=class_count) for code in numpy.unique(recordings)}
        if len(counts) < 3:
            return
        wanted, remaining, held, taken = len(classes) * share, sum(counts.values()), set(), 0
        for code in sorted(counts, key=lambda code: hashlib.sha256(f"{seed}/{texts[code]}".encode()).hexdigest()):
            size = int(counts[code].sum())
            if taken >= wanted:
                break
            if taken > 0 and taken + size > wanted * 1.5:
                continue
            after = remaining - counts[code]
            # A class that is only held out could not be learnt.
            if ((after == 0) & (remaining > 0)).any() or len(counts) - len(held) <= 2:
                continue
            held.add(code)
            taken, remaining = taken + size, after
        if taken:
            self.kind, self.held_codes = "recording", numpy.array(sorted(held))

    def of(self, windows):
        """Which windows to train on, and which are held out."""
        if self.held_codes is not None:
            held = numpy.isin(windows.recordings, self.held_codes)
            return ~held, held
        starts, window = windows.starts, self.window
        near = self._held(numpy.maximum(0, starts - window)) | self._held(starts) | self._held(starts + 2 * window - 1)
        return ~near, self._held(starts) & self._held(starts + window - 1)

    def _held(self, frames):
        return (frames // self.block + self.phase) % self.period == self.period - 1


class Survey:
    """Two passes over the data before the training: the split and the classes' weights; then normalisation and what is examined."""

    def __init__(self, frames):
        options, spec = frames.options, frames.job.spec
        frozen_ids = {recording for holdout in spec.get("holdouts", []) for recording in holdout["recordings"]}
        self.without_samples = self.without_label = 0
        parts = ([], [], [])
        with frames.windows("--batch-size", 4096, holdouts="include") as stream:
            self.texts = stream.texts("recording_id")
            self.classes = Classes(stream.texts(frames.label))
            self.label_texts = stream.texts(frames.label)
            frozen = numpy.array([text in frozen_ids for text in self.texts], bool)
            for batch in stream:
                frames.check_stop()
                windows = Windows(batch, frames, self.classes)
                self.without_samples += windows.without_samples
                self.without_label += windows.without_label
                kept = ~frozen[windows.recordings]
                for part, values in zip(parts, (windows.recordings, windows.starts, windows.classes)):
                    part.append(values[kept])
        recordings, starts, classes = (numpy.concatenate(part) if part else numpy.zeros(0, numpy.int64) for part in parts)
        self.split = Split(recordings, starts, classes, self.texts, len(self.classes.names), options)

        count, sums, squares = 0, numpy.zeros(len(CHANNELS)), numpy.zeros(len(CHANNELS))
        per_class = numpy.zeros(len(self.classes.names), numpy.int64)
        examined, frozen_windows = [], []
        with frames.windows("--batch-size", 4096, holdouts="include", columns=frames.slices.values()) as stream:
            self.slice_texts = {name: stream.texts(column) for name, column in frames.slices.items()}
            for batch in stream:
                frames.check_stop()
                windows = Windows(batch, frames, self.classes)
                own = ~frozen[windows.recordings]
                train, held = (chosen & own for chosen in self.split.of(windows))
                values = windows.values[train].astype(numpy.float64)
                count += values.shape[0] * values.shape[1]
                sums += values.sum((0, 1))
                squares += (values * values).sum((0, 1))
                per_class += numpy.bincount(windows.classes[train], minlength=len(per_class))
                for chosen, target in ((held, examined), (~own, frozen_windows)):
                    if chosen.any():
                        target.append((windows.values[chosen], windows.classes[chosen], windows.recordings[chosen], {name: codes[chosen] for name, codes in windows.slices.items()}))
        self.held_out, self.frozen = _join(examined, options, frames), _join(frozen_windows, options, frames)
        self.train_windows = int(per_class.sum())
        if self.train_windows < 20 or len(self.held_out[1]) < 5 or (per_class > 0).sum() < 2:
            raise Refused(
                f"too little to learn from: {frames.rows:,} frames give {self.train_windows:,} windows of {(per_class > 0).sum()} classes to train on and {len(self.held_out[1]):,} to hold out; "
                f"left out were {self.without_samples:,} windows with missing samples and {self.without_label:,} without label. At least 20 and 5 windows of 2 classes are needed: raise newRows in the trigger.")
        self.mean = (sums / count).astype(numpy.float32)
        # A constant channel carries nothing; dividing by its deviation would only blow noise up.
        self.deviation = numpy.maximum(1e-3, numpy.sqrt(numpy.maximum(0, squares / count - (sums / count) ** 2))).astype(numpy.float32)
        # Rare manoeuvres count more, by the square root so that single windows do not dominate; the mean weight is 1.
        raw = numpy.where(per_class > 0, 1 / numpy.sqrt(numpy.maximum(1, per_class)), 0)
        self.weights = (raw / ((raw * per_class).sum() / self.train_windows)).astype(numpy.float32)


def _match(names, endings):
    for ending in endings:
        flat = ending.replace(".", "_")
        for name in names:
            path = name.lower().replace(".", "_")
            if path == flat or path.endswith("_" + flat):
                return name
    return None


def _join(parts, options, frames):
    if not parts:
        return numpy.zeros((0, options["window"], len(CHANNELS)), numpy.float32), numpy.zeros(0, numpy.int64), numpy.zeros(0, numpy.int32), {}
    return tuple(numpy.concatenate([part[i] for part in parts]) for i in range(3)) + ({name: numpy.concatenate([part[3][name] for part in parts]) for name in parts[0][3]},)
