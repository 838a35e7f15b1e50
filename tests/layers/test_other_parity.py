"""Dense layers, layers that prepare data, and layers that draw random numbers against Keras's, in random
configurations; with `--slow` fifty of each. And that nothing Keras has is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from konv import layers
from konv.ops.record import Run
from konv.random import Stream
from tests.layers import (
    test_activation_parity as activation,
    test_composed_parity as composed,
    test_convolution_parity as convolution,
    test_normalization_parity as norms,
    test_places_parity as places,
    test_pooling_parity as pooling,
)
from tests.layers.parity import Case, Oracle, check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 1))


def image(rng: np.random.Generator) -> tuple[int, ...]:
    return (*(int(n) for n in rng.integers(2, 8, 2)), int(rng.integers(1, 5)))


BOTH = {"class_name": "L1L2", "config": {"l1": 0.02, "l2": 0.03}}


def dense(rng: np.random.Generator) -> Case:
    """On vectors, sequences and images; regularised and bounded in one of two."""
    shape = (*(int(n) for n in rng.integers(1, 5, rng.integers(0, 3))), int(rng.integers(1, 40)))
    arguments: dict[str, Any] = {"units": int(rng.integers(1, 40)), "use_bias": bool(rng.random() < 0.7)}
    arguments["activation"] = str(rng.choice(["linear", "relu", "tanh", "sigmoid", "softmax"]))
    if rng.random() < 0.5:
        arguments |= {"kernel_regularizer": "l2", "activity_regularizer": "l1", "kernel_constraint": "max_norm"}
        arguments |= {"bias_regularizer": BOTH, "bias_constraint": "non_neg"} if arguments["use_bias"] else {}
    return arguments, shape


def rescaling(rng: np.random.Generator) -> Case:
    shape = image(rng)
    offset = rng.normal(size=shape[-1]).tolist() if rng.random() < 0.5 else float(rng.normal())
    return {"scale": float(rng.normal()), "offset": offset}, shape


def normalization(rng: np.random.Generator) -> Case:
    shape = image(rng)
    axes = [[None, -1, (1, 3), (1, 2, 3)][rng.integers(4)]]
    kept = [] if axes[0] is None else [shape[-1]] if axes[0] == -1 else [shape[a - 1] for a in axes[0]]
    mean, variance = rng.normal(size=kept), rng.uniform(0.3, 2, kept)
    arguments = {"axis": axes[0], "mean": mean.tolist(), "variance": variance.tolist()}
    return {**arguments, "invert": bool(rng.random() < 0.3)}, shape


def activity_regularization(rng: np.random.Generator) -> Case:
    return {"l1": float(rng.uniform(0, 0.1)), "l2": float(rng.uniform(0, 0.1))}, image(rng)


def dropping(name: str, axes: int | None = None) -> Any:
    """With nothing to drop, or no noise: what is drawn is no library's but its own."""

    def drawn(rng: np.random.Generator) -> Case:
        shape = image(rng)
        return {name: 0.0}, shape if axes is None else shape[-axes - 1 :]

    return drawn


KINDS = {
    "ActivityRegularization": activity_regularization, "AlphaDropout": dropping("rate"), "Dense": dense,
    "Dropout": dropping("rate"), "GaussianDropout": dropping("rate"), "GaussianNoise": dropping("stddev"),
    "Normalization": normalization, "Rescaling": rescaling, "SpatialDropout1D": dropping("rate", 1),
    "SpatialDropout2D": dropping("rate", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    arguments, shape = KINDS[kind](np.random.default_rng(number))
    check(oracle, kind, arguments, shape, number, own=2 if kind == "Normalization" else 0)


def moving(rng: np.random.Generator) -> dict[str, Any]:
    way = {"fill_mode": str(rng.choice(["reflect", "wrap", "constant", "nearest"])), "fill_value": 0.25}
    return {**way, "interpolation": "bilinear"}


def one(rng: np.random.Generator, most: float = 0.4, least: float | None = None) -> tuple[float, float]:
    """A range of one value, which leaves nothing to chance."""
    value = float(rng.uniform(-most if least is None else least, most))
    return value, value


AUGMENTING: dict[str, Any] = {
    "RandomBrightness": lambda rng: {"factor": one(rng), "value_range": (-3, 3)},
    "RandomContrast": lambda rng: {"factor": one(rng, 0.9, 0.1), "value_range": (-9, 9)},
    "RandomRotation": lambda rng: {"factor": one(rng), **moving(rng)},
    "RandomTranslation": lambda rng: {"height_factor": one(rng), "width_factor": one(rng), **moving(rng)},
    "RandomZoom": lambda rng: {
        "height_factor": one(rng), "width_factor": one(rng) if rng.random() < 0.7 else None, **moving(rng)},
    "RandomErasing": lambda rng: {}, "RandomFlip": lambda rng: {},
    "RandomShear": lambda rng: {"x_factor": float(rng.uniform(0, 0.5)), "y_factor": 0.1},
}  # fmt: skip
LEFT_TO_CHANCE = {"RandomContrast", "RandomErasing", "RandomFlip", "RandomShear"}


@pytest.mark.parametrize("kind", AUGMENTING)
def test_augmentation_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    """In prediction, and in training where nothing is left to chance."""
    rng = np.random.default_rng(number)
    arguments, shape = AUGMENTING[kind](rng), (int(rng.integers(8, 12)), int(rng.integers(8, 12)), 2)
    x = rng.normal(size=(3, *shape)).astype("float32")
    ours, theirs = (getattr(module, kind)(**arguments) for module in (layers, oracle("keras").layers))
    np.testing.assert_allclose(ours(x), theirs(x, training=False), rtol=1e-6, atol=1e-6)
    if kind not in LEFT_TO_CHANCE:
        found = ours.op(shape).forward((x,), (), Run(True, Stream(7, 1, 2, np.arange(3))))
        np.testing.assert_allclose(found, theirs(x, training=True), atol=2e-4)


APART = {
    "InputLayer",  # every network here has one
    "Lambda",  # whatever its function is
    "RandomCrop",  # Keras 3.15 hands images on whole in prediction, against its own documentation: the middle
}


def test_nothing_is_left_out(oracle: Oracle) -> None:
    """Every layer that konv and Keras share is compared: here, or with the others of its kind."""
    made = oracle("keras").layers
    ours = {name for name in layers.LAYERS if isinstance(getattr(made, name, None), type)}
    compared = {
        *KINDS, *AUGMENTING, *activation.KINDS, *convolution.KINDS, *norms.KINDS, *places.KINDS, *places.MERGING,
        *composed.KINDS, *pooling.WINDOWS, *pooling.WHOLE, *pooling.ADAPTIVE, *APART,
    }  # fmt: skip
    assert ours <= compared, ours - compared
