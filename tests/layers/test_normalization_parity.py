"""Layers that normalise against Keras's, one at a time, in random configurations; with `--slow` fifty of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.parity import Case, Oracle, check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 3))


def shape(rng: np.random.Generator) -> tuple[int, ...]:
    """An image, a sequence or a vector, of from 1 to 40 channels."""
    return (*(int(n) for n in rng.integers(1, 7, rng.integers(0, 3))), int(rng.integers(1, 41)))


def batch_normalization(rng: np.random.Generator) -> Case:
    center, scale, trainable = (bool(v) for v in rng.random(3) < (0.7, 0.7, 0.8))
    momentum, epsilon = float(rng.choice([0.99, 0.9, 0.5])), float(rng.choice([1e-3, 0.1]))
    return {
        "momentum": momentum, "epsilon": epsilon, "center": center, "scale": scale, "trainable": trainable,
    }, shape(rng)  # fmt: skip


def layer_normalization(rng: np.random.Generator) -> Case:
    size = shape(rng)
    axes: Any = -1
    if rng.random() < 0.5:
        axes = sorted({int(a) for a in rng.integers(1, len(size) + 1, rng.integers(1, len(size) + 1))})
    center, scale = (bool(v) for v in rng.random(2) < 0.7)
    return {"axis": axes, "epsilon": float(rng.choice([1e-2, 0.1])), "center": center, "scale": scale}, size


def group_normalization(rng: np.random.Generator) -> Case:
    size, groups = shape(rng)[:-1], int(rng.integers(1, 6))
    center, scale = (bool(v) for v in rng.random(2) < 0.7)
    channels = groups * int(rng.integers(1, 9))
    groups = -1 if rng.random() < 0.2 and len(size) else groups
    return {"groups": groups, "epsilon": float(rng.choice([1e-2, 0.1])), "center": center, "scale": scale}, (
        *size, channels,
    )  # fmt: skip


def rms_normalization(rng: np.random.Generator) -> Case:
    return {"axis": -1, "epsilon": float(rng.choice([1e-2, 0.1]))}, shape(rng)


def unit_normalization(rng: np.random.Generator) -> Case:
    size = shape(rng)
    return {"axis": int(rng.integers(1, len(size) + 1))}, size


KINDS = {
    "BatchNormalization": batch_normalization, "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization, "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    arguments, size = KINDS[kind](np.random.default_rng(number))
    still = 1 if arguments.get("trainable", True) and together(arguments, size) > 1 else 4
    check(oracle, kind, arguments, size, number, still)


def together(arguments: dict[str, Any], size: tuple[int, ...]) -> int:
    """How many numbers of a sample are normalised together; of one alone nothing is left but β."""
    if "groups" in arguments:
        return int(np.prod(size)) // (size[-1] if arguments["groups"] < 0 else arguments["groups"])
    axes = arguments.get("axis")
    return int(np.prod([size[-1] if a < 0 else size[a - 1] for a in np.ravel(axes)])) if axes is not None else 2
