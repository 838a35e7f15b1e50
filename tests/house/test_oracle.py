"""A missing oracle is a skip with its reason, and in CI a failure."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

Oracle = Callable[[str], ModuleType]


def test_missing_oracle_is_skipped_with_its_reason(oracle: Oracle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(pytest.skip.Exception, match="oracle keras cannot be imported"):
        oracle("keras")


@pytest.mark.parametrize("name", ["keras", "jax", "onnx", "onnxruntime", "sklearn", "tensorboardX"])
def test_missing_oracle_fails_in_ci(name: str, oracle: Oracle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(pytest.fail.Exception, match=f"oracle {name} cannot be imported"):
        oracle(name)


def test_optional_oracle_is_skipped_in_ci(oracle: Oracle, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(pytest.skip.Exception):
        oracle("torch")


def test_present_oracle_is_returned(oracle: Oracle):
    assert oracle("numpy") is sys.modules["numpy"]
