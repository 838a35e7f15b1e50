"""What a place sees is what its gradient reaches, in networks of ones."""

from __future__ import annotations

import numpy as np
import pytest

from konv.explain import look
from konv.explain.look.network import opened
from konv.layers import (
    AdaptiveAveragePooling2D,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GroupNormalization,
    Input,
    Layer,
    UpSampling2D,
    ZeroPadding2D,
)
from konv.models import Model, Sequential

STACKS: list[list[Layer]] = [
    [Conv2D(2, 3), Conv2D(2, (2, 5), strides=(2, 1), padding="same"), AveragePooling2D(2)],
    [Conv2D(2, 3, dilation_rate=2, padding="same"), DepthwiseConv2D(3, strides=2)],
    [AveragePooling2D(3, 2, padding="same"), Conv2DTranspose(2, 3, strides=2, padding="same"), Conv2D(1, 3)],
    [AveragePooling2D(2), Conv2DTranspose(2, 2, strides=3), Conv2D(1, 1)],
    [AveragePooling2D(2), UpSampling2D(2), Conv2D(2, 3, padding="same")],
    [AveragePooling2D(4), UpSampling2D((3, 2), interpolation="bilinear")],
    [ZeroPadding2D(((2, 0), (1, 3))), Conv2D(1, 3), Cropping2D(((1, 2), (0, 1)))],
    [Conv2D(2, 3, strides=2), BatchNormalization(), Flatten(), Dense(3)],
    [Conv2D(2, 3), AdaptiveAveragePooling2D((5, 4)), Conv2D(1, 2)],
]


def ones(model: Model) -> Model:
    for variable in model.weights:
        variable.assign(np.ones(variable.shape))
    return model


def branching() -> Model:
    x = Input((14, 13, 2))
    y = Conv2D(2, 3, padding="same")(x)
    z = Conv2D(2, (1, 7), padding="same")(Conv2D(2, 1)(x))
    return Model(x, AveragePooling2D(2)(Concatenate()([Add()([x, y]), z])))


@pytest.mark.parametrize("number", range(len(STACKS) + 1))
def test_field_is_what_the_gradient_reaches(number: int):
    model = ones(branching() if number == len(STACKS) else Sequential([Input((14, 13, 2)), *STACKS[number]]))
    view = opened(model)
    tensor = model.outputs[0]
    *shape, _ = tensor.shape
    name = view.places[-1].name
    rng = np.random.default_rng(number)
    ends = [(0,) * len(shape), tuple(n - 1 for n in shape)]
    for position in [*ends, *(tuple(rng.integers(0, shape)) for _ in range(4))]:
        way = np.zeros(tensor.shape, np.float32)
        way[position] = 1
        _, gradient = view.slope(tensor)([np.ones((1, 14, 13, 2), np.float32)], way)
        rows, columns = (np.flatnonzero(np.abs(gradient[0]).sum((2, 1 - a))) for a in (0, 1))
        seen = next(r for r in look.receptive_field(model, name, position) if r.layer == model.inputs[0].node.layer)
        if len(rows):  # a place of nothing but padding sees nothing
            assert (seen.top, seen.bottom) == (rows[0], rows[-1] + 1), position
            assert (seen.left, seen.right) == (columns[0], columns[-1] + 1), position


def test_layers_between_are_there():
    model = Sequential([
        Input((14, 13, 2), name="image"), Conv2D(2, 3, name="a"), AveragePooling2D(2, name="b"), Conv2D(3, 3, name="c")
    ])  # fmt: skip
    found = look.receptive_field(model, "c", (1, 2))
    assert [tuple(vars(region).values()) for region in found] == [
        ("image", 2, 10, 4, 12), ("a", 2, 8, 4, 10), ("b", 1, 4, 2, 5), ("c", 1, 2, 2, 3),
    ]  # fmt: skip


def test_what_is_normalised_over_places_sees_all_of_them():
    model = Sequential([Input((6, 7, 4), name="image"), Conv2D(4, 3, padding="same"), GroupNormalization(2, name="n")])
    assert look.receptive_field(model, "n", (1, 2))[0] == look.Region("image", 0, 6, 0, 7)
