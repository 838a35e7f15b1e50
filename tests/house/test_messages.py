"""Every text has both languages with the same values to fill in, is used, and every key that is used exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from string import Formatter

import pytest

from konv import messages
from konv.errors import KonvWarning
from tests.house.source import CHECKOUT, modules

TABLES = {name: import_module(f"konv.messages.{name}").TEXTS for name in messages._MODULES}
TEXTS = {key: pair for table in TABLES.values() for key, pair in table.items()}
PAGE = CHECKOUT / "src" / "konv" / "lab" / "page"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SOURCES = [m for m in modules() if m.room != "messages" or m.name == "konv.messages"]


def placeholders(text: str) -> set[str]:
    """The names of the values a text has filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of `konv.messages.text`, under whatever name it was imported, with its place."""
    for module in SOURCES:
        names = {
            alias.asname or alias.name
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ImportFrom) and node.module == "konv.messages"
            for alias in node.names
            if alias.name == "text"
        }
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            function = node.func
            direct = isinstance(function, ast.Name) and function.id in names
            through = (
                isinstance(function, ast.Attribute)
                and function.attr == "text"
                and isinstance(function.value, ast.Name)
                and function.value.id == "messages"
            )
            if direct or through:
                yield f"{module.path.relative_to(CHECKOUT)}:{node.lineno}", node


def literals(node: ast.expr) -> list[str]:
    """The keys an argument can be: a literal, or either side of a conditional expression."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def strings() -> set[str]:
    """Every string constant outside the tables of texts."""
    return {
        node.value
        for module in SOURCES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def page_texts() -> tuple[set[str], set[str]]:
    """What the lab's page asks for: keys, and patterns of keys in which `${…}` stands for a part: `lab.nav.(.+)`."""
    written = "\n".join(p.read_text("utf-8") for p in sorted(PAGE.glob("*.*")) if p.suffix in (".js", ".html"))
    keys = set(re.findall(r"""["'](lab\.(?!css)[\w.]+)["']""", written))
    built = re.findall(r"`(lab\.[\w.]*(?:\$\{[^}]+\}[\w.]*)+)`", written)
    return keys, {"(.+)".join(re.escape(part) for part in re.split(r"\$\{[^}]+\}", key)) for key in built}


def patterns() -> list[re.Pattern[str]]:
    """F-strings that may build a key, as patterns: `f"purpose.{name}"` is `purpose\\.(.+)`."""
    found = set()
    for module in SOURCES:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else None for p in node.values]
                if all(p is None or re.fullmatch(r"[\w.]+", str(p)) for p in parts) and any(parts):
                    found.add("".join("(.+)" if p is None else re.escape(str(p)) for p in parts))
    return [re.compile(p) for p in sorted(found)]


def amiss(english: str, chinese: str) -> list[str]:
    """What is wrong with a text and its translation."""
    sentence = re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", re.sub(r"\{[^}]*\}", "", english))
    found = {
        "other placeholders": placeholders(english) != placeholders(chinese),
        "no English text": not english.strip(),
        "no Chinese text": not chinese.strip(),
        "Chinese in the English text": bool(CHINESE.search(english)),
        "a sentence without a Chinese translation": bool(sentence and not CHINESE.search(chinese)),
    }
    return [complaint for complaint, true in found.items() if true]


def test_texts_are_whole():
    assert [(key, *wrong) for key, both in sorted(TEXTS.items()) if (wrong := amiss(*both))] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("a {x} b", "甲 {y} 乙"), ("", "甲"), ("a", ""), ("a 甲", "甲"), ("one two three", "one two three")],
)
def test_what_is_amiss_is_seen(english: str, chinese: str):
    assert amiss(english, chinese)


def test_keys_are_defined_once():
    assert len(TEXTS) == sum(len(table) for table in TABLES.values())


def test_used_keys_exist_with_their_values():
    wrong = []
    for place, call in calls():
        given = {k.arg for k in call.keywords}
        for key in literals(call.args[0]):
            if key not in TEXTS:
                wrong.append(f"{place}: there is no text {key!r}")
            elif None not in given and placeholders(TEXTS[key][0]) != given - {"lang"}:
                needed = sorted(placeholders(TEXTS[key][0]))
                wrong.append(f"{place}: {key!r} needs {needed}, is given {sorted(given)}")
    assert not wrong, "\n".join(wrong)


def test_no_text_is_unused():
    asked, built = page_texts()
    words = set(re.findall(r"\w+", "\n".join(p.read_text("utf-8") for p in PAGE.glob("*.js"))))
    constants = strings() | asked
    builders = [*patterns(), *map(re.compile, sorted(built))]

    def used(key: str) -> bool:
        if key in constants:
            return True
        matches = [m for p in builders if (m := p.fullmatch(key))]
        return any(all(hole in constants | words or hole.isdigit() for hole in m.groups()) for m in matches)

    unused = [key for key in sorted(TEXTS) if not used(key)]
    assert not unused, f"texts nothing uses: {unused}"


def test_texts_of_the_page_exist():
    asked, built = page_texts()
    assert asked - TEXTS.keys() == set()
    empty = [pattern for pattern in sorted(built) if not any(re.fullmatch(pattern, key) for key in TEXTS)]
    assert empty == []


def test_language_is_chosen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONV_LANG", "zh_CN.UTF-8")
    assert messages.language() == "zh"
    said = {"most": 9, "received": "x"}
    assert CHINESE.search(messages.text("bad_threads", **said))
    messages.set_language("en")
    try:
        assert messages.text("bad_threads", **said) == TEXTS["bad_threads"][0].format(**said)
    finally:
        messages.set_language(None)
    assert "must be" in messages.text("bad_threads", lang="en", **said)
    with pytest.raises(ValueError, match="must be one of en, zh"):
        messages.set_language("fr")


def test_an_unknown_language_is_told_of_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONV_LANG", "klingon")
    with pytest.warns(KonvWarning, match="one of: en, zh.*'klingon'") as told:
        assert [messages.language(), messages.language()] == ["en", "en"]
    assert len(told) == 1
