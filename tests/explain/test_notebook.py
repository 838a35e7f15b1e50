"""What a notebook shows: well-formed HTML of models, layers, histories, and training that stays in its cell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from konv.explain import live
from konv.explain.cost import layer_costs
from konv.explain.notebook import curves
from konv.layers import Conv2D, Dense, Dropout, Flatten, Input
from konv.messages import set_language
from konv.models import Sequential
from konv.train.callbacks import History, Logs
from konv.train.progress import ProgressBar
from tests.explain.look.networks import branching, straight
from tests.explain.test_report import Page


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    set_language(request.param)
    yield request.param
    set_language(None)


def test_models_show_their_layers(language: str):
    for model in (straight(), branching()):
        read = Page(model._repr_html_())
        assert model.name in read.text
        assert f"{model.count_params():,}" in read.text
        for layer in model.layers:
            assert layer.name in read.text
    assert "10×9×2" in Page(straight()._repr_html_()).text


def test_models_that_wait_say_so(language: str):
    read = Page(Sequential([Conv2D(3, 3, name="a<b>"), Flatten()])._repr_html_())
    assert "a<b>" in read.text
    assert ("shape of its input" in read.text) is (language == "en")


def test_layers_show_what_they_are(language: str):
    model = straight()
    words = Page(str(model.get_layer("first")._repr_html_())).text
    cost = next(cost for cost in layer_costs(model.graph) if cost.name == "first")
    for part in ("Conv2D first", cost.parameter_arithmetic, cost.shape_arithmetic, "filters", "padding same"):
        assert part
        assert part in words
    assert "Dense lonely" in Page(str(Dense(3, name="lonely")._repr_html_())).text
    assert "Dropout" in Page(str(Dropout(0.5)._repr_html_())).text


def test_histories_show_their_curves(language: str):
    history = History()
    assert Page(str(history._repr_html_())).text
    for epoch in range(3):
        logs = Logs({"loss": 2.0 - epoch, "val_loss": 2.5 - epoch, "lr<": 0.1, "val_only": float("nan")})
        history.on_epoch_end(epoch, logs)
    read = Page(str(history._repr_html_()))
    tags = [t for t, _ in read.tags]
    assert tags.count("svg") == 3
    assert tags.count("polyline") == 3
    assert "lr<" in read.text
    assert "train 0" in read.text
    assert "val 0.5" in read.text


def test_a_line_goes_where_its_values_are():
    read = Page(str(curves([1, 2, 3], {"loss": [3.0, 1.0, 2.0]})))
    (line,) = [a["points"] for t, a in read.tags if t == "polyline"]
    heights = [float(point.split(",")[1]) for point in str(line).split()]
    assert heights[0] < heights[2] < heights[1]
    assert heights[0] + heights[1] == pytest.approx(2 * heights[2], abs=0.11)


class Display:
    """A front end that remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, shown: Any, display_id: bool = False) -> Display:
        assert display_id
        return self

    def update(self, shown: Any) -> None:
        self.seen.append(shown._repr_html_())


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Display:
    """This process as the kernel of a notebook, with the modules a kernel has."""
    display, front, ipython = Display(), ModuleType("IPython.display"), ModuleType("IPython")
    front.display = display  # type: ignore[attr-defined]
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", front)
    return display


def small() -> tuple[Sequential, np.ndarray, np.ndarray]:
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    return model, rng.random((20, 6, 6, 1)).astype("float32"), np.arange(20) % 2


def test_training_stays_in_its_cell(notebook: Display, capsys: pytest.CaptureFixture[str]):
    model, x, y = small()
    model.fit(x, y, batch_size=5, epochs=3, validation_data=(x, y))
    assert capsys.readouterr().out == ""
    assert len(notebook.seen) >= 3 * 2 + 1
    first, last = Page(notebook.seen[0]), Page(notebook.seen[-1])
    assert "Epoch 1/3" in first.text
    assert "progress" in [t for t, _ in first.tags]
    assert "svg" not in [t for t, _ in first.tags]
    assert "Epoch 3/3" in last.text
    assert "val_accuracy" in last.text
    assert [t for t, _ in last.tags].count("svg") == 2
    assert [t for t, _ in last.tags].count("polyline") == 4


def test_other_views_stay_as_they_are(notebook: Display, capsys: pytest.CaptureFixture[str]):
    model, x, y = small()
    model.fit(x, y, epochs=1, verbose=0)
    model.fit(x, y, epochs=1, verbose=2)
    assert notebook.seen == []
    assert "Epoch 1/1" in capsys.readouterr().out
    assert [type(c) for c in live.watcher(1, "evaluate")] == [ProgressBar]


def test_terminals_have_their_bar(monkeypatch: pytest.MonkeyPatch):
    for shell in (None, SimpleNamespace()):
        ipython = ModuleType("IPython")
        ipython.get_ipython = lambda shell=shell: shell  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        assert [type(c) for c in live.watcher("auto")] == [ProgressBar]
    monkeypatch.delitem(sys.modules, "IPython")
    assert [type(c) for c in live.watcher("auto")] == [ProgressBar]
