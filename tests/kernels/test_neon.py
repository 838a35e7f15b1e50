"""The exact tests of kernels once more, on kernels for NEON, under an emulator where this is another processor."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import in_ci
from tests.kernels import (
    helpers,
    test_blocking,
    test_convolution,
    test_dense,
    test_depthwise,
    test_pack,
    test_pooling,
    test_rows,
    test_sums,
)
from tests.kernels.emulator import Emulator, missing, neon
from tests.kernels.helpers import same_bits
from tests.kernels.test_targets import integers, results

EXACT: tuple[Callable[[int], None], ...] = (
    test_convolution.test_forward, test_convolution.test_weight_gradient, test_convolution.test_data_gradient,
    test_depthwise.test_forward, test_depthwise.test_data_gradient, test_depthwise.test_weight_gradient,
    test_dense.test_forward, test_dense.test_data_gradient, test_dense.test_weight_gradient, test_pack.test_packing,
    test_pooling.test_largest, test_pooling.test_gradient_of_the_largest, test_pooling.test_mean,
    test_pooling.test_gradient_of_the_mean, test_blocking.test_convolution, test_blocking.test_weight_gradient,
)  # fmt: skip


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Every call of a kernel is made by the emulator, every kernel is made for NEON."""
    if missing():
        reason = f"missing: {missing()} (Debian: apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
        if in_ci() and shutil.which("apt-get") and os.geteuid() == 0:
            pytest.fail(reason, pytrace=False)  # there `.ci/run` installs them
        pytest.skip(reason)
    made = Emulator(tmp_path, neon())
    monkeypatch.setattr(helpers, "call", made.call)
    for module in (helpers, test_convolution, test_dense, test_depthwise, test_pack):
        monkeypatch.setattr(module, "current", neon)
    monkeypatch.setattr(test_depthwise, "named", lambda cpu: neon())
    monkeypatch.setattr(test_blocking, "level", lambda seed: neon())
    return made


@pytest.mark.slow
@pytest.mark.parametrize("test", EXACT, ids=lambda test: f"{test.__module__.rpartition('_')[2]}-{test.__name__}")
def test_small_integers_are_exact(test: Callable[[int], None], emulator: Emulator, full: bool) -> None:
    for number in range(30 if full else 2):
        test(number)
    assert emulator.calls


def test_products_are_those_of_this_processor(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    found = results(neon(), "float32", integers())
    assert emulator.calls > 8
    monkeypatch.undo()
    for name, (out, *_) in results(helpers.current(), "float32", integers()).items():
        same_bits(out, found[name][0])


@pytest.mark.parametrize(
    ("test", "arguments"),
    [
        (test_sums.test_combine_is_a_tree_over_the_leaves, (1030, "float32")),
        (test_sums.test_bias_gradient_adds_row_after_row, (37, "float64")),
        (test_convolution.test_the_order_of_a_sum_is_that_of_the_taps_whatever_the_blocking, ((9, 70),)),
        (test_dense.test_weight_gradient_is_a_tree_over_samples, (21, 1)),
        (test_rows.test_softmax, (10, "float32")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_rounded_sums_keep_their_order(
    test: Callable[..., Any], arguments: tuple[Any, ...], emulator: Emulator
) -> None:
    """NEON multiplies and adds at once: the bits are those of x86-64-v3 and v4."""
    test(*arguments)
    assert emulator.calls
