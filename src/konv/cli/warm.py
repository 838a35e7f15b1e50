"""`konv warm`: kernels compiled before they are needed."""

from __future__ import annotations

import time
import warnings
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from konv.cli.help import option
from konv.cli.kinds import names, shape, whole, wholes
from konv.errors import ConfigurationError, KonvWarning
from konv.messages import text

if TYPE_CHECKING:
    from konv.graph import Graph
    from konv.kernels.code.spec import Spec
    from konv.kernels.code.target import Target
    from konv.ops.loss import Loss
    from konv.train.optimizers import Optimizer

__all__ = ["command", "parameters"]


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["model"], metavar="MODEL"),
        option("--cpu", text("cli.warm.cpu"), metavar="NAME,…", callback=names),
        option("--cache", text("cli.warm.cache"), metavar="FOLDER"),
        option("--batch", text("cli.warm.batch"), "32", metavar="N,…", callback=wholes),
        option("--predict-only", text("cli.warm.predict_only"), is_flag=True),
        option("--input", text("cli.model.input"), metavar="HxWxC", callback=shape),
        option("--classes", text("cli.model.classes"), metavar="N", callback=whole()),
        option("--optimizer", text("cli.model.optimizer"), metavar="NAME"),
        option("--json json", text("cli.json"), is_flag=True),
    ]


def command(
    model: str,
    cpu: tuple[str, ...] | None,
    cache: str | None,
    batch: tuple[int, ...],
    predict_only: bool,
    input: tuple[int, int, int] | None,
    classes: int | None,
    optimizer: str | None,
    json: bool,
) -> None:
    """Compile, and print how many kernels, how large, in what time."""
    from konv import config
    from konv.kernels.code import processor, tuned
    from konv.runs.sources import named_network, ready_to_train

    network = named_network(model, input, classes)
    training = None if predict_only else ready_to_train(network, optimizer)
    rows = []
    with config.cache_in(cache):
        targets = [tuned.recall(processor.named(name)) for name in cpu] if cpu else [processor.current()]
        folder = _folder()
        for target in targets:
            begun = time.perf_counter()
            kernels = _kept(network.graph, batch, training, target)
            rows.append((target.cpu, len(kernels), sum(map(len, kernels.values())), time.perf_counter() - begun))
    if json:
        keys = ("cpu", "kernels", "bytes", "seconds")
        found = [dict(zip(keys, row, strict=True)) for row in rows]
        click.echo(dumps({"schema": 1, "folder": str(folder), "processors": found}, ensure_ascii=False))
    else:
        _print(rows, folder, bool(cpu))


def _folder() -> Path:
    """Where kernels are kept, as a full path. Raises: ConfigurationError where they cannot be kept."""
    from konv import config

    folder = config.cache_folder()
    if folder is None:
        raise ConfigurationError(text("warm.no_cache"))
    return folder.absolute()


def _kept(
    graph: Graph, batches: tuple[int, ...], training: tuple[Loss, Optimizer] | None, target: Target
) -> dict[Spec, bytes]:
    """The kernels for all of `batches`, kept on disk. Raises: ConfigurationError where that cannot be done."""
    from konv.engine.warm import warm
    from konv.train.loop import alone
    from konv.train.runner import Runner

    loss, optimizer = training or (None, None)
    runner = Runner(graph, [] if loss is None else [loss], optimizer)
    modes = ("predict",) if training is None else ("predict", "test", "train")
    kernels: dict[Spec, bytes] = {}
    with warnings.catch_warnings():
        # What is only a pity for a run that compiles again next time is a failure here.
        warnings.simplefilter("error", KonvWarning)
        try:
            for batch in batches:
                for mode in modes:
                    for size in {batch} if mode == "train" else {batch, alone(batch)}:
                        kernels |= warm(graph, size, *runner.purpose(mode), target)
        except KonvWarning as warning:
            raise ConfigurationError(str(warning)) from warning
    return kernels


def _print(rows: list[tuple[str, int, int, float]], folder: Path, named: bool) -> None:
    import shlex

    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=box.HORIZONTALS, header_style="dim")
    for name in ("processor", "kernels", "size", "seconds"):
        table.add_column(text(f"warm.{name}"), justify="left" if name == "processor" else "right")
    for cpu, count, size, seconds in rows:
        table.add_row(cpu, f"{count:,}", f"{size / 1e6:.2f}", f"{seconds:.2f}")
    console.print(table)
    where = shlex.quote(str(folder))
    said = text("warm.done", folder=where, cpu=rows[0][0]) if named else text("warm.done_here", folder=where)
    console.print(said, soft_wrap=True, markup=False)
