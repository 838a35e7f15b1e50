"""`konv evaluate`: how well a network does on labelled images."""

from __future__ import annotations

from json import dumps
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from konv.cli.help import option
from konv.messages import text

if TYPE_CHECKING:
    from konv.data import DataSet
    from konv.explain.evaluation import Evaluation

__all__ = ["command", "parameters"]

BATCH = 32


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["run"], metavar="RUN"),
        click.Argument(["data"], required=False, metavar="[DATA]"),
        option("--strict", text("cli.train.strict"), is_flag=True),
        option("--json", text("cli.json"), is_flag=True),
    ]


def command(run: str, data: str | None, strict: bool, json: bool) -> None:
    """Measure and print."""
    from konv.runs.outcome import evaluated
    from konv.runs.sources import fitting, load_run, own_test

    model, path = load_run(run)
    test = own_test(model, path, strict) if data is None else fitting(model, data, strict).for_testing()
    evaluation = evaluated(model, test, BATCH)
    if json:
        answer = {"schema": 1, "model": str(path), "data": test.name, **_answer(evaluation, test)}
        click.echo(dumps(answer, ensure_ascii=False))
    else:
        _print(evaluation, test)


def _answer(evaluation: Evaluation, test: DataSet) -> dict[str, Any]:
    columns = (test.classes, evaluation.matrix.sum(1).tolist(), evaluation.precision, evaluation.recall)
    classes = [
        {"class": name, "images": count, "precision": _share(precision), "recall": _share(recall)}
        for name, count, precision, recall in zip(*columns, strict=True)
    ]
    return {
        "images": len(test),
        "loss": evaluation.loss,
        "accuracy": evaluation.accuracy,
        "classes": classes,
        "confusion": evaluation.matrix.tolist(),
    }


def _share(value: float) -> float | None:
    """A share, None where a class has no images or was never the answer."""
    return float(value) if isfinite(value) else None


def _print(evaluation: Evaluation, test: DataSet) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from konv.explain.tables import percent

    console = Console(highlight=False)
    said = text(
        "cli.evaluated", accuracy=percent(evaluation.accuracy), right=f"{evaluation.right:,}",
        count=f"{len(test):,}", data=test.name, loss=f"{evaluation.loss:.4f}",
    )  # fmt: skip
    console.print(said, style="bold", soft_wrap=True, markup=False)
    table = Table(box=box.HORIZONTALS, header_style="dim")
    for name in ("class", "images", "precision", "recall"):
        table.add_column(text(f"report.column.{name}"), justify="left" if name == "class" else "right")
    images = evaluation.matrix.sum(1)
    for i, name in enumerate(test.classes):
        shares = (percent(float(evaluation.precision[i])), percent(float(evaluation.recall[i])))
        table.add_row(_plain(name), f"{images[i]:,}", *shares)
    console.print(table)
    commonest = evaluation.commonest_mistake()
    if commonest:
        true, answer, times = commonest
        words = text("report.commonest", true=test.classes[true], answer=test.classes[answer], times=times)
        console.print(words, soft_wrap=True, markup=False)


def _plain(name: str) -> Any:
    """A class's name as a cell, never as markup."""
    from rich.text import Text

    return Text(name)
