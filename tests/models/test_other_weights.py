"""A file of weights of another architecture: the first layer that differs is told with its shapes on both sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import layers
from konv.errors import ModelFileError
from konv.layers import Layer


def convolution(filters: int = 4, size: int = 3, **more: Any) -> Layer:
    return layers.Conv2D(filters, size, name="conv", **more)


def network(*inner: Layer, channels: int = 2) -> konv.Model:
    return konv.models.Sequential([layers.Input((6, 6, channels)), *inner])


def usual() -> list[Layer]:
    return [convolution(), layers.BatchNormalization(name="norm"), layers.Flatten(), layers.Dense(3, name="out")]


def tower(units: int) -> konv.Model:
    inner = [layers.Input((6, 6, 2)), layers.Flatten(), layers.Dense(units, name="deep")]
    return konv.models.Sequential(inner, name="tower")


OTHERS: dict[str, tuple[Callable[[], list[Layer]], int, str, str]] = {
    "other filters": (
        lambda: [convolution(5), *usual()[1:]], 2, r"3×3×2×4", r"conv \(kernel 3×3×2×5"),
    "another size": (lambda: [convolution(size=2), *usual()[1:]], 2, r"3×3×2×4", r"conv \(kernel 2×2×2×4"),
    "other channels": (usual, 3, r"3×3×2×4", r"conv \(kernel 3×3×3×4"),
    "no bias": (lambda: [convolution(use_bias=False), *usual()[1:]], 2, r"…, (bias )?4\)", r"conv \(…, –\)"),
    "another kind": (
        lambda: [layers.SeparableConv2D(4, 3, name="conv"), *usual()[1:]], 2, r"3×3×2×4", r"depthwise_kernel 3×3×2×1"),
    "unscaled": (
        lambda: [convolution(), layers.BatchNormalization(name="norm", center=False, scale=False), *usual()[2:]], 2,
        r"4", r"norm \(…, –|norm \(moving_mean 4"),
    "no normalisation": (lambda: [convolution(), *usual()[2:]], 2, r"4", r"out \(|none"),
    "other classes": (lambda: [*usual()[:3], layers.Dense(7, name="out")], 2, r"64×3", r"out \(kernel 64×7"),
    "other places": (
        lambda: [convolution(), layers.BatchNormalization(name="norm"), layers.GlobalAveragePooling2D(),
         layers.Dense(3, name="out")], 2, r"64×3", r"out \(kernel 4×3"),
    "one more": (lambda: [*usual(), layers.Dense(3, name="more")], 2, r"none", r"more \(kernel 3×3, bias 3\)"),
    "one in between": (
        lambda: [convolution(), layers.Conv2D(4, 1, name="again"), *usual()[1:]], 2,
        r"none|norm", r"again \(kernel 1×1×4×4"),
    "one fewer": (lambda: usual()[:3], 2, r"64×3", r"none"),
    "only the first": (lambda: usual()[:1], 2, r"4", r"none"),
    "a model inside": (
        lambda: [tower(3)], 2, r"3×3×2×4|layers/batch", r"(tower|tower/deep|deep) \((deep/)?kernel 72×3"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".konv", ".h5", ".weights.h5", ".keras"])
@pytest.mark.parametrize("other", OTHERS)
def test_the_first_layer_that_differs_is_told(other: str, suffix: str, tmp_path: Path):
    """None of the weights has been set."""
    path = tmp_path / f"w{suffix}"
    saved = network(*usual())
    saved.save(path) if suffix == ".keras" else saved.save_weights(path)
    inner, channels, received, expected = OTHERS[other]
    model = network(*inner(), channels=channels)
    before = model.get_weights()
    words = rf"differs: (.*){received}.* in the file, .*{expected}.* in the model"
    with pytest.raises(ModelFileError, match=words) as refused:
        model.load_weights(path)
    said = str(refused.value)
    assert re.search(r"another architecture: 8 in 3 layers, where the model has \d+ in \d", said)
    for mine, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, kept)


def test_models_inside_differ(tmp_path: Path):
    for suffix in (".konv", ".h5", ".weights.h5"):
        network(tower(3)).save_weights(tmp_path / f"t{suffix}")
        with pytest.raises(ModelFileError, match=r"72×3, (\S*bias )?3\) in the file, .*72×4, \S*bias 4\) in the model"):
            network(tower(4)).load_weights(tmp_path / f"t{suffix}")


def test_by_name_only_layers_of_that_name_are_compared(tmp_path: Path):
    network(*usual()).save_weights(tmp_path / "w.h5")
    with pytest.raises(ModelFileError, match=r"differs: out \(kernel 64×3, bias 3\) in the file, out \(kernel 144×3"):
        network(layers.Conv2D(9, 3), layers.Flatten(), layers.Dense(3, name="out")).load_weights(
            tmp_path / "w.h5", by_name=True
        )
