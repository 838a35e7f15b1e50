from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

from konv import config
from konv.engine import Outcome, Position, Training, build
from konv.engine.reference import ReferenceProgram
from konv.errors import ShapeError
from konv.graph import Graph, Node, Tensor, Variable
from konv.ops.activation import ReLU, Sigmoid, Softmax, Tanh
from konv.ops.adaptive import Adam
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.dropping import Dropout
from konv.ops.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from konv.ops.pooling import MaxPool2D
from konv.ops.record import Array, Op, Run
from konv.ops.source import Input
from konv.ops.update import SGD, RMSprop
from konv.ops.views import Flatten
from konv.random import Stream
from tests.ops.numerical import derivative

DTYPE = "float64"
POSITION = Position(seed=5, epoch=2, samples=np.array([7, 3, 11, 0]))


@pytest.fixture(autouse=True)
def on_the_reference() -> Iterator[None]:
    config.set_engine("reference")
    yield
    config.set_engine(None)


def source(*shape: int) -> Tensor:
    return Node.apply(Input(shape), (), (), "image", DTYPE)


def add(op: Op, x: Tensor, layer: str, variables: tuple[Variable, ...] | None = None) -> Tensor:
    """`op` applied to `x`, with new random variables unless some are given."""
    if variables is None:
        rng = np.random.default_rng(sum(map(ord, layer)))
        variables = tuple(Variable(w.name, rng.normal(size=w.shape)) for w in op.weights(x.shape))
    return Node.apply(op, (x,), variables, layer, DTYPE)


class Example(NamedTuple):
    graph: Graph
    losses: tuple[Loss, ...]
    x: Array
    targets: tuple[Array, ...]
    weights: tuple[Array, ...]

    def training(self, update: SGD | Adam) -> Training:
        variables = self.graph.variables
        slots = tuple(tuple(np.zeros_like(v.value) for _ in update.slots) for v in variables)
        return Training(update, variables, slots)

    def step(self, program: ReferenceProgram, rate: float = 0.0) -> Outcome:
        return program.run([self.x], self.targets, self.weights, (rate,), POSITION)


def two_heads() -> Example:
    """A trunk with dropout that two heads read; one head uses the same weights twice; both kinds of loss."""
    image = source(6, 6, 2)
    trunk = add(Conv2D(3, (3, 3)), image, "conv")
    trunk = add(MaxPool2D(), add(Tanh(), trunk, "tanh"), "pool")
    trunk = add(Dropout(0.3), add(Flatten(), trunk, "flatten"), "drop")
    shared = add(Dense(12), trunk, "twice")
    shared = add(Dense(12), add(Tanh(), shared, "tanh_2"), "twice", shared.node.variables)
    classes = add(Softmax(), add(Dense(4), shared, "scores"), "softmax")
    value = add(Dense(2), trunk, "value")
    rng = np.random.default_rng(8)
    return Example(
        Graph([image], [classes, value]),
        (CategoricalCrossentropy(), MeanSquaredError()),
        rng.normal(size=(4, 6, 6, 2)),
        (np.eye(4), rng.normal(size=(4, 2))),
        (np.array([0.25, 0.5, 0.125, 1.0]), np.array([0.1, 0.2, 0.3, 0.4])),
    )


def small(*ops: Op, loss: Loss, target: Array, x: Array) -> Example:
    tensor = first = source(*x.shape[1:])
    for i, op in enumerate(ops):
        tensor = add(op, tensor, f"{op.name}_{i}")
    return Example(Graph([first], [tensor]), (loss,), x, (target,), ())


def program(example: Example, update: SGD | Adam | None = None) -> ReferenceProgram:
    made = build(example.graph, 4, example.losses, example.training(update) if update else None)
    assert isinstance(made, ReferenceProgram)
    return made


def test_gradients_by_finite_differences_through_a_whole_network() -> None:
    example = two_heads()
    run = program(example, SGD())

    def objective() -> float:
        losses = example.step(run).losses  # a learning rate of 0 changes nothing
        return float(sum((loss * w).sum() for loss, w in zip(losses, example.weights, strict=True)))

    expected = [derivative(objective, v.value, 1e-6) for v in example.graph.variables]
    example.step(run)
    assert len(expected) == 8  # the shared dense layer counts once
    for g, e in zip(run.gradients(), expected, strict=True):
        assert np.abs(e).max() > 1e-3
        np.testing.assert_allclose(g, e, rtol=1e-6, atol=1e-8)


def test_outputs_and_losses_are_those_of_the_ops() -> None:
    x, target = np.random.default_rng(0).normal(size=(3, 5)), np.eye(3)
    example = small(Dense(3), Softmax(), loss=CategoricalCrossentropy(), target=target, x=x)
    outcome = program(example).run([x], [target])
    kernel, bias = (v.value for v in example.graph.variables)
    scores = x @ kernel + bias
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(outcome.outputs[0], expected, rtol=1e-14)
    np.testing.assert_allclose(outcome.losses[0], -np.log(np.diag(expected)), rtol=1e-12)
    assert outcome.nonfinite == ""
    assert build(example.graph, 4).run([x]).losses == ()


@pytest.mark.parametrize("op", [Softmax(), Sigmoid()], ids=lambda op: op.name)
def test_certain_and_wrong_predictions_still_learn(op: Op) -> None:
    """From probabilities alone the loss would be clipped and its gradient 0; the scores behind them are read."""
    loss = CategoricalCrossentropy() if op.name == "softmax" else BinaryCrossentropy()
    example = small(op, loss=loss, target=np.array([[0.0, 1.0]]), x=np.array([[800.0, -800.0]]))
    (losses,) = program(example).run([example.x], example.targets).losses
    assert losses == [1600.0] if op.name == "softmax" else [800.0]


def test_dropout_draws_by_node_epoch_and_sample_and_only_in_training() -> None:
    x = np.ones((4, 50))
    example = small(Dropout(0.5), loss=MeanSquaredError(), target=np.zeros((4, 50)), x=x)
    run = program(example, SGD())
    number = example.graph.number(example.graph.outputs[0].node)
    stream = Stream(POSITION.seed, number, POSITION.epoch, POSITION.samples)
    expected = Dropout(0.5).forward((x,), (), Run(True, stream))
    np.testing.assert_array_equal(example.step(run).outputs[0], expected)
    alone = Position(POSITION.seed, POSITION.epoch, POSITION.samples[2:3])
    np.testing.assert_array_equal(run.run([x[2:3]], [np.zeros((1, 50))], (), (0.0,), alone).outputs[0], expected[2:3])
    np.testing.assert_array_equal(program(example).run([x], example.targets).outputs[0], x)
    with pytest.raises(ValueError, match="position"):
        run.run([x], example.targets, (), (0.0,))


def test_updates_follow_the_rule_and_touch_the_variables() -> None:
    example = two_heads()
    before = [v.value.copy() for v in example.graph.variables]
    versions = [v.version for v in example.graph.variables]
    run = program(example, SGD(momentum=0.9))
    example.step(run, 0.01)
    first = run.gradients()
    for v, w, g in zip(example.graph.variables, before, first, strict=True):
        np.testing.assert_array_equal(v.value, w - 0.01 * g)
    example.step(run, 0.01)
    for v, w, g, h in zip(example.graph.variables, before, first, run.gradients(), strict=True):
        np.testing.assert_allclose(v.value, w - 0.01 * g + (0.9 * -0.01 * g - 0.01 * h), rtol=1e-12)
    assert [v.version for v in example.graph.variables] == [n + 2 for n in versions]


def test_training_lowers_the_loss() -> None:
    example = two_heads()
    run = program(example, SGD())
    losses = [sum(float(loss.sum()) for loss in example.step(run, 0.02).losses) for _ in range(30)]
    assert losses[-1] < losses[0] / 2


def test_only_the_training_variables_move() -> None:
    example = two_heads()
    frozen, *free = example.graph.variables
    kept = frozen.value.copy()
    run = ReferenceProgram(example.graph, 4, example.losses, Training(SGD(), tuple(free), ((),) * len(free)))
    example.step(run, 0.1)
    np.testing.assert_array_equal(frozen.value, kept)
    assert len(run.gradients()) == len(free)


def test_a_variable_that_no_loss_depends_on_has_gradient_zero() -> None:
    example = two_heads()
    other = Variable("other", np.ones(3))
    run = ReferenceProgram(example.graph, 4, example.losses, Training(SGD(), (other,), ((),)))
    example.step(run, 1.0)
    np.testing.assert_array_equal(run.gradients()[0], 0)
    np.testing.assert_array_equal(other.value, 1)


def relu_network() -> Example:
    x = np.random.default_rng(0).normal(size=(2, 4))
    return small(Dense(3), ReLU(), Dense(1), loss=MeanSquaredError(), target=np.zeros((2, 1)), x=x)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["input", "dense_0", "dense_2"])
def test_the_first_value_that_is_not_finite_is_named_and_nothing_learnt(place: str, value: float) -> None:
    example = relu_network()
    run = program(example, Adam())
    variables = example.graph.variables
    if place == "input":
        example.x[1, 2] = value
    else:
        variables[0 if place == "dense_0" else 2].value[0, 0] = value
    before = [v.value.copy() for v in variables]
    outcome = run.run([example.x], example.targets, (), (0.1,))
    assert outcome.nonfinite == place
    for v, w in zip(variables, before, strict=True):
        np.testing.assert_array_equal(v.value, w)
        assert v.version == 0
    assert program(example).run([example.x], example.targets).nonfinite == place  # testing says so too


def test_a_loss_or_gradient_that_overflows_is_named_and_nothing_learnt() -> None:
    example = relu_network()
    run = program(example, SGD())
    variables = example.graph.variables
    for v in variables:
        v.value[...] = 0 if v.name == "bias" else 1
    before = [v.value.copy() for v in variables]
    too_far = (np.full((2, 1), 1e200),)  # finite, and so is the output; its square is not
    assert run.run([example.x], too_far, (), (0.1,)).nonfinite == "dense_2"
    # Of inputs 1 the hidden values are 4 and the output is 12: dy = 24 · weight is finite, 4 · dy is not.
    outcome = run.run([np.ones((1, 4))], [np.zeros((1, 1))], [np.array([5e306])], (0.1,))
    assert outcome.losses[0] == [144.0]
    assert outcome.nonfinite == "dense_2"
    for v, w in zip(variables, before, strict=True):
        np.testing.assert_array_equal(v.value, w)


def test_gradients_are_copies() -> None:
    example = two_heads()
    run = program(example, SGD())
    example.step(run)
    run.gradients()[0][...] = 7
    assert not (run.gradients()[0] == 7).any()


def test_inputs_are_taken_in_the_type_of_the_graph() -> None:
    example = relu_network()
    whole = np.arange(8, dtype="uint8").reshape(2, 4)
    run = program(example)
    np.testing.assert_array_equal(
        run.run([whole], example.targets).outputs[0], run.run([whole.astype(DTYPE)], example.targets).outputs[0]
    )


@pytest.mark.parametrize("shape", [(5, 4), (0, 4), (2, 5), (2, 4, 1)])
def test_inputs_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="samples of shape 4, at most 4 at once"):
        program(relu_network()).run([np.zeros(shape)], [np.zeros((2, 1))])


def test_one_loss_an_output() -> None:
    with pytest.raises(ValueError, match="zip"):
        ReferenceProgram(two_heads().graph, 4, (MeanSquaredError(),))


def test_learns_step_by_step_as_keras_does(oracle: Callable[[str], ModuleType]) -> None:
    """Equal weights, equal batches: after each of five steps the losses and all weights are those of Keras."""
    keras = oracle("keras")
    rng = np.random.default_rng(3)
    image = Node.apply(Input((9, 8, 3)), (), (), "image", "float32")
    tensor, variables = image, []
    ops = (
        Conv2D(8, (3, 3), (2, 2), "same"), ReLU(), Conv2D(6, (3, 3)), Tanh(), MaxPool2D((2, 2), (1, 1)), Flatten(),
        Dense(5), Softmax(),
    )  # fmt: skip
    for i, op in enumerate(ops):
        new = tuple(Variable(w.name, rng.normal(size=w.shape).astype("float32") / 4) for w in op.weights(tensor.shape))
        tensor = Node.apply(op, (tensor,), new, f"{op.name}_{i}", "float32")
        variables += new
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((9, 8, 3)), layers.Conv2D(8, 3, 2, "same", activation="relu"), layers.Conv2D(6, 3),
         layers.Activation("tanh"), layers.MaxPooling2D(2, 1), layers.Flatten(), layers.Dense(5, "softmax")]
    )  # fmt: skip
    model.set_weights([v.value.copy() for v in variables])  # JAX takes aligned arrays over without copying them
    model.compile(keras.optimizers.RMSprop(0.01), "sparse_categorical_crossentropy")
    update = RMSprop()
    slots = tuple((np.zeros_like(v.value),) for v in variables)
    run = build(
        Graph([image], [tensor]), 4, [SparseCategoricalCrossentropy()], Training(update, tuple(variables), slots)
    )
    for _ in range(5):
        x, y = rng.normal(size=(4, 9, 8, 3)).astype("float32"), rng.integers(0, 5, 4)
        (losses,) = run.run([x], [y], [np.full(4, 0.25)], (0.01,)).losses
        assert losses.dtype == np.float32
        model.reset_metrics()  # or Keras would return the mean over all batches so far
        np.testing.assert_allclose(losses.mean(), model.train_on_batch(x, y), rtol=1e-5)
        for v, w in zip(variables, model.get_weights(), strict=True):
            np.testing.assert_allclose(v.value, w, rtol=1e-4, atol=1e-5)
