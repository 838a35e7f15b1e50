"""Files stay small, and speak of the project alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import konv
from tests.house.source import CHECKOUT

LINES = 420
HERE = Path(__file__).resolve()
FOLDERS = ("src", "tests", "benchmarks", "docs", "tools", ".ci")
WRITTEN = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".json", ""}
# Left-over marks, folders of somebody's machine, addresses of package indexes, unresolved merges.
FOREIGN = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK)\b|(?<![\w.])/(?:root|home|work|opt|Users)/\w|\bpypi\.org|pythonhosted|^<{7} |^>{7} ",
    re.MULTILINE,
)


def files() -> list[Path]:
    """Every file people write in this repository."""
    inside = [p for folder in FOLDERS for p in sorted((CHECKOUT / folder).rglob("*"))]
    top = [p for p in sorted(CHECKOUT.iterdir()) if p.suffix in WRITTEN and p.name != ".git"]
    return [p for p in (*top, *inside) if p.is_file() and p.suffix in WRITTEN and "__pycache__" not in p.parts]


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def test_files_are_small():
    lengths = {name(p): len(p.read_text("utf-8").splitlines()) for p in files() if p.suffix == ".py"}
    assert len(lengths) > 300
    assert {path: length for path, length in lengths.items() if length > LINES} == {}


def test_files_speak_of_the_project_alone():
    found = {name(p): FOREIGN.findall(p.read_text("utf-8")) for p in files() if p != HERE}
    assert {path: words for path, words in found.items() if words} == {}


def test_foreign_words_are_seen():
    for line in ("x = 1  # TODO", 'open("/home/me/x")', "<<<<<<< HEAD"):
        assert FOREIGN.search(line), line
    assert not FOREIGN.search("https://example.org/home/page and a framework/opt/pass")


def test_changelog_tells_of_this_version():
    assert f"## [{konv.__version__}]" in (CHECKOUT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_readme_links_lead_somewhere(page: str):
    text = (CHECKOUT / page).read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
