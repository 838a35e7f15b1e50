"""Random numbers as functions: in a network drawn anew for every sample and epoch, as arrays at once.

In a network they are keyed by the training's seed, the node, the epoch and the sample, so that they do not depend on
batches or threads; in prediction by the node and the sample alone, so that `predict` gives the same each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from konv import config, random
from konv.functions.base import applied, array, is_symbolic, tensor
from konv.graph import Node, Tensor, naming
from konv.ops.dropping import Dropout, shaped
from konv.ops.noise import Random
from konv.ops.record import Array, Run

__all__ = ["dropout", "random_normal", "random_uniform"]


def random_normal(
    shape: Sequence[int | None], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Random numbers of this `mean` and standard deviation `stddev`.

    Arguments: `shape`, that of a symbolic tensor (None for the batch axis, as `konv.ops.shape` gives it) for numbers of
    a network, any other for an array; `dtype`, by default `konv.config.floatx()`; `seed`, of an array an integer, by
    default a number of the process's own seed; numbers of a network follow from the training's.
    """
    if _of_network(shape):
        return _symbolic("normal", shape, mean, stddev, dtype)
    drawn = random.normal(_known(shape), *_key(seed))
    return (mean + stddev * drawn).astype(dtype or config.floatx())


def random_uniform(
    shape: Sequence[int | None], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Random numbers spread evenly from `minval` up to `maxval`; `shape`, `dtype`, `seed` as of `random_normal`."""
    if _of_network(shape):
        return _symbolic("uniform", shape, minval, maxval - minval, dtype)
    drawn = random.uniform(_known(shape), *_key(seed))
    return (minval + (maxval - minval) * drawn).astype(dtype or config.floatx())


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`inputs` with a share `rate` of the numbers set to 0 and the others divided by 1 − `rate`.

    In a network that happens in training alone, as by the layer `Dropout`. Arguments: `noise_shape`, the shape of
    what is drawn: 1 for axes whose numbers are dropped together; of symbolic tensors as of that layer; `seed`, as of
    `random_normal`. Raises: ConfigurationError for another noise shape of a symbolic tensor.
    """
    if is_symbolic(inputs):
        symbol = tensor(inputs)
        return applied(shaped(float(rate), noise_shape, symbol.shape, "dropout"), symbol)
    x = array(inputs)
    drawn = x.shape if noise_shape is None else [n or size for n, size in zip(noise_shape, x.shape, strict=True)]
    key, number = _key(seed)
    stream = random.Stream(key, random.INITIAL, number, np.arange(1))
    kept: Array = Dropout(float(rate)).forward((np.ones((1, *drawn), x.dtype),), (), Run(True, stream))[0]
    return x * kept


def _of_network(shape: Sequence[int | None]) -> bool:
    return len(shape) > 0 and shape[0] is None


def _known(shape: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(int(n or 0) for n in shape)


def _key(seed: Any) -> tuple[int, int]:
    """The key of numbers drawn at once: a seed and a running number."""
    return (random.check_seed(seed), 0) if isinstance(seed, int) else (random.seed(), random.next_number())


def _symbolic(distribution: str, shape: Sequence[int | None], first: float, second: float, dtype: Any) -> Tensor:
    kind = str(np.dtype(dtype or config.floatx()))
    op = Random(distribution, _known(shape[1:]), float(first), float(second), kind)
    return Node.apply(op, (), (), naming.automatic("random"), kind)
