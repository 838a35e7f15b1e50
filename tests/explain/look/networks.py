"""Networks to look into: straight, branching, with every operation that a neuron can be worked out of."""

from __future__ import annotations

import numpy as np

import konv
from konv.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    LocallyConnected2D,
    LocalResponseNormalization,
    MaxPooling2D,
)
from konv.models import Model, Sequential

RNG = np.random.default_rng(11)


def settled(model: Model, seed: int = 3) -> Model:
    """`model` with weights that are no special ones: biases and statistics too."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        value = rng.normal(0, 0.4, variable.shape)
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.name else value)
    return model


def straight(dtype: str = "float32") -> Model:
    """One layer behind the other, the activations of each kind: part of a layer, and a layer of its own."""
    konv.utils.set_random_seed(1)
    return settled(Sequential([
        Input((10, 9, 2), dtype=dtype),
        Conv2D(6, 3, padding="same", activation="relu", dtype=dtype, name="first"),
        LocalResponseNormalization(5, alpha=0.3, dtype=dtype, name="neighbours"),
        MaxPooling2D(3, 2, padding="same", dtype=dtype, name="largest"),
        Dropout(0.4, dtype=dtype, name="drop"),
        DepthwiseConv2D(3, depth_multiplier=2, dtype=dtype, name="apart"),
        BatchNormalization(dtype=dtype, name="normal"),
        Activation("tanh", dtype=dtype, name="curve"),
        Conv2D(8, (2, 1), strides=(1, 2), groups=2, dtype=dtype, name="grouped"),
        LocallyConnected2D(4, (2, 1), dtype=dtype, name="own"),
        Flatten(dtype=dtype, name="row"),
        Dense(5, dtype=dtype, activation="softmax", name="classes"),
    ]))  # fmt: skip


def branching(dtype: str = "float32") -> Model:
    """Ways past each other: a residual, two widths side by side, a layer used twice, a model inside."""
    konv.utils.set_random_seed(2)
    image = Input((8, 8, 3), dtype=dtype, name="image")
    x = Conv2D(4, 3, padding="same", activation="relu", dtype=dtype, name="begin")(image)
    inner = Input((8, 8, 4), dtype=dtype)
    inside = Model(inner, Activation("relu", dtype=dtype, name="on")(
        BatchNormalization(dtype=dtype, name="normal")(Conv2D(4, 1, dtype=dtype, name="mix")(inner))
    ), name="inside")  # fmt: skip
    shared = Conv2D(4, 3, padding="same", dilation_rate=2, activation="tanh", dtype=dtype, name="shared")
    y = Add(name="residual", dtype=dtype)([shared(shared(inside(x))), x])
    y = Concatenate(name="beside", dtype=dtype)([AveragePooling2D(2, dtype=dtype, name="mean")(y),
                                                 MaxPooling2D(2, dtype=dtype, name="largest")(y)])  # fmt: skip
    y = Conv2D(6, 3, padding="same", activation="relu", dtype=dtype, name="last")(y)
    rows = GlobalAveragePooling2D(name="all", dtype=dtype)(y)
    return settled(Model(image, Dense(3, dtype=dtype, activation="softmax", name="classes")(rows)))


def image_for(model: Model, n: int = 1, seed: int = 5) -> np.ndarray:
    """Images `(n, H, W, C)` of the model's type."""
    tensor = model.graph.inputs[0]
    return np.random.default_rng(seed).random((n, *tensor.shape)).astype(tensor.dtype)
