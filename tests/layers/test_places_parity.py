"""Layers that put numbers elsewhere, against Keras's: outputs, and what comes back through them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import konv
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 1))


def drawn(kind: str, rng: np.random.Generator) -> tuple[dict[str, Any], tuple[int, ...]]:
    """A random configuration of a layer, and the shape of what it takes."""
    axes = 1 if kind.endswith("1D") else 2
    sizes, channels = [int(n) for n in rng.integers(3, 8, axes)], int(rng.integers(1, 20))
    pairs = tuple((int(a), int(b)) for a, b in rng.integers(0, 2, (axes, 2)))
    margins = pairs[0] if axes == 1 else pairs
    shape = (*sizes, channels)
    if kind.startswith("ZeroPadding"):
        return {"padding": margins}, shape
    if kind.startswith("Cropping"):
        return {"cropping": margins}, shape
    if kind == "UpSampling1D":
        return {"size": int(rng.integers(1, 5))}, shape
    if kind == "UpSampling2D":
        way = str(rng.choice(["nearest", "bilinear"]))
        return {"size": tuple(int(n) for n in rng.integers(1, 4, 2)), "interpolation": way}, shape
    if kind == "Resizing":
        size = dict(zip(("height", "width"), (int(n) for n in rng.integers(1, 12, 2)), strict=True))
        way = str(rng.choice(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]))
        return {**size, "interpolation": way, "crop_to_aspect_ratio": bool(rng.random() < 0.3)}, shape
    if kind == "CenterCrop":
        return {"height": int(rng.integers(1, sizes[0] + 1)), "width": int(rng.integers(1, sizes[1] + 1))}, shape
    if kind == "Permute":
        return {"dims": tuple(int(n) + 1 for n in rng.permutation(3))}, shape
    if kind == "RepeatVector":
        return {"n": int(rng.integers(1, 6))}, (channels,)
    return ({"target_shape": (-1, channels)}, shape) if kind == "Reshape" else ({}, shape)


KINDS = [
    "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D", "Permute",
    "RepeatVector", "Reshape", "Flatten", "Resizing", "CenterCrop", "Identity",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_random_layers_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    arguments, shape = drawn(kind, np.random.default_rng(number))
    check(oracle, kind, arguments, shape, number)


MERGING = ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]


@pytest.mark.parametrize("kind", MERGING)
def test_merging_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    """Of two or three inputs, some of them repeated along axes of one element."""
    keras, rng = oracle("keras"), np.random.default_rng(number)
    shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 4)))
    count = 2 if kind == "Subtract" else int(rng.integers(2, 4))
    narrow = kind != "Concatenate" and rng.random() < 0.5 and len(shape) > 1
    shapes = [shape, *[(1, *shape[1:]) if narrow else shape] * (count - 1)]
    options = {"axis": int(rng.integers(1, len(shape) + 1))} if kind == "Concatenate" else {}
    data = [rng.normal(size=(3, *one)).astype("float32") for one in shapes]
    found, weights = [], [rng.normal(size=(one[-1], one[-1])).astype("float32") for one in shapes]
    target = None
    for module in (konv, keras):
        made = module.layers
        inputs = [made.Input(one) for one in shapes]
        before = [made.Dense(one[-1], use_bias=False)(x) for one, x in zip(shapes, inputs, strict=True)]
        model = module.models.Model(inputs, getattr(made, kind)(**options)(before))
        model.set_weights(weights)
        y = np.asarray(model.predict(data, verbose=0))
        target = rng.normal(size=y.shape).astype("float32") if target is None else target
        model.compile(module.optimizers.SGD(0.3), "mse")
        model.train_on_batch(data, target)
        found.append([y, *model.get_weights()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ZeroPadding2D((1, 2, 3)), "padding is one integer"),
        (lambda: ZeroPadding2D("same"), "padding is one integer"),
        (lambda: ZeroPadding1D((1, -1)), "padding"),
        (lambda: UpSampling2D(0), "size"),
        (lambda: UpSampling2D(2, interpolation="area"), "nearest, bilinear"),
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
