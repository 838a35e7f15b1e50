"""The functions of `konv.ops`: gradients by finite differences, both engines alike, arrays at once as in NumPy."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from konv import functions, ops
from konv.engine.native import NativeProgram
from konv.engine.program import Position, Training
from konv.engine.reference import ReferenceProgram
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.graph import Graph, Node, Tensor, Variable
from konv.layers import Input
from konv.ops.dropping import JointDropout
from konv.ops.loss import MeanSquaredError
from konv.ops.update import SGD
from tests.ops.numerical import derivative

Q = np.array([0.5, -1.5, 2.0])
W = Variable("w", np.random.default_rng(5).normal(size=(3, 4)))
KERNEL = Variable("k", np.random.default_rng(6).normal(size=(2, 2, 3, 2)))
TURNED = Variable("t", np.random.default_rng(8).normal(size=(2, 3, 2, 3)))
POINTWISE = Variable("q", np.random.default_rng(9).normal(size=(1, 1, 6, 2)))
LINE = Variable("l", np.random.default_rng(10).normal(size=(2, 3, 3)))
LINES = Variable("m", np.random.default_rng(11).normal(size=(3, 3, 1)))
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
    "margins": (lambda x, p: ops.pad(p * p, ((0, 0), (1, 0), (0, 2), (1, 1)), constant_values=0.5), ()),
    "mirrored": (lambda x, p: ops.pad(p * x, ((0, 0), (2, 1), (0, 0), (1, 2)), "reflect"), ()),
    "mirrored with the edge": (lambda x, p: ops.pad(p * x, ((0, 0), (2, 1), (0, 0), (1, 2)), mode="symmetric"), ()),
    "turned": (lambda x, p: ops.flip(p, 2) * ops.reshape(ops.reshape(p, (-1, 12, 2)), (-1, 2, 4, 3)), ()),
    "spread": (lambda x, p: ops.broadcast_to(ops.expand_dims(p[:, 0], 1), (None, 5, 4, 3)) * 2, ()),
    "squeezed": (lambda x, p: ops.squeeze(p[:, 1:]) * ops.squeeze(ops.expand_dims(p[:, 0], 2), 2), ()),
    "products": (lambda x, p: ops.matmul(p, ops.transpose(x, (0, 1, 3, 2))) + p @ ops.transpose(p, (0, 1, 3, 2)), ()),
    "weights": (lambda x, p: ops.matmul(p, W) * ops.square(W)[1] + ops.mean(W) * ops.sum(W, 0), (W,)),
    "convolution": (lambda x, p: ops.conv(p, KERNEL, padding="same") * ops.max_pool(x, 1)[..., :2], (KERNEL,)),
    "depthwise": (lambda x, p: ops.depthwise_conv(p, DEPTHWISE, strides=(1, 2)), (DEPTHWISE,)),
    "pooling": (lambda x, p: ops.max_pool(p, 2, 1) + ops.average_pool(p, (2, 2), (1, 1)), ()),
    "waves": (lambda x, p: ops.sin(p * 3) * ops.cos(p - 1) + ops.tan(p * 0.5) + ops.sinh(p) - ops.cosh(p), ()),
    "logarithms": (lambda x, p: ops.log1p(p) + ops.expm1(p) + ops.log2(p) * ops.log10(p) + ops.erf(p - 1), ()),
    "remainders": (lambda x, p: p % 0.25 + ops.mod(p, x) + ops.divide_no_nan(p, p // 1), ()),
    "questions": (lambda x, p: p * (ops.isnan(p) + ops.isfinite(p)) + ops.isinf(p) + ops.logical_xor(p > 1, x > 1) * p,
                  ()),
    "so far": (lambda x, p: ops.cumsum(p, 2) * ops.cumprod(p, 1) + ops.prod(p, -1, keepdims=True), ()),
    "lengths": (lambda x, p: p * ops.norm(p, axis=3, keepdims=True) + ops.normalize(p, 2) + ops.norm(p, 1, (1, 2, 3))[
        :, None, None, None], ()),
    "moved": (lambda x, p: ops.moveaxis(ops.roll(p, 1, 2), 3, 1) * ops.unstack(p, axis=3)[1][:, None], ()),
    "repeats": (lambda x, p: ops.repeat(p, 2, 2) * ops.swapaxes(ops.repeat(ops.swapaxes(p, 1, 3), 2, 2), 1, 3), ()),
    "picked": (lambda x, p: ops.take_along_axis(p, ops.argmax(x, 2, keepdims=True), 2) + ops.triu(p[:, :, :3]), ()),
    "rows of a weight": (lambda x, p: p[..., :1] * ops.take(W, ops.argmax(p, 3), 0)
                         + ops.take(ops.square(W)[:, 0], ops.argmin(p, 3))[..., None], (W,)),
    "more curves": (lambda x, p: ops.elu(p - 1.05) + ops.selu(p - 1.05) + ops.gelu(p) + ops.silu(p) + ops.mish(p)
                    + ops.leaky_relu(p - 1.05) + ops.softsign(p) + ops.log_sigmoid(p) + ops.hard_silu(p)
                    + ops.hard_sigmoid(p) + ops.relu6(p) + ops.hard_tanh(p * 0.4), ()),
    "entropies": (lambda x, p: ops.categorical_crossentropy(x, p, True) + ops.binary_crossentropy(x, p * 0.4)[..., 0]
                  + ops.sparse_categorical_crossentropy(ops.argmax(x, 3), p), ()),
    "alike": (lambda x, p: p * ops.ones_like(p) + ops.zeros_like(x) + ops.full_like(p, 2.0), ()),
    "transposed convolution": (lambda x, p: ops.conv_transpose(p, TURNED, strides=2), (TURNED,)),
    "separable": (lambda x, p: ops.separable_conv(p, DEPTHWISE, POINTWISE, padding="same"), (DEPTHWISE, POINTWISE)),
    "sequence": (lambda x, p: ops.conv(p[:, 0], LINE, dilation_rate=2) * ops.depthwise_conv(p[:, 0], LINES)[:, :2], (
        LINE, LINES)),
    "known kernel": (lambda x, p: ops.conv(p, KERNEL.value) + ops.depthwise_conv(p, DEPTHWISE.value)[..., :2], ()),
    "normalised": (lambda x, p: ops.batch_normalization(p, *ops.moments(x, (1, 2), keepdims=True), offset=p, scale=x),
                   ()),
    "notation": (lambda x, p: ops.einsum("nhwc,nhvc->nvwh", p, x) + ops.einsum("nh...,nh...,h->n", p, p, Q[:2])[
        :, None, None, None], ()),
    "notation of weights": (lambda x, p: ops.einsum("nhwc,cd,ch->nwd", p, W, W[:, :2]), (W,)),
    "diagonals": (lambda x, p: ops.einsum("nhww->nh", p[:, :, :3]) * ops.tensordot(p, Q, [3, 0])[..., 0], ()),
    "in order": (lambda x, p: ops.sort(p, 2) * x + ops.argsort(p, 3) * p + ops.median(p, 1)[:, None], ()),
    "first": (lambda x, p: ops.top_k(p, 2)[0] * ops.top_k(p * x, 3)[1][..., 1:], ()),
    "resized": (lambda x, p: ops.image.resize(p, (3, 7), "bicubic") + ops.image.resize(p, (3, 7), "nearest")
                * ops.image.resize(x, (3, 7)), ()),
    "made smaller": (lambda x, p: ops.image.resize(p, (1, 3), antialias=True) + ops.image.rgb_to_grayscale(p)[:, :1, :3]
                     + ops.image.crop_images(p, 0, 1, target_height=1, target_width=3), ()),
    "patches": (lambda x, p: ops.image.extract_patches(p, 2) * ops.image.pad_images(p, 0, 1, 0, 0)[:, :1, 1:3, :1], ()),
    "shrunk": (lambda x, p: ops.celu(p - 1.05, 0.3) + ops.hard_shrink(p - 1.05, 0.2) + ops.soft_shrink(p - 1.05, 0.2)
               + ops.tanh_shrink(p) + ops.threshold(p, 0.8) + ops.squareplus(p), ()),
    "gates": (lambda x, p: ops.glu(p, 2) * ops.exp2(p[:, :, :2]) + ops.logaddexp(p, x)[:, :, :2], ()),
    "normal": (lambda x, p: ops.layer_normalization(p, Q, Q, epsilon=0.1) + ops.rms_normalization(p, Q, (2, 3)), ()),
    "adapted": (lambda x, p: ops.adaptive_average_pool(p, (3, 2)) * ops.adaptive_max_pool(p, (3, 2)), ()),
    "blocks": (lambda x, p: ops.space_to_depth(p, 2) * ops.depth_to_space(p[:, :1, :, :1] * Q[:1].repeat(4), 2)[
        :, :1, ::4, :1], ()),
    "weights alone": (lambda x, p: p * (W + W * 2 - 1)[:, 0] / (1 + abs(W[:, 1])), (W,)),
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
    for refused in (lambda: ops.max(x), lambda: ops.min(x, 0)):
        with pytest.raises(GraphError):
            refused()
    assert ops.sum(total) is total
    for whole, shape in (
        (total * total, ()), (1 / total, ()), (ops.log(total), ()), (ops.mean(x, 0), (2, 3)),
        (ops.sum(x, (0, 1)), (3,)), (ops.sum(x, (0, 1), keepdims=True), (1, 1, 3)),
    ):  # fmt: skip
        assert (whole.shape, whole.node.alike) == (shape, True)
    assert (x / total).shape == (x - ops.mean(x, 0, keepdims=True)).shape == (2, 3)


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
        lambda: ops.pad(x, ((1, 0), (0, 0), (0, 0))), lambda: ops.pad(x, ((1, 0), (0, 0), (0, 0)), "edge"),
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
        ops.conv(Input((4, 4, 1)), Input((2, 2, 1, 1)))
    with pytest.raises(AttributeError, match="no attribute 'expp'"):
        ops.expp  # noqa: B018


def test_random_numbers_follow_from_seed_and_sample() -> None:
    """In a network numbers are drawn for each sample: whatever the batch and the threads, on both engines."""
    x = Input((5,))
    normal = ops.random_normal(ops.shape(x), 1.0, 2.0)
    uniform = ops.random_uniform((None, 70), -1.0, 3.0)
    graph = Graph([x], [x + normal, uniform * ops.mean(x, 1, keepdims=True)])
    data = np.ones((6, 5), "float32")
    position = Position(3, 1, np.arange(6))
    programs = [kind(graph, 6) for kind in (NativeProgram, ReferenceProgram)]
    (a, b), (c, d) = (program.run([data], position=position).outputs for program in programs)
    np.testing.assert_allclose(a, c, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(b, d, rtol=1e-6, atol=1e-6)
    assert b.min() >= -1
    assert b.max() < 3
    part = NativeProgram(graph, 2).run([data[:2]], position=Position(3, 1, np.array([4, 1]))).outputs
    np.testing.assert_array_equal(part[0], a[[4, 1]])
    np.testing.assert_array_equal(part[1], b[[4, 1]])
    again = programs[0].run([data]).outputs[0]
    assert not np.array_equal(again, a)
    np.testing.assert_array_equal(programs[0].run([data]).outputs[0], again)


def test_random_arrays() -> None:
    for draw, mean, deviation in ((ops.random_normal, 0, 1), (ops.random_uniform, 0.5, 12**-0.5)):
        values = draw((400, 50), seed=3)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, draw((400, 50), seed=3))
        assert abs(values.mean() - mean) < 0.03
        assert abs(values.std() - deviation) < 0.03
    dropped = ops.dropout(np.ones((200, 50)), 0.25, seed=4)
    assert set(np.unique(dropped.astype("float32"))) == {np.float32(0), np.float32(4 / 3)}
    assert abs((dropped == 0).mean() - 0.25) < 0.02


def test_dropout_of_numbers_together() -> None:
    x = np.arange(1.0, 601).reshape(20, 6, 5)
    kept = ops.dropout(x, 0.5, (None, 1, 5), seed=4) / x
    assert set(np.unique(kept)) == {0, 2}
    np.testing.assert_array_equal(kept, np.broadcast_to(kept[:, :1], kept.shape))
    assert ops.dropout(Input((6, 5)), 0.5, (None, 1, 5)).node.op == JointDropout(0.5, 1)
    with pytest.raises(ConfigurationError, match="dropout: noise_shape"):
        ops.dropout(Input((6, 5)), 0.5, (None, 6, 1))


def test_shapes_and_arrays() -> None:
    x = Input((4, 3))
    assert ops.shape(x) == (None, 4, 3)
    assert ops.shape(W) == (3, 4)
    assert (ops.ndim(x), ops.size(x), ops.size(W)) == (3, None, 12)
    assert ops.is_tensor(x)
    assert ops.convert_to_tensor([1.0]).dtype == np.float32
    np.testing.assert_array_equal(ops.convert_to_numpy(W), W.value)
    assert ops.zeros((2, 3)).dtype == ops.eye(2).dtype == ops.linspace(0, 1, 3).dtype == np.float32
    np.testing.assert_array_equal(ops.arange(1, 4), [1, 2, 3])
    for refused in (lambda: ops.zeros((None, 3)), lambda: ops.convert_to_numpy(x), lambda: ops.norm(x, 3, 1),
                    lambda: ops.take(x, x[:, 0, 0], 1), lambda: ops.take(x, [0]), lambda: ops.prod(x)):  # fmt: skip
        with pytest.raises(GraphError):
            refused()


def test_no_function_hides_behind_a_module() -> None:
    """`konv.ops.NAME` is one thing: a function named as a file of the room would be either, by chance."""
    files = {name for _, name, _ in pkgutil.iter_modules(ops.__path__)}
    assert not files & set(functions.__all__)
    assert not set(functions.__all__) & set(ops.__all__)
