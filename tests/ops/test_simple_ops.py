from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from konv.errors import ConfigurationError, ShapeError, UnknownNameError
from konv.messages import text
from konv.ops import OPS, op
from konv.ops.activation import Linear, ReLU, Sigmoid, Softmax, Tanh
from konv.ops.adaptive_pooling import AdaptiveAveragePool1D, AdaptiveAveragePool2D, AdaptiveMaxPool1D, AdaptiveMaxPool2D
from konv.ops.arrangement import BroadcastTo, Pad, Slice, Transpose
from konv.ops.augmentation import Cutout, RandomBrightness, RandomContrast, RandomErasing
from konv.ops.batch_sum import BatchSum
from konv.ops.batchnorm import BatchNormalization
from konv.ops.concatenation import Concatenate
from konv.ops.constant import Constant, Parameter, StopGradient
from konv.ops.convolution import Conv2D
from konv.ops.curves import ELU, GELU, ClippedReLU, Exponential, HardSigmoid, HardSiLU, SiLU, Softplus, Softsign
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.dropping import Dropout, JointDropout, SpatialDropout1D, SpatialDropout2D
from konv.ops.elementwise import Elementwise
from konv.ops.geometry import RandomCrop, RandomFlip, RandomRotation, RandomShear, RandomTranslation, RandomZoom
from konv.ops.globalpool import (
    AveragePool1D,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    MaxPool1D,
)
from konv.ops.layernorm import GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization
from konv.ops.local import LocallyConnected1D, LocallyConnected2D
from konv.ops.matrix_product import Matmul
from konv.ops.neighbours import LocalResponseNormalization
from konv.ops.noise import AlphaDropout, GaussianDropout, GaussianNoise, Random
from konv.ops.phase import Phase
from konv.ops.places import RepeatVector
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.prelu import PReLU
from konv.ops.record import Array, Op, Run
from konv.ops.reduction import Reduce
from konv.ops.resizing import Resize, UpSampling1D, UpSampling2D
from konv.ops.sequence import Conv1D, DepthwiseConv1D
from konv.ops.source import Input
from konv.ops.standardize import MeanSubtraction, Rescale, Standardize, Whiten, WhitenPatches
from konv.ops.transposed import Conv1DTranspose, Conv2DTranspose
from konv.ops.views import Flatten, Reshape
from konv.random import Stream
from konv.shapes import elements
from tests.ops.numerical import check_gradients
from tests.ops.windows import integers

ACTIVATIONS = [Linear(), ReLU(), Sigmoid(), Tanh(), Softmax()]
CURVES = [
    ClippedReLU(0.3), ClippedReLU(0.1, 0.5, 1.5), ClippedReLU(most=6.0), ELU(0.7), ELU(1.6, 1.05), SiLU(),
    HardSigmoid(), HardSigmoid(0.2), HardSiLU(), Softplus(), Softsign(), Exponential(), GELU(), GELU(True),
]  # fmt: skip
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def training(n: int) -> Run:
    return Run(True, Stream(7, 3, 2, np.arange(n) * 5))


def away_from_zero(shape: tuple[int, ...]) -> Array:
    """Random numbers where a finite difference does not step over the bend of ReLU."""
    x = np.random.default_rng(0).normal(size=shape)
    return x + np.sign(x) * 0.01


@settings(max_examples=60, deadline=None)
@given(shapes, st.sampled_from([*ACTIVATIONS, *CURVES]))
def test_activation_gradients_by_finite_differences(shape: tuple[int, ...], op: Op) -> None:
    check_gradients(op, away_from_zero((2, *shape)))


@settings(max_examples=25, deadline=None)
@given(shapes, st.integers(1, 5), st.booleans())
def test_dense_gradients_by_finite_differences(shape: tuple[int, ...], units: int, bias: bool) -> None:
    op, rng = Dense(units, bias), np.random.default_rng(0)
    check_gradients(op, rng.normal(size=(2, *shape)), tuple(rng.normal(size=w.shape) for w in op.weights(shape)))


@settings(max_examples=10, deadline=None)
@given(shapes, st.sampled_from([0.0, 0.25, 0.9]))
def test_dropout_gradients_by_finite_differences(shape: tuple[int, ...], rate: float) -> None:
    check_gradients(Dropout(rate), away_from_zero((3, *shape)), run=training(3))


def test_shape_gradients_by_finite_differences() -> None:
    x = away_from_zero((2, 3, 2, 2))
    check_gradients(Flatten(), x)
    check_gradients(Reshape((2, -1)), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "op",
    [*ACTIVATIONS, *CURVES, Dropout(0.3), Flatten(), Reshape((2, -1)), Dense(3), Conv2D(2, (2, 2)), MaxPool2D(),
     AveragePool2D()],
    ids=lambda op: op.name,
)  # fmt: skip
def test_types_and_shapes_are_kept(op: Op, dtype: str) -> None:
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 2)).astype(dtype)
    w = tuple(np.ones(w.shape, dtype) for w in op.weights(x.shape[1:]))
    y = op.forward((x,), w, training(2))
    (dx,), dw = op.backward(y, (x,), w, y, training(2))
    assert y.shape == (2, *op.output_shape(x.shape[1:]))
    assert dx is not None
    assert dx.shape == x.shape
    assert [g.shape for g in dw] == [a.shape for a in w]
    assert {a.dtype for a in (y, dx, *dw)} == {np.dtype(dtype)}


@pytest.mark.parametrize("op", ACTIVATIONS, ids=lambda op: op.name)
def test_activations_agree_with_keras(op: Op, oracle: Callable[[str], ModuleType]) -> None:
    theirs = getattr(oracle("keras").activations, op.name)
    x = np.concatenate([np.linspace(-20, 20, 81), [-200, 200, 0]]).astype("float32").reshape(6, 14)
    np.testing.assert_allclose(op.forward((x,), (), Run()), theirs(x), rtol=2e-6, atol=1e-30)


@pytest.mark.parametrize("op", [Sigmoid(), Tanh(), Softmax()], ids=lambda op: op.name)
def test_large_scores_do_not_overflow(op: Op) -> None:
    x = np.array([[-1e30, -1000, 0, 1000, 1e30]], "float32")
    with np.errstate(all="raise", under="ignore"):
        y = op.forward((x,), (), Run())
    expected = {
        "sigmoid": [[0, 0, 0.5, 1, 1]],
        "tanh": [[-1, -1, 0, 1, 1]],
        "softmax": [[0, 0, 0, 0, 1]],
    }
    np.testing.assert_array_equal(y, expected[op.name])


def test_relu_keeps_nan_and_cuts_at_zero() -> None:
    x = np.array([[-1.0, 0.0, 2.0, np.nan]])
    y = ReLU().forward((x,), (), Run())
    np.testing.assert_array_equal(y, [[0, 0, 2, np.nan]])
    np.testing.assert_array_equal(
        ReLU().backward(np.ones((1, 3)), (x[:, :3],), (), y[:, :3], Run()).inputs[0], [[0, 0, 1]]
    )


def test_dense_is_the_equation_exactly() -> None:
    x, k, b = integers((3, 5), 1, "float32"), integers((5, 4), 2, "float32"), integers((4,), 3, "float32")
    y = Dense(4).forward((x,), (k, b), Run())
    expected = [[b[u] + sum(x[n, f] * k[f, u] for f in range(5)) for u in range(4)] for n in range(3)]
    np.testing.assert_array_equal(y, expected)
    assert Dense(4).macs((5,)) == 20
    assert Dense(4).macs((3, 5)) == 60
    assert Dense(512).parameters((2304,)) == 1_180_160


def test_dropout_is_the_stream_of_its_samples() -> None:
    op, run = Dropout(0.4), training(2)
    assert run.stream is not None
    x = np.random.default_rng(0).normal(size=(2, 5, 3)) + 10
    kept = run.stream.bits(15).reshape(x.shape) >= 1717986918  # 0.4 · 2³², rounded
    y = op.forward((x,), (), run)
    assert 0 < kept.sum() < x.size
    np.testing.assert_array_equal(y, np.where(kept, x * (1 / 0.6), 0))
    np.testing.assert_array_equal(op.backward(x, (x,), (), y, run).inputs[0], y)  # the same mask
    # A sample's mask follows the sample, wherever in a batch it stands.
    alone = Run(True, Stream(7, 3, 2, np.array([5])))
    np.testing.assert_array_equal(op.forward((x[1:],), (), alone), y[1:])


def test_dropout_drops_its_share_and_nothing_in_prediction() -> None:
    x = np.ones((4, 50_000), "float32")
    y = Dropout(0.25).forward((x,), (), training(4))
    # 200,000 independent draws: the share dropped has a standard deviation of 0.001.
    assert abs((y == 0).mean() - 0.25) < 0.005
    np.testing.assert_array_equal(Dropout(0.25).forward((x,), (), Run()), x)
    np.testing.assert_array_equal(Dropout(0.25).backward(x, (x,), (), x, Run()).inputs[0], x)
    np.testing.assert_array_equal(Dropout(0).forward((x,), (), training(4)), x)


@pytest.mark.parametrize(("op", "shape"), [(SpatialDropout2D(0.4), (3, 5, 70)), (SpatialDropout1D(0.4), (4, 70))])
def test_spatial_dropout_drops_whole_channels(op: Op, shape: tuple[int, ...]) -> None:
    run = training(2)
    assert run.stream is not None
    x = away_from_zero((2, *shape))
    kept = run.stream.bits(70) >= 1717986918  # 0.4 · 2³², rounded
    y = op.forward((x,), (), run)
    assert 0 < kept.sum() < kept.size
    np.testing.assert_array_equal((y != 0).all(tuple(range(1, x.ndim - 1))), kept)
    np.testing.assert_array_equal((y != 0).any(tuple(range(1, x.ndim - 1))), kept)
    np.testing.assert_array_equal(y[y != 0], (x * (1 / 0.6))[y != 0])
    np.testing.assert_array_equal(op.backward(x, (x,), (), y, run).inputs[0], y)
    np.testing.assert_array_equal(op.forward((x,), (), Run()), x)
    with pytest.raises(ShapeError, match=r"SpatialDropout\dD expects"):
        op.output_shape((70,))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_joint_dropout_drops_what_lies_along_its_first_axes(axes: int) -> None:
    run, shape, op = training(40), (3, 5, 2), JointDropout(0.4, axes)
    assert run.stream is not None
    x = away_from_zero((40, *shape))
    drawn = run.stream.bits(elements(shape[axes:])) >= 1717986918  # 0.4 · 2³², rounded
    kept = np.broadcast_to(drawn.reshape(40, *[1] * axes, *shape[axes:]), x.shape)
    y = op.forward((x,), (), run)
    assert 0 < kept.sum() < kept.size
    np.testing.assert_array_equal(y, np.where(kept, x * (1 / 0.6), 0))
    np.testing.assert_array_equal(op.backward(x, (x,), (), y, run).inputs[0], y)
    with pytest.raises(ShapeError, match="first axes"):
        op.output_shape((1,) * (axes - 1))


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_a_rate_that_is_no_share_is_refused(rate: float) -> None:
    with pytest.raises(ConfigurationError, match=f"at least 0 and below 1. Received: {rate}"):
        Dropout(rate)


def test_shapes_of_reshape() -> None:
    assert Flatten().output_shape((3, 4, 5)) == (60,)
    assert Reshape((-1, 10)).output_shape((3, 4, 5)) == (6, 10)
    assert Reshape((5, 12)).output_shape((60,)) == (5, 12)
    x = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(Flatten().forward((x,), (), Run()), x.reshape(2, 12))
    for bad in ((7, -1), (-1, -1), (6, 9), (0, -1)):
        with pytest.raises(ShapeError, match="60 numbers of a 3×4×5 input"):
            Reshape(bad).output_shape((3, 4, 5))


@pytest.mark.parametrize("op", [Dense(3), Softmax()], ids=lambda op: op.name)
def test_no_features_are_refused(op: Op) -> None:
    for shape in ((), (4, 0)):
        with pytest.raises(ShapeError, match="at least one element"):
            op.output_shape(shape)


def test_input_passes_data_on() -> None:
    assert Input((4, 3)).output_shape() == (4, 3)
    x = np.ones((2, 4, 3))
    assert Input((4, 3)).forward((x,), (), Run()) is x


def test_registry() -> None:
    assert op("conv2d") is Conv2D
    assert all(OPS[name].name == name for name in OPS)
    with pytest.raises(UnknownNameError, match=r"Unknown operation: 'Conv2'\. Did you mean: conv2d"):
        op("Conv2")
    with pytest.raises(UnknownNameError, match="Known are: adaptive_average_pooling1d, "):
        op("zzzz")


EXAMPLES = [
    (Transpose((1, 0, 2)), (8, 8, 4)), (Slice((0,), (3,), (1,)), (5,)), (Pad(((1, 1),)), (5,)),
    (BroadcastTo((4, 5)), (5,)),
    (Reduce("sum", (0,)), (5,)), (Constant((1,), (2.0,)), ()), (Parameter((2,)), ()), (StopGradient(), (5,)),
    (Concatenate(), (8, 8, 4)), (Elementwise("add"), (5,)), (Elementwise("multiply"), (5,)),
    (Elementwise("exp", (None,)), (5,)),
    (Input((8, 8, 4)), ()), (Conv2D(3, (3, 3)), (8, 8, 4)), (Conv2D(3, (1, 1)), (8, 8, 4)),
    (Conv2D(4, (3, 3), groups=4), (8, 8, 4)), (Dense(3), (5,)), (MaxPool2D(), (8, 8, 4)),
    (AveragePool2D(), (8, 8, 4)), (Dropout(0.5), (5,)), (Flatten(), (8, 8, 4)), (Reshape((-1,)), (8, 8, 4)),
    (DepthwiseConv2D((3, 3)), (8, 8, 4)), (Conv1D(3, 2), (8, 4)), (DepthwiseConv1D(2), (8, 4)),
    (LocallyConnected2D(3, (2, 2)), (8, 8, 4)), (LocallyConnected1D(3, 2), (8, 4)),
    (Resize((5, 12)), (8, 8, 4)), (UpSampling2D(), (8, 8, 4)), (UpSampling1D(), (8, 4)), (RepeatVector(3), (8,)),
    (Conv2DTranspose(3, (2, 2)), (8, 8, 4)), (Conv1DTranspose(3, 2), (8, 4)),
    (BatchNormalization(), (8, 8, 4)), (BatchSum(), (5,)), (MaxPool1D(), (8, 4)), (AveragePool1D(), (8, 4)),
    (GlobalAveragePool1D(), (8, 4)), (GlobalMaxPool1D(), (8, 4)), (GlobalAveragePool2D(), (8, 8, 4)),
    (GlobalMaxPool2D(), (8, 8, 4)), (LocalResponseNormalization(), (8, 8, 4)), (SpatialDropout1D(0.5), (8, 4)),
    (SpatialDropout2D(0.5), (8, 8, 4)), (GaussianNoise(0.5), (5,)), (GaussianDropout(0.5), (5,)),
    (AlphaDropout(0.5), (5,)), (PReLU(), (5,)), (LayerNormalization(), (5,)), (RMSNormalization(), (5,)),
    (UnitNormalization(), (5,)), (JointDropout(0.5, 2), (8, 8, 4)), (JointDropout(0.5, 3), (8, 8, 4)),
    (GroupNormalization(groups=2), (5, 4)), (AdaptiveAveragePool2D((2, 3)), (8, 8, 4)),
    (AdaptiveMaxPool2D((2, 3)), (8, 8, 4)), (AdaptiveAveragePool1D((2,)), (8, 4)), (AdaptiveMaxPool1D((2,)), (8, 4)),
    (Random("normal", (5,)), ()), (Whiten(4), (5,)), (Phase(), (5,)),
    *((op, (8, 8, 4)) for op in (
        Standardize((2,)), MeanSubtraction((0, 1, 2)), Rescale(0.5), WhitenPatches(4, (3, 3)), Cutout(),
        RandomErasing(), RandomBrightness((0.0, 0.5)), RandomContrast((0.5, 1.5)), RandomFlip(), RandomCrop((6, 6)),
        RandomTranslation((0.0, 0.1), (0.0, 0.1)), RandomRotation((0.0, 0.1)), RandomZoom((0.0, 0.1)),
        RandomShear((0.0, 0.1), (0.0, 0.1)),
    )),
    *((activation, (5,)) for activation in [*ACTIVATIONS, *CURVES]),
]  # fmt: skip


def test_every_op_is_frozen_hashable_and_can_say_what_it_is_for() -> None:
    assert {type(op).name for op, _ in EXAMPLES} | {"matmul"} == set(OPS)  # a product takes two inputs, see below
    assert len(text("purpose.matmul", "en", **Matmul().purpose((2, 3), (3, 4))[1])) > 40
    for example, shape in EXAMPLES:
        key, values = example.purpose(*((shape,) if shape else ()))
        assert len(text(key, "en", **values)) > 40
        assert text(key, "zh", **values) != text(key, "en", **values)
        assert {example: 1}[example] == 1
        with pytest.raises(FrozenInstanceError):
            example.anything = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(OPS))
def test_every_op_is_one_screen_of_teaching_text(name: str) -> None:
    kind = OPS[name]
    assert kind.__doc__ is not None
    assert "y" in kind.__doc__
    for method in (kind.forward, kind.backward):
        assert len(inspect.getsource(method).splitlines()) <= 20
