"""Every ONNX backend case that konv's operations can state passes, and the page that counts them is up to date."""

from __future__ import annotations

import pytest

from tests.layers.parity import Oracle
from tests.ops.onnx_cases import EXPRESS, TABLE, examine, page


def test_conformance(oracle: Oracle) -> None:
    onnx = oracle("onnx")
    reports = examine()
    assert all(reports[name].passed for name in EXPRESS)
    written = TABLE.read_text("utf-8")
    if f"onnx {onnx.__version__} " not in written:
        pytest.skip(f"docs/{TABLE.name} is that of another version than {onnx.__version__}")
    assert page(reports) == written, "run python -m tests.ops.onnx_cases"
