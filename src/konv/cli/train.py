"""`konv train`: from images to a run folder with the network, pictures and a report."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from konv.cli.help import option
from konv.cli.kinds import positive, size, whole
from konv.messages import text

__all__ = ["command", "parameters"]


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["data"], required=False, metavar="[DATA]"),
        option("--model", text("cli.train.model"), "notes", metavar="NAME"),
        option("--activation", text("cli.train.activation"), metavar="NAME"),
        option("--pooling", text("cli.train.pooling"), metavar="NAME"),
        option("--kernel", text("cli.train.kernel"), metavar="N", callback=whole(1, 99)),
        option("--filters", text("cli.train.filters"), metavar="N", callback=whole(1, 4096)),
        option("--epochs", text("cli.train.epochs"), "12", metavar="N", callback=whole()),
        option("--batch-size", text("cli.train.batch_size"), "32", metavar="N", callback=whole()),
        option("--optimizer", text("cli.train.optimizer"), "adam", metavar="NAME"),
        option("--learning-rate", text("cli.train.learning_rate"), metavar="X", callback=positive),
        option("--seed", text("cli.train.seed"), "0", metavar="N", callback=whole(0, 2**32 - 1)),
        option("--image-size", text("cli.train.image_size"), metavar="N|HxW", callback=size),
        option("--out", text("cli.train.out"), metavar="FOLDER"),
        option("--resume", text("cli.train.resume"), metavar="RUN"),
        option("--strict", text("cli.train.strict"), is_flag=True),
        option("-q --quiet", text("cli.train.quiet"), is_flag=True),
    ]


def command(resume: str | None, **options: Any) -> int:
    """Train, or go on training, and return the exit code."""
    from konv.cli.resuming import begun
    from konv.cli.training import train
    from konv.runs.settings import Settings

    asked = Settings(**options)
    if resume is None:
        return train(asked)
    context = click.get_current_context()
    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    again = begun(resume, asked, given - {"resume"})
    return train(again.asked, again)
