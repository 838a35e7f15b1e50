"""What `KONV_DEBUG=plan` prints: a table with a row for each call of a step."""

from __future__ import annotations

import re

import numpy as np
import pytest

from konv import Sequential, layers


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """The rows of the plan of a training step of 12 samples, by the names of the columns."""
    model = Sequential([
        layers.Input((8, 8, 16)), layers.Conv2D(16, 3, activation="relu", name="a_name_of_a_layer_that_is_rather_long"),
        layers.BatchNormalization(name="norm"), layers.ReLU(), layers.Dropout(0.5, name="drop"), layers.Flatten(),
        layers.Dense(3, name="scores"),
    ])  # fmt: skip
    model.compile("sgd", "mse")
    monkeypatch.setenv("KONV_DEBUG", "plan")
    model.train_on_batch(np.ones((12, 8, 8, 16), "float32"), np.ones((12, 3), "float32"))
    title, head, *rows = capsys.readouterr().err.splitlines()
    assert title.startswith("plan for 12 samples, float32, ")
    columns = [(m.group(), m.start(), m.end()) for m in re.finditer(r"\S+", head)]
    starts = {name: start for name, start, _ in columns}
    found = []
    for row in (row.ljust(len(head)) for row in rows):
        cells = {}
        for name, start, end in columns:
            if name in ("stage", "group", "bytes", "multiply-adds"):  # to the right
                cells[name] = re.search(r"\S*$", row[:end]).group()  # type: ignore[union-attr]
            else:
                after = [s for s in starts.values() if s > start]
                cells[name] = row[start : min(after, default=None)].split("  ")[0].strip()
        found.append(cells)
    return found


def test_each_call_has_a_row(table: list[dict[str, str]]) -> None:
    for row in table:
        assert re.fullmatch(r"\d+", row["stage"])
        assert row["kind"] in ("samples", "sums", "outputs")
        assert re.fullmatch(r"[\w/]+", row["layer"])
        assert re.fullmatch(r"\w+", row["kernel"])
        assert re.fullmatch(r"[1-9][\d,]*", row["bytes"])
        assert re.fullmatch(r"|bias|relu|gate|bias\+relu", row["fused"])
    ops = {(row["layer"], row["op"]) for row in table}
    assert {("norm", "batch_normalization"), ("norm", "batch_normalization back"), ("drop", "dropout back")} <= ops
    assert ("scores", "loss") in ops


def test_products_say_what_they_are(table: list[dict[str, str]]) -> None:
    forward = next(row for row in table if row["op"] == "conv2d")
    assert forward["fused"] == "bias+relu"
    assert forward["multiply-adds"] == f"{12 * 6 * 6 * 16 * 9 * 16:,}"
    assert next(row for row in table if row["op"] == "batch_normalization" and row["fused"])["fused"] == "relu"
    for row in table:
        if row["multiply-adds"]:
            assert re.fullmatch(r"\d+ × \d+", row["blocking"])
            if "conv2d" in row["op"]:
                assert re.match(r"direct|F\(", row["chosen"])


def test_bytes_are_those_of_all_samples_and_leaves(table: list[dict[str, str]]) -> None:
    bias = next(row for row in table if row["kernel"] == "bias_gradient" and row["layer"] == "scores")
    assert bias["bytes"] == f"{4 * 3 * (12 + 8):,}"
