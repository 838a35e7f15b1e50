"""`konv tune`: the fastest of the plans that give the same bits, measured here and remembered."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING

import click

from konv.cli.help import option
from konv.cli.kinds import positive, shape, whole
from konv.errors import ConfigurationError, KonvWarning
from konv.messages import text

if TYPE_CHECKING:
    from rich.console import Console

    from konv.explain.tuning import Decision, Tuning

__all__ = ["command", "parameters"]

PLAIN_WIDTH = 140
"""Columns where the output is no terminal."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["model"], metavar="MODEL"),
        option("--batch", text("cli.tune.batch"), "32", metavar="N", callback=whole()),
        option("--seconds", text("cli.tune.seconds"), "1", metavar="X", callback=positive),
        option("--predict-only", text("cli.tune.predict_only"), is_flag=True),
        option("--forget", text("cli.tune.forget"), is_flag=True),
        option("--input", text("cli.model.input"), metavar="HxWxC", callback=shape),
        option("--classes", text("cli.model.classes"), metavar="N", callback=whole()),
        option("--optimizer", text("cli.model.optimizer"), metavar="NAME"),
        option("--json json", text("cli.json"), is_flag=True),
    ]


def command(
    model: str,
    batch: int,
    seconds: float,
    predict_only: bool,
    forget: bool,
    input: tuple[int, int, int] | None,
    classes: int | None,
    optimizer: str | None,
    json: bool,
) -> None:
    """Measure, remember and print."""
    from konv.explain.speed import Step
    from konv.explain.tuning import tune
    from konv.kernels.code import tuned
    from konv.kernels.code.processor import current
    from konv.runs.sources import named_network, ready_to_train

    _sure_of_the_folder()
    network, target = named_network(model, input, classes), current()
    if forget:
        tuned.forget(target)
        click.echo(dumps({"schema": 1, "forgotten": target.cpu}) if json else text("tune.forgotten", cpu=target.cpu))
        return
    training = None if predict_only else ready_to_train(network, optimizer)
    found: dict[str, Tuning] = {}
    chosen: dict[str, tuple[int, ...]] = {}
    if training is not None:
        found["training"] = tune(lambda: Step(network.graph, batch, *training), seconds)
        chosen |= found["training"].choices
    found["prediction"] = tune(lambda: Step(network.graph, batch), seconds, chosen)
    chosen |= found["prediction"].choices
    about = {one.about for tuning in found.values() for one in tuning.decisions}
    kept = tuned.remember(target, chosen, about)
    path = None if kept is None else str(kept)
    if json:
        answer = {name: asdict(tuning) for name, tuning in found.items()}
        click.echo(dumps({"schema": 1, "batch": batch, **answer, "file": path}, ensure_ascii=False))
    else:
        _print(found, batch, path)


def _sure_of_the_folder() -> None:
    """Raises: ConfigurationError where nothing could be remembered, before anything is measured."""
    from konv import config
    from konv.kernels.code.cache import writable

    folder = config.cache_folder()
    if folder is None:
        raise ConfigurationError(text("tune.no_cache"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", KonvWarning)
        try:
            writable(folder)
        except KonvWarning as warning:
            raise ConfigurationError(str(warning)) from warning


def _print(found: dict[str, Tuning], batch: int, path: str | None) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    for name, tuning in found.items():
        changed = [one for one in tuning.decisions if one.about in tuning.choices]
        said = "step" if changed else "slower" if tuning.before else "kept"
        if changed:
            _table(console, changed)
        sentence = text(
            f"tune.{said}", name=text(f"bench.{name}"), batch=batch, decisions=len(tuning.decisions),
            before=f"{1e3 * tuning.before:.2f}", after=f"{1e3 * tuning.after:.2f}",
            ratio=f"{tuning.before / tuning.after:.3f}" if tuning.after else "1",
        )  # fmt: skip
        console.print(sentence, soft_wrap=True, markup=False)
    console.print(text("tune.explained"), soft_wrap=True, markup=False)
    if path is not None:  # else a warning has said why
        console.print(text("tune.remembered", path=path), soft_wrap=True, markup=False)


def _table(console: Console, changed: list[Decision]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.HORIZONTALS, header_style="dim", padding=(0, 1))
    for column in ("layer", "kernel", "planned", "chosen", "before", "after", "ratio"):
        left = column in ("layer", "kernel")
        table.add_column(text(f"tune.column.{column}"), justify="left" if left else "right", overflow="fold")
    for one in changed:
        before, after = one.seconds
        table.add_row(
            one.layer.replace("[", r"\["), one.kernel, _shown(one.before), _shown(one.after), f"{1e3 * before:.3f}",
            f"{1e3 * after:.3f}", f"{before / after:.2f}",
        )  # fmt: skip
    console.print(table)


def _shown(blocking: tuple[int, ...]) -> str:
    return " × ".join(map(str, blocking[:2])) + "".join(f", {number}" for number in blocking[2:])
