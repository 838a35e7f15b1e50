"""ONNX's own test cases in konv's operations: an adapter between layouts, and the table of what passes.

`python -m tests.ops.onnx_cases` writes docs/onnx_conformance.md anew.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from konv.ops.record import Array
from tests.conftest import CHECKOUT
from tests.ops.onnx_adapters import EXPRESS, Case, NotExpressibleError, result

TABLE = CHECKOUT / "docs" / "onnx_conformance.md"
OPERATORS = tuple(EXPRESS)
ROUNDED = {"test_averagepool_2d_ceil_last_window_starts_on_pad": 1e-3}
"""Cases whose numbers are written with four digits, and how far these may be off (ONNX allows all of them that)."""


@dataclass
class Report:
    """Of one operator: the cases that pass, and the others with the reason."""

    passed: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)


def cases() -> list[Case]:
    """Every backend node case that is one node of one of `OPERATORS`."""
    onnx = import_module("onnx")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # the package computes all its cases, those of other operators too
        loaded = import_module("onnx.backend.test.loader").load_model_tests(kind="node")
    found = []
    for case in loaded:
        model = case.model or onnx.load(f"{case.model_dir}/model.onnx")
        if len(model.graph.node) != 1 or model.graph.node[0].op_type not in OPERATORS:
            continue
        node = model.graph.node[0]
        inputs, expected = case.data_sets[0] if case.data_sets else _stored(onnx, case)
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        found.append(
            Case(case.name, node.op_type, attributes, len(node.output), _placed(node.input, inputs),
                 [np.asarray(a) for a in expected])
        )  # fmt: skip
    return found


def _placed(names: Any, inputs: Any) -> list[Any]:
    """The arrays of a node, None where it leaves one out in the middle."""
    arrays = iter(inputs)
    return [np.asarray(next(arrays)) if name else None for name in names]


def _stored(onnx: Any, case: Any) -> tuple[list[Array], list[Array]]:
    """The arrays of a case that is kept in files."""

    def read(kind: str) -> list[Array]:
        paths = sorted(Path(case.model_dir, "test_data_set_0").glob(f"{kind}_*.pb"))
        tensors = [onnx.TensorProto.FromString(p.read_bytes()) for p in paths]
        return [onnx.numpy_helper.to_array(t) for t in tensors]

    return read("input"), read("output")


def examine() -> dict[str, Report]:
    """Every case tried. Raises: AssertionError for one that konv states and gets wrong."""
    reports = {name: Report() for name in OPERATORS}
    for case in cases():
        try:
            found = result(case)
        except NotExpressibleError as reason:
            reports[case.operator].others[case.name] = str(reason)
            continue
        for mine, expected in zip(found, case.expected, strict=True):
            assert mine.shape == expected.shape, case.name
            rtol = ROUNDED.get(case.name, 1e-4)
            np.testing.assert_allclose(mine, expected, rtol=rtol, atol=1e-6, err_msg=case.name)
        reports[case.operator].passed.append(case.name)
    return reports


def page(reports: dict[str, Report]) -> str:
    """The table as it stands in the docs."""
    version = import_module("onnx").__version__
    passed = sum(len(r.passed) for r in reports.values())
    total = passed + sum(len(r.others) for r in reports.values())
    lines = [
        "# ONNX conformance",
        "",
        f"The backend node cases of onnx {version} for the operators convolutional networks are made of, stated in",
        "konv's operations through an adapter (`tests/ops/onnx_adapters.py`) and run by its compiled kernels.",
        "This page is written by `python -m tests.ops.onnx_cases`; a test holds it to what really passes.",
        "",
        f"**{passed} of {total} cases can be stated, and all of these pass.**",
        "",
        "| operator | pass | of |",
        "|---|---|---|",
        *(f"| {name} | {len(r.passed)} | {len(r.passed) + len(r.others)} |" for name, r in reports.items()),
        "",
        "## Why the others do not apply",
        "",
        "| operator | cases | reason |",
        "|---|---|---|",
    ]
    for name, r in reports.items():
        for reason in dict.fromkeys(r.others.values()):
            which = ", ".join(c.removeprefix("test_") for c, why in r.others.items() if why == reason)
            lines.append(f"| {name} | {which} | {reason} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    TABLE.write_text(page(examine()), "utf-8")
