"""The page about one image: one file that needs nothing but itself, in the language in force.

Like a run's report: pictures are in it as data, the style is inline, there is no script, and a content policy forbids
it to load anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from konv.explain.html import Markup, data_uri, join, tag
from konv.explain.report import POLICY, Picture
from konv.explain.style import DARK, LIGHT, Theme
from konv.explain.tables import percent
from konv.messages import language, text

__all__ = ["Answer", "Figure", "Section", "both", "page"]


@dataclass(frozen=True)
class Figure:
    """A picture for a page and for a file: the file's `name` without an ending, what it shows in words (`alt`), a
    heading and a note above it, or ""."""

    name: str
    picture: Picture
    alt: str
    heading: str = ""
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page: `name`, its heading, what it says, its figures, and `more` behind them."""

    name: str
    heading: str
    notes: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    finding: str = ""
    more: Markup | None = None


@dataclass(frozen=True)
class Answer:
    """What the network said: `rows` of classes and probabilities, the likeliest first; `truth`, what is right, or "";
    `facts`, names and values beside them."""

    rows: Sequence[tuple[str, float]]
    truth: str
    image: Picture
    facts: Sequence[tuple[str, str]] = field(default=())


def both(drawn: Callable[[Theme], bytes]) -> Picture:
    """The picture that `drawn` makes, in both its colourings."""
    return Picture(drawn(LIGHT), drawn(DARK))


def page(title: str, answer: Answer, sections: Sequence[Section], version: str) -> str:
    """The page as the text of an HTML file.

    Arguments: `title`; `answer`, what the network said; `sections`, in order; `version`, of konv.
    """
    links = [tag("li", tag("a", section.heading, href=f"#{section.name}")) for section in sections]
    nav = tag("nav", tag("ul", *links), aria_label=text("report.nav"))
    heads = (tag("p", text("look.page.kind"), class_="kind"), tag("h1", title))
    body = tag(
        "body",
        tag("header", *heads, _answer(answer), nav, class_="top"),
        tag("main", *map(_section, sections)),
        tag("footer", text("look.page.by", version=version)),
    )
    return f"<!DOCTYPE html>\n{tag('html', _head(title), body, lang='zh-Hans' if language() == 'zh' else 'en')}\n"


def _head(title: str) -> Markup:
    own = files("konv.explain")
    style = own.joinpath("report.css").read_text("utf-8") + own.joinpath("look").joinpath("look.css").read_text("utf-8")
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · konv"),
        tag("style", Markup(style)),
    )


def _answer(answer: Answer) -> Markup:
    """The image, and the classes with bars beside it."""
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", percent(share), class_="n"),
            tag("td", tag("span", tag("i", style=f"width:{100 * share:.1f}%"), class_="bar", aria_hidden="true")),
        )
        for name, share in answer.rows
    ]
    head = tag("tr", tag("th", text("look.page.class"), scope="col"),
               tag("th", text("look.page.probability"), scope="col", class_="n"), tag("th"))  # fmt: skip
    truth = tag("p", answer.truth, class_="note") if answer.truth else None
    facts = tag("dl", *(tag("div", tag("dt", n), tag("dd", v)) for n, v in answer.facts), class_="facts")
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="answers")
    return tag("div", _picture(answer.image, text("look.page.image"), "seen"), tag("div", truth, table, facts),
               class_="answer")  # fmt: skip


def _picture(picture: Picture, alt: str, class_: str) -> Markup:
    dark = tag("source", media="screen and (prefers-color-scheme: dark)", srcset=data_uri(picture.dark))
    return tag("figure", tag("picture", dark, tag("img", src=data_uri(picture.light), alt=alt)), class_=class_)


def _section(section: Section) -> Markup:
    figures = []
    for one in section.figures:
        if one.heading:
            figures.append(tag("h3", one.heading))
        if one.note:
            figures.append(tag("p", one.note, class_="note"))
        figures.append(_picture(one.picture, one.alt, "wide"))
    body = join(
        *(tag("p", note, class_="note") for note in section.notes),
        *figures,
        tag("p", section.finding, class_="finding") if section.finding else None,
        section.more,
    )
    heading = tag("h2", section.heading, id=f"{section.name}-title")
    return tag("section", heading, body, id=section.name, aria_labelledby=f"{section.name}-title")
