"""Running text in a terminal: no line too wide, none that begins with a comma."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from konv.explain.paragraphs import wrapped
from konv.messages.purposes import TEXTS


@pytest.mark.parametrize("width", [24, 40, 76])
@pytest.mark.parametrize("language", [0, 1])
def test_purposes_fit_and_nothing_is_lost(width: int, language: int) -> None:
    for pair in TEXTS.values():
        lines = wrapped(pair[language], width)
        assert max(map(cell_len, lines)) <= width
        assert "".join(lines).replace(" ", "") == pair[language].replace(" ", "")
        assert not [line for line in lines if line[0] in "，。、；：）" or line[-1] in "（"]


def test_english_breaks_at_spaces() -> None:
    assert wrapped("the strongest of each window", 13) == ["the strongest", "of each", "window"]


def test_chinese_breaks_anywhere_but_before_punctuation() -> None:
    assert wrapped("在每个 2×2 窗口里，只留", 12) == ["在每个 2×2", "窗口里，只留"]
    assert wrapped("窗口里，只留", 6) == ["窗口", "里，只", "留"]


def test_a_word_wider_than_the_line_stands_alone() -> None:
    assert wrapped("a 123456789 b", 4) == ["a", "123456789", "b"]
    assert wrapped("", 4) == []
