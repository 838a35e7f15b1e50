"""What IPython's own machinery makes of models, layers, histories and training: the messages a notebook would get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from konv.layers import Dense, Flatten, Input
from konv.models import Sequential
from tests.explain.test_report import Page

Oracle = Callable[[str], ModuleType]


@pytest.fixture
def shell(oracle: Oracle, tmp_path: Path) -> Iterator[Any]:
    """An interactive shell that takes itself for a notebook's, and keeps what is published."""
    from_ = oracle("IPython.core.interactiveshell").InteractiveShell
    config = oracle("traitlets.config").Config()
    config.HistoryManager.enabled = False
    made = from_.instance(ipython_dir=str(tmp_path), config=config)
    made.display_pub = oracle("IPython.core.displaypub").CapturingDisplayPublisher()
    made.kernel = object()
    yield made
    from_.clear_instance()


def small() -> Sequential:
    model = Sequential([Input((4, 4, 1)), Flatten(), Dense(3, activation="softmax", name="classes")], name="tiny")
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


def data() -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(0).random((64, 4, 4, 1), np.float32), np.arange(64) % 3


def test_objects_have_html_and_text(shell: Any):
    model = small()
    history = model.fit(*data(), epochs=2, verbose=0)
    for thing, words in ((model, "tiny"), (model.layers[-1], "classes"), (history, "loss")):
        shown, _ = shell.display_formatter.format(thing)
        assert set(shown) == {"text/plain", "text/html"}
        assert words in Page(shown["text/html"]).text
    assert "<svg" in shell.display_formatter.format(history)[0]["text/html"]
    explained, _ = shell.display_formatter.format(model.explain())
    assert "16·3 = 48" in Page(explained["text/html"]).text


def test_training_is_one_cell_that_changes(shell: Any, capsys: pytest.CaptureFixture[str]):
    small().fit(*data(), epochs=3, validation_split=0.25)
    assert capsys.readouterr().out == ""
    first, *later = shell.display_pub.outputs
    # One display, and from then on updates of it under the same identity.
    assert "update" not in first or not first["update"]
    assert len(later) >= 3
    assert all(message["update"] for message in later)
    assert {message["transient"]["display_id"] for message in (first, *later)} == {first["transient"]["display_id"]}
    end = Page(later[-1]["data"]["text/html"])
    assert "3/3" in end.text
    assert later[-1]["data"]["text/html"].count("<polyline") == 4  # loss and accuracy, trained on and held out


def test_without_a_kernel_the_terminal_has_its_bar(shell: Any, capsys: pytest.CaptureFixture[str]):
    shell.kernel = None
    small().fit(*data(), epochs=1)
    assert shell.display_pub.outputs == []
    assert "loss" in capsys.readouterr().out
