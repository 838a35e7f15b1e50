"""The functions of `konv.ops` beside Keras's of the same name, on arrays and in a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from konv import ops
from konv.layers import Input
from konv.models import Model

X = np.random.default_rng(1).uniform(0.2, 2, (3, 4, 5, 2)).astype("float32")
CASES: dict[str, Any] = {
    "exp": lambda o, x: o.exp(x),
    "log": lambda o, x: o.log(x),
    "sqrt": lambda o, x: o.sqrt(x),
    "square": lambda o, x: o.square(x),
    "power": lambda o, x: o.power(x, 2.5),
    "abs": lambda o, x: o.abs(x - 1),
    "tanh": lambda o, x: o.tanh(x),
    "sigmoid": lambda o, x: o.sigmoid(x),
    "softplus": lambda o, x: o.softplus(x),
    "relu": lambda o, x: o.relu(x - 1),
    "maximum": lambda o, x: o.maximum(x, 1.0),
    "clip": lambda o, x: o.clip(x, 0.5, 1),
    "where": lambda o, x: o.where(o.greater(x, 1.0), x, o.negative(x)),
    "sum": lambda o, x: o.sum(x, axis=(1, 3)),
    "mean": lambda o, x: o.mean(x, axis=-1, keepdims=True),
    "max": lambda o, x: o.max(x, axis=1),
    "min": lambda o, x: o.min(x, axis=(1, 2)),
    "var": lambda o, x: o.var(x, axis=2),
    "std": lambda o, x: o.std(x, axis=1),
    "logsumexp": lambda o, x: o.logsumexp(x, axis=1),
    "argmax": lambda o, x: o.argmax(x, axis=2),
    "softmax": lambda o, x: o.softmax(x, axis=1),
    "log_softmax": lambda o, x: o.log_softmax(x),
    "reshape": lambda o, x: o.reshape(x, (-1, 20, 2)),
    "transpose": lambda o, x: o.transpose(x, (0, 3, 1, 2)),
    "expand_dims": lambda o, x: o.expand_dims(x, 2),
    "flip": lambda o, x: o.flip(x, 1),
    "tile": lambda o, x: o.tile(x, (1, 2, 1, 3)),
    "pad": lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 1), (0, 0))),
    "take": lambda o, x: o.take(x, [2, 0, 2], axis=2),
    "concatenate": lambda o, x: o.concatenate([x, x], axis=1),
    "stack": lambda o, x: o.stack([x, x], axis=-1),
    "split": lambda o, x: o.split(x, [1, 3], axis=2)[1],
    "matmul": lambda o, x: o.matmul(x, o.transpose(x, (0, 1, 3, 2))),
    "max_pool": lambda o, x: o.max_pool(x, 2, 2),
    "average_pool": lambda o, x: o.average_pool(x, 2, 1, padding="same"),
    "one_hot": lambda o, x: o.one_hot(o.argmax(x, axis=3), 2),
    "index": lambda o, x: x[:, 1, ::2] * x[:, :1, 0],
}


@pytest.mark.parametrize("name", CASES)
def test_as_in_keras(name, oracle):
    keras = oracle("keras")
    expected = np.asarray(CASES[name](keras.ops, X))
    bound = {"rtol": 2e-5, "atol": 2e-6}
    np.testing.assert_allclose(CASES[name](ops, X), expected, **bound)
    x = Input(X.shape[1:])
    np.testing.assert_allclose(Model(x, CASES[name](ops, x)).predict(X, verbose=0), expected, **bound)
