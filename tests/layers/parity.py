"""One-layer networks in konv's and in Keras's words: outputs, and weights after one step of SGD, from equal weights."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

import konv

Oracle = Callable[[str], ModuleType]
Case = tuple[dict[str, Any], tuple[int, ...]]
"""The arguments of a layer, and the shape of a sample it takes."""


def check(
    oracle: Oracle, kind: str, arguments: dict[str, Any], shape: tuple[int, ...], seed: int = 0, still: int = 0,
    own: int = 0,
) -> None:  # fmt: skip
    """A network of a dense layer, so that gradients have somewhere to go, and the layer; its loss is the mean square.

    Every weight moves, but for `still` of them whose gradient is zero, as of a bias before a normalisation. The last
    `own` weights of konv's are arguments in Keras.
    The tolerance is some roundings of float32 in sums of a few hundred terms of size one.
    """
    ours, theirs = (_network(module, kind, arguments, shape) for module in (konv, oracle("keras")))
    compare(oracle, ours, theirs, lambda rng: rng.normal(size=(3, *shape)).astype("float32"), seed, still, own)


def compare(
    oracle: Oracle, ours: Any, theirs: Any, drawn: Callable[[np.random.Generator], Any], seed: int = 0, still: int = 0,
    own: int = 0,
) -> None:  # fmt: skip
    """Two networks, konv's and Keras's, on what is `drawn` for their input; the rest as of `check`."""
    rng = np.random.default_rng(seed)
    values = [rng.normal(0, 0.4, w.shape).astype("float32") for w in theirs.get_weights()]
    values = [abs(v) if "variance" in w.path else v for v, w in zip(values, theirs.weights, strict=True)]
    given = ours.get_weights()
    given = given[len(given) - own :]
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in (*values, *given)]
    ours.set_weights([*values, *given])
    x = drawn(rng)
    found = ours.predict(x, verbose=0)
    t = rng.normal(size=found.shape).astype("float32")
    expected, stepped = _step(oracle, theirs, values, x, t, 0.5)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)

    ours.compile(konv.optimizers.SGD(0.5), "mse")
    ours.train_on_batch(x, t)
    moved = sum(not np.array_equal(before, b) for before, b in zip(values, stepped, strict=True))
    assert moved >= len(values) - still or not found.any()  # a ReLU may let nothing through
    for a, b in zip(ours.get_weights(), [*stepped, *given], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5)


def _network(module: Any, kind: str, arguments: dict[str, Any], shape: tuple[int, ...]) -> Any:
    made = module.layers
    layer = getattr(made, kind)(**arguments)
    with undrawn(module):
        return module.models.Sequential([made.Input(shape), made.Dense(shape[-1], name="before"), layer])


def undrawn(module: Any) -> Any:
    """Weights begin as zeros within: Keras on JAX compiles what draws them, for each of their shapes."""
    base = module.layers.Layer
    add = base.add_weight

    def zeros(layer: Any, *args: Any, **options: Any) -> Any:
        return add(layer, *args, **{**options, "initializer": "zeros"})

    return mock.patch.object(base, "add_weight", zeros)


def _step(oracle: Oracle, model: Any, values: list[Any], x: Any, t: Any, rate: float) -> tuple[Any, list[Any]]:
    """Keras's outputs, and its weights after a step of SGD on the mean square, in which statistics follow the data; on
    JAX compiled as one function."""
    keras = oracle("keras")
    if keras.backend.backend() != "jax":
        model.set_weights(values)
        found = keras.ops.convert_to_numpy(model(x, training=False))
        model.compile(keras.optimizers.SGD(rate), "mse")
        model.train_on_batch(x, t)
        return found, model.get_weights()
    jax = oracle("jax")
    learned = [v.trainable for v in model.weights]
    first = [value for value, learns in zip(values, learned, strict=True) if learns]
    fixed = [value for value, learns in zip(values, learned, strict=True) if not learns]

    def loss(weights: list[Any]) -> Any:
        outputs, _ = model.stateless_call(weights, fixed, x, training=False)
        trained, followed, added = model.stateless_call(weights, fixed, x, training=True, return_losses=True)
        return ((trained - t) ** 2).mean() + sum(added), (outputs, followed)

    (_, (outputs, followed)), gradients = jax.jit(jax.value_and_grad(loss, has_aux=True))(first)
    moving = [v for v in model.weights if v.trainable]
    after = [w - np.float32(rate) * np.asarray(g) for w, g in zip(first, gradients, strict=True)]
    stepped = iter([w if v.constraint is None else v.constraint(w) for v, w in zip(moving, after, strict=True)])
    moved = iter(followed)
    return np.asarray(outputs), [np.asarray(next(stepped if learns else moved)) for learns in learned]
