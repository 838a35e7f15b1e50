"""Receptive fields: known values, and every network against the footprint of a gradient."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from konv import ops, zoo
from konv.explain.sight import sights
from konv.layers import (
    AdaptiveAveragePooling2D,
    Add,
    AveragePooling2D,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    Multiply,
    UpSampling2D,
    ZeroPadding2D,
)
from konv.models import Model
from konv.ops import image
from tests.explain.footprint import Footprint

# Araujo, Norris & Sim, Computing receptive fields of convolutional neural networks, Distill, 2019 (AlexNet, VGG-16,
# ResNet-50, MobileNetV1); Ronneberger et al. 2015 have no number; the others follow from the same recurrence.
KNOWN = {
    ("alexnet", "pool5"): (195, 32), ("vgg16", "pool5"): (212, 32), ("resnet50", "conv5_3_relu"): (483, 32),
    ("mobilenet_v1", "conv14_pointwise"): (315, 32), ("alexnet", "conv1"): (11, 4), ("alexnet", "pool1"): (19, 8),
    ("alexnet", "conv2"): (51, 8), ("alexnet", "pool2"): (67, 16), ("alexnet", "conv5"): (163, 16),
    ("lenet5", "s4"): (16, 4), ("resnet18", "conv5_2_relu"): (435, 32),
}  # fmt: skip


HEAVY = ("efficientnet_lite0", "mobilenet_v2", "resnet56", "densenet121")


@pytest.mark.parametrize(("name", "layer"), KNOWN)
def test_published_receptive_fields(name: str, layer: str):
    model = zoo.build(name)
    found = sights(model.graph)[model.get_layer(layer).output]
    field, jump = KNOWN[name, layer]
    assert (found.size, found.jump) == ((field, field), (jump, jump))


def check(model: Model, count: int, places: int, margin: int = 0) -> None:
    """Compare `count` maps of `model` at `places` places each with the footprint.

    Where a view comes nearer to the image's edge than `margin`, places that a map before does not have would be part of
    it, and nothing is compared; of each map some place must be far enough.
    """
    found, footprint = sights(model.graph), Footprint(model.graph)
    maps = [t for t in footprint.values if len(t.shape) == 3 and t.node.inputs]
    for tensor in [maps[i] for i in np.linspace(0, len(maps) - 1, count).round().astype(int)]:
        compared = 0
        for k in range(places):
            # The middle and its neighbours, so that every phase of an enlarged map has its turn.
            place = tuple(min(n // 2 + k, n - 1) for n in tensor.shape[:2])
            met = footprint.of(tensor, *place)
            sight, sizes = found[tensor], model.input_shape[1:3]
            for span, i, seen, size in zip((sight.rows, sight.columns), place, met, sizes, strict=True):
                first, last = span.seen(i)
                if first >= margin and last < size - margin:
                    assert seen == (first, last), (tensor.node.layer, i)
                    compared += 1
        assert compared, tensor.node.layer


@pytest.mark.slow
@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_networks_against_the_footprint_of_a_gradient(name: str, full: bool):
    if not full and name in HEAVY:
        pytest.skip("its maps take long; --slow compares it")
    standard = zoo.build(name).input_shape[1:]
    # High enough for the widest view, a narrow strip otherwise.
    widest = max(sight.rows.size for sight in sights(zoo.build(name).graph).values() if not sight.flat)
    strip = (16 * -(-(min(widest, 2200) + 160) // 16), 192 if name == "unet" else min(standard[1], 96), standard[2])
    model = zoo.build(name, strip, width=0.01)
    check(model, *((12, 3) if full else (4, 1)), margin=40)


def branches() -> list[Model]:
    """Small graphs with what may go wrong: ways of unequal length, enlargements of every kind, margins, gates."""
    x = Input((66, 72, 2))
    a = Conv2D(2, 3, padding="same")(x)
    late = Conv2D(2, (5, 2), dilation_rate=(2, 3), padding="same")(a)
    half = AveragePooling2D(2, padding="same")(late)
    linear = UpSampling2D(2, interpolation="bilinear")(Conv2D(2, 3, padding="same")(half))
    odd = UpSampling2D((3, 2))(Conv2D(2, 4, strides=(3, 2), padding="same")(x))
    spread = Conv2DTranspose(2, 5, strides=3, padding="same")(Conv2D(2, 3, strides=3, padding="same")(a))
    return [
        Model(x, Add()([a, late, x])),
        Model(x, Conv2D(2, 2)(Add()([a, linear]))),
        Model(x, Concatenate()([x, odd])),
        Model(x, Conv2D(1, 2, strides=2)(spread)),
        Model(x, Conv2D(1, 3)(ZeroPadding2D(((3, 1), (0, 2)))(a))),
        Model(x, Conv2D(2, 2)(Cropping2D(((1, 2), (3, 0)))(a))),
        Model(x, UpSampling2D(2)(a)),
        Model(x, AdaptiveAveragePooling2D((25, 10))(a)),
        Model(x, Conv2D(1, 2)(image.resize(a, (33, 30), "bilinear"))),
        Model(x, image.resize(a, (110, 90), "bicubic")),
        Model(x, image.resize(a, (22, 48), "lanczos3", antialias=True)),
    ]


@pytest.mark.parametrize("number", range(11))
def test_branches_against_the_footprint_of_a_gradient(number: int):
    check(branches()[number], 20, 6, margin=4)


def test_dense_layers_see_all_that_the_map_sees():
    x = Input((9, 9, 1))
    y = Flatten()(Conv2D(2, 3)(x))
    found = sights(Model(x, Dense(1)(y)).graph)
    assert found[y].size == (3, 3)
    assert [s.size for t, s in found.items() if isinstance(t.node.op, ops.Dense)] == [(9, 9)]


def test_a_gate_by_the_whole_map_sees_all_of_it():
    x = Input((9, 8, 2))
    y = Multiply()([x, Dense(2)(GlobalAveragePooling2D(keepdims=True)(Conv2D(2, 3)(x)))])
    found = sights(Model(x, y).graph)[y]
    assert (found.size, found.jump) == ((9, 8), (1, 1))


def test_normalising_over_places_sees_all_of_them():
    x = Input((6, 7, 4))
    for layer, size in (
        (GroupNormalization(2), (6, 7)),
        (LayerNormalization(axis=(1, 2, 3)), (6, 7)),
        (LayerNormalization(), (1, 1)),
    ):
        y = layer(x)
        assert sights(Model(x, y).graph)[y].size == size


def test_maps_finer_than_the_image_have_fractions_for_a_jump():
    x = Input((4, 4, 1))
    y = UpSampling2D((2, 1))(x)
    assert sights(Model(x, y).graph)[y].jump == (Fraction(1, 2), 1)


def test_sequences_are_images_of_one_row():
    x = Input((20, 3))
    y = Conv1D(2, 3, padding="causal", dilation_rate=4)(Conv1D(2, 5, strides=2)(x))
    found = sights(Model(x, y).graph)[y]
    assert (found.size, found.jump) == ((1, 21), (1, 2))
