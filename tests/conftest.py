"""What all tests share: independent oracles, optional shared data, slow suites in two sizes, and one seed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from konv import config

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIRED_IN_CI = {"keras", "jax", "onnx", "onnxruntime", "IPython", "sklearn", "tensorboardX"}
SEED = 20240229


def in_ci() -> bool:
    """Whether these tests run as the project's gate, where a missing oracle is a failure."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run slow suites at full size, not in their reduced form")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: a long suite; runs in reduced form unless --slow is given")


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test starts from the same global random state."""
    random.seed(SEED)
    np.random.seed(SEED)


ENGINES = ["reference", *(["native"] if importlib.util.find_spec("konv.engine.native") else [])]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs on each engine in turn."""
    config.set_engine(request.param)
    yield request.param
    config.set_engine(None)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether a slow suite runs at full size (`--slow`); otherwise it takes a smaller sample of the same cases."""
    return bool(request.config.getoption("--slow"))


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], ModuleType]:
    """Import an independent implementation to compare with: `keras = oracle("keras")`.

    Skips with the reason where the module is missing; in CI one of `REQUIRED_IN_CI` that is missing is a failure.
    """

    def load(name: str) -> ModuleType:
        os.environ.setdefault("KERAS_BACKEND", "jax")
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            reason = f"oracle {name} cannot be imported: {error}"
            if in_ci() and name.partition(".")[0] in REQUIRED_IN_CI:
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)

    return load


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of larger data beside the checkout (`KONV_SHARED`, else `../shared`); skips where it is absent."""
    folder = Path(os.environ.get("KONV_SHARED") or CHECKOUT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"shared data is absent: there is no folder {folder / 'data'}; set KONV_SHARED")
    return folder
