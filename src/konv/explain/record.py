"""What is to be remembered of a training run: the contents of `run.json` and `history.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["SCHEMA", "DataFacts", "Epoch", "PartFacts", "RunRecord"]

SCHEMA = 1
"""Version of the form of `run.json`; raised when a field changes its meaning or goes."""


@dataclass(frozen=True)
class Epoch:
    """One row of `history.csv`: means over the epoch; what was not measured is NaN.

    `epoch` counts from 1; losses are in nats, accuracies from 0 to 1; `seconds` of training, validation left out.
    """

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    images_per_second: float


@dataclass(frozen=True)
class PartFacts:
    """A part of a data set: how many `images`, how many of each class (`counts`), the `fingerprint` of its contents."""

    images: int
    counts: Mapping[str, int]
    fingerprint: str


@dataclass(frozen=True)
class DataFacts:
    """What was trained and tested on; `shape` is that of one image, `unreadable` the files that were left out."""

    name: str
    source: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    train: PartFacts
    test: PartFacts
    test_is_held_out: bool
    """Whether the test part was split off the training images, because the source brings none."""
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunRecord:
    """A run, as `run.json` keeps it: all that is needed to say what happened and to repeat it.

    It is written when the run begins, with the `status` `running`, which a run that was killed keeps; and again when
    it is `finished`, `interrupted` or `stopped` (a loss that was not finite; `message` says more). `command` is the
    command line; `started` the local time, ISO 8601, `resumed` those at which it went on; `seconds` from the start to
    the saved model, `training_seconds` of them in training steps, both without what was lost to a kill;
    `test_loss` and `test_accuracy` are of the saved weights, None where nothing was learned.
    """

    model: str
    status: str
    command: tuple[str, ...]
    started: str
    seconds: float
    training_seconds: float
    epochs: int
    steps: int
    seed: int
    parameters: int
    settings: Mapping[str, object]
    data: DataFacts
    processor: Mapping[str, object]
    versions: Mapping[str, str]
    test_loss: float | None = None
    test_accuracy: float | None = None
    message: str = ""
    resumed: tuple[str, ...] = ()
    schema: int = field(default=SCHEMA)
