"""Images that a table names: one row an image, its columns told by name (`ImageDataGenerator.flow_from_dataframe`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from konv.data.batches import Array
from konv.data.directory import Listing
from konv.data.folder import some
from konv.data.images import SUFFIXES
from konv.data.prepared import PreparedFiles
from konv.errors import DataError, DataWarning, warn
from konv.messages import text

__all__ = ["FrameBatches", "Rows", "rows_of"]

BY_CLASS = ("categorical", "binary", "sparse")
"""The class modes whose targets are classes."""


@dataclass(frozen=True)
class Rows:
    """The rows of a table: a `listing` of its files; `targets`, arrays with an entry for each (none where the listing's
    classes are all); `weights`, of samples, or None."""

    listing: Listing
    targets: tuple[Array, ...]
    weights: Array | None

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names."""
        return self.listing.names

    def take(self, which: Array) -> Rows:
        """Those numbered in `which`."""
        weights = None if self.weights is None else self.weights[which]
        return replace(
            self, listing=self.listing.take(which), targets=tuple(t[which] for t in self.targets), weights=weights
        )


def rows_of(
    table: Any,
    directory: str | Path | None,
    x_col: str,
    y_col: Any,
    weight_col: str | None,
    classes: Sequence[str] | None,
    mode: str | None,
    validated: bool,
) -> Rows:
    """The rows of `table`; arguments as of `flow_from_dataframe`. Raises: DataError."""
    base = Path(directory or "").expanduser()
    names = [str(name) for name in _column(table, x_col)]
    given = [_column(table, c) for c in (y_col if isinstance(y_col, (list, tuple)) else [y_col])] if _told(mode) else []
    weights = None if weight_col is None else _numbers(_column(table, weight_col), weight_col)
    for length in (*map(len, given), len(names) if weights is None else len(weights)):
        if length != len(names):
            raise DataError(text("column_lengths", name=x_col, count=len(names), other=length))
    keep = np.ones(len(names), bool)
    if validated:
        keep = np.array([n.lower().endswith(SUFFIXES) and (base / n).is_file() for n in names], bool)
        if lost := [name for name, kept in zip(names, keep, strict=True) if not kept]:
            warn(text("files_of_table_missing", path=base, count=len(lost), names=some(lost)), DataWarning)
    labels, known, targets = np.zeros(len(names), np.int64), (), ()  # type: Array, tuple[str, ...], tuple[Array, ...]
    if mode in BY_CLASS:
        labels, known, targets, present = _by_class(given[0], str(y_col), classes, mode, keep)
        keep &= present
    elif mode == "raw":
        columns = [_numbers(column, y_col) for column in given]
        targets = (np.stack(columns, 1) if isinstance(y_col, (list, tuple)) else columns[0],)
    elif mode == "multi_output":
        targets = tuple(_numbers(column, name) for column, name in zip(given, y_col, strict=True))
    if not keep.any():
        raise DataError(text("no_rows", path=base, name=x_col))
    opens = tuple(partial(str, base / name) for name in names)
    return Rows(Listing(base, tuple(names), opens, labels, known), targets, weights).take(np.flatnonzero(keep))


def _told(mode: str | None) -> bool:
    return mode not in (None, "input")


def _column(table: Any, name: Any) -> list[Any]:
    """The column `name` of `table`. Raises: DataError, with those there are, for one there is not."""
    try:
        return list(table[name])
    except (KeyError, ValueError, IndexError, TypeError) as error:
        fields = getattr(getattr(table, "dtype", None), "names", None)
        known = fields or getattr(table, "columns", None)
        known = known if known is not None else table if isinstance(table, dict) else ()
        raise DataError(text("no_such_column", received=name, known=", ".join(map(str, known)) or "—")) from error


def _numbers(column: Sequence[Any], name: Any) -> Array:
    found = np.asarray(column)
    if found.dtype.kind not in "buif" or not np.isfinite(found).all():
        raise DataError(text("column_no_numbers", name=name, received=found.dtype))
    return found


def _by_class(
    column: list[Any], name: str, classes: Sequence[str] | None, mode: str, keep: Array
) -> tuple[Array, tuple[str, ...], tuple[Array, ...], Array]:
    """Labels, the classes' names, one-hot rows where rows have several classes, and which rows have a class that
    counts."""
    several = any(isinstance(value, (list, tuple)) for value in column)
    rows = [list(value) if isinstance(value, (list, tuple)) else [value] for value in column]
    if missing := [i for i, row in enumerate(rows) if any(v is None or v != v for v in row)]:
        raise DataError(text("column_missing", name=name, rows=some(map(str, missing))))
    found = {value for row, kept in zip(rows, keep, strict=True) if kept for value in row}
    order = sorted(found, key=lambda v: (isinstance(v, str), v)) if classes is None else list(classes)
    place = {str(value): i for i, value in enumerate(order)}
    numbers = [[place[str(v)] for v in row if str(v) in place] for row in rows]
    present = np.array([bool(row) for row in numbers], bool)
    labels = np.array([row[0] if row else 0 for row in numbers], np.int64)
    if not (several and mode == "categorical"):
        return labels, tuple(place), (), present
    hot = np.zeros((len(rows), len(place)), np.float32)
    for line, row in zip(hot, numbers, strict=True):
        line[row] = 1
    return labels, tuple(place), (hot,), present


class FrameBatches(PreparedFiles):
    """What `flow_from_dataframe` gives: a generator's batches of the images that `rows` name."""

    def __init__(self, *given: Any, rows: Rows, **others: Any) -> None:
        super().__init__(*given, **others)
        self.rows = rows

    def make(self, numbers: Array, turn: int) -> Any:
        """The images numbered `numbers`, changed and normalised, with targets and weights."""
        if self.rows.targets:
            y: Any = [target[numbers] for target in self.rows.targets]
            made = self.prepared(numbers, turn), y if self.class_mode == "multi_output" else y[0]
        else:
            made = super().make(numbers, turn)
        weights = self.rows.weights
        return made if weights is None or not isinstance(made, tuple) else (*made, weights[numbers])
