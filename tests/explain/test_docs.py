"""The pages about AlexNet say what konv says of it: to write them anew, `python -m tests.explain.test_docs`."""

from __future__ import annotations

from pathlib import Path

import pytest

from konv import zoo
from konv.explain.markdown import markdown
from konv.graph import naming
from konv.messages import set_language

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": "alexnet.md", "zh": "alexnet.zh.md"}


def table(language: str) -> str:
    """What konv says of AlexNet in `language`."""
    naming.reset()
    set_language(language)
    try:
        return markdown(zoo.alexnet().explain())
    finally:
        set_language(None)


@pytest.mark.parametrize("language", PAGES)
def test_page_is_what_konv_says(language: str):
    assert (DOCS / PAGES[language]).read_text("utf-8").endswith(table(language))


if __name__ == "__main__":
    for code, name in PAGES.items():
        page = DOCS / name
        head = page.read_text("utf-8").partition("\n| ")[0]
        page.write_text(f"{head}\n{table(code)}", "utf-8")
