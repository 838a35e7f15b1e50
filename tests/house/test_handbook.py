"""The handbook's examples print what the handbook says, in both languages."""

from __future__ import annotations

import doctest
import re

import pytest

from tests.house.source import CHECKOUT

PAGES = {name: (CHECKOUT / "docs" / name).read_text("utf-8") for name in ("handbook.md", "handbook.zh.md")}


def test_examples_run():
    failed, tried = doctest.testfile(str(CHECKOUT / "docs" / "handbook.md"), module_relative=False, encoding="utf-8")
    assert failed == 0, "the report is above"
    assert tried > 30


def test_languages_show_the_same():
    found = [re.findall(r"^```(?:python|sh)\n.*?^```", page, re.MULTILINE | re.DOTALL) for page in PAGES.values()]
    assert found[0] == found[1] != []


@pytest.mark.parametrize("page", PAGES)
def test_contents_lead_somewhere(page: str):
    def anchor(title: str) -> str:
        return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")

    headings = {anchor(title) for title in re.findall(r"^## (.*)$", PAGES[page], re.MULTILINE)}
    linked = set(re.findall(r"\]\(#([^)]*)\)", PAGES[page]))
    assert linked == headings
