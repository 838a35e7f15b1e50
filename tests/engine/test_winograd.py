"""A whole network by Winograd's way: gradients beside those of float64, and its plan."""

from __future__ import annotations

import numpy as np
import pytest

from konv import config
from konv.errors import ConfigurationError
from konv.ops.activation import ReLU, Softmax
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.loss import SparseCategoricalCrossentropy
from konv.ops.pooling import MaxPool2D
from konv.ops.record import Array
from konv.ops.update import SGD
from konv.ops.views import Flatten
from tests.engine.networks import Example, chain, single, source

BOUND = 2e-5
"""What docs/winograd.md promises of a network of some layers: the error of each gradient in parts of its size
(2-norms), in float32."""


def network(dtype: str, n: int = 16) -> Example:
    """The notes' convolutions, narrower, on smaller images."""
    image = source(20, 20, 3, dtype=dtype)
    layers = (
        Conv2D(16, (3, 3), padding="same"), ReLU(), Conv2D(16, (3, 3)), ReLU(), MaxPool2D((2, 2)),
        Conv2D(24, (3, 3), padding="same"), ReLU(), Conv2D(24, (3, 3)), ReLU(), MaxPool2D((2, 2)), Flatten(),
        Dense(32), ReLU(), Dense(10), Softmax(),
    )  # fmt: skip
    example = single(image, chain(image, *layers), n, SparseCategoricalCrossentropy())
    return example._replace(targets=(np.arange(n) % 10,))


def gradients(engine: str, dtype: str, direct: bool, monkeypatch: pytest.MonkeyPatch) -> list[Array]:
    """The gradients of one step, and the kinds of kernels that made them."""
    monkeypatch.setattr(config, "direct_sums", direct)
    example = network(dtype)
    program = example.program(engine, SGD(), 64)
    example.run(program)
    if engine == "native":
        kinds = {call.spec.kind for call in program.plan.calls}
        assert ("winograd_gradient" in kinds) is not direct
    return [g.astype("float64") for g in program.gradients()]


@pytest.mark.parametrize(("dtype", "bound"), [("float32", BOUND), ("float64", BOUND * 2.0**-29)])
def test_gradients_of_a_network(dtype: str, bound: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """float64's unit is 2⁻²⁹ of float32's, and so is its bound."""
    exact = gradients("reference", "float64", True, monkeypatch)
    for direct in (True, False):
        for found, wanted in zip(gradients("native", dtype, direct, monkeypatch), exact, strict=True):
            assert np.linalg.norm(found - wanted) <= bound * np.linalg.norm(wanted)


def test_plan_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KONV_DEBUG", "plan")
    network("float32").program("native", SGD(), 64)
    lines = capsys.readouterr().err.splitlines()
    first = next(line for line in lines if " convolution " in line)
    assert first.endswith("direct: 3→16")
    assert any("winograd " in line and "F(4×4,3×3) 0." in line for line in lines)


def test_what_is_neither_true_nor_false_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "direct_sums", "no")
    with pytest.raises(ConfigurationError, match=r"direct_sums must be one of: True, False, None\..*'no'"):
        config.direct()
