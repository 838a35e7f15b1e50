"""Convolutional layers against Keras's, one at a time, in random configurations; with `--slow` fifty of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.layers.parity import Case, Oracle, check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 1))


def window(rng: np.random.Generator, axes: int = 2) -> tuple[dict[str, Any], list[int]]:
    """Kernel, strides or dilation, padding; and sizes of an image they fit."""
    kernel = [int(n) for n in rng.integers(1, 5, axes)]
    stride, dilation = [1] * axes, [1] * axes
    if rng.random() < 0.6:  # Keras takes one of them
        stride = [int(rng.integers(1, 4))] * axes
    else:
        dilation = [int(n) for n in rng.integers(1, 4, axes)]
    sizes = [(k - 1) * d + int(rng.integers(1, 8)) for k, d in zip(kernel, dilation, strict=True)]
    arguments = {"kernel_size": tuple(kernel), "strides": tuple(stride), "dilation_rate": tuple(dilation)}
    return {**arguments, "padding": str(rng.choice(["valid", "same"]))}, sizes


def options(rng: np.random.Generator) -> dict[str, Any]:
    return {"use_bias": bool(rng.random() < 0.7), "activation": str(rng.choice(["linear", "relu", "tanh"]))}


def depthwise(rng: np.random.Generator) -> Case:
    arguments, sizes = window(rng)
    arguments["strides"] = (arguments["strides"][0],) * 2
    return {**arguments, **options(rng), "depth_multiplier": int(rng.choice([1, 1, 2, 3, 5]))}, (
        *sizes,
        int(rng.integers(1, 20)),
    )


def separable(rng: np.random.Generator) -> Case:
    arguments, shape = depthwise(rng)
    return {**arguments, "filters": int(rng.integers(1, 12))}, shape


def on_sequences(rng: np.random.Generator) -> tuple[dict[str, Any], list[int]]:
    arguments, sizes = window(rng, 1)
    if rng.random() < 0.3:
        arguments["padding"] = "causal"
    return {**arguments, **options(rng)}, sizes


def conv1d(rng: np.random.Generator) -> Case:
    arguments, sizes = on_sequences(rng)
    groups = int(rng.integers(1, 4))
    made, taken = (groups * int(n) for n in rng.integers(1, 12, 2))
    return {**arguments, "filters": made, "groups": groups}, (*sizes, taken)


def depthwise1d(rng: np.random.Generator) -> Case:
    arguments, shape = depthwise(rng)
    arguments, sizes = on_sequences(rng)
    arguments["padding"] = str(rng.choice(["valid", "same"]))
    return {**arguments, "depth_multiplier": int(rng.integers(1, 4))}, (*sizes, shape[2])


def separable1d(rng: np.random.Generator) -> Case:
    arguments, shape = depthwise1d(rng)
    return {**arguments, "filters": int(rng.integers(1, 12))}, shape


def conv2d(rng: np.random.Generator) -> Case:
    arguments, sizes = window(rng)
    groups = int(rng.choice([1, 1, 2, 3]))
    made, taken = (groups * int(n) for n in rng.integers(1, 12, 2))
    return {**arguments, **options(rng), "filters": made, "groups": groups}, (*sizes, taken)


def transposed(rng: np.random.Generator, axes: int = 2) -> Case:
    arguments, sizes = window(rng, axes)
    stride = arguments["strides"][0]
    if rng.random() < 0.4:
        arguments["output_padding"] = (int(rng.integers(0, stride)),) * axes
    return {**arguments, **options(rng), "filters": int(rng.integers(1, 12))}, (*sizes, int(rng.integers(1, 12)))


KINDS = {
    "Conv1D": conv1d,
    "Conv1DTranspose": lambda rng: transposed(rng, 1),
    "Conv2D": conv2d,
    "Conv2DTranspose": transposed,
    "DepthwiseConv1D": depthwise1d,
    "DepthwiseConv2D": depthwise,
    "SeparableConv1D": separable1d,
    "SeparableConv2D": separable,
}


@pytest.mark.parametrize("kind", KINDS)
def test_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    arguments, shape = KINDS[kind](np.random.default_rng(number))
    check(oracle, kind, arguments, shape, number)
