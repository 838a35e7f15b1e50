"""Layers that normalise against Keras's, one at a time, in random configurations; with `--slow` fifty of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.parity import Oracle, check

Case = tuple[dict[str, Any], tuple[int, ...]]


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


KINDS = {"BatchNormalization": batch_normalization}


@pytest.mark.parametrize("kind", KINDS)
def test_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    arguments, size = KINDS[kind](np.random.default_rng(number))
    check(oracle, kind, arguments, size, number, still=1 if arguments["trainable"] else 4)
