"""One-layer networks in konv's and in Keras's words: outputs, and weights after one step of SGD, from equal weights."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

import konv

Oracle = Callable[[str], ModuleType]


def check(
    oracle: Oracle, kind: str, arguments: dict[str, Any], shape: tuple[int, ...], seed: int = 0, still: int = 0
) -> None:
    """A network of a dense layer, so that gradients have somewhere to go, and the layer; its loss is the mean square.

    Every weight moves, but for `still` of them whose gradient is zero, as of a bias before a normalisation.
    The tolerance is some roundings of float32 in sums of a few hundred terms of size one.
    """
    keras = oracle("keras")
    ours, theirs = (_network(module, kind, arguments, shape) for module in (konv, keras))
    rng = np.random.default_rng(seed)
    values = [rng.normal(0, 0.4, w.shape).astype("float32") for w in theirs.get_weights()]
    values = [abs(v) if "variance" in w.path else v for v, w in zip(values, theirs.weights, strict=True)]
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in values]
    ours.set_weights(values)
    x = rng.normal(size=(3, *shape)).astype("float32")
    found = ours.predict(x, verbose=0)
    t = rng.normal(size=found.shape).astype("float32")
    expected, stepped = _step(oracle, theirs, values, x, t, 0.5)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)

    ours.compile(konv.optimizers.SGD(0.5), "mse")
    ours.train_on_batch(x, t)
    assert sum(not np.array_equal(before, b) for before, b in zip(values, stepped, strict=True)) >= len(values) - still
    for a, b in zip(ours.get_weights(), stepped, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


def _network(module: Any, kind: str, arguments: dict[str, Any], shape: tuple[int, ...]) -> Any:
    made = module.layers
    layer = getattr(made, kind)(**arguments)
    return module.models.Sequential([made.Input(shape), made.Dense(shape[-1], name="before"), layer])


def _step(oracle: Oracle, model: Any, values: list[Any], x: Any, t: Any, rate: float) -> tuple[Any, list[Any]]:
    """Keras's outputs, and its weights after a step of SGD on the mean square, in which statistics follow the data;
    compiled as one function."""
    jax = oracle("jax")
    learned = [v.trainable for v in model.weights]
    first = [value for value, learns in zip(values, learned, strict=True) if learns]
    fixed = [value for value, learns in zip(values, learned, strict=True) if not learns]

    def loss(weights: list[Any]) -> Any:
        outputs, _ = model.stateless_call(weights, fixed, x, training=False)
        trained, followed = model.stateless_call(weights, fixed, x, training=True)
        return ((trained - t) ** 2).mean(), (outputs, followed)

    (_, (outputs, followed)), gradients = jax.jit(jax.value_and_grad(loss, has_aux=True))(first)
    stepped, moved = iter([w - rate * g for w, g in zip(first, gradients, strict=True)]), iter(followed)
    return np.asarray(outputs), [np.asarray(next(stepped if learns else moved)) for learns in learned]
