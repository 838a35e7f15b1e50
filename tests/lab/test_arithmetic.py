"""Numbers worked out for the page, of every kind of layer, against the NumPy references; no browser needed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from konv import data, random
from konv.errors import ConfigurationError
from konv.lab import describe
from konv.lab.arithmetic import neuron, weight
from konv.lab.look import Look, Looks
from konv.lab.subject import Subject
from konv.lab.whatif import Choice, answer
from konv.lab.wire import packed, quantised
from konv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    LocalResponseNormalization,
    MaxPooling2D,
)
from konv.models import Model
from konv.ops.record import Run


@pytest.fixture(scope="module")
def branching() -> Look:
    """A network that branches, with a layer of most kinds, and an image in it."""
    random.set_seed(5)
    x = Input((12, 10, 1))
    a = Conv2D(6, 3, padding="same", activation="relu", name="left")(x)
    b = DepthwiseConv2D(3, depth_multiplier=6, padding="same", name="right")(x)
    y = Add(name="sum")([a, b])
    y = LocalResponseNormalization(name="lrn")(y)
    y = BatchNormalization(name="norm")(y)
    y = Concatenate(name="beside")([y, a])
    y = Conv2D(8, 3, groups=2, strides=2, dilation_rate=1, name="grouped")(y)
    y = Dropout(0.5, name="drop")(y)
    y = MaxPooling2D(2, name="pool")(y)
    pooled = GlobalAveragePooling2D(name="mean")(y)
    flat = Flatten(name="flat")(y)
    y = Concatenate(name="both")([flat, pooled])
    y = Activation("softmax", name="answer")(Dense(3, name="scores")(y))
    model = Model(x, y)
    for variable in model.weights:
        variable.assign(np.random.default_rng(7).normal(0.3, 0.4, variable.shape).astype(np.float32) ** 2 + 0.1)
    images = data.embedded().for_testing()
    subject = Subject(model, images, lambda pixels: np.asarray(pixels / np.float32(255)), ("a", "b", "c"))
    return Look(subject, subject.pixels(4), 1)


PLACES = [("left", 3, 4, 5), ("left", 0, 0, 2), ("right", 11, 9, 3), ("sum", 5, 5, 1), ("lrn", 6, 2, 0),
          ("norm", 4, 4, 4), ("beside", 3, 3, 8), ("grouped", 2, 1, 6), ("pool", 1, 0, 7), ("mean", 0, 0, 2),
          ("flat", 0, 0, 9), ("both", 0, 0, 3), ("scores", 0, 0, 1), ("answer", 0, 0, 2)]  # fmt: skip


def remade(found: dict[str, Any], content: bytes) -> float:
    """The number, from the parts that the page shows."""
    kind = found["kind"]
    if kind == "product":
        count = len(found["channels"])
        patch, kernel = np.frombuffer(content, "<f4", 2 * count * int(np.prod(found["window"]))).reshape(2, count, -1)
        sums = (patch * kernel).sum(1)
        assert [c["sum"] for c in found["channels"]] == pytest.approx(sums.tolist(), rel=1e-5, abs=1e-6)
        inside = np.frombuffer(content, bool, offset=8 * patch.size)
        assert not patch[:, ~inside].any()
        return float(sums.sum() + found["others"]["sum"] + found["bias"])
    if kind == "pool":
        size = int(np.prod(found["window"]))
        window, inside = np.frombuffer(content, "<f4", size), np.frombuffer(content, bool, offset=4 * size)
        assert inside.sum() == found["count"]
        return float(window[inside].max() if found["how"] == "max" else window[inside].mean())
    if kind == "softmax":
        return float(found["own"][1] / found["total"])
    if kind == "batchnorm":
        return float(found["gamma"] * (found["x"] - found["mean"]) / (found["variance"] + found["epsilon"]) ** 0.5
                     + found["beta"])  # fmt: skip
    if kind == "lrn":
        size = found["bias"] + found["slope"] * sum(square for _, _, square in found["neighbours"])
        return float(found["x"] / size ** found["exponent"])
    if kind == "pointwise" and found["name"] == "add":
        return float(sum(found["inputs"]))
    return float(found["value"])


@pytest.mark.parametrize(("layer", "row", "column", "channel"), PLACES)
def test_number_is_made_of_what_is_shown(branching: Look, layer: str, row: int, column: int, channel: int):
    said, content = neuron(branching, layer, row, column, channel)
    found = json.loads(json.dumps(said, allow_nan=False))
    place = branching.subject.place(layer)
    values = branching.values(place.output)
    true = values[row, column, channel] if values.ndim == 3 else values.ravel()[channel]
    assert found["output"] == pytest.approx(true, rel=1e-5, abs=1e-6)
    assert remade(found, content) == pytest.approx(found["value"], rel=2e-5, abs=1e-5)


def test_layers_read_past_dropout(branching: Look):
    reads = {layer["name"]: layer["reads"] for layer in describe.layers(branching.subject)}
    assert "drop" not in reads
    assert reads["left"] == reads["right"] == [""]
    assert reads["sum"] == ["left", "right"]
    assert reads["pool"] == ["grouped"]
    assert reads["both"] == ["flat", "mean"]
    drawn = {layer["name"]: layer for layer in describe.network(branching.subject)["layers"]}
    assert drawn["drop"]["hidden"]
    assert not drawn["pool"]["hidden"]


TAPS = [("left", 2, (1, 1, 0)), ("right", 4, (0, 2, 0)), ("grouped", 6, (2, 0, 3)), ("scores", 1, (1, 2, 0))]


@pytest.mark.parametrize(("layer", "channel", "tap"), TAPS)
def test_weight_moves_the_loss_as_its_gradient_says(
    branching: Look, layer: str, channel: int, tap: tuple[int, int, int]
):
    found, content = weight(branching, layer, channel, tap, 1, 0.5)
    coming, seen, products = np.frombuffer(content, "<f4").reshape(3, *found["window"])
    assert products == pytest.approx(seen * coming, rel=1e-5)
    assert products.sum() == pytest.approx(found["gradient"], rel=1e-3, abs=1e-6)
    assert found["after"] == pytest.approx(found["before"] - 0.5 * found["gradient"], abs=1e-6)
    subject = branching.subject
    variable = subject.place(layer).operation.variables[0]
    index = np.argwhere(np.isclose(variable.value, found["before"], rtol=1e-7, atol=0))
    assert len(index), "the weight shown is one of the layer's"

    def loss(change: float) -> float:
        before = variable.value.copy()
        moved = before.copy()
        moved[tuple(index[0])] += change
        variable.assign(moved)
        p = Look(subject, branching.pixels, 1).probabilities
        variable.assign(before)
        assert p is not None
        return float(-np.log(p[1]))

    slope = (loss(2e-2) - loss(-2e-2)) / 4e-2
    assert slope == pytest.approx(found["gradient"], rel=0.1, abs=2e-3)


def test_old_looks_are_forgotten(branching: Look):
    looks = Looks()
    numbers = [looks.add(branching) for _ in range(8)]
    assert looks.get(numbers[-1]) is branching
    with pytest.raises(ConfigurationError, match="no longer"):
        looks.get(numbers[0])


def test_what_if_agrees_with_the_operations(subject: Subject):
    look = Look(subject, subject.pixels(0))
    pixels = look.pixels
    found, content = answer(look, Choice(kernel=5, across=5, stride=2, padding="same", pooling="average"))
    conv, pool = found["stages"]
    assert (conv["output"], pool["output"]) == ([14, 14, 6], [7, 7, 6])
    assert (pool["field"], pool["jump"]) == ([7, 7], [4, 4])
    assert len(content) == 28 * 28 + 14 * 14 * 6 + 7 * 7 * 6 + 5 * 5 * 6
    same = np.frombuffer(content, np.int8, 14 * 14, 28 * 28 + 5 * 14 * 14)  # the last kernel is the pixel itself
    met = pixels[1::2, 1::2, 0] / 255  # one row of padding before, and the middle of five taps
    assert np.abs(same.reshape(14, 14) / 127 * conv["scale"] - met).max() <= conv["scale"] / 254 + 1e-6


def test_kernels_of_a_layer_give_its_maps_and_others(subject: Subject):
    look = Look(subject, subject.pixels(0))
    found, content = answer(look, Choice(layer="conv2", pooling="none"))
    (conv,) = found["stages"]
    assert (conv["input"], conv["output"], conv["maps"]) == ([12, 12, 8], [8, 8, 12], 6)
    shown = np.frombuffer(content, np.int8, 8 * 8 * 6, 12 * 12).reshape(6, 8, 8) / 127 * conv["scale"]
    own = np.moveaxis(look.values(subject.place("conv2").operation.output), -1, 0)
    assert np.abs(shown - own[:6]).max() <= conv["scale"] / 254 + 1e-4, "as it is, it gives what the layer gives"
    assert [c["weights"] for c in found["counts"]] == [1152 * 768 + 768, 25 * 8 * 768 + 768, 25 * 8 * 12 + 12]
    found, _ = answer(look, Choice(layer="conv2", stride=3, padding="same"))
    assert found["stages"][0]["output"] == [4, 4, 12]
    with pytest.raises(ConfigurationError, match="pool1"):
        answer(look, Choice(layer="pool1"))


def shown(found: dict[str, Any], content: bytes) -> np.ndarray[Any, Any]:
    """The maps `(n, H, W)` of the first operation, which stand behind the picture of the input."""
    stage = found["stages"][0]
    size = (stage["maps"], *stage["output"][:2])
    levels = np.frombuffer(content, np.int8, int(np.prod(size)), int(np.prod(found["image"])))
    return levels.reshape(size) / 127 * stage["scale"]


@pytest.mark.parametrize(("layer", "stride", "reads"), [("grouped", 2, 6), ("right", 1, 1), ("left", 1, 1)])
def test_kernels_of_any_layer_give_its_maps(branching: Look, layer: str, stride: int, reads: int):
    padding = "valid" if layer == "grouped" else "same"
    found, content = answer(branching, Choice(layer=layer, stride=stride, padding=padding, pooling="none"))
    op = branching.subject.place(layer).operation
    own = np.moveaxis(branching.values(op.output), -1, 0)
    assert found["reads"] == reads
    assert found["stages"][0]["output"] == list(op.output.shape)
    assert np.abs(shown(found, content) - own[:6]).max() <= found["stages"][0]["scale"] / 254 + 1e-4
    assert found["counts"][-1]["weights"] == sum(v.value.size for v in op.variables)


def test_maps_read_in_groups(subject: Subject):
    look = Look(subject, subject.pixels(0))
    found, content = answer(look, Choice(layer="conv2", groups=4, pooling="none"))
    op = subject.place("conv2").operation
    kernel, bias = (v.value for v in op.variables)
    alone = np.zeros_like(kernel)
    for i in range(4):  # 3 kernels of 12 and 2 maps of 8 to a group
        alone[:, :, 2 * i : 2 * i + 2, 3 * i : 3 * i + 3] = kernel[:, :, 2 * i : 2 * i + 2, 3 * i : 3 * i + 3]
    y = op.op.forward((look.values(op.inputs[0])[None],), (alone, bias), Run())[0]
    assert np.abs(shown(found, content) - np.moveaxis(y, -1, 0)[:6]).max() <= found["stages"][0]["scale"] / 254 + 1e-4
    assert [c["name"] for c in found["counts"]] == ["full", "local", "shared", "grouped"]
    assert [c["weights"] for c in found["counts"][2:]] == [25 * 8 * 12 + 12, 25 * 2 * 12 + 12]
    with pytest.raises(ConfigurationError, match=r"groups must be one of: 1, 2, 4\. Received: 3"):
        answer(look, Choice(layer="conv2", groups=3))


def test_kernels_that_are_not_square(subject: Subject):
    look = Look(subject, subject.pixels(0))
    found, content = answer(look, Choice(kernel=3, across=7))
    conv, pool = found["stages"]
    assert (conv["output"], pool["output"]) == ([26, 22, 6], [13, 11, 6])
    assert (conv["field"], pool["field"], pool["jump"]) == ([3, 7], [4, 8], [2, 2])
    same = shown(found, content)[5]  # the pixel in the middle
    assert np.abs(same - look.pixels[1:-1, 3:-3, 0] / 255).max() <= conv["scale"] / 254 + 1e-6
    kernels = np.frombuffer(content, np.int8)[-6 * 21 :].reshape(6, 3, 7)
    assert (kernels[0] == -kernels[0, :, ::-1]).all(), "an edge between left and right"
    assert (kernels[1] == -kernels[1, ::-1]).all(), "an edge between top and bottom"


def test_bytes_of_maps():
    maps = np.array([[[-1.0, 0.5], [0.25, 2.0]]], np.float32)
    assert list(np.frombuffer(quantised(maps, 2.0), np.int8)) == [-64, 16, 32, 127]
    assert packed({"a": 1}, b"xy") == b"\x08\x00\x00\x00" + b'{"a":1} ' + b"xy"
