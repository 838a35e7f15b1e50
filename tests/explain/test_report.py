"""The report is one well-formed page that loads nothing, in either language, whatever the class names are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from konv.explain.cost import layer_costs
from konv.explain.evaluation import Evaluation
from konv.explain.html import Markup, join, tag
from konv.explain.record import DataFacts, Epoch, PartFacts, RunRecord
from konv.explain.report import Findings, Picture, report
from konv.messages import set_language
from konv.zoo import build

HOSTILE = ("</td><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{0} & <b>", "猫\u202e")
VOID = {"meta", "img", "source", "br", "hr", "col"}
PICTURE = Picture(b"\x89PNG light", b"\x89PNG dark")


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    set_language(request.param)
    yield request.param
    set_language(None)


def findings(status: str = "finished", classes: tuple[str, ...] = HOSTILE) -> Findings:
    counts = dict.fromkeys(classes, 5)
    record = RunRecord(
        model="notes",
        status=status,
        command=("konv", "train", "a b; rm -rf <x>"),
        started="2024-05-06T07:08:09",
        seconds=12.5,
        training_seconds=130.0,
        epochs=5,
        steps=6,
        seed=1,
        parameters=1_250_858,
        settings={"epochs": 5, "optimizer": "adam"},
        data=DataFacts(
            classes[0], "a <path>", classes, (32, 32, 3), PartFacts(40, counts, "f" * 64),
            PartFacts(8, counts, "0" * 64), True, (HOSTILE[1],),
        ),
        processor={"engine": "native", "cpu": "znver4", "vector_bits": 512, "threads": 2, "because": "affinity"},
        versions={"konv": "9.8.7", "numpy": "1"},
        test_loss=0.5,
        test_accuracy=0.75,
        message="Layer <x> gave NaN.",
    )  # fmt: skip
    epochs = [Epoch(i + 1, 2.0 - i, 0.3 + 0.3 * i, 1.5, 0.75, 0.001, 1.25, 1234.5) for i in range(2)]
    probabilities = np.eye(4)[[0, 1, 2, 3, 0, 1, 1, 0]] * 0.9 + 0.025
    evaluation = Evaluation(probabilities, np.array([0, 1, 2, 3, 0, 1, 2, 3]))
    pictures = dict.fromkeys(("curves", "confusion", "mistakes", "filters"), PICTURE)
    return Findings(record, epochs, layer_costs(build("notes").graph), evaluation, pictures, ("conv2d", (3, 3, 3, 32)))


def test_page_is_well_formed_and_whole(language: str):
    page = report(findings())
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    read = Page(page)
    assert ("html", {"lang": "zh-Hans" if language == "zh" else "en"}) in read.tags
    headings = [t for t, _ in read.tags if t in ("h1", "h2")]
    assert headings.count("h1") == 1
    assert headings.count("h2") == 9
    images = [attributes for t, attributes in read.tags if t == "img"]
    assert len(images) == 4
    assert all(a["alt"] for a in images)
    links = {a["href"] for t, a in read.tags if t == "a"}
    ids = {f"#{a['id']}" for t, a in read.tags if t == "section"}
    assert links == ids


def test_page_loads_nothing_and_runs_nothing(language: str):
    read = Page(report(findings()))
    assert not {t for t, _ in read.tags} & {"script", "link", "iframe", "object", "embed", "form", "base"}
    for _, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "srcset"):
            if name in attributes:
                assert str(attributes[name]).startswith("data:image/png;base64,")
    page = report(findings())
    assert not re.search(r"url\(|@import|https?://", page)
    policy = next(a for t, a in read.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy["content"]).startswith("default-src 'none';")


def test_hostile_names_are_only_words(language: str):
    read = Page(report(findings()))
    for name in HOSTILE:
        assert " ".join(name.split()) in read.text
    assert "konv train 'a b; rm -rf <x>'" in read.text


def test_numbers_of_the_run_are_there():
    words = Page(report(findings())).text
    for part in (
        "75.0 %",
        "6 of 8 test images recognised.",
        "1,250,858",
        "2 min 10 s",
        "3·3·3·32 = 864, and 32 biases, one shared by each feature map",
        "(32 + 2 − 3)/1 + 1 = 32",
        "20,741,120",
        "512 bits",
        "the processors this process may use (affinity)",
        "0.001",
        "1,234",
        "konv 9.8.7",
        "2024-05-06 07:08:09",
        "40 images",
        "8 images, held out of the training images class by class",
    ):
        assert part in words, part


def test_interrupted_and_stopped_runs_say_so(language: str):
    said = {
        "en": ("Interrupted after 2 of 5 epochs", "Stopped after 2 of 5 epochs: Layer <x> gave NaN."),
        "zh": ("在计划的 5 轮中完成了 2 轮后被中断", "在计划的 5 轮中完成了 2 轮后停止：Layer <x> gave NaN."),
    }
    assert said[language][0] in Page(report(findings("interrupted"))).text
    assert said[language][1] in Page(report(findings("stopped"))).text
    assert said[language][0] not in Page(report(findings("finished"))).text


def test_run_that_learned_nothing(language: str):
    whole = findings("stopped")
    record = replace(whole.record, test_loss=None, test_accuracy=None, training_seconds=0.0)
    read = Page(report(Findings(record, layers=whole.layers)))
    assert not [t for t, _ in read.tags if t == "img"]
    assert "20,741,120" in read.text


def test_overfitting_is_told():
    whole = findings()
    wide = [replace(e, accuracy=0.99) for e in whole.epochs]
    assert "24.0 points more often" in Page(report(replace(whole, epochs=wide))).text
    assert "about as well on new images" in Page(report(whole)).text


def test_html_is_escaped_by_construction():
    assert tag("p", "5 < 6", title='"&') == '<p title="&quot;&amp;">5 &lt; 6</p>'
    assert tag("p", tag("b", "<"), None, 3, class_="x", data_label=None) == '<p class="x"><b>&lt;</b>3</p>'
    assert tag("meta", name="viewport", http_equiv="x") == '<meta name="viewport" http-equiv="x">'
    assert join("<", Markup("<br>")) == "&lt;<br>"
