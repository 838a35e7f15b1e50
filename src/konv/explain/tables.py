"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from konv.explain.cost import LayerCost
from konv.explain.evaluation import Evaluation
from konv.explain.html import Markup, tag
from konv.explain.record import Epoch
from konv.messages import text
from konv.shapes import show

__all__ = ["classes_table", "epochs_table", "network_table", "pairs", "percent", "reason"]


def percent(share: float) -> str:
    """A `share` from 0 to 1 as people write it: `91.3 %`; a dash where it is not a number."""
    return f"{100 * share:.1f} %" if isfinite(share) else "–"


def reason(word: str) -> str:
    """What decides the number of threads, given its `word` (`konv.engine.threads.count`), in the language in force."""
    return text(f"report.because.{word}")


def _number(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else "–"


def _head(columns: Iterable[tuple[str, bool]]) -> Markup:
    cells = (tag("th", name, scope="col", class_="n" if numeric else None) for name, numeric in columns)
    return tag("thead", tag("tr", *cells))


def epochs_table(epochs: Sequence[Epoch]) -> Markup:
    """One row for each of `epochs`."""
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds", "images_per_second")
    rows = []
    for e in epochs:
        cells = (
            _number(e.loss, ".4f"), percent(e.accuracy), _number(e.val_loss, ".4f"), percent(e.val_accuracy),
            _number(e.learning_rate, ".3g"), _number(e.seconds, ".2f"), _number(e.images_per_second, ",.0f"),
        )  # fmt: skip
        number = tag("th", e.epoch, scope="row", class_="n")
        rows.append(tag("tr", number, *(tag("td", cell, class_="n") for cell in cells)))
    return tag("table", _head((text(f"report.column.{c}"), True) for c in columns), tag("tbody", *rows))


def classes_table(evaluation: Evaluation, names: Sequence[str]) -> Markup:
    """Images, precision and recall of each class in `evaluation`, called by `names`."""
    columns = (("number", True), ("class", False), ("images", True), ("precision", True), ("recall", True))
    images = evaluation.matrix.sum(1)
    rows = []
    for i, name in enumerate(names):
        shares = (float(evaluation.precision[i]), float(evaluation.recall[i]))
        rows.append(
            tag(
                "tr",
                tag("td", i, class_="n"),
                tag("th", name, scope="row"),
                tag("td", f"{images[i]:,}", class_="n"),
                *(tag("td", percent(share), _bar(share), class_="n") for share in shares),
            )
        )
    return tag("table", _head((text(f"report.column.{c}"), right) for c, right in columns), tag("tbody", *rows))


def _bar(share: float) -> Markup | None:
    """A bar filled to `share`; nothing where that is not a number."""
    if not isfinite(share):
        return None
    return tag("span", tag("i", style=f"width:{100 * share:.1f}%"), class_="bar", aria_hidden="true")


def network_table(layers: Sequence[LayerCost]) -> Markup:
    """What each of `layers` is for, what it puts out, and what it costs; the sums below."""
    columns = (("layer", False), ("purpose", False), ("output", True), ("parameters", True), ("macs", True))
    whole = max(sum(layer.macs for layer in layers), 1)
    labels = {name: text(f"report.column.{name}") for name, _ in columns}
    said: dict[str, str] = {}
    rows = []
    for layer in layers:
        first = said.setdefault(layer.purpose, layer.name)
        purpose = layer.purpose if first == layer.name else text("report.same_purpose", layer=first)
        parameters = (f"{layer.parameters:,}", tag("small", layer.parameter_arithmetic)) if layer.parameters else ()
        shape = tag("small", layer.shape_arithmetic) if layer.shape_arithmetic else None
        macs = (f"{layer.macs:,}", _bar(layer.macs / whole)) if layer.macs else ()
        rows.append(
            tag(
                "tr",
                tag("th", layer.name, tag("small", layer.kind), scope="row"),
                tag("td", purpose),
                tag("td", show(layer.output_shape), shape, class_="n", data_label=labels["output"]),
                tag("td", *parameters, class_="n", data_label=labels["parameters"]),
                tag("td", *macs, class_="n", data_label=labels["macs"]),
            )
        )
    parameters_sum, macs_sum = sum(layer.parameters for layer in layers), sum(layer.macs for layer in layers)
    total = tag(
        "tr",
        tag("th", text("report.total"), scope="row"),
        tag("td"),
        tag("td"),
        tag("td", f"{parameters_sum:,}", class_="n", data_label=labels["parameters"]),
        tag("td", f"{macs_sum:,}", class_="n", data_label=labels["macs"]),
    )
    head = _head((labels[c], right) for c, right in columns)
    return tag("table", head, tag("tbody", *rows), tag("tfoot", total), class_="network")


def pairs(rows: Iterable[tuple[str, str]]) -> Markup:
    """Names and values, one below the other, from `rows`."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows), class_="pairs")
