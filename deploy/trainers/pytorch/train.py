#!/usr/bin/env python3
"""
PyTorch trainer of the manoeuvre classifier under the job contract mesh.job/v1: `trainer: python3 deploy/trainers/pytorch/train.py` in a rule, or
`torchrun --nproc_per_node N .../train.py` for several processes. Needs torch (1.13 or later), numpy and the mesh program, which gives it the data.
"""
import math
import time

import numpy
import torch
import torch.distributed
from torch import nn
from torch.nn import functional

import mesh_job
from manoeuvre import CHANNELS, Frames, Survey, Windows, hyperparameters

NOISE_DEVIATION = 0.3


class Classifier(nn.Module):
    """Normalises by itself, so that what runs it feeds it the table's values."""

    def __init__(self, frames, classes, mean, deviation):
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.copy()))
        self.register_buffer("deviation", torch.from_numpy(deviation.copy()))
        self.layers = nn.Sequential(nn.Linear(frames * len(CHANNELS), 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, classes))

    def forward(self, window, noise=None):
        normalised = (window - self.mean) / self.deviation
        if noise is not None:
            normalised = normalised + noise
        return self.layers(torch.flatten(normalised, 1))


class Exported(nn.Module):
    def __init__(self, classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, window):
        logits = self.classifier(window)
        return logits, torch.softmax(logits, 1)


class Training:
    def __init__(self, job, options, frames, survey, device):
        self.job, self.options, self.frames, self.survey, self.device = job, options, frames, survey, device
        torch.manual_seed(options["seed"])
        self.net = Classifier(options["window"], len(survey.classes.names), survey.mean, survey.deviation).to(device)
        self.model = nn.parallel.DistributedDataParallel(self.net, device_ids=[job.local_rank] if device.type == "cuda" else None) if job.world > 1 else self.net
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=options["learningRate"], weight_decay=options["weightDecay"])
        self.weights = torch.from_numpy(survey.weights).to(device)
        # On the device once: what is examined after every epoch.
        self.held_out = torch.from_numpy(survey.held_out[0]).to(device) if job.is_writer else None
        self.epoch = self.step = 0
        self.cursors = [None] * job.world
        self.totals = [0.0, 0, 0]  # loss, right, windows of the epoch so far
        self.path = job.checkpoints / "pytorch.pt"

    def fingerprint(self):
        """What a checkpoint must agree with to be continued: another number of processes reads other rows each."""
        inputs = [(entry["table"], entry["snapshot_id"]) for entry in self.job.spec["inputs"]]
        return repr((sorted(self.options.items()), inputs, self.survey.classes.names, self.survey.mean.tolist(), self.job.world))

    def load(self):
        if not self.path.exists():
            return
        saved = torch.load(self.path, map_location=self.device)
        if saved["fingerprint"] != self.fingerprint():
            print("The checkpoint is of other data, hyperparameters or processes; it is not used.", flush=True)
            return
        self.net.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.epoch, self.step, self.cursors, self.totals = saved["epoch"], saved["step"], saved["cursors"], saved["totals"][self.job.rank]
        self.job.report(type="resumed", epoch=self.epoch, step=self.step, cursor=self.cursors[0])
        print(f"Resumed at epoch {self.epoch}, step {self.step}.", flush=True)

    def save(self, cursor):
        cursors, totals = [cursor], [self.totals]
        if self.job.world > 1:
            cursors, totals = [None] * self.job.world, [None] * self.job.world
            torch.distributed.all_gather_object(cursors, cursor)
            torch.distributed.all_gather_object(totals, self.totals)
        if self.job.is_writer:
            state = {
                "fingerprint": self.fingerprint(), "model": self.net.state_dict(), "optimizer": self.optimizer.state_dict(),
                "epoch": self.epoch, "step": self.step, "cursors": cursors, "totals": totals,
            }
            mesh_job.atomically(self.path, lambda path: torch.save(state, path))
            self.job.report(type="checkpoint", epoch=self.epoch, step=self.step)

    def run(self):
        self.load()
        cursor, batch, is_open = self.cursors[self.job.rank], None, True
        with self.frames.windows("--batch-size", self.options["batchSize"], holdouts="exclude", seed=self.options["seed"], epochs=self.options["epochs"],
                                 shard=f"{self.job.rank}/{self.job.world}", resume=cursor) as stream:
            batches = iter(stream)
            while self.epoch < self.options["epochs"]:
                if batch is None and is_open:
                    batch = next(batches, None)
                    is_open = batch is not None
                # Processes whose parts are a little smaller than others' end the epoch for all.
                is_over = batch is None or batch.epoch > self.epoch
                stop, is_over = self.agree(self.job.stop, is_over)
                if stop:
                    self.save(cursor)
                    raise mesh_job.Preempted()
                if is_over:
                    while batch is not None and batch.epoch <= self.epoch:
                        cursor, batch = batch.cursor, next(batches, None)
                    is_open = batch is not None
                    self.end_epoch(cursor)
                    continue
                self.learn(Windows(batch, self.frames, self.survey.classes))
                cursor, batch = batch.cursor, None
                if self.step % self.options["checkpointSteps"] == 0:
                    self.save(cursor)

    def agree(self, *flags):
        """Whether any process says so."""
        if self.job.world == 1:
            return flags
        shared = torch.tensor(flags, dtype=torch.int32, device=self.device)
        torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MAX)
        return [bool(flag) for flag in shared.tolist()]

    def learn(self, windows):
        train, _ = self.survey.split.of(windows)
        count = int(train.sum())
        self.step += 1
        # A process without a window in this batch still takes part in the step: the others wait for its gradients.
        values = torch.from_numpy(windows.values[train] if count else numpy.zeros((1, *windows.values.shape[1:]), numpy.float32))
        labels = torch.from_numpy(windows.classes[train] if count else numpy.zeros(1, numpy.int64))
        if count == 0 and self.job.world == 1:
            return
        # From the step's number, so that a resumed run draws the same.
        generator = torch.Generator().manual_seed(((self.options["seed"] * 1_000_003 + self.step) * 4096 + self.job.rank) % 2**63)
        noise = torch.randn(values.shape, generator=generator) * self.options["noise"]
        if self.device.type == "cuda":
            values, labels, noise = (tensor.pin_memory().to(self.device, non_blocking=True) for tensor in (values, labels, noise))
        logits = self.model(values, noise)
        losses = functional.cross_entropy(logits, labels, label_smoothing=self.options["labelSmoothing"], reduction="none")
        loss = (losses * self.weights[labels]).mean() * (1 if count else 0)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if count:
            self.totals[0] += float(losses.detach().sum())
            self.totals[1] += int((logits.detach().argmax(1) == labels).sum())
            self.totals[2] += count

    def learning_rate(self):
        """Falls to a hundredth along half a cosine."""
        progress = 0 if self.options["epochs"] == 1 else self.epoch / (self.options["epochs"] - 1)
        return self.options["learningRate"] * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))

    def end_epoch(self, cursor):
        totals = torch.tensor(self.totals, dtype=torch.float64)
        if self.job.world > 1:
            totals = totals.to(self.device)
            torch.distributed.all_reduce(totals)
        loss, right, count = totals.tolist()
        self.epoch += 1
        self.totals = [0.0, 0, 0]
        if self.job.is_writer:
            accuracy = float((self.predict(self.held_out) == self.survey.held_out[1]).mean())
            self.job.report(type="metric", epoch=self.epoch, step=self.step, train_loss=loss / max(1, count), train_accuracy=right / max(1, count), accuracy=accuracy)
        self.save(cursor)

    @torch.no_grad()
    def predict(self, values, noise=None):
        """Classes of windows; in pieces, which bound the memory."""
        self.net.eval()
        pieces = [self.net(values[i:i + 8192].to(self.device), None if noise is None else noise[i:i + 8192].to(self.device)).argmax(1).cpu() for i in range(0, len(values), 8192)]
        self.net.train()
        return torch.cat(pieces).numpy() if pieces else numpy.zeros(0, numpy.int64)


class Result:
    """How right predictions are, in the numbers of builtin/manoeuvre."""

    def __init__(self, truth, predicted, classes):
        self.confusion = numpy.zeros((classes, classes), numpy.int64)
        numpy.add.at(self.confusion, (truth, predicted), 1)

    def metrics(self):
        total, rows = max(1, self.confusion.sum()), self.confusion.sum(1)
        known = [recall for recall in self.recall() if recall is not None]
        return {"accuracy": float(self.confusion.trace() / total), "macro_recall": float(numpy.mean(known)) if known else 0.0, "majority_baseline": float(rows.max() / total), "count": int(rows.sum())}

    def recall(self):
        return [float(row[i] / row.sum()) if row.sum() else None for i, row in enumerate(self.confusion)]


def evaluate(training):
    """Everything that is examined: the hold-out, its slices, disturbed inputs, frozen hold-outs, the training windows."""
    survey, frames, classes = training.survey, training.frames, len(training.survey.classes.names)
    values, truth, recordings, slices = survey.held_out
    predicted = training.predict(training.held_out)
    held_out = Result(truth, predicted, classes)
    sliced = {}
    for name, codes in slices.items():
        texts = {int(code): survey.slice_texts[name][code] for code in numpy.unique(codes[codes >= 0])}
        found = {text: Result(truth[codes == code], predicted[codes == code], classes).metrics() for code, text in texts.items() if text}
        if found:
            sliced[name] = found
    generator = torch.Generator().manual_seed(training.options["seed"])
    noisy = training.predict(training.held_out, torch.randn(values.shape, generator=generator) * NOISE_DEVIATION)
    without = []
    for channel in range(len(CHANNELS)):
        changed = training.held_out.clone()
        changed[:, :, channel] = training.net.mean[channel]
        without.append(float((training.predict(changed) == truth).mean()))
    holdouts = {}
    for holdout in training.job.spec.get("holdouts", []):
        chosen = numpy.isin(survey.frozen[2], [code for code, text in enumerate(survey.texts) if text in set(holdout["recordings"])])
        if chosen.any():
            result = Result(survey.frozen[1][chosen], training.predict(torch.from_numpy(survey.frozen[0][chosen])), classes)
            holdouts[holdout["name"]] = {"digest": holdout["digest"], "metrics": result.metrics()}
    right = count = 0
    with frames.windows("--batch-size", 4096, holdouts="exclude") as stream:
        for batch in stream:
            frames.check_stop()
            windows = Windows(batch, frames, survey.classes)
            train, _ = survey.split.of(windows)
            right += int((training.predict(torch.from_numpy(windows.values[train])) == windows.classes[train]).sum())
            count += int(train.sum())
    summary = held_out.metrics()
    metrics = {
        "accuracy": summary["accuracy"], "majority_baseline": summary["majority_baseline"], "macro_recall": summary["macro_recall"],
        "train_accuracy": right / max(1, count), "held_out_windows": summary["count"], "train_windows": count,
    }
    return metrics, {
        "schema": "mesh.evaluation/v1", "metrics": metrics, "held_out_by": survey.split.kind, "held_out_recordings": sorted(survey.texts[code] for code in numpy.unique(recordings)),
        "classes": survey.classes.names, "confusion": held_out.confusion.tolist(), "slices": sliced,
        "robustness": {"accuracy_with_noise": float((noisy == truth).mean()), "accuracy_without_worst_channel": min(without)},
        "holdouts": holdouts, "recall": dict(zip(survey.classes.names, held_out.recall())), "frames": frames.rows,
        "windows_with_missing_samples": survey.without_samples, "windows_without_label": survey.without_label,
    }


def export(training):
    """The model as ONNX with its metadata, and vectors that say what it answered here."""
    job, options, survey = training.job, training.options, training.survey
    model = Exported(training.net.cpu()).eval()
    path = job.output / "model" / ".exported.onnx"
    example = torch.from_numpy(survey.held_out[0][:16])
    # The exporter of TorchScript, which every version since 1.13 has; later ones use another unless told.
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    torch.onnx.export(
        model, example[:1], str(path), opset_version=job.spec["outputs"]["onnx_opset"], input_names=["window"], output_names=["logits", "probabilities"],
        dynamic_axes={name: {0: "batch"} for name in ("window", "logits", "probabilities")}, **({"dynamo": False} if version >= (2, 5) else {}))
    metadata = {"labels": "\n".join(survey.classes.names), "channels": "\n".join(CHANNELS), "window": str(options["window"]), "stride": str(options["stride"])}
    content = path.read_bytes() + b"".join(_metadata_property(key, value) for key, value in metadata.items())
    path.unlink()
    job.add("model/model.onnx", content)
    job.add("model/labels.txt", "".join(label + "\n" for label in survey.classes.names).encode())
    job.add("model/preprocess.json", {
        "schema": "mesh.preprocess/v1", "window": options["window"], "stride": options["stride"], "channels": CHANNELS, "mean": survey.mean.tolist(),
        "standard_deviation": survey.deviation.tolist(), "note": "The model normalises by itself; feed it the table's values, frame by frame.",
    })
    with torch.no_grad():
        outputs = dict(zip(("logits", "probabilities"), model(example)))
    job.add("model/test_vectors.json", {
        "schema": "mesh.testvectors/v1", "made_by": f"torch {torch.__version__}", "inputs": {"window": _tensor(example)}, "outputs": {name: _tensor(values) for name, values in outputs.items()},
    })


def _tensor(values):
    return {"shape": list(values.shape), "values": values.flatten().tolist()}


def _metadata_property(key, value):
    """Field 14 of ModelProto, a StringStringEntryProto: a message may be continued by writing more of its fields behind it."""
    def field(number, content):
        return bytes([number << 3 | 2]) + _varint(len(content)) + content
    return field(14, field(1, key.encode()) + field(2, value.encode()))


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def main(job):
    started = time.monotonic()
    options = hyperparameters(job.spec["hyperparameters"])
    torch.set_num_threads(options["threads"])
    device = torch.device(f"cuda:{job.local_rank}") if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if job.world > 1:
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    entry = job.spec["inputs"][0]
    job.report(type="start", product=entry["product"], rows=entry["rows"], attempt=job.spec["attempt"], device=str(device), torch=torch.__version__, processes=job.world)

    frames = Frames(job, options)
    survey = Survey(frames)
    training = Training(job, options, frames, survey, device)
    if job.is_writer:
        print(f"{frames.rows:,} frames; {survey.train_windows:,} windows to train on, {len(survey.held_out[1]):,} held out by {survey.split.kind}; left out: {survey.without_samples:,} with missing samples, {survey.without_label:,} without label", flush=True)
    training.run()
    if job.world > 1:
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    if not job.is_writer:
        return

    metrics, evaluation = evaluate(training)
    export(training)
    job.write("evaluation.json", evaluation)
    rows = frames.rows_of_recordings()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    job.write("model_card.json", {
        "schema": "mesh.modelcard/v1", "name": job.spec["model"]["name"], "job_id": job.spec["job_id"],
        "inputs": [{"product": entry["product"], "table": entry["table"], "snapshot_id": entry["snapshot_id"], "rows": sum(rows.values()), "ingest_ids": sorted(rows)}],
        "hyperparameters": {key: str(value) for key, value in options.items()}, "metrics": metrics, "framework": f"torch {torch.__version__}",
        "device": f"{name}, {job.world} process{'es' if job.world > 1 else ''}", "seed": options["seed"], "train_seconds": round(time.monotonic() - started, 3), "artifacts": job.artifacts,
    })
    job.report(type="done", accuracy=metrics["accuracy"])
    print(f"held-out accuracy {metrics['accuracy']:.1%}, majority class {metrics['majority_baseline']:.1%}, {time.monotonic() - started:.1f} s", flush=True)
    job.complete()


if __name__ == "__main__":
    mesh_job.run(main)
