"""NaNs and infinities are found and named, and nothing is learnt from them."""

from __future__ import annotations

import numpy as np
import pytest

from konv.engine import Position, build
from konv.graph import Graph
from konv.ops.activation import ReLU, Softmax
from konv.ops.adaptive import Adam
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.loss import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.update import SGD
from konv.ops.views import Flatten
from tests.engine.networks import Example, add, chain, on, single, source


def network() -> Example:
    image = source(6, 6, 3, dtype="float32")
    layers = (Conv2D(5, (3, 3)), ReLU(), MaxPool2D(), Flatten(), Dense(7), ReLU(), Dense(3), Softmax())
    example = single(image, chain(image, *layers), 4, CategoricalCrossentropy())
    return example._replace(targets=(np.eye(3, dtype="float32")[[0, 1, 2, 0]],))


def step(example: Example) -> str:
    """What a training step names; asserts that weights, their versions and the optimiser's state are as they were."""
    training = example.training(Adam())
    with on("native"):
        program = build(example.graph, len(example.x), example.losses, training)
    variables = example.graph.variables
    arrays = [*(v.value for v in variables), *(slot for slots in training.slots for slot in slots)]
    before, versions = [a.copy() for a in arrays], [v.version for v in variables]
    found = program.run([example.x], example.targets, example.weights, (0.1,), Position(1, 0, np.arange(4)))
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert [v.version for v in variables] == versions
    return found.nonfinite


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["input", "conv2d_0", "dense_4", "dense_6"])
def test_the_first_layer_is_named(place: str, value: float) -> None:
    """By a step, and by a test, unless a ReLU has made it harmless: −∞ becomes 0."""
    example = network()
    if place == "input":
        example.x[2, 3, 3, 1] = value
    else:
        kernel = next(v for v in example.graph.variables if v.name == f"{place}/kernel")
        kernel.value.reshape(-1)[-1] = value
    assert step(example) == place
    harmless = (place, value) == ("dense_4", -np.inf)
    assert example.run(example.program("native")).nonfinite == ("" if harmless else place)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_input_that_no_layer_reads_is_named(value: float) -> None:
    image = source(5, 5, 2, dtype="float32")
    example = single(image, chain(image, AveragePool2D((2, 2), (3, 3)), Flatten(), Dense(2)), 4)
    assert example.run(example.program("native")).nonfinite == ""
    example.x[1, 2, 2, 0] = value
    assert step(example) == "input"
    assert example.run(example.program("native")).nonfinite == "input"


def test_prediction_names_the_input_where_an_output_is_not_finite() -> None:
    """Whoever predicts has looked at the inputs: one that reaches no output is not looked for again."""
    image = source(5, 5, 2, dtype="float32")
    graph = Graph((image,), (chain(image, AveragePool2D((2, 2), (3, 3)), Flatten(), Dense(2)),))
    x = np.ones((4, 5, 5, 2), "float32")
    x[1, 2, 2, 0] = np.nan
    with on("native"):
        program = build(graph, 4)
    assert program.run([x]).nonfinite == ""
    x[1, 0, 0, 0] = np.nan
    assert program.run([x]).nonfinite == "input"
    graph.variables[0].value[0, 0] = np.inf
    assert program.run([np.ones_like(x)]).nonfinite == ""
    graph.variables[0].touch()
    assert program.run([np.ones_like(x)]).nonfinite == graph.nodes[-1].layer


def test_one_bad_batch_leaves_nothing_behind() -> None:
    """Neither the flag nor a NaN in memory that the next batch, a smaller one, does not write."""
    good, example = network(), network()
    bad = example._replace(x=example.x * np.float32(np.nan))
    programs = [e.program("native", Adam()) for e in (example, good)]
    assert bad.run(programs[0], rate=0.1).nonfinite == "input"
    for e, program in zip((example, good), programs, strict=True):
        assert e.run(program, 3, rate=0.1).nonfinite == ""
    for v, w in zip(example.graph.variables, good.graph.variables, strict=True):
        np.testing.assert_array_equal(v.value, w.value)


def test_a_loss_that_overflows_is_named() -> None:
    image = source(4, dtype="float32")
    example = single(image, chain(image, Dense(3), ReLU(), Dense(2)), 4)
    example.targets[0][2, 1] = 1e30  # finite, and so is the output; its square is not
    assert step(example) == "dense_2"


def test_a_gradient_that_overflows_is_named() -> None:
    """The loss is 1 and dy is finite; the gradient, x times it, is not."""
    image = source(4, dtype="float32")
    example = single(image, chain(image, Dense(3), Dense(1)), 4)
    for v in example.graph.variables:
        v.value[...] = 0
    example.x[...] = 100
    example.targets[0][...] = 1
    example.weights[0][...] = 5e37
    assert example.run(example.program("native")).nonfinite == ""
    example.graph.variables[2].value[...] = 1
    assert step(example) == "dense_0"


def test_gradients_that_overflow_only_together_are_named() -> None:
    """Two layers that share a kernel: each gradient is finite, their sum is not."""
    image = source(1, dtype="float32")
    first = add(Dense(1, bias=False), image, "shared")
    second = add(Dense(1, bias=False), image, "shared", first.node.variables)
    example = single(image, first, 4)._replace(graph=Graph([image], [first, second]), losses=(MeanSquaredError(),) * 2)
    first.node.variables[0].value[...] = 0
    example.x[...] = 1
    example = example._replace(
        targets=(np.full((4, 1), -1, "float32"),) * 2, weights=(np.full(4, 3e37, "float32"),) * 2
    )
    assert step(example) == "shared"
    half = example._replace(weights=tuple(w / 2 for w in example.weights))
    assert half.run(half.program("native", SGD())).nonfinite == ""


def test_an_infinite_output_is_named_though_its_loss_is_clipped() -> None:
    image = source(1, dtype="float32")
    example = single(image, chain(image, Dense(1), ReLU()), 4, BinaryCrossentropy())
    example.x[...] = 3e38
    example.graph.variables[0].value[...] = 2
    example.targets[0][...] = 1
    assert step(example) == "dense_0"
