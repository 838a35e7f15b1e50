"""The report of a run: one page that needs nothing but itself, in the language in force.

Pictures are in it as data, its style is inline, there is no script, and a content policy forbids it to load anything.
Every text is escaped on its way in (`konv.explain.html`): class names and paths are somebody else's words.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from math import isfinite
from pathlib import PurePath

from konv.explain.cost import LayerCost
from konv.explain.evaluation import Evaluation
from konv.explain.html import Markup, data_uri, join, tag
from konv.explain.record import Epoch, RunRecord
from konv.explain.tables import classes_table, epochs_table, network_table, pairs, percent, reason
from konv.messages import language, text
from konv.shapes import Shape, show

__all__ = ["Findings", "Picture", "report"]

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
HELD = 15
"""Up to so many classes the table of classes stands beside the confusion matrix, else below it."""


@dataclass(frozen=True)
class Picture:
    """A picture as PNG files for light and for dark paper."""

    light: bytes
    dark: bytes


@dataclass(frozen=True)
class Findings:
    """All that a report tells.

    Arguments: `record` of the run; its `epochs`; the `layers` of the network; `evaluation` on the test images and
    `pictures` by name (`curves`, `confusion`, `mistakes`, `filters`), as far as there are any; `first`, the name of the
    first convolution and the shape of its kernel `(kh, kw, channels, filters)`.
    """

    record: RunRecord
    epochs: Sequence[Epoch] = ()
    layers: Sequence[LayerCost] = ()
    evaluation: Evaluation | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    first: tuple[str, Shape] | None = None


def report(findings: Findings) -> str:
    """The page that tells the `findings`, as the text of an HTML file."""
    record = findings.record
    title = text("report.title", model=record.model, data=record.data.name)
    sections = [
        ("learning", text("report.learning"), _learning(findings)),
        ("classes", text("report.classes"), _classes(findings)),
        ("mistakes", text("report.mistakes"), _mistakes(findings)),
        ("filters", text("report.filters"), _filters(findings)),
        ("network", text("report.network"), _network(findings)),
        ("facts", text("report.settings"), _facts(record)),
        ("repeat", text("report.repeat"), _repeat(record)),
    ]
    present = [(name, heading, body) for name, heading, body in sections if body]
    links = [tag("li", tag("a", heading, href=f"#{name}")) for name, heading, _ in present]
    nav = tag("nav", tag("ul", *links), aria_label=text("report.nav"))
    body = tag(
        "body",
        tag("header", *_top(findings, title), nav, class_="top"),
        tag("main", *(_section(name, heading, body) for name, heading, body in present)),
        tag("footer", text("report.by", version=record.versions["konv"], started=record.started.replace("T", " "))),
    )
    page = tag("html", _head(title), body, lang="zh-Hans" if language() == "zh" else "en")
    return f"<!DOCTYPE html>\n{page}\n"


def _head(title: str) -> Markup:
    style = files("konv.explain").joinpath("report.css").read_text("utf-8")
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · konv"),
        tag("style", Markup(style)),
    )


def _section(name: str, heading: str, body: Markup) -> Markup:
    title = None if name == "facts" else tag("h2", heading, id=f"{name}-title")
    labelled = {"aria_label": heading} if name == "facts" else {"aria_labelledby": f"{name}-title"}
    return tag("section", title, body, id=name, **labelled)


def _top(findings: Findings, title: str) -> list[Markup]:
    """Title, what went wrong if something did, the headline and the facts beside it."""
    record, evaluation = findings.record, findings.evaluation
    parts = [tag("p", text("report.kind"), class_="kind"), tag("h1", title)]
    if record.status != "finished":
        done, planned = len(findings.epochs), record.epochs
        if record.status == "interrupted":
            words = text("report.interrupted", epochs=done, planned=planned)
        else:
            words = text("report.stopped", epochs=done, planned=planned, reason=f"{record.message} ".lstrip())
        parts.append(tag("p", words, class_="banner", role="status"))
    result = []
    if evaluation is not None:
        number = f"{100 * evaluation.accuracy:.1f}"
        right = text("report.headline", right=f"{evaluation.right:,}", count=f"{len(evaluation.labels):,}")
        label = tag("span", text("report.headline_label"), class_="label")
        result.append(tag("p", label, tag("b", number, tag("small", "%")), tag("span", right), class_="headline"))
    result.append(_headline_facts(findings))
    return [*parts, tag("div", *result, class_="result")]


def _headline_facts(findings: Findings) -> Markup:
    record = findings.record
    trained = len(findings.epochs) * record.data.train.images
    speed = trained / record.training_seconds if record.training_seconds and trained else 0
    facts = [
        (text("report.fact.time"), _duration(record.training_seconds)),
        (text("report.fact.speed"), f"{speed:,.0f}"),
        (text("report.fact.epochs"), str(len(findings.epochs))),
        (text("report.fact.parameters"), f"{record.parameters:,}"),
    ]
    if record.test_loss is not None and isfinite(record.test_loss):
        facts.append((text("report.fact.loss"), f"{record.test_loss:.3f}"))
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts), class_="facts")


def _duration(seconds: float) -> str:
    if seconds < 100:
        return text("report.seconds", seconds=f"{seconds:.1f}")
    return text("report.minutes", minutes=int(seconds) // 60, seconds=int(seconds) % 60)


def _picture(findings: Findings, name: str, alt: str, class_: str = "wide") -> Markup | None:
    """The picture called `name` in its two colourings; the browser chooses."""
    picture = findings.pictures.get(name)
    if picture is None:
        return None
    dark = tag("source", media="screen and (prefers-color-scheme: dark)", srcset=data_uri(picture.dark))
    image = tag("img", src=data_uri(picture.light), alt=alt)
    return tag("figure", tag("picture", dark, image), class_=class_)


def _learning(findings: Findings) -> Markup:
    epochs = findings.epochs
    if not epochs:
        return tag("p", text("report.nothing_learned"))
    last = epochs[-1]
    alt = text(
        "report.alt.curves", first=f"{epochs[0].loss:.3f}", last=f"{last.loss:.3f}", epochs=len(epochs),
        accuracy=percent(last.val_accuracy),
    )  # fmt: skip
    gap = 100 * (last.accuracy - last.val_accuracy)
    words = text("report.gap_wide", gap=f"{gap:.1f}") if gap > 3 else text("report.gap_narrow")
    return join(
        tag("p", text("report.learning_note"), class_="note"),
        _picture(findings, "curves", alt),
        tag("p", words, class_="finding") if isfinite(gap) else None,
        tag("details", tag("summary", text("report.epochs_table")), tag("div", epochs_table(epochs), class_="scroll")),
    )


def _classes(findings: Findings) -> Markup | None:
    evaluation, names = findings.evaluation, findings.record.data.classes
    if evaluation is None:
        return None
    commonest = evaluation.commonest_mistake()
    if commonest:
        true, answer, times = commonest
        words = text("report.commonest", true=names[true], answer=names[answer], times=times)
    else:
        words = text("report.no_mistake")
    alt = text("report.alt.confusion", classes=len(names))
    return join(
        tag("p", text("report.classes_note"), class_="note"),
        tag("p", words, class_="finding"),
        tag(
            "div",
            _picture(findings, "confusion", alt, class_="fits"),
            tag("div", classes_table(evaluation, names), class_="scroll"),
            class_="beside" if len(names) <= HELD else "beside many",
        ),
        tag("p", text("report.precision_note"), class_="note"),
    )


def _mistakes(findings: Findings) -> Markup | None:
    if findings.evaluation is None or "mistakes" not in findings.pictures:
        return None
    count = len(findings.evaluation.surest_mistakes())
    picture = _picture(findings, "mistakes", text("report.alt.mistakes", count=count))
    return join(tag("p", text("report.mistakes_note"), class_="note"), picture)


def _filters(findings: Findings) -> Markup | None:
    if findings.first is None or "filters" not in findings.pictures:
        return None
    name, shape = findings.first
    note = text("report.filters_note", count=shape[-1], layer=name, size=show(shape[:-1]))
    picture = _picture(findings, "filters", text("report.alt.filters", count=shape[-1]))
    return join(tag("p", note, class_="note"), picture)


def _network(findings: Findings) -> Markup | None:
    if not findings.layers:
        return None
    return join(tag("p", text("report.network_note"), class_="note"), network_table(findings.layers))


def _facts(record: RunRecord) -> Markup:
    """Settings, data, and the machine, side by side."""
    data = record.data
    held = "report.data.held_out" if data.test_is_held_out else "report.data.images"
    facts = [
        (text("report.data.name"), data.name),
        # The page may be sent to others: it does not tell the folders of whoever made it.
        (text("report.data.source"), PurePath(data.source).name),
        (text("report.data.shape"), show(data.shape)),
        (text("report.data.classes"), str(len(data.classes))),
        (text("report.data.train"), text("report.data.images", count=f"{data.train.images:,}")),
        (text("report.data.test"), text(held, count=f"{data.test.images:,}")),
        (text("report.data.fingerprint"), data.train.fingerprint),
    ]
    if data.unreadable:
        facts.append((text("report.data.unreadable"), ", ".join(data.unreadable)))
    settings = [(text(f"report.setting.{key}"), str(value)) for key, value in record.settings.items()]
    machine = [(text(f"report.processor.{key}"), _machine(key, value)) for key, value in record.processor.items()]
    machine += list(record.versions.items())
    blocks = ((text("report.settings"), settings), (text("report.data"), facts), (text("report.machine"), machine))
    return tag("div", *(tag("div", tag("h2", name), pairs(rows)) for name, rows in blocks), class_="columns")


def _machine(key: str, value: object) -> str:
    if key == "vector_bits":
        return text("report.processor.bits", bits=value)
    return reason(str(value)) if key == "because" else str(value)


def _repeat(record: RunRecord) -> Markup:
    return join(
        tag("pre", tag("code", shlex.join(record.command))),
        tag("p", text("report.repeat_note"), class_="note"),
        tag("p", text("report.use_note")),
        tag("pre", tag("code", "konv predict model.konv photo.jpg")),
    )
