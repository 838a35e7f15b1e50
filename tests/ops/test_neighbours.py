from __future__ import annotations

import numpy as np
import pytest

from konv.errors import ConfigurationError, ShapeError
from konv.layers import LocalResponseNormalization as Layer
from konv.ops.neighbours import LocalResponseNormalization
from konv.ops.record import Run
from tests.layers.parity import Oracle
from tests.ops.numerical import check_gradients
from tests.ops.onnx_adapters import run


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("shape", [(2, 7), (2, 3, 2, 4)])
def test_gradients_by_finite_differences(shape, size, average):
    op = LocalResponseNormalization(size, 0.5, 0.75, 1.5, average)
    check_gradients(op, np.random.default_rng(size).normal(size=shape))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_the_equation_in_plain_loops(size):
    x = np.random.default_rng(0).normal(size=(3, 6))
    y = LocalResponseNormalization(size, 0.5, 0.75, 2.0).forward((x,), (), Run())
    for n in range(3):
        for c in range(6):
            near = x[n, max(0, c - (size - 1) // 2) : c + size // 2 + 1]
            assert y[n, c] == pytest.approx(x[n, c] / (2 + 0.5 * (near**2).sum()) ** 0.75, rel=1e-12)


@pytest.mark.parametrize(("size", "alpha", "beta", "k"), [(5, 1e-4, 0.75, 1.0), (3, 0.7, 0.75, 2.0), (7, 0.2, 0.6, 1)])
def test_as_torch(size: int, alpha: float, beta: float, k: float, oracle: Oracle):
    """Outputs and gradients; PyTorch has channels first, and takes means of squares."""
    torch = oracle("torch")
    rng = np.random.default_rng(size)
    x, dy = (rng.normal(0, 2, (2, 4, 3, 21)).astype("float32") for _ in range(2))
    given = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
    expected = torch.nn.functional.local_response_norm(given, size, alpha, beta, k)
    expected.backward(torch.tensor(dy.transpose(0, 3, 1, 2)))
    op = Layer(size, alpha, beta, k, average=True).op((4, 3, 21))
    y = run([op], x)
    np.testing.assert_allclose(y, expected.detach().numpy().transpose(0, 2, 3, 1), rtol=1e-5, atol=1e-6)
    (dx,) = op.backward(dy, (x,), (), y, Run()).inputs
    np.testing.assert_allclose(dx, given.grad.numpy().transpose(0, 2, 3, 1), rtol=1e-4, atol=1e-5)


def test_refusals():
    with pytest.raises(ConfigurationError, match=r"size .* Received: 0"):
        Layer(0)
    for name, value in (("alpha", -1), ("beta", "much"), ("k", 0)):
        with pytest.raises(ConfigurationError, match=rf"{name} must be a number from"):
            Layer(**{name: value})
    with pytest.raises(ShapeError, match="LocalResponseNormalization works along the last axis"):
        LocalResponseNormalization().output_shape(())
