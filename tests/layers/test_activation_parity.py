"""Activations against Keras's: as functions far and near, and as layers through one step of training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from konv import activations, layers
from konv.errors import ConfigurationError
from konv.layers import Input
from tests.layers.parity import Oracle, check

FUNCTIONS: list[tuple[str, dict[str, Any]]] = [
    ("relu", {"negative_slope": 0.25, "max_value": 2, "threshold": 1.5}), ("relu", {"max_value": 6}), ("relu6", {}),
    ("relu", {"threshold": 0.5}), ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.1}), ("elu", {}),
    ("elu", {"alpha": 0.3}), ("selu", {}), ("silu", {}), ("swish", {}), ("gelu", {}), ("gelu", {"approximate": True}),
    ("hard_sigmoid", {}), ("hard_silu", {}), ("hard_swish", {}), ("softplus", {}), ("softsign", {}),
    ("exponential", {}), ("celu", {}), ("celu", {"alpha": 0.4}), ("glu", {}), ("hard_shrink", {}), ("hard_tanh", {}),
    ("log_sigmoid", {}), ("log_softmax", {}), ("mish", {}), ("soft_shrink", {"threshold": 0.2}), ("squareplus", {}),
    ("tanh_shrink", {}),
]  # fmt: skip
LAYERS: list[tuple[str, dict[str, Any]]] = [
    ("ReLU", {"max_value": 0.5, "negative_slope": 0.1, "threshold": 0.25}), ("LeakyReLU", {}), ("ELU", {"alpha": 0.5}),
    *(("Activation", {"activation": name}) for name in (
        "selu", "silu", "gelu", "hard_sigmoid", "hard_silu", "softplus", "softsign", "exponential", "leaky_relu",
        "celu", "hard_tanh", "log_sigmoid", "log_softmax", "mish", "soft_shrink", "tanh_shrink",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), FUNCTIONS, ids=str)
def test_functions_as_keras(name: str, options: dict[str, Any], oracle: Oracle) -> None:
    x = np.concatenate([np.linspace(-20, 20, 161), np.linspace(-1, 1, 31)]).astype("float32")
    expected = np.asarray(getattr(oracle("keras").activations, name)(x, **options))
    found = getattr(activations, name)(x, **options)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)
    if not options:
        np.testing.assert_array_equal(activations.get(name)(x), found)


@pytest.mark.parametrize(("kind", "arguments"), LAYERS, ids=str)
def test_layers_as_keras(kind: str, arguments: dict[str, Any], oracle: Oracle) -> None:
    check(oracle, kind, arguments, (5, 7))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 2))


def drawn(kind: str, size: int, rng: np.random.Generator) -> dict[str, Any]:
    """A random configuration of a layer, for samples of `size` axes."""
    slope, low, high = (float(v) for v in rng.uniform(0, 1, 3))
    some = {
        "ReLU": {"max_value": [None, high + 0.2][rng.integers(2)], "negative_slope": slope, "threshold": low / 2},
        "LeakyReLU": {"negative_slope": slope}, "ELU": {"alpha": slope},
        "Softmax": {"axis": -1 if size < 2 else [-1, 1, [1, -1]][rng.integers(3)]},
        "Activation": {"activation": str(rng.choice(NAMES))},
        "PReLU": {"shared_axes": [None, [1], [1, 2], [2]][rng.integers(4)],
                  "alpha_initializer": {"class_name": "Constant", "config": {"value": slope}}},
    }  # fmt: skip
    return some[kind]


NAMES = ["relu", "tanh", "sigmoid", "softmax", "selu", "silu", "gelu", "hard_sigmoid", "softplus", "softsign", "elu"]


KINDS = ["ReLU", "LeakyReLU", "ELU", "Softmax", "Activation", "PReLU"]


@pytest.mark.parametrize("kind", KINDS)
def test_random_layers_as_keras(kind: str, number: int, oracle: Oracle) -> None:
    rng = np.random.default_rng(number)
    size = tuple(int(n) for n in rng.integers(1 + (kind == "Softmax"), 7, 3 if kind == "PReLU" else rng.integers(1, 4)))
    check(oracle, kind, drawn(kind, len(size), rng), size, number)


def test_options_of_functions_on_symbolic_tensors() -> None:
    x = Input((4,))
    assert activations.relu(x, max_value=6).node.op == activations.relu6.op
    assert activations.leaky_relu(x, 0.0).node.op == activations.relu.op
    assert activations.gelu(x, approximate=True).node.op != activations.gelu.op


@pytest.mark.parametrize(
    ("kind", "arguments", "named"),
    [("ReLU", {"max_value": -1}, "max_value"), ("ReLU", {"threshold": "x"}, "threshold"),
     ("LeakyReLU", {"negative_slope": float("nan")}, "negative_slope"), ("ELU", {"alpha": None}, "alpha")],
)  # fmt: skip
def test_numbers_below_zero_are_refused(kind: str, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{named} must be a finite number, at least 0. Received: "):
        getattr(layers, kind)(**arguments)


def test_a_hard_sigmoid_without_a_slope_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"slope a must be a finite number above 0: .* Received: 0"):
        activations.hard_sigmoid(np.ones(3), a=0)
