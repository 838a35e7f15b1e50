"""Where batches come from: arrays in memory, or anything that hands out one batch after another.

A feed gives, for each epoch, its batches with the numbers of their samples: what random layers are keyed by. Batches
that have to be made are made ahead of training by threads, a few at a time (`AHEAD`), always in the same order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import repeat
from typing import Any, Protocol

import numpy as np

from konv import random
from konv.errors import DataError, LabelError, ShapeError
from konv.messages import text
from konv.ops.record import Array
from konv.train.samples import Samples

__all__ = ["ArrayFeed", "BatchFeed", "Feed", "is_feed", "parts_of"]

AHEAD = 4
"""Batches made ahead of the one in training: what bounds the memory they take."""
Batch = tuple[Samples, Array]
Check = Callable[[Any, Any, Any], Samples]
_END = object()


class Feed(Protocol):
    """What the loops need of a source of batches. `batch`: samples of its largest batch so far; `steps`: batches of an
    epoch, `count`: its samples, None where only its end will tell."""

    batch: int
    steps: int | None
    count: int | None

    def epoch(self, seed: int, turn: int) -> Iterator[Batch]:
        """The batches of epoch number `turn`, each with the numbers of its samples, int64 `(n,)`."""
        ...

    def close(self) -> None:
        """Stop making batches ahead."""
        ...


class ArrayFeed:
    """`samples` in memory, `size` at a time; with `shuffle` in an order of each epoch's own, drawn from the seed."""

    def __init__(self, samples: Samples, size: int, shuffle: bool = False) -> None:
        self.samples, self.shuffle = samples, shuffle
        self.count: int | None = len(samples)
        self.batch = min(size, len(samples))
        self.steps: int | None = -(-len(samples) // self.batch)

    def epoch(self, seed: int, turn: int) -> Iterator[Batch]:
        """Every sample once, the last batch smaller if need be."""
        count = len(self.samples)
        order = random.permutation(count, seed, turn) if self.shuffle else np.arange(count)
        for start in range(0, count, self.batch):
            part = slice(start, start + self.batch)
            yield self.samples.take(order[part] if self.shuffle else part), order[part]

    def close(self) -> None:
        """Nothing is made ahead."""


class BatchFeed:
    """Batches from `source`: a Keras `Sequence` (with `__getitem__` and `__len__`), an iterator, or an iterable.

    Arguments: `source`; `check`, which makes samples of `(x, y, sample_weight)`; `steps`, batches of an epoch, None
    for the source's own length or its end; `shuffle`, whether a `Sequence` is read in an order of each epoch's own;
    `workers`, threads that make batches of a `Sequence` (a source may have an attribute of this name). A source with
    a method `at(turn, index)` is asked for the batches of an epoch by that.
    Raises: DataError where the source has no batch, or ends before `steps`; what `check` raises, with the batch named.
    """

    def __init__(
        self, source: Any, check: Check, steps: int | None = None, shuffle: bool = False, workers: int = 1
    ) -> None:
        self._source, self._check, self._shuffle = source, check, shuffle
        self._indexed = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        length = len(source) if hasattr(source, "__len__") else None
        if length == 0:
            raise DataError(text("no_batches"))
        self.steps = steps if steps is not None else length
        self.count: int | None = None
        self.batch = 0
        self._workers = workers
        self._pulled: _Ahead | None = None
        self._first: Any = _END

    @property
    def _endless(self) -> bool:
        return hasattr(self._source, "__next__")

    def first(self) -> Samples:
        """The samples of the first batch, to know their shape by; it is trained on in its turn.

        Raises: DataError where there is none.
        """
        if self._indexed:
            samples = self._checked(self._source[0], 0)
        else:
            self._first = next(self._begin(), _END)
            if self._first is _END:
                raise DataError(text("no_batches"))
            samples = self._checked(self._first, 0)
        self.batch = len(samples)
        return samples

    def epoch(self, seed: int, turn: int) -> Iterator[Batch]:
        """The batches of epoch number `turn`, in the source's order, or a `Sequence`'s in one of this epoch's own.

        Raises: DataError where there are none left, or fewer than were to come.
        """
        seen = count = 0
        for index, batch in self._batches(seed, turn):
            samples = self._checked(batch, seen)
            start = index * max(self.batch, len(samples)) if self._indexed else count
            self.batch = max(self.batch, len(samples))
            seen, count = seen + 1, count + len(samples)
            yield samples, np.arange(start, start + len(samples))
            if seen == self.steps:
                break
        if not seen:
            raise DataError(text("ended_before"))
        if self.steps is not None and seen < self.steps:
            raise DataError(text("ended_early", received=seen, expected=self.steps))
        self.steps, self.count = seen, count
        if callable(done := getattr(self._source, "on_epoch_end", None)):
            done()

    def close(self) -> None:
        """Stop making batches ahead; those of an iterator that were made and not used are lost."""
        if self._pulled is not None:
            self._pulled.close()
            self._pulled = None

    def _batches(self, seed: int, turn: int) -> Iterator[tuple[int, Any]]:
        if self._indexed:
            yield from self._by_index(seed, turn)
            return
        pulled = self._begin()
        if self._first is not _END:
            first, self._first = self._first, _END
            yield 0, first
        yield from enumerate(pulled)
        if not self._endless:
            self.close()

    def _begin(self) -> _Ahead:
        """The batches of an iterator, going on where the last epoch ended; those of an iterable, from its beginning."""
        if self._pulled is not None and not self._endless and self._first is _END:
            self.close()
        if self._pulled is None:
            iterator = iter(self._source)
            self._pulled = _Ahead(repeat(partial(next, iterator, _END)))
        return self._pulled

    def _by_index(self, seed: int, turn: int) -> Iterator[tuple[int, Any]]:
        length = len(self._source)
        steps = self.steps or length
        passes = -(-steps // length)  # an epoch may be longer than the source: then it is gone through several times
        order: list[tuple[int, int]] = []
        for own in range(turn * passes, (turn + 1) * passes):
            places = random.permutation(length, seed, own) if self._shuffle else range(length)
            order += [(own, int(i)) for i in places]
        workers = int(getattr(self._source, "workers", self._workers))
        ahead = _Ahead((partial(self._one, *place) for place in order[:steps]), workers)
        try:
            for (own, index), batch in zip(order, ahead, strict=False):
                yield (own - turn * passes) * length + index, batch
        finally:
            ahead.close()

    def _one(self, turn: int, index: int) -> Any:
        """A `Sequence`'s batch of one turn through it."""
        return self._source.at(turn, index) if hasattr(self._source, "at") else self._source[index]

    def _checked(self, batch: Any, number: int) -> Samples:
        try:
            return self._check(*parts_of(batch))
        except (ShapeError, DataError, LabelError) as error:
            raise type(error)(text("in_batch", batch=number + 1, error=error)) from error


class _Ahead:
    """The results of `tasks`, in their order, worked on by `workers` threads a few ahead of the one asked for."""

    def __init__(self, tasks: Iterable[Callable[[], Any]], workers: int = 1) -> None:
        self._tasks = iter(tasks)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="konv-batches")
        self._waiting: deque[Future[Any]] = deque()
        self._depth = max(AHEAD, workers + 1)

    def __iter__(self) -> _Ahead:
        return self

    def __next__(self) -> Any:
        while len(self._waiting) < self._depth and (task := next(self._tasks, None)) is not None:
            self._waiting.append(self._pool.submit(task))
        result = self._waiting.popleft().result() if self._waiting else _END
        if result is _END:
            raise StopIteration
        return result

    def close(self) -> None:
        """Give up what has not been begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def is_feed(x: Any) -> bool:
    """Whether `x` hands out batches by itself: an iterator, a Keras `Sequence`, or an iterable that is no array."""
    if isinstance(x, (np.ndarray, list, tuple, dict, str, bytes)) or hasattr(x, "__array__"):
        return False
    return hasattr(x, "__next__") or hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def parts_of(batch: Any) -> tuple[Any, Any, Any]:
    """A `batch` as `(x, y, sample_weight)`, what is missing None.

    Raises: DataError where it is none of x, (x, y) and (x, y, sample_weight).
    """
    if batch is None:
        raise DataError(text("bad_batch", received=None))
    if not isinstance(batch, (tuple, list)):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise DataError(text("bad_batch", received=f"{type(batch).__name__}, {len(batch)}"))
    x, y, weight = (*batch, None, None)[:3]
    return x, y, weight
