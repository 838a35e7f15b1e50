"""PReLU, normalisation of samples, adaptive pooling: finite differences, both engines, PyTorch's bins, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from konv import ops
from konv.engine import Training
from konv.engine.native import NativeProgram
from konv.engine.reference import ReferenceProgram
from konv.errors import ConfigurationError, ShapeError
from konv.graph import Graph, Node, Variable
from konv.kernels.maps.bins import Bins
from konv.layers import AdaptiveMaxPooling2D, Input, LayerNormalization, PReLU
from konv.ops import Op
from konv.ops.loss import MeanSquaredError
from konv.ops.update import SGD
from tests.kernels.helpers import run, stretch, unset
from tests.ops.numerical import check_gradients, derivative

Case = tuple[Op, tuple[int, ...]]


def draw(seed: int) -> Case:
    """A random op of this file with a shape it takes."""
    rng = np.random.default_rng(seed)
    axes = int(rng.integers(1, 4))
    shape = (*(int(n) for n in rng.integers(1, 6, axes - 1)), int(rng.integers(1, 40)))
    kind = seed % 7
    if kind == 0:
        return ops.PReLU(tuple(a for a in range(axes) if rng.random() < 0.4)), shape
    center, scale = (bool(v) for v in rng.random(2) < 0.7)
    if kind == 1:
        chosen = tuple(a for a in range(axes) if rng.random() < 0.5) or (-1,)
        return ops.LayerNormalization(0.1, center, scale, chosen), shape
    if kind == 2:
        groups = int(rng.choice([g for g in range(1, shape[-1] + 1) if shape[-1] % g == 0]))
        return ops.GroupNormalization(0.1, center, scale, groups), shape
    if kind > 4:
        chosen = tuple(a for a in range(axes) if rng.random() < 0.5) or (-1,)
        least = 0.1 + float(rng.random())
        return (ops.RMSNormalization, ops.UnitNormalization)[kind - 5](least, axes=chosen), shape
    sizes = tuple(int(n) for n in rng.integers(1, 8, 2))
    if rng.random() < 0.5:
        pool = (ops.AdaptiveAveragePool2D, ops.AdaptiveMaxPool2D)[kind - 3]
        return pool(tuple(int(n) for n in rng.integers(1, 6, 2))), (*sizes, shape[-1])
    pool = (ops.AdaptiveAveragePool1D, ops.AdaptiveMaxPool1D)[kind - 3]
    return pool((int(rng.integers(1, 6)),)), (sizes[0], shape[-1])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(200 if metafunc.config.getoption("--slow") else 30))


def test_reference_gradients(number: int) -> None:
    op, shape = draw(number)
    rng = np.random.default_rng(number)
    small = (*shape[:-1], min(shape[-1], 4)) if "group" not in op.name else shape
    if np.prod(small) > 60:
        return
    x = rng.normal(size=(2, *small))
    check_gradients(op, x, tuple(rng.normal(size=w.shape) for w in op.weights(small)))


def test_kernels_against_the_reference(number: int) -> None:
    """Outputs and gradients; in float64 within a few hundred roundings, in float32 likewise."""
    op, shape = draw(number)
    dtype = ("float64", "float32")[number % 2]
    rng, n = np.random.default_rng(number), 3 + number % 7
    p = Variable("p", rng.normal(size=shape).astype(dtype))
    weights = tuple(Variable(f"w/{w.name}", rng.normal(size=w.shape).astype(dtype)) for w in op.weights(shape))
    x = Input(shape, dtype=dtype)
    held = Node.apply(ops.Parameter(shape), (), (p,), "p", dtype)
    y = Node.apply(op, (x + held,), weights, "op", dtype)
    graph = Graph([x], [y])
    data, target = rng.normal(size=(n, *shape)).astype(dtype), rng.normal(size=(n, *y.shape)).astype(dtype)
    variables = (p, *weights)
    training = Training(SGD(), variables, ((),) * len(variables))
    native, reference = (kind(graph, n, [MeanSquaredError()], training) for kind in (NativeProgram, ReferenceProgram))
    a, b = (one.run([data], [target], scalars=(0.0,)) for one in (native, reference))
    bound = 1e-10 if dtype == "float64" else 5e-4
    np.testing.assert_allclose(a.outputs[0], b.outputs[0], rtol=bound, atol=bound)
    for mine, other in zip(native.gradients(), reference.gradients(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=bound, atol=bound)
    if number < 5 and dtype == "float64":

        def value() -> float:
            p.touch()
            return float(native.run([data], [target], scalars=(0.0,)).losses[0].sum())

        found = native.gradients()[0]
        np.testing.assert_allclose(found, derivative(value, p.value, 1e-6), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("outer", "size", "inner", "made"), [
    (1, 8, 1, 4), (3, 8, 17, 2), (2, 6, 5, 3), (1, 2, 33, 4), (2, 5, 3, 5), (3, 7, 16, 1), (1, 6, 8, 4),
])  # fmt: skip
def test_bins_are_exact(outer: int, size: int, inner: int, made: int, dtype: str) -> None:
    """On small integers: bins of one, two and four places, so that means are exact; maxima of any."""
    rng = np.random.default_rng(size + made)
    x = (rng.integers(-8, 9, (5, outer, size, inner)) * 12).astype(dtype)
    dy = (rng.integers(-8, 9, (5, outer, made, inner)) * 12).astype(dtype)
    begin, end = stretch(rng, 5)
    for function in ("mean", "max"):
        pool = {"mean": ops.AdaptiveAveragePool1D, "max": ops.AdaptiveMaxPool1D}[function]((made,))
        rows = (x.reshape(-1, size, inner),)
        y = pool.forward(rows, (), None)
        if function == "mean" and not all((b - a) in (1, 2, 3, 4, 6) for a, b in _bins(size, made)):
            continue
        out = unset((5, outer, made, inner), dtype)
        run(Bins(dtype, function, outer, size, inner, made), x, out, begin=begin, end=end)
        np.testing.assert_array_equal(out[begin:end], y.reshape(out.shape)[begin:end])
        (dx,), _ = pool.backward(dy.reshape(-1, made, inner), rows, (), y, None)
        back = unset(x.shape, dtype)
        seen = (x, y.reshape(dy.shape).astype(dtype)) if function == "max" else ()
        run(Bins(dtype, function, outer, size, inner, made, True), *seen, dy, back, begin=begin, end=end)
        np.testing.assert_array_equal(back[begin:end], dx.reshape(x.shape)[begin:end])
        assert np.isnan(np.delete(back, np.s_[begin:end], 0)).all()


def _bins(size: int, made: int) -> list[tuple[int, int]]:
    return [(i * size // made, -(-(i + 1) * size // made)) for i in range(made)]


@pytest.mark.parametrize("seed", range(6))
def test_bins_are_those_of_pytorch(seed: int, oracle: Any) -> None:
    torch = oracle("torch")
    rng = np.random.default_rng(seed)
    sizes, made = rng.integers(1, 12, 2), tuple(int(n) for n in rng.integers(1, 9, 2))
    x = rng.normal(size=(2, *sizes, 3)).astype("float32")
    channels_first = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
    for pool, name in ((ops.AdaptiveAveragePool2D, "avg"), (ops.AdaptiveMaxPool2D, "max")):
        theirs = getattr(torch.nn.functional, f"adaptive_{name}_pool2d")(channels_first, made)
        y = pool(made).forward((x,), (), None)
        np.testing.assert_allclose(y.transpose(0, 3, 1, 2), theirs.detach().numpy(), rtol=1e-5, atol=1e-6)
        dy = rng.normal(size=y.shape).astype("float32")
        (dx,), _ = pool(made).backward(dy, (x,), (), y, None)
        (expected,) = torch.autograd.grad(theirs, channels_first, torch.tensor(dy.transpose(0, 3, 1, 2)))
        np.testing.assert_allclose(dx.transpose(0, 3, 1, 2), expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("wrong", "error", "words"), [
    (lambda: ops.GroupNormalization(groups=3).output_shape((4, 8)), ShapeError, "multiple of groups. Received: 4×8"),
    (lambda: ops.LayerNormalization(axes=(3,)).output_shape((4, 8)), ShapeError, r"Received: \(3,\)"),
    (lambda: LayerNormalization(axis=0), ConfigurationError, "Received: 0"),
    (lambda: PReLU(shared_axes=[0]), ConfigurationError, "shared_axes"),
    (lambda: PReLU(shared_axes=[3])(Input((4, 8))), ShapeError, r"Received: \(2,\)"),
    (lambda: AdaptiveMaxPooling2D(0), ConfigurationError, "output_size"),
    (lambda: AdaptiveMaxPooling2D(2)(Input((4, 8))), ShapeError, "expects images"),
])  # fmt: skip
def test_what_is_refused(wrong: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        wrong()
