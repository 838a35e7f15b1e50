"""Random numbers that are a function of what they are for: counter-based streams, the same for any thread count.

A counter-based generator has no state: word number i of a stream is a hash of i. So the dropout mask of a sample can be
computed by any thread, in any order, in a resumed run or in a compiled kernel, and is always the same. The hash is
Philox4x32-10 (Salmon, Moraes, Dror, Shaw: *Parallel random numbers: as easy as 1, 2, 3*, SC'11, section 3.3).

**The mapping** (fixed: compiled kernels implement the same, and recorded runs rely on it). For element e of a sample:

| | word 0 | word 1 | word 2 | word 3 |
|---|---|---|---|---|
| key | `seed` | `layer` | | |
| counter | `block = (e // 64) · 16 + e % 16` | `sample mod 2³²` | `sample // 2³²` | `epoch` |

and the element takes word `(e // 16) % 4` of the four that this counter gives. Sixteen consecutive elements are so the
same word of sixteen consecutive blocks: a vector register of counters makes a vector register of elements.

`layer` is the number of a graph node; numbers from 2³¹ on are purposes that are no node: `SHUFFLE`, `SPLIT`, `INITIAL`.
"""

from __future__ import annotations

import itertools
import operator
import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = [
    "AUGMENT",
    "INITIAL",
    "SHUFFLE",
    "SPLIT",
    "Stream",
    "check_seed",
    "next_number",
    "normal",
    "permutation",
    "philox",
    "seed",
    "set_seed",
    "truncated_normal",
    "uniform",
]

Array = np.ndarray[Any, np.dtype[Any]]

SHUFFLE = 2**31
"""`layer` of the order of samples in an epoch."""
SPLIT = 2**31 + 1
"""`layer` of the choice of samples held out of training."""
AUGMENT = 2**31 + 3
"""`layer` of changes to images before they are trained on."""
INITIAL = 2**31 + 2
"""`layer` of initial weights; `epoch` is the initialiser's running number."""

_MULTIPLY = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_BUMP = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_BLOCKS_AT_ONCE = 2**15
"""Blocks hashed together, so that the temporaries of a large weight stay in cache."""


def philox(counter: Array, key: Array) -> Array:
    """Philox4x32-10: four random words for each counter.

    Arguments: `counter`, uint32 `(…, 4)`; `key`, uint32 `(…, 2)`, broadcast against the counter's leading axes.
    Returns: uint32 `(…, 4)`.
    Source: Salmon et al., SC'11, section 3.3: ten rounds of
    `(L₀, R₀, L₁, R₁) → (hi(M₁·L₁) ⊕ R₀ ⊕ k₀, lo(M₁·L₁), hi(M₀·L₀) ⊕ R₁ ⊕ k₁, lo(M₀·L₀))`, the key raised by
    the golden ratio and by √3 − 1 (Weyl sequences) after each.
    """
    c0, c1, c2, c3 = (np.asarray(counter, np.uint32)[..., i] for i in range(4))
    k0, k1 = (np.asarray(key, np.uint32)[..., i].astype(np.uint64) for i in range(2))
    for turn in range(_ROUNDS):
        key0, key1 = ((k + np.uint64(turn * w)).astype(np.uint32) for k, w in zip((k0, k1), _BUMP, strict=True))
        p0, p1 = (c.astype(np.uint64) * m for c, m in zip((c0, c2), _MULTIPLY, strict=True))
        c0, c1 = _high(p1) ^ c1 ^ key0, p1.astype(np.uint32)
        c2, c3 = _high(p0) ^ c3 ^ key1, p0.astype(np.uint32)
    four: Array = np.stack((c0, c1, c2, c3), axis=-1)
    return four


def _high(product: Array) -> Array:
    upper: Array = (product >> np.uint64(32)).astype(np.uint32)
    return upper


def check_seed(value: object) -> int:
    """`value` as a seed. Raises: ConfigurationError unless it is an integer from 0 to 2³² − 1."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if not 0 <= number < 2**32:
        raise ConfigurationError(text("bad_seed", received=value))
    return number


@dataclass(frozen=True, eq=False)
class Stream:
    """The random numbers of one layer, in one epoch, for some samples.

    `seed`, from 0 to 2³² − 1 (else ConfigurationError); `layer`, a node's number or a purpose; `epoch`, from 0;
    `samples`, int64 `(n,)`, the number of each sample in its data set.

    Example: `Stream(7, layer=3, epoch=0, samples=np.arange(32)).uniform(10)` has shape `(32, 10)`.
    """

    seed: int
    layer: int
    epoch: int
    samples: Array

    def __post_init__(self) -> None:
        check_seed(self.seed)

    def bits(self, count: int) -> Array:
        """The first `count` words of each sample, uint32 `(n, count)`; see the mapping in this module's text."""
        samples = np.asarray(self.samples, np.int64).astype(np.uint64)
        groups = -(-count // 64)
        words = np.empty((len(samples), groups, 4, 16), np.uint32)
        key = np.array([self.seed, self.layer], np.uint32)
        step = max(1, _BLOCKS_AT_ONCE // (16 * max(1, len(samples))))
        for start in range(0, groups, step):
            blocks = np.arange(start * 16, min(start + step, groups) * 16, dtype=np.uint64)
            counter = np.empty((len(samples), len(blocks), 4), np.uint32)
            counter[..., 0] = blocks
            counter[..., 1] = (samples & np.uint64(0xFFFFFFFF))[:, None]
            counter[..., 2] = (samples >> np.uint64(32))[:, None]
            counter[..., 3] = self.epoch
            hashed = philox(counter, key).reshape(len(samples), len(blocks) // 16, 16, 4)
            words[:, start : start + step] = hashed.transpose(0, 1, 3, 2)
        return words.reshape(len(samples), groups * 64)[:, :count]

    def uniform(self, count: int, dtype: str | np.dtype[Any] = "float32") -> Array:
        """`count` numbers in [0, 1) for each sample, `(n, count)` of `dtype`: the word's upper 24 bits times 2⁻²⁴.

        24 bits are exact in float32 and in float64: both types give the same numbers, so the same dropout masks.
        """
        numbers: Array = (self.bits(count) >> np.uint32(8)).astype(dtype) * np.asarray(2.0**-24, dtype)
        return numbers

    def normal(self, count: int, dtype: str | np.dtype[Any] = "float32") -> Array:
        """`count` numbers of mean 0 and standard deviation 1 for each sample, `(n, count)` of `dtype`.

        Of the four words of a counter the first and second make two numbers, the third and fourth two more: with u the
        upper 24 bits of one plus 1, v those of the other, both times 2⁻²⁴, `√(−2 ln u) · cos 2πv` and `… · sin 2πv`. No
        number is beyond 5.8. Source: Box & Muller, *A note on the generation of random normal deviates*, 1958.
        """
        groups = -(-count // 64)
        bits = (self.bits(groups * 64) >> np.uint32(8)).reshape(-1, groups, 2, 2, 16)
        u, v = ((bits[:, :, :, 0] + 1) * 2.0**-24).astype(dtype), (bits[:, :, :, 1] * 2.0**-24).astype(dtype)
        radius, angle = np.sqrt(-2 * np.log(u)), v * np.asarray(2 * np.pi, dtype)
        pairs = np.stack((radius * np.cos(angle), radius * np.sin(angle)), 3)
        return np.asarray(pairs.reshape(len(pairs), groups * 64)[:, :count], dtype)


def permutation(n: int, seed: int, epoch: int = 0, purpose: int = SHUFFLE) -> Array:
    """The numbers 0 … n − 1 in a random order, int64 `(n,)`, given by `seed`, `epoch` and `purpose` alone.

    The order is that of random 64-bit keys (ties, one in 2⁶⁴/n², stay in place), so it does not depend on the
    algorithms of a library's generator.
    """
    words = _words(2 * n, seed, epoch, purpose=purpose).astype(np.uint64)
    keys = words[:n] << np.uint64(32) | words[n:]
    return np.argsort(keys, kind="stable").astype(np.int64, copy=False)


def uniform(shape: Sequence[int], seed: int, number: int) -> Array:
    """Initial values uniform in [0, 1), float64 of `shape`: words times 2⁻³², keyed by `seed` and running `number`."""
    return (_words(prod(shape), seed, number) * 2.0**-32).reshape(tuple(shape))


def normal(shape: Sequence[int], seed: int, number: int) -> Array:
    """Initial values with mean 0 and standard deviation 1, float64 of `shape`, keyed by `seed` and `number`.

    Source: Box and Muller, *A note on the generation of random normal deviates*, 1958: `√(−2 ln u) · cos 2πv` and
    `√(−2 ln u) · sin 2πv` of uniform u, v in (0, 1). u is at least 2⁻³³, so no value is beyond 6.8.
    """
    return _normal(prod(shape), seed, number).reshape(tuple(shape))


def truncated_normal(shape: Sequence[int], seed: int, number: int) -> Array:
    """Values as of `normal`, those beyond ±2 drawn again until none is (as Keras does); float64 of `shape`.

    Their standard deviation is 0.8796: an initialiser that wants σ scales by σ / 0.87962566103423978.
    """
    values = _normal(prod(shape), seed, number)
    attempt = 0
    while (beyond := np.flatnonzero(np.abs(values) > 2)).size:
        attempt += 1
        values[beyond] = _normal(beyond.size, seed, number, attempt)
    return values.reshape(tuple(shape))


def _words(count: int, seed: int, number: int, sample: int = 0, purpose: int = INITIAL) -> Array:
    return Stream(seed, purpose, number, np.array([sample])).bits(count)[0]  # type: ignore[no-any-return]


def _normal(count: int, seed: int, number: int, sample: int = 0) -> Array:
    half = -(-count // 2)
    u, v = ((_words(2 * half, seed, number, sample) + 0.5) * 2.0**-32).reshape(2, half)
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    values: Array = np.concatenate((radius * np.cos(angle), radius * np.sin(angle)))
    return values[:count]


_seed: int | None = None
_numbers = itertools.count()


def set_seed(seed: int) -> None:
    """Set the default seed of this process and start the running numbers again, so that all that follows repeats.

    Raises: ConfigurationError unless it is an integer from 0 to 2³² − 1.
    """
    global _seed, _numbers
    _seed = check_seed(seed)
    _numbers = itertools.count()


def seed() -> int:
    """The default seed: the one set, else one drawn from the system once for this process."""
    global _seed
    if _seed is None:
        _seed = int.from_bytes(os.urandom(4), "little")
    return _seed


def next_number() -> int:
    """The next running number (0, 1, 2, … since `set_seed`): each initialiser without a seed of its own takes one."""
    return next(_numbers)
