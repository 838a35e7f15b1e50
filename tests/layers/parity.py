"""One-layer networks in konv's and in Keras's words: outputs, and weights after one step of SGD, from equal weights."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

import konv

Oracle = Callable[[str], ModuleType]


def check(oracle: Oracle, kind: str, arguments: dict[str, Any], shape: tuple[int, ...], seed: int = 0) -> None:
    """A network of a dense layer, so that gradients have somewhere to go, and the layer; its loss is the mean square.

    The tolerance is some roundings of float32 in sums of a few hundred terms of size one.
    """
    keras = oracle("keras")
    ours, theirs = (_network(module, kind, arguments, shape) for module in (konv, keras))
    rng = np.random.default_rng(seed)
    values = [rng.normal(0, 0.4, w.shape).astype("float32") for w in theirs.get_weights()]
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in values]
    x = rng.normal(size=(3, *shape)).astype("float32")
    for model in (ours, theirs):
        model.set_weights(values)
    expected = np.asarray(theirs(x))
    found = ours.predict(x, verbose=0)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)

    t = rng.normal(size=expected.shape).astype("float32")
    ours.compile(konv.optimizers.SGD(0.5), "mse")
    ours.train_on_batch(x, t)
    for before, a, b in zip(values, ours.get_weights(), _stepped(oracle, theirs, x, t, 0.5), strict=True):
        assert b.size == 0 or not np.array_equal(before, b)
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


def _network(module: Any, kind: str, arguments: dict[str, Any], shape: tuple[int, ...]) -> Any:
    made = module.layers
    layer = getattr(made, kind)(**arguments)
    return module.models.Sequential([made.Input(shape), made.Dense(shape[-1], name="before"), layer])


def _stepped(oracle: Oracle, model: Any, x: Any, t: Any, rate: float) -> list[Any]:
    """Keras's weights after a step of SGD, without the seconds it takes to compile one."""
    jax = oracle("jax")
    fixed = [v.value for v in model.non_trainable_variables]

    def loss(weights: list[Any]) -> Any:
        outputs, _ = model.stateless_call(weights, fixed, x, training=True)
        return ((outputs - t) ** 2).mean()

    weights = [v.value for v in model.trainable_variables]
    return [np.asarray(w - rate * g) for w, g in zip(weights, jax.grad(loss)(weights), strict=True)]
