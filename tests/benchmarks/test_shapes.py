"""The layer shapes that are measured are those of the networks: their multiply-adds are the published ones."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from konv.ops import Conv2D
from tests.house.source import CHECKOUT

# AlexNet with its two towers; ResNet-50 with its strides in the 3×3 convolutions; SqueezeNet 1.0 on 224×224.
MACS = {
    "alexnet": 724_406_816,
    "vgg16": 15_470_264_320,
    "resnet50": 4_089_184_256,
    "densenet121": 2_834_161_664,
    "mobilenet_v2": 300_774_272,
    "squeezenet": 818_924_576,
}


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(CHECKOUT / "benchmarks")
    monkeypatch.delitem(sys.modules, "shapes", raising=False)
    import shapes

    return shapes


@pytest.mark.parametrize("name", MACS)
def test_multiply_adds(name: str, shapes: Any):
    total = 0
    for layer in shapes.NETWORKS[name]():
        if layer.kind == "dense":
            total += layer.channels * layer.filters
        elif layer.kind in ("convolution", "depthwise"):
            kernel, strides, around = ((n, n) for n in (layer.kernel, layer.stride, layer.padding))
            op = Conv2D(layer.filters, kernel, strides, around, groups=layer.groups)
            total += op.macs((layer.size, layer.size, layer.channels))
    assert total == MACS[name]


def test_each_shape_is_measured_once(shapes: Any):
    every = shapes.distinct(list(MACS))
    assert len(every) == len(set(every)) > 150
    assert {layer.network for layer in every} == set(MACS)
