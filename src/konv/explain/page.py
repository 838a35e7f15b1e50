"""The explanation of a network as one page that needs nothing but itself, in the language in force."""

from __future__ import annotations

from importlib.resources import files

from konv.explain.cost import LayerCost
from konv.explain.drawing import drawing
from konv.explain.explanation import Explanation
from konv.explain.html import Markup, tag
from konv.explain.layer_table import COLUMNS, amount, geometry, said_once, sees
from konv.messages import language, text
from konv.shapes import show

__all__ = ["fragment", "page"]

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
BATCH = 32


def page(explanation: Explanation) -> str:
    """The page of `explanation`, as the text of an HTML file."""
    title = text("explain.title", model=explanation.model, shape=show(explanation.input_shape))
    style = "".join(files("konv.explain").joinpath(name).read_text("utf-8") for name in ("report.css", "explain.css"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · konv"),
        tag("style", Markup(style)),
    )
    top = tag(
        "header",
        tag("p", text("explain.kind"), class_="kind"),
        tag("h1", title),
        tag("div", _facts(explanation), class_="result"),
        class_="top",
    )
    drawn = tag(
        "section",
        tag("h2", text("explain.drawn")),
        tag("p", text("explain.drawn_note"), class_="note"),
        tag("div", drawing(explanation), class_="scroll drawing"),
    )
    layers = tag(
        "section",
        tag("h2", text("report.network")),
        tag("p", text("explain.legend"), class_="note"),
        tag("div", _table(explanation), class_="scroll"),
    )
    body = tag("body", top, tag("main", drawn, layers))
    whole = tag("html", head, body, lang="zh-Hans" if language() == "zh" else "en")
    return f"<!DOCTYPE html>\n{whole}\n"


def fragment(explanation: Explanation) -> str:
    """The drawing and the table alone, for a notebook."""
    style = tag("style", Markup(".konv th,.konv td{text-align:left;vertical-align:top}.konv small{display:block}"))
    drawn = tag("div", drawing(explanation), style="overflow-x:auto")
    return tag("div", style, drawn, _table(explanation), class_="konv")


def _facts(explanation: Explanation) -> Markup:
    total, need = explanation.total, explanation.memory
    facts = [
        (text("report.fact.parameters"), f"{total.parameters:,}"),
        (text("report.column.macs"), f"{total.macs:,}"),
        (text("explain.fact.weights"), amount(need.weights)),
        (text("explain.fact.inference"), amount(need.inference())),
        (text("explain.fact.training", batch=BATCH), amount(need.training(BATCH))),
    ]
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts), class_="facts")


def _table(explanation: Explanation) -> Markup:
    columns = ("layer", *COLUMNS)
    heads = (
        tag("th", text(f"explain.column.{name}"), scope="col", class_="n" if i else None)
        for i, name in enumerate(columns)
    )
    most = max((layer.macs for layer in explanation.layers), default=0) or 1
    rows = []
    for layer, sentence in zip(explanation.layers, said_once(explanation.layers), strict=True):
        rows.append(_row(layer, most))
        sums = " · ".join(part for part in (layer.shape_arithmetic, layer.parameter_arithmetic) if part)
        said = (tag("span", sums, class_="sums") if sums else None, sentence or None)
        if any(said):
            rows.append(tag("tr", tag("td", *said, colspan=len(columns)), class_="says"))
    total = explanation.total
    foot = tag(
        "tr",
        tag("th", text("report.total"), scope="row"),
        *(
            tag("td", words, class_="n")
            for words in ("", amount(total.activation_bytes), f"{total.parameters:,}", f"{total.macs:,}", "")
        ),
    )
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), tag("tfoot", foot), class_="explained")


def _row(layer: LayerCost, most: int) -> Markup:
    share = tag("i", style=f"width:{100 * layer.macs / most:.1f}%")
    macs = (f"{layer.macs:,}", tag("span", share, class_="bar", aria_hidden="true")) if layer.macs else ()
    return tag(
        "tr",
        tag("th", layer.name, tag("small", geometry(layer)), scope="row"),
        tag("td", show(layer.output_shape), class_="n"),
        tag("td", amount(layer.activation_bytes), class_="n"),
        tag("td", f"{layer.parameters:,}" if layer.parameters else "", class_="n"),
        tag("td", *macs, class_="n"),
        tag("td", sees(layer), class_="n"),
    )
