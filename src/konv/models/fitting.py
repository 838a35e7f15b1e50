"""Whether the weights in a file are those of a model; if not, where they first differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, zip_longest
from pathlib import Path

from konv.errors import ModelFileError
from konv.messages import text
from konv.shapes import Shape, show

__all__ = ["Row", "by_owner", "check"]

Row = tuple[str, Sequence[tuple[str, Shape]]]
"""A layer and its weights, each a name and a shape."""

MOST = 4
"""How many weights of a layer are told of, from the first that differs on."""


def by_owner(weights: Iterable[tuple[str, Shape]]) -> list[Row]:
    """Rows of `weights`, each a name `LAYER/WEIGHT` and a shape: one for each run of weights of one layer."""
    split = ((*name.rpartition("/")[::2], shape) for name, shape in weights)
    return [(layer, [(name, shape) for _, name, shape in row]) for layer, row in groupby(split, key=lambda one: one[0])]


def check(path: Path, theirs: Sequence[Row | None], mine: Sequence[Row], named: bool = False) -> None:
    """Compare the layers in the file at `path` with those of the model, one with one.

    Arguments: `theirs`, the file's, None where it lacks one, with those that the model lacks at the end; `mine`, the
    model's; `named`, whether names of weights have to be the same too.
    Raises: ModelFileError, which tells of the first layer that differs what the file has and what the model has.
    """
    for their, my in zip_longest(theirs, mine):
        found, wanted = (() if row is None else row[1] for row in (their, my))
        first = _difference([w if named else w[1] for w in found], [w if named else w[1] for w in wanted])
        if first is not None:
            has, wants = ([row for row in rows if row is not None] for rows in (theirs, mine))
            other = their or next(iter(theirs[len(mine) :]), None)
            raise ModelFileError(
                text("other_weights", path=path, received=_told(other, first), expected=_told(my, first),
                     has=sum(len(row[1]) for row in has), has_layers=len(has),
                     wants=sum(len(row[1]) for row in wants), wants_layers=len(wants))
            )  # fmt: skip


def _difference(found: Sequence[object], wanted: Sequence[object]) -> int | None:
    """The place of the first pair that differs."""
    return next((i for i, (a, b) in enumerate(zip_longest(found, wanted)) if a != b), None)


def _told(row: Row | None, first: int) -> str:
    """A layer with the shapes of its weights, from the one that differs on."""
    if row is None:
        return text("no_layer")
    layer, weights = row
    shown = [f"{_short(name, layer)} {show(shape)}".strip() for name, shape in weights[first : first + MOST]]
    before, after = ["…"] * (first > 0), ["…"] * (len(weights) > first + MOST)
    return f"{layer} ({', '.join((*before, *(shown or ['–']), *after))})"


def _short(name: str, layer: str) -> str:
    """A weight's name without its layer's, and without what formats add; Keras 3 has numbers in place of names."""
    found = name.removeprefix(f"{layer}/").removesuffix(":0")
    return "" if found.isdigit() else found
