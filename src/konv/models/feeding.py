"""From what `fit`, `evaluate` and `predict` are given to the feed of batches that the loops read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

from konv.arguments import count
from konv.errors import ConfigurationError, DataError
from konv.messages import text
from konv.train.feeds import ArrayFeed, BatchFeed, Feed, is_feed
from konv.train.samples import Samples, notice_one_class, split, weighted

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["Wanted", "of_evaluation", "of_prediction", "of_training"]


@dataclass(frozen=True)
class Wanted:
    """How batches are wanted: samples of one, batches of an epoch (None: all there are), whether to shuffle, what
    samples of each class count, and the threads that make batches ahead."""

    size: int
    steps: float | None = None
    shuffle: bool = False
    class_weight: Mapping[int, float] | None = None
    workers: int = 1


def of_training(
    model: Model, given: tuple[Any, Any, Any], validating: Any, share: float, wanted: Wanted, watching: Wanted
) -> tuple[Feed, Feed | None]:
    """The batches to train on, and those to validate on, if any.

    Arguments: `given`, x, y and sample_weight; `validating`, `validation_data`; `share`, `validation_split`; `wanted`,
    how to train, `watching`, how to validate. Raises: ConfigurationError and all that `Model.fit` does.
    """
    if is_feed(given[0]):
        if share:
            raise ConfigurationError(text("split_of_batches"))
        check_classes(given[0], validating)
        training: Feed = _batches(model, given, wanted)
        return training, None if validating is None else _validation(model, validating, watching)
    samples, validation = model.samples(*given), None
    if validating is not None:
        validation = _validation(model, validating, watching)
    elif share:
        samples, held = split(samples, share)
        validation = _arrays(model, held, watching)
    notice_one_class(samples, model.output_losses())
    model.watch(samples)
    return _arrays(model, weighted(samples, wanted.class_weight), wanted), validation


def check_classes(training: Any, validating: Any) -> None:
    """Raises: DataError where both come from folders whose classes differ, so that equal numbers mean other classes."""
    ours, theirs = (getattr(source, "class_names", None) for source in (training, validating))
    if ours is not None and theirs is not None and list(ours) != list(theirs):
        raise DataError(text("classes_differ", training=", ".join(ours), validation=", ".join(theirs)))


def of_evaluation(model: Model, given: tuple[Any, Any, Any], wanted: Wanted) -> Feed:
    """The batches to measure `model` on. Raises: as `Model.evaluate`."""
    if is_feed(given[0]):
        return _batches(model, given, wanted)
    samples = model.samples(*given)
    model.watch(samples)
    return _arrays(model, samples, wanted)


def of_prediction(model: Model, x: Any, wanted: Wanted) -> Feed:
    """The batches to predict for; targets that come with them are left aside. Raises: as `Model.predict`."""

    def check(x: Any, y: Any = None, weight: Any = None) -> Samples:
        return model.unlabelled(x)

    if not is_feed(x):
        return _arrays(model, check(x), wanted)
    feed = BatchFeed(x, check, _steps(model, wanted))
    feed.first()
    return feed


def _validation(model: Model, given: Any, wanted: Wanted) -> Feed:
    if is_feed(given):
        return _batches(model, (given, None, None), wanted)
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise ConfigurationError(text("bad_validation_data", received=type(given).__name__))
    return _arrays(model, model.samples(*given), wanted)


def _arrays(model: Model, samples: Samples, wanted: Wanted) -> ArrayFeed:
    feed = ArrayFeed(samples, wanted.size, wanted.shuffle)
    if wanted.steps is not None and wanted.steps != feed.steps:
        raise ConfigurationError(text("steps_of_arrays", received=wanted.steps, steps=feed.steps))
    return feed


def _batches(model: Model, given: tuple[Any, Any, Any], wanted: Wanted) -> BatchFeed:
    source, y, weight = given
    if y is not None or weight is not None:
        raise ConfigurationError(text("targets_beside_batches"))

    def check(x: Any, y: Any, weight: Any) -> Samples:
        return weighted(model.samples(x, y, weight), wanted.class_weight)

    workers = count(wanted.workers, "workers", model.name, least=0)
    feed = BatchFeed(source, check, _steps(model, wanted), wanted.shuffle, max(1, workers))
    model.watch(feed.first())
    return feed


def _steps(model: Model, wanted: Wanted) -> int | None:
    """Steps asked for; Keras 2's scripts divide without rounding, and mean the next whole number."""
    if isinstance(wanted.steps, float) and isfinite(wanted.steps):
        return count(ceil(wanted.steps), "steps_per_epoch", model.name)
    return None if wanted.steps is None else count(wanted.steps, "steps_per_epoch", model.name)
