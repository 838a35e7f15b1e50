"""`konv predict`: what a network sees in pictures, with probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from json import dumps
from typing import Any

import click

from konv.cli.help import option
from konv.cli.kinds import whole
from konv.errors import ImageError
from konv.messages import text

__all__ = ["command", "parameters"]

BATCH = 32
BAR = 20
"""Columns of a bar for certainty."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["run"], metavar="RUN"),
        click.Argument(["images"], nargs=-1, required=True, metavar="IMAGE…"),
        option("--top", text("cli.predict.top"), "3", metavar="K", callback=whole()),
        option("--json", text("cli.json"), is_flag=True),
    ]


def command(run: str, images: tuple[str, ...], top: int, json: bool) -> int:
    """Predict and print; 2 where an image could not be read, the others being answered all the same."""
    from konv.runs.sources import load_run

    model, path = load_run(run)
    found, unreadable = _predictions(model, images, top)
    if json:
        click.echo(dumps({"schema": 1, "model": str(path), "predictions": found}, ensure_ascii=False))
    else:
        _print(found)
    for sentence in unreadable:
        click.echo(f"konv: {sentence}", err=True)
    return 2 if unreadable else 0


def _predictions(model: Any, images: Sequence[str], top: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The `top` classes of each image that can be read, and a sentence for each that cannot."""
    import numpy as np

    from konv.data import load_image
    from konv.explain.evaluation import class_probabilities
    from konv.runs.sources import names_of, prepared

    names, shape = names_of(model), model.graph.inputs[0].shape
    found: list[dict[str, Any]] = []
    unreadable: list[str] = []
    for start in range(0, len(images), BATCH):
        pixels = []
        for image in images[start : start + BATCH]:
            try:
                pixels.append((image, load_image(image, shape)))
            except ImageError as error:
                unreadable.append(str(error))
        if not pixels:
            continue
        outputs = model.predict(prepared(model, np.stack([p for _, p in pixels])), batch_size=BATCH, verbose=0)
        for (image, _), row in zip(pixels, class_probabilities(outputs, model.graph), strict=True):
            best = np.argsort(-row, kind="stable")[:top]
            classes = [{"class": names[i], "number": int(i), "probability": float(row[i])} for i in best]
            found.append({"image": image, "classes": classes})
    return found, unreadable


def _print(found: list[dict[str, Any]]) -> None:
    from rich.console import Console

    from konv.explain.tables import percent

    console = Console(highlight=False)
    for prediction in found:
        console.print(prediction["image"], style="bold", soft_wrap=True, markup=False)
        for rank, answer in enumerate(prediction["classes"]):
            share = answer["probability"]
            bar = "█" * round(share * BAR)
            line = f"  {percent(share):>8}  {bar:<{BAR}}  {answer['class']}"
            console.print(line, style=None if rank == 0 else "dim", soft_wrap=True, markup=False)
