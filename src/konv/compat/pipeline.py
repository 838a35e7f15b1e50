"""`tf.data` in small: batches from arrays and files, in the order of the calls that describe them."""

from __future__ import annotations

import builtins
import glob
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np

from konv import random
from konv.compat.missing import missing_name
from konv.compat.strings import told
from konv.compat.values import valued
from konv.errors import ConfigurationError, DataError
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import show

__all__ = ["AUTOTUNE", "Dataset", "cardinality"]

AUTOTUNE = -1
Element = Any


class _Named(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing_name("tensorflow.data.Dataset", name, [n for n in dir(cls) if not n.startswith("_")])


class Dataset(metaclass=_Named):
    """Elements one after the other, each an array or a tuple or dictionary of arrays.

    Arguments: `make`, called for each pass, gives an iterator of elements; `length`, how many, None where unknown.
    """

    def __init__(self, make: Callable[[], Iterator[Element]], length: int | None) -> None:
        self._make, self._length = make, length

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(Dataset, name)

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """One element for each row of the arrays in `tensors`: an array, or a tuple or dictionary of them."""
        arrays = _mapped(np.asarray, tensors)
        length = len(_first(arrays))
        return Dataset(lambda: (_mapped(lambda a, i=i: a[i], arrays) for i in builtins.range(length)), length)

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """The one element `tensors`."""
        return Dataset(lambda: iter([tensors]), 1)

    @staticmethod
    def range(*numbers: int, **others: Any) -> Dataset:
        """Whole numbers, as Python's `range` of `numbers` gives them."""
        row = builtins.range(*numbers)
        return Dataset(lambda: map(np.int64, row), len(row))

    @staticmethod
    def from_generator(generator: Callable[[], Any], *others: Any, **named: Any) -> Dataset:
        """The elements that `generator()` gives, at each pass anew."""
        return Dataset(lambda: iter(generator()), None)

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: int | None = None, **others: Any) -> Dataset:
        """The paths of files, in a random order, a new one at each pass.

        Arguments: `file_pattern`, a path with `*`, `?` and `[…]`, or several; `shuffle`, None for True; `seed`, as of
        `shuffle`. Raises: DataError where there is no such file.
        """
        given = [file_pattern] if isinstance(file_pattern, (str, Path)) else list(file_pattern)
        found = sorted({path for pattern in given for path in glob.glob(str(pattern))})  # noqa: PTH207 (may be absolute)
        if not found:
            raise DataError(text("script.no_files", received=", ".join(map(str, given))))
        row = Dataset(lambda: iter(found), len(found))
        return row if shuffle is False else row.shuffle(len(found), seed)

    @staticmethod
    def zip(*datasets: Any) -> Dataset:
        """Tuples of one element of each of `datasets`."""
        row = datasets[0] if len(datasets) == 1 else datasets
        lengths = [d._length for d in row if d._length is not None]  # noqa: SLF001
        return Dataset(lambda: zip(*row, strict=False), min(lengths, default=None))

    def __iter__(self) -> Iterator[Element]:
        """One pass."""
        return (told(valued(element)) for element in self._make())

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError(text("script.no_length"))
        return self._length

    def cardinality(self) -> Any:
        """How many elements there are, −2 where that is not known."""
        return valued(np.int64(-2 if self._length is None else self._length))

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True) -> Dataset:
        """The elements in a random order, a new one at each pass; of no more than `buffer_size` at a time.

        Arguments: `seed`, by default a number of the process's own seed; `reshuffle_each_iteration`.
        """
        key = random.next_number() if seed is None else seed
        passes = count()

        def make() -> Iterator[Element]:
            turn = next(passes) if reshuffle_each_iteration else 0
            source = iter(self)
            while block := list(islice(source, buffer_size)):
                yield from (block[i] for i in random.permutation(len(block), random.check_seed(key), turn))

        return Dataset(make, self._length)

    def batch(self, batch_size: int, drop_remainder: bool = False, **others: Any) -> Dataset:
        """`batch_size` elements stacked to one; fewer at the end, unless `drop_remainder`."""

        def make() -> Iterator[Element]:
            source = iter(self)
            while block := list(islice(source, batch_size)):
                if len(block) == batch_size or not drop_remainder:
                    yield _stacked(block)

        whole = None if self._length is None else self._length // batch_size
        rest = 0 if self._length is None or drop_remainder else bool(self._length % batch_size)
        return Dataset(make, None if whole is None else whole + rest)

    def map(self, map_func: Callable[..., Any], *others: Any, **named: Any) -> Dataset:
        """`map_func` of each element, whose parts are its arguments."""
        return Dataset(lambda: (map_func(*e) if isinstance(e, tuple) else map_func(e) for e in self), self._length)

    def flat_map(self, map_func: Callable[..., Dataset]) -> Dataset:
        """The elements of the data set that `map_func` makes of each element."""
        return Dataset(lambda: chain.from_iterable(self.map(map_func)), None)

    def shard(self, num_shards: int, index: int) -> Dataset:
        """Every `num_shards`-th element, from the one at `index` on."""
        whole = None if self._length is None else len(builtins.range(index, self._length, num_shards))
        return Dataset(lambda: islice(iter(self), index, None, num_shards), whole)

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """`transformation_func` of it."""
        return transformation_func(self)

    def unbatch(self) -> Dataset:
        """The samples of each batch, one by one."""
        whole = builtins.range
        return Dataset(lambda: (_mapped(lambda a, i=i: a[i], e) for e in self for i in whole(len(_first(e)))), None)

    def concatenate(self, dataset: Dataset) -> Dataset:
        """Its elements, then those of another `dataset`."""
        whole = None if self._length is None or dataset._length is None else self._length + dataset._length
        return Dataset(lambda: chain(self, dataset), whole)

    def with_options(self, options: Any) -> Dataset:
        """Itself."""
        return self

    def filter(self, predicate: Callable[..., Any]) -> Dataset:
        """The elements of which `predicate` is true."""
        return Dataset(lambda: (e for e in self if (predicate(*e) if isinstance(e, tuple) else predicate(e))), None)

    def repeat(self, count: int | None = None) -> Dataset:
        """Everything `count` times, None for without end."""

        def make() -> Iterator[Element]:
            turns = 0
            while count is None or count < 0 or turns < count:
                yield from self
                turns += 1

        return Dataset(make, None if count is None or count < 0 or self._length is None else self._length * count)

    def take(self, count: int) -> Dataset:
        """The first `count` elements."""
        return Dataset(lambda: islice(iter(self), count), None if self._length is None else min(count, self._length))

    def skip(self, count: int) -> Dataset:
        """All but the first `count` elements."""
        left = None if self._length is None else max(0, self._length - count)
        return Dataset(lambda: islice(iter(self), count, None), left)

    def enumerate(self, start: int = 0) -> Dataset:
        """Pairs of a number, from `start`, and an element."""
        return Dataset(lambda: zip(count(start), self, strict=False), self._length)

    def cache(self, *others: Any) -> Dataset:
        """Itself: arrays are in memory."""
        return self

    def prefetch(self, buffer_size: int = AUTOTUNE) -> Dataset:
        """Itself: batches are made ahead of training anyway."""
        return self

    def as_numpy_iterator(self) -> Iterator[Element]:
        """One pass, plain arrays and bytes."""
        return (_mapped(_plain, element) for element in self)


def cardinality(dataset: Dataset) -> Any:
    """How many elements `dataset` has; see `Dataset.cardinality`."""
    return dataset.cardinality()


def _plain(value: Any) -> Any:
    return value.numpy() if hasattr(value, "numpy") else value


def _mapped(function: Callable[..., Any], value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_mapped(function, one) for one in value)
    if isinstance(value, dict):
        return {name: _mapped(function, one) for name, one in value.items()}
    return function(value)


def _first(value: Any) -> Array:
    while isinstance(value, (tuple, dict)):
        if not value:
            raise ConfigurationError(text("no_batches"))
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return np.asarray(value)


def _stacked(block: Sequence[Any]) -> Any:
    first = block[0]
    if isinstance(first, tuple):
        return tuple(_stacked([one[i] for one in block]) for i in range(len(first)))
    if isinstance(first, dict):
        return {name: _stacked([one[name] for one in block]) for name in first}
    rows = [np.asarray(one) for one in block]
    if len(shapes := dict.fromkeys(row.shape for row in rows)) > 1:
        raise DataError(text("script.uneven", received=", ".join(show(shape) for shape in shapes)))
    return np.stack(rows)
