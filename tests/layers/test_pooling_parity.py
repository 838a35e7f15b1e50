"""Pooling layers against Keras's, one at a time, in random configurations; with `--slow` fifty of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.parity import Oracle, check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 2))


WINDOWS = {"MaxPooling1D": 1, "AveragePooling1D": 1, "MaxPooling2D": 2, "AveragePooling2D": 2}
WHOLE = {"GlobalMaxPooling1D": 1, "GlobalAveragePooling1D": 1, "GlobalMaxPooling2D": 2, "GlobalAveragePooling2D": 2}


@pytest.mark.parametrize("kind", WINDOWS)
def test_windows_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    """Overlapping, side by side, or with gaps."""
    rng = np.random.default_rng(number)
    pool = tuple(int(n) for n in rng.integers(1, 5, WINDOWS[kind]))
    strides = tuple(int(n) for n in rng.integers(1, 4, WINDOWS[kind]))
    sizes = (p + int(rng.integers(0, 8)) for p in pool)
    arguments: dict[str, Any] = {"pool_size": pool, "strides": strides, "padding": str(rng.choice(["valid", "same"]))}
    check(oracle, kind, arguments, (*sizes, int(rng.integers(1, 20))), number)


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_maps_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    rng = np.random.default_rng(number)
    shape = (*(int(n) for n in rng.integers(1, 9, WHOLE[kind])), int(rng.integers(1, 40)))
    check(oracle, kind, {"keepdims": bool(number % 2)}, shape, number)


ADAPTIVE = {
    "AdaptiveAveragePooling1D": 1, "AdaptiveMaxPooling1D": 1, "AdaptiveAveragePooling2D": 2, "AdaptiveMaxPooling2D": 2,
}  # fmt: skip


@pytest.mark.parametrize("kind", ADAPTIVE)
def test_adaptive_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    """Bins that divide the map, that overlap, and more of them than places."""
    rng = np.random.default_rng(number)
    sizes = (*(int(n) for n in rng.integers(1, 9, ADAPTIVE[kind])), int(rng.integers(1, 40)))
    made = tuple(int(n) for n in rng.integers(1, 7, ADAPTIVE[kind]))
    check(oracle, kind, {"output_size": made if number % 3 else made[0]}, sizes, number)
