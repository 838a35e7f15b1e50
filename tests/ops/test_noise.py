"""Noise: its distribution, gradients, equal numbers of both engines, and nothing of it in prediction."""

from __future__ import annotations

import numpy as np
import pytest

from konv.engine import Position, Training
from konv.engine.native import NativeProgram
from konv.engine.reference import ReferenceProgram
from konv.errors import ConfigurationError
from konv.graph import Graph, Node, Variable
from konv.layers import Input
from konv.ops import OPS, AlphaDropout, Dropout, GaussianDropout, GaussianNoise, Op, Parameter, Random, SpatialDropout2D
from konv.ops.loss import MeanSquaredError
from konv.ops.record import Run
from konv.ops.update import SGD
from konv.random import Stream
from tests.ops.numerical import check_gradients, derivative

OPS_OF_NOISE = [GaussianNoise(0.5), GaussianDropout(0.3), AlphaDropout(0.3), Dropout(0.3), SpatialDropout2D(0.3)]


def run(n: int) -> Run:
    return Run(True, Stream(5, 2, 1, np.arange(n)))


@pytest.mark.parametrize("op", OPS_OF_NOISE, ids=lambda op: op.name)
def test_reference_gradients(op: Op) -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 2, 7))
    check_gradients(op, x, run=run(2))
    assert op.forward((x,), (), Run()) is x


@pytest.mark.parametrize("op", OPS_OF_NOISE, ids=lambda op: op.name)
@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize(("shape", "dtype"), [((1, 1, 3), "float64"), ((2, 5, 33), "float32"), ((4, 4, 16), "float32")])
def test_kernels(op: Op, frozen: bool, shape: tuple[int, ...], dtype: str) -> None:
    """Outputs and gradients of both engines, in float32 within roundings, finite differences of the kernels in float64;
    a frozen layer draws nothing, in training either."""
    bound = 2e-5 if dtype == "float32" else 1e-11
    x = Input(shape, dtype=dtype)
    p = Variable("p", np.random.default_rng(1).normal(size=shape).astype(dtype))
    held = Node.apply(Parameter(shape), (), (p,), "p", dtype)
    y = Node.apply(op, (x + held,), (), "noise", dtype)
    y.node.frozen = frozen
    graph, n, rng = Graph([x], [y]), 5, np.random.default_rng(2)
    data, target = (rng.normal(size=(n, *shape)).astype(dtype) for _ in range(2))
    position = Position(3, 2, np.array([7, 1, 2**33, 0, 4]))
    training = Training(SGD(), (p,), ((),))
    native, reference = (kind(graph, n, [MeanSquaredError()], training) for kind in (NativeProgram, ReferenceProgram))
    a, b = (one.run([data], [target], scalars=(0.0,), position=position) for one in (native, reference))
    np.testing.assert_allclose(a.outputs[0], b.outputs[0], rtol=bound, atol=bound)
    np.testing.assert_allclose(native.gradients()[0], reference.gradients()[0], rtol=bound, atol=bound)
    assert np.array_equal(a.outputs[0], data + p.value) == frozen

    def value() -> float:
        p.touch()
        return float(native.run([data], [target], scalars=(0.0,), position=position).losses[0].sum())

    if dtype == "float64":
        (found,) = native.gradients()
        np.testing.assert_allclose(found, derivative(value, p.value, 1e-6), rtol=1e-6, atol=1e-8)


def test_distributions() -> None:
    """Mean and deviation over 200,000 numbers, within five standard errors."""
    x = np.ones((50, 4000))
    error = 5 / np.sqrt(x.size)
    noise = GaussianNoise(2.0).forward((x,), (), run(50)) - x
    assert abs(noise.mean()) < 2 * error
    assert abs(noise.std() - 2) < 2 * error
    assert abs(np.mean(noise**4) / np.mean(noise**2) ** 2 - 3) < 0.1
    factors = GaussianDropout(0.2).forward((x,), (), run(50))
    assert abs(factors.mean() - 1) < error
    assert abs(factors.std() - 0.5) < error
    z = np.random.default_rng(0).normal(size=x.shape)
    kept = AlphaDropout(0.3).forward((z,), (), run(50))
    assert abs(kept.mean()) < 2 * error
    assert abs(kept.std() - 1) < 2 * error


def test_normal_numbers_come_in_pairs() -> None:
    """The radius of a pair is that of its first word alone, whatever the count asked for."""
    stream = Stream(1, 2, 3, np.arange(4))
    z = stream.normal(130, "float64")
    u = ((stream.bits(128) >> 8) + 1) / 2**24
    radius = np.hypot(z[:, :16], z[:, 16:32])
    np.testing.assert_allclose(radius, np.sqrt(-2 * np.log(u[:, :16])), rtol=1e-12)
    np.testing.assert_array_equal(z[:, :70], stream.normal(70, "float64"))


@pytest.mark.parametrize("wrong", [lambda: GaussianNoise(-1), lambda: GaussianDropout(1.0), lambda: AlphaDropout(-0.1),
                                   lambda: Random("cauchy", (2,)), lambda: GaussianNoise(float("nan"))])  # fmt: skip
def test_what_is_refused(wrong) -> None:
    with pytest.raises(ConfigurationError, match="Received: "):
        wrong()


def test_they_are_known() -> None:
    assert {op.name for op in OPS_OF_NOISE} <= set(OPS)
