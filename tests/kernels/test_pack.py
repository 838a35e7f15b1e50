"""Packed weights, against the same layout written in NumPy."""

from __future__ import annotations

import numpy as np

from konv.kernels.code.processor import current
from konv.kernels.products.pack import Pack
from konv.ops.record import Array
from tests.kernels.helpers import run, same_bits, unset


def layout(w: Array, groups: int, vectors: int, lanes: int, turned: bool) -> Array:
    """`[group][panel][tap][channel summed over][panel's vectors]` of w `(taps, inputs, groups·outputs)`."""
    found = []
    for part in np.split(w, groups, -1):
        part = part[::-1].swapaxes(1, 2) if turned else part
        part = np.pad(part, ((0, 0), (0, 0), (0, -part.shape[2] % lanes)))
        found += [
            panel.reshape(-1) for panel in np.split(part, range(vectors * lanes, part.shape[2], vectors * lanes), 2)
        ]
    return np.concatenate(found)


def test_packing(seed: int) -> None:
    """Both ways; work units one by one, in any order; the last vector filled with zeros."""
    rng = np.random.default_rng(seed)
    dtype, turned = str(rng.choice(["float32", "float64"])), bool(seed % 2)
    taps, groups, vectors = (int(rng.integers(1, most)) for most in (10, 4, 5))
    inputs, outputs = map(int, rng.integers(1, 71, 2))
    w = rng.normal(size=(taps, inputs, groups * outputs)).astype(dtype)
    spec = Pack(dtype, taps, inputs, outputs, groups, vectors, turned)
    out = unset((spec.size(current()),), dtype)
    units = spec.units(current())
    first, *others = rng.permutation(units)
    run(spec, w, out, begin=first, end=first + 1)
    assert np.isnan(out).any() == (units > 1)
    for unit in others[:50]:
        run(spec, w, out, begin=unit, end=unit + 1)
    expected = layout(w, groups, vectors, current().lanes(dtype), turned)
    written = ~np.isnan(out)
    same_bits(out[written], expected[written])
    run(spec, w, out, end=units)
    same_bits(out, expected)
