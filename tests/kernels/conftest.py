"""`seed` runs over a few random cases, with `--slow` over many: every case compiles its own kernels."""

from __future__ import annotations

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        few = getattr(metafunc.module, "SEEDS", 40)
        metafunc.parametrize("seed", range(500 if metafunc.config.getoption("--slow") else few))
