"""A training run from the command line, step by step: data, network, folder, training, what is left of it."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

import konv
from konv import config, data as images, random
from konv.cli.interrupt import EndTraining, Interrupt
from konv.cli.resuming import Begun
from konv.cli.view import TrainingView
from konv.data import DataSet
from konv.errors import NonFiniteError
from konv.explain.evaluation import Evaluation
from konv.explain.record import RunRecord
from konv.explain.tables import percent
from konv.io.run_folder import RunFolder, default_folder
from konv.messages import text
from konv.models import Model
from konv.runs.keeper import Keeper
from konv.runs.machine import LIBRARIES, processor, versions
from konv.runs.outcome import leave
from konv.runs.settings import Settings
from konv.runs.sources import HELD_OUT, divisor, facts, prepared
from konv.runs.stopwatch import Stopwatch
from konv.shapes import show
from konv.train import optimizers
from konv.train.callbacks import Callback
from konv.train.optimizers import Optimizer

__all__ = ["train"]

LOSS = "sparse_categorical_crossentropy"
DONE, INTERRUPTED = 0, 130


def train(asked: Settings, begun: Begun | None = None) -> int:
    """Do the run that was `asked` for, or go on with one that was `begun`. Returns: the exit code of the command.

    Raises: KonvError where the request is wrong, before anything is written; NonFiniteError where training stopped at
    a value that is not finite, after what was learned until then has been saved.
    """
    began, started = time.perf_counter(), time.strftime("%Y-%m-%dT%H:%M:%S")
    console = Console(highlight=False, quiet=asked.quiet)
    asked.variant.check()
    optimizer = _optimizer(asked)
    if asked.data is not None:
        console.print(text("cli.reading", data=asked.data), style="dim", soft_wrap=True, markup=False)
    source = images.load(asked.data, asked.image_size, asked.strict)
    training, test = source.for_training(HELD_OUT, asked.seed)
    if begun is not None:
        begun.check(training, test)
    random.set_seed(asked.seed)
    model = _network(asked, training)
    model.compile(optimizer=optimizer, loss=LOSS, metrics=["accuracy"])
    with RunFolder(asked.out or default_folder(asked.model), again=begun is not None) as folder:
        _introduce(console, model, training, test, folder)
        watch = Stopwatch(began)
        record = RunRecord(
            model=asked.model, status="running", message="", command=asked.command, started=started, seconds=0.0,
            training_seconds=0.0, epochs=asked.epochs, steps=0, seed=asked.seed, parameters=model.count_params(),
            settings=_settings(asked, model, optimizer), data=facts(source, training, test), processor=processor(),
            versions=versions(LIBRARIES),
        )  # fmt: skip
        if begun is not None:
            record = begun.continued(record)
            if begun.epochs < asked.epochs:
                console.print(text("cli.going_on", epoch=begun.epochs + 1, epochs=asked.epochs), markup=False)
        folder.write_record(record)  # from here on the run says what it is for, and can be resumed
        with Interrupt(text("cli.stopping")) as interrupt:
            keeper = Keeper(folder, watch, None if begun is None else begun.checkpoint)
            callbacks = [watch, TrainingView(console, watch), interrupt, keeper]
            status, message = _fit(asked, model, training, test, callbacks)
            model.save(folder.model)
            record = replace(
                record, status=status, message=message, seconds=watch.elapsed, training_seconds=watch.seconds,
                steps=watch.steps,
            )  # fmt: skip
            record, evaluation = leave(folder, model, test, record, watch.epochs, asked.batch_size)
        _conclude(console, record, evaluation, folder.path, time.perf_counter() - began)
    if asked.quiet:
        print(folder.path)
    if status == "stopped":
        raise NonFiniteError(message)
    return INTERRUPTED if interrupt.asked else DONE


def _optimizer(asked: Settings) -> Optimizer:
    kind = optimizers.NAMES.get(asked.optimizer.lower())
    if kind is None or asked.learning_rate is None:
        return optimizers.get(asked.optimizer)
    return kind(asked.learning_rate)


def _network(asked: Settings, training: DataSet) -> Model:
    """The network asked for, for these images and classes, and knowing how its images are prepared."""
    model = asked.variant.build(training.shape, len(training.classes))
    model.class_names = list(training.classes)
    model.preprocessing = {"divide_by": divisor(training)}
    return model


def _introduce(console: Console, model: Model, training: DataSet, test: DataSet, folder: RunFolder) -> None:
    said = text(
        "cli.introduction", version=konv.__version__, model=model.name, parameters=f"{model.count_params():,}",
        data=training.name, train=f"{len(training):,}", test=f"{len(test):,}", shape=show(training.shape),
        classes=len(training.classes), engine=config.engine(),
    )  # fmt: skip
    console.print(said, soft_wrap=True, markup=False)
    console.print(f"{folder.path}\n", style="dim", soft_wrap=True, markup=False)


def _fit(asked: Settings, model: Model, training: DataSet, test: DataSet, callbacks: list[Callback]) -> tuple[str, str]:
    """Train. Returns: how it ended, as `RunRecord.status` and `message`."""
    try:
        model.fit(
            prepared(model, training), training.y, batch_size=asked.batch_size, epochs=asked.epochs, verbose=0,
            validation_data=(prepared(model, test), test.y), callbacks=callbacks,
        )  # fmt: skip
    except EndTraining:
        return "interrupted", ""
    except NonFiniteError as error:
        return "stopped", str(error)
    return "finished", ""


def _settings(asked: Settings, model: Model, optimizer: Optimizer) -> dict[str, object]:
    """The settings that a report lists, under the keys of `report.setting.…`."""
    found: dict[str, object] = {
        "epochs": asked.epochs, "batch_size": asked.batch_size, "optimizer": asked.optimizer,
        "learning_rate": optimizer.learning_rate, "loss": LOSS, "seed": asked.seed,
        "scaling": f"x / {model.preprocessing['divide_by']:g}", **asked.variant.choices,
    }  # fmt: skip
    if asked.image_size is not None:
        found["image_size"] = show(asked.image_size)
    return found


def _conclude(console: Console, record: RunRecord, evaluation: Evaluation | None, path: Path, seconds: float) -> None:
    """The closing lines: result, time, where it all is, and what to do with it."""
    console.print()
    if record.status == "interrupted":
        console.print(text("cli.interrupted"), style="yellow", soft_wrap=True, markup=False)
    if evaluation is not None:
        said = text(
            "cli.result", accuracy=percent(evaluation.accuracy), right=f"{evaluation.right:,}",
            count=f"{len(evaluation.labels):,}", seconds=f"{seconds:.1f}",
        )  # fmt: skip
        console.print(said, style="bold", soft_wrap=True, markup=False)
    quoted = shlex.quote(str(path))
    more = ("cli.next.resume",) if record.status == "interrupted" else ()
    for key in ("cli.next.look", "cli.next.predict", "cli.next.evaluate", *more):
        console.print(text(key, run=quoted), soft_wrap=True, markup=False)
