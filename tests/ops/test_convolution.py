from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from konv.errors import ConfigurationError, ShapeError
from konv.ops.convolution import Conv2D
from konv.ops.record import Array, Run
from tests.ops.numerical import check_gradients
from tests.ops.windows import dilations, integers, paddings, places, sizes, strides


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Conv2D, tuple[int, int, int]]:
    groups = draw(st.integers(1, 3))
    op = Conv2D(
        groups * draw(st.integers(1, 3)), draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(strides),
        draw(paddings(3)), draw(dilations), groups, draw(st.booleans()),
    )  # fmt: skip
    shape = (*draw(sizes), groups * draw(st.integers(1, 3)))
    try:
        op.output_shape(shape)
    except ShapeError:
        assume(False)
    return op, shape


def by_loops(op: Conv2D, x: Array, w: tuple[Array, ...]) -> Array:
    """The equation, one term at a time."""
    y = np.zeros((len(x), *op.output_shape(x.shape[1:])), x.dtype)
    taken, made = x.shape[3] // op.groups, op.filters // op.groups
    for i, j, u, v, row, column in places(op.window(x.shape[1:])):
        for o in range(op.filters):
            part = slice(o // made * taken, (o // made + 1) * taken)
            y[:, i, j, o] += x[:, row, column, part] @ w[0][u, v, :, o]
    return y + (w[1] if op.bias else 0)


def weights_of(op: Conv2D, shape: tuple[int, ...], dtype: str = "float64") -> tuple[Array, ...]:
    return tuple(integers(w.shape, i, dtype) for i, w in enumerate(op.weights(shape)))


@settings(max_examples=60, deadline=None)
@given(convolutions(), st.sampled_from(["float32", "float64"]))
def test_forward_is_the_equation_exactly(case: tuple[Conv2D, tuple[int, int, int]], dtype: str) -> None:
    op, shape = case
    x, w = integers((2, *shape), 9, dtype), weights_of(op, shape, dtype)
    y = op.forward((x,), w, Run())
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, by_loops(op, x, w))


@settings(max_examples=60, deadline=None)
@given(convolutions())
def test_backward_is_the_adjoint_exactly(case: tuple[Conv2D, tuple[int, int, int]]) -> None:
    """The output is linear in the input and in the kernel: ⟨dy, conv(d)⟩ = ⟨gradient, d⟩, exact on integers."""
    op, shape = case
    x, w = integers((2, *shape), 9), weights_of(op, shape)
    y = op.forward((x,), w, Run())
    dy, d, dk = integers(y.shape, 3), integers(x.shape, 4), integers(w[0].shape, 5)
    (gx,), gw = op.backward(dy, (x,), w, y, Run())
    assert gx is not None
    zero = tuple(np.zeros_like(a) for a in w[1:])
    assert (op.forward((d,), (w[0], *zero), Run()) * dy).sum() == (gx * d).sum()
    assert (op.forward((x,), (dk, *zero), Run()) * dy).sum() == (gw[0] * dk).sum()
    if op.bias:
        np.testing.assert_array_equal(gw[1], dy.sum((0, 1, 2)))


@settings(max_examples=15, deadline=None)
@given(convolutions())
def test_gradients_by_finite_differences(case: tuple[Conv2D, tuple[int, int, int]]) -> None:
    op, shape = case
    rng = np.random.default_rng(0)
    check_gradients(op, rng.normal(size=(1, *shape)), tuple(rng.normal(size=w.shape) for w in op.weights(shape)))


CASES = [
    (Conv2D(4, (3, 3), padding="same"), (8, 7, 3)),
    (Conv2D(4, (3, 3), (2, 2), "same"), (8, 7, 3)),
    (Conv2D(6, (5, 2), (2, 3), ((2, 1), (0, 3)), (1, 2), 3), (11, 9, 6)),
    (Conv2D(6, (3, 3), (2, 2), "valid", (2, 2), 2, False), (9, 9, 4)),
    (Conv2D(5, (3, 3), padding="same", groups=5), (6, 6, 5)),
]


@pytest.mark.parametrize(("op", "shape"), CASES)
def test_agrees_with_jax(op: Conv2D, shape: tuple[int, ...], oracle: Callable[[str], ModuleType]) -> None:
    jax = oracle("jax")
    window = op.window(shape)

    def convolve(x: Array, k: Array) -> Array:
        return jax.lax.conv_general_dilated(
            x, k, op.strides, [(a.before, a.after) for a in window], rhs_dilation=op.dilation,
            dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=op.groups,
        )  # fmt: skip

    x, w = integers((2, *shape), 9, "float32"), weights_of(op, shape, "float32")
    expected, back = jax.vjp(convolve, x, w[0])
    y = op.forward((x,), w, Run())
    dy = integers(y.shape, 3, "float32")
    (dx,), dw = op.backward(dy, (x,), w, y, Run())
    np.testing.assert_array_equal(y, expected + (w[1] if op.bias else 0))
    for ours, theirs in zip((dx, dw[0]), back(dy), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [5, 6, 8])
def test_same_padding_is_that_of_keras(size: int, stride: int, oracle: Callable[[str], ModuleType]) -> None:
    keras = oracle("keras")
    op = Conv2D(2, (3, 4), (stride, stride), "same")
    x, w = integers((1, size, size + 1, 3), 1, "float32"), weights_of(op, (size, size + 1, 3), "float32")
    theirs = keras.ops.conv(x, w[0], strides=stride, padding="same", data_format="channels_last")
    np.testing.assert_array_equal(op.forward((x,), w, Run()), np.asarray(theirs) + w[1])


def test_weights_have_the_shapes_and_fans_of_keras(oracle: Callable[[str], ModuleType]) -> None:
    keras = oracle("keras")
    layer = keras.layers.Conv2D(8, (3, 5), groups=2)
    layer.build((None, 9, 9, 6))
    kernel, bias = Conv2D(8, (3, 5), groups=2).weights((9, 9, 6))
    assert [kernel.shape, bias.shape] == [tuple(w.shape) for w in layer.weights]
    compute_fans = oracle("keras.src.initializers.random_initializers").compute_fans
    assert (kernel.fan_in, kernel.fan_out) == compute_fans(kernel.shape) == (45, 120)


def test_counts() -> None:
    op = Conv2D(32, (3, 3), padding="same")
    assert op.parameters((32, 32, 3)) == 896
    assert op.macs((32, 32, 3)) == 32 * 32 * 32 * 27
    assert Conv2D(8, (3, 3), groups=4, bias=False).parameters((9, 9, 4)) == 72
    assert Conv2D(96, (11, 11), (4, 4)).output_shape((227, 227, 3)) == (55, 55, 96)


@pytest.mark.parametrize(
    ("op", "shape", "error", "words"),
    [
        (
            Conv2D(4, (5, 5)),
            (4, 4, 3),
            ShapeError,
            ["5×5 kernel", "4×4 input", "(4 + 0 − 5) / 1 + 1", "padding='same'"],
        ),
        (Conv2D(4, (3, 3)), (28, 28), ShapeError, ["3 axes", "28×28", "x[..., None]"]),
        (Conv2D(4, (3, 3), groups=2), (8, 8, 3), ShapeError, ["3 channels", "8×8×3", "2 equal groups"]),
        (Conv2D(5, (3, 3), groups=2), (8, 8, 4), ConfigurationError, ["5 filters", "2 equal groups"]),
    ],
)
def test_what_does_not_fit_is_refused(
    op: Conv2D, shape: tuple[int, ...], error: type[Exception], words: list[str]
) -> None:
    for ask in (op.output_shape, op.weights):
        with pytest.raises(error) as caught:
            ask(shape)
        assert all(word in str(caught.value) for word in words), str(caught.value)


def test_purpose_depends_on_the_kernel() -> None:
    assert Conv2D(8, (3, 3)).purpose((9, 9, 4))[0] == "purpose.conv2d"
    assert Conv2D(8, (1, 1)).purpose((9, 9, 4))[0] == "purpose.conv2d_1x1"
    assert Conv2D(4, (3, 3), groups=4).purpose((9, 9, 4))[0] == "purpose.conv2d_depthwise"
