"""The functions of `konv.ops`: gradients by finite differences, both engines alike, arrays at once as in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from konv import ops
from konv.engine.native import NativeProgram
from konv.engine.program import Training
from konv.engine.reference import ReferenceProgram
from konv.errors import GraphError, ShapeError
from konv.graph import Graph, Node, Tensor, Variable
from konv.layers import Input
from konv.ops.loss import MeanSquaredError
from konv.ops.update import SGD
from tests.ops.numerical import derivative

Q = np.array([0.5, -1.5, 2.0])
W = Variable("w", np.random.default_rng(5).normal(size=(3, 4)))
KERNEL = Variable("k", np.random.default_rng(6).normal(size=(2, 2, 3, 2)))
DEPTHWISE = Variable("d", np.random.default_rng(7).normal(size=(2, 2, 3, 2)))

# By name: a function of x (N, 2, 4, 3) and p (2, 4, 3), whose numbers are between 0.3 and 2 and keep apart, so that no
# step of a finite difference crosses a corner; weights it uses.
CASES: dict[str, tuple[Callable[[Any, Any], Any], tuple[Variable, ...]]] = {
    "arithmetic": (lambda x, p: (x * p + 2) / (p - 3) - p * x + 1 / p, ()),
    "constants": (lambda x, p: Q * p + p * Q - (Q - p) / 2 + (p > 1) * p, ()),
    "powers": (lambda x, p: p**2 + (-p) ** 3 + p**0.5 + p**x + 2.0**p + p**-2, ()),
    "repeated": (lambda x, p: p * p[:, :1] + p[:, :1, :1] - p[:, :, 1:2, :] * x, ()),
    "exponentials": (lambda x, p: ops.exp(p) + ops.log(p) + ops.sqrt(p) + ops.rsqrt(p) + ops.softplus(p), ()),
    "shapes of curves": (lambda x, p: ops.tanh(p) * ops.sigmoid(p) + abs(p - 5) + ops.relu(p - 1.05), ()),
    "reciprocal": (lambda x, p: ops.reciprocal(p) + ops.square(p) + ops.negative(p), ()),
    "steps": (lambda x, p: p * ops.sign(p - 1.05) + ops.floor(p * 0.01) + p * ops.round(x) + ops.ceil(p * 0.4), ()),
    "larger": (lambda x, p: ops.maximum(p, 1.05) + ops.minimum(p, x) + ops.clip(p, 0.55, 1.55), ()),
    "where": (lambda x, p: ops.where(ops.logical_and(p > 0.7, ops.logical_not(p >= 1.5)), p, -p), ()),
    "sums": (lambda x, p: p * ops.sum(p, 1, keepdims=True) + ops.sum(p, (2, 3))[:, :, None, None], ()),
    "means": (lambda x, p: p * ops.mean(p, -1, keepdims=True) - ops.mean(p, (1, 2))[:, None, None], ()),
    "largest": (lambda x, p: p + ops.max(p, 2, keepdims=True) * ops.min(p, (1, 3), keepdims=True), ()),
    "variance": (lambda x, p: ops.var(p, (1, 2), keepdims=True) * ops.std(p, -1, keepdims=True) * x, ()),
    "soft": (lambda x, p: ops.softmax(p, 1) + ops.softmax(p) + ops.log_softmax(p, 2) + ops.logsumexp(p, -1)[..., None],
             ()),
    "places": (lambda x, p: ops.one_hot(ops.argmax(p, 3), 3) * p + ops.argmin(p, 1)[:, None] * p, ()),
    "transposed": (lambda x, p: ops.transpose(p, (0, 3, 1, 2))[:, :, 1] @ ops.transpose(x, (0, 2, 3, 1))[..., 0], ()),
    "parts": (lambda x, p: p[:, 1, ::-1, 0:3:2] * p[:, 0, :, 1:] + p[..., 0, -1, 1, None, None], ()),
    "joined": (lambda x, p: ops.concatenate([p, x, p], 2) * ops.tile(p, (1, 1, 3, 1)), ()),
    "stacked": (lambda x, p: ops.stack([p, x * p], -1), ()),
    "cut": (lambda x, p: ops.multiply(*ops.split(p, 2, 2)) + ops.take(p, [3, 0], 2), ()),
    "margins": (lambda x, p: ops.pad(p * p, ((0, 0), (1, 0), (0, 2), (1, 1)), 0.5), ()),
    "turned": (lambda x, p: ops.flip(p, 2) * ops.reshape(ops.reshape(p, (-1, 12, 2)), (-1, 2, 4, 3)), ()),
    "spread": (lambda x, p: ops.broadcast_to(ops.expand_dims(p[:, 0], 1), (None, 5, 4, 3)) * 2, ()),
    "squeezed": (lambda x, p: ops.squeeze(p[:, 1:]) * ops.squeeze(ops.expand_dims(p[:, 0], 2), 2), ()),
    "products": (lambda x, p: ops.matmul(p, ops.transpose(x, (0, 1, 3, 2))) + p @ ops.transpose(p, (0, 1, 3, 2)), ()),
    "weights": (lambda x, p: ops.matmul(p, W) * ops.square(W)[1] + ops.mean(W) * ops.sum(W, 0), (W,)),
    "convolution": (lambda x, p: ops.conv(p, KERNEL, padding="same") * ops.max_pool(x, 1)[..., :2], (KERNEL,)),
    "depthwise": (lambda x, p: ops.depthwise_conv(p, DEPTHWISE, strides=(1, 2)), (DEPTHWISE,)),
    "pooling": (lambda x, p: ops.max_pool(p, 2, 1) + ops.average_pool(p, (2, 2), (1, 1)), ()),
    "stopped": (lambda x, p: ops.stop_gradient(p) * x + ops.cast(p, "int32") + ops.cast(p - 5, "bool"), ()),
}  # fmt: skip


def apart(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Numbers from 0.3 to 2, in random order, at least 0.07 apart and never near a multiple of a half."""
    count = int(np.prod(shape))
    values = 0.32 + np.arange(count) * (1.66 / max(count, 1))
    return np.random.default_rng(seed).permutation(values).reshape(shape)


def network(name: str) -> tuple[Graph, Variable]:
    x = Input((2, 4, 3), dtype="float64")
    p = Variable("p", apart((2, 4, 3), 1))
    function, _ = CASES[name]
    tensor = Node.apply(ops.Parameter(p.shape), (), (p,), "p", "float64")
    y = function(x, tensor + 0 * x)
    return Graph([x], [y + 0 * ops.mean(x, (1, 2, 3))[(slice(None),) + (None,) * len(y.shape)]]), p


@pytest.mark.parametrize("name", CASES)
def test_gradients(name: str) -> None:
    """Finite differences of the compiled kernels in float64; then the reference's results and gradients."""
    graph, _ = network(name)
    n, rng = 3, np.random.default_rng(2)
    x = apart((n, 2, 4, 3), 3)
    (y,) = graph.outputs
    target, weight = rng.normal(size=(n, *y.shape)), rng.uniform(0.5, 1, n)
    loss = (MeanSquaredError(),)
    variables = graph.variables
    slots = tuple(() for _ in variables)
    training = Training(SGD(), variables, slots)
    program, reference = (kind(graph, n, loss, training) for kind in (NativeProgram, ReferenceProgram))
    test = NativeProgram(graph, n, loss)
    outcomes = [one.run([x], [target], [weight], (0.0,)) for one in (program, reference)]
    np.testing.assert_allclose(outcomes[0].outputs[0], outcomes[1].outputs[0], rtol=1e-12, atol=1e-12)

    def value() -> float:
        for v in variables:
            v.touch()
        return float((test.run([x], [target]).losses[0] * weight).sum())

    for v, native, exact in zip(variables, program.gradients(), reference.gradients(), strict=True):
        np.testing.assert_allclose(native, exact, rtol=1e-11, atol=1e-12)
        if name not in ("stopped", "places"):
            assert np.abs(native).max() > 1e-4
        if name != "stopped":
            np.testing.assert_allclose(native, derivative(value, v.value, 1e-6), rtol=1e-6, atol=1e-7)
        else:
            assert not native.any()


@pytest.mark.parametrize("name", [n for n, (_, weights) in CASES.items() if not weights])
def test_arrays_are_computed_at_once(name: str) -> None:
    graph, p = network(name)
    x = apart((3, 2, 4, 3), 3)
    expected = NativeProgram(graph, 3).run([x]).outputs[0]
    result = CASES[name][0](x, np.broadcast_to(p.value, x.shape))
    assert isinstance(result, np.ndarray)
    np.testing.assert_allclose(np.broadcast_to(result, expected.shape), expected, rtol=1e-12, atol=1e-12)


def test_sums_over_a_batch_are_totals() -> None:
    x = Input((2, 3))
    total = 2 * ops.mean(ops.square(x)) - ops.sum(x) / 4 + 1
    assert isinstance(total, ops.Total)
    assert [(factor, mean) for factor, _, mean in total.terms] == [(2.0, True), (-0.25, False)]
    assert total.constant == 1
    for refused in (lambda: total * total, lambda: ops.max(x), lambda: ops.sum(x, 0)):
        with pytest.raises(GraphError):
            refused()


def test_deep_expressions_take_no_longer_than_they_are_long() -> None:
    """Shortcuts double the ways back at every step; only the nodes count, and no recursion."""
    x: Tensor = Input((2,))
    y: Tensor = ops.square(W)[0, :2]
    for _ in range(700):
        x, y = x + ops.relu(x), y + ops.relu(y)
    assert x.shape == y.shape == (2,)


def test_weights_have_no_batch_axis() -> None:
    x = Input((3,))
    total = ops.mean(ops.square(x)) + 0.5 * ops.sum(ops.square(W))
    assert [t.shape for _, t, _ in total.terms] == [(), ()]
    assert ops.transpose(W).shape == (4, 3)
    assert ops.concatenate([W, np.ones((1, 4))], 0).shape == (4, 4)
    assert W.shape == (3, 4)


def test_what_is_refused() -> None:
    x: Tensor = Input((4, 3))
    refusals: list[Callable[[], Any]] = [
        lambda: x[0], lambda: x[:, 7], lambda: x + np.ones((5, 4, 3)), lambda: ops.reshape(x, (4, 3)),
        lambda: ops.transpose(x, (1, 0, 2)), lambda: ops.concatenate([x, x], 0), lambda: ops.split(x, 3, 1),
        lambda: x @ x, lambda: x + Input((5, 3)), lambda: x + Input((3,)), lambda: ops.transpose(x),
        lambda: ops.pad(x, ((1, 0), (0, 0), (0, 0))),
        lambda: ops.softmax(x, 0), lambda: ops.squeeze(x, 1), lambda: x[:, 3:2],
    ]  # fmt: skip
    for refused in refusals:
        with pytest.raises(ShapeError):
            refused()
    with pytest.raises(TypeError, match="iterated"):
        list(x)
    with pytest.raises(GraphError, match="Received: str"):
        x + "one"
    with pytest.raises(GraphError, match="is a weight"):
        ops.conv(Input((4, 4, 1)), np.ones((2, 2, 1, 1)))
    with pytest.raises(AttributeError, match="no attribute 'expp'"):
        ops.expp  # noqa: B018
