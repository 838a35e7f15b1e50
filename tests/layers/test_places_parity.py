"""Layers that put numbers elsewhere, against Keras's: outputs, and what comes back through them."""

from __future__ import annotations

from typing import Any

import pytest

from konv.errors import ConfigurationError, ShapeError
from konv.layers import Cropping2D, Input, Permute, RepeatVector, UpSampling2D, ZeroPadding1D, ZeroPadding2D
from tests.layers.parity import Oracle, check

CASES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("ZeroPadding2D", {"padding": ((0, 2), (3, 1))}, (4, 3, 5)),
    ("ZeroPadding2D", {"padding": (2, 1)}, (2, 3, 1)),
    ("ZeroPadding1D", {"padding": (2, 0)}, (4, 3)),
    ("Cropping2D", {"cropping": ((1, 2), (0, 1))}, (6, 4, 19)),
    ("Cropping1D", {"cropping": 1}, (4, 3)),
    ("UpSampling2D", {"size": (2, 3)}, (3, 2, 4)),
    ("UpSampling2D", {"size": (3, 2), "interpolation": "bilinear"}, (3, 4, 5)),
    ("UpSampling2D", {"size": 4, "interpolation": "bilinear"}, (1, 2, 1)),
    ("UpSampling1D", {"size": 3}, (4, 2)),
    ("Reshape", {"target_shape": (-1, 4)}, (4, 3, 2)),
    ("Permute", {"dims": (2, 1, 3)}, (4, 3, 2)),
    ("Permute", {"dims": (3, 2, 1)}, (4, 3, 2)),
    ("RepeatVector", {"n": 3}, (5,)),
]


@pytest.mark.parametrize(("kind", "arguments", "shape"), CASES)
def test_as_keras(kind: str, arguments: dict[str, Any], shape: tuple[int, ...], oracle: Oracle) -> None:
    check(oracle, kind, arguments, shape)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ZeroPadding2D((1, 2, 3)), "padding is one integer"),
        (lambda: ZeroPadding2D("same"), "padding is one integer"),
        (lambda: ZeroPadding1D((1, -1)), "padding"),
        (lambda: UpSampling2D(0), "size"),
        (lambda: UpSampling2D(2, interpolation="bicubic"), "nearest, bilinear"),
        (lambda: Permute((0, 1)), "dims"),
        (lambda: RepeatVector(0), "n must be an integer"),
    ],
)
def test_bad_arguments(make: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Cropping2D(2, name="cut"), (4, 5, 1), r"Layer cut: .*leaves nothing of the 4×5×1 input"),
        (Permute((2, 3), name="turn"), (4, 5), r"Layer turn: .*each of the input's 2 axes once.*\(2, 3\).*4×5"),
        (RepeatVector(2, name="again"), (4, 5), r"Layer again: .*1 axis.*4×5"),
        (ZeroPadding1D(name="around"), (4, 5, 6), r"Layer around: .*sequences: 2 axes.*4×5×6"),
    ],
)
def test_inputs_that_do_not_fit(layer: Any, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        layer(Input(shape))
