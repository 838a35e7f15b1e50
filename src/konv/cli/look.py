"""`konv look`: what a network does with an image, in pictures and a page."""

from __future__ import annotations

import click

from konv.cli.help import option
from konv.cli.kinds import names, whole
from konv.messages import text

__all__ = ["KNOWN", "command", "parameters"]

KNOWN = (
    "gradcam", "saliency", "smooth", "integrated", "occlusion", "maps", "filters", "neuron", "excite", "strongest",
    "neighbours", "learning",
)  # fmt: skip
"""What there is to look at, in the page's order (as `konv.explain.look.sections` has it, which loads more)."""
USUAL = ("gradcam", "saliency", "maps", "neuron")


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["run"], metavar="RUN"),
        click.Argument(["image"], required=False, metavar="[IMAGE]"),
        option("--what", text("cli.look.what", known=", ".join(KNOWN)), ",".join(USUAL), metavar="NAMES",
               callback=names),
        option("--layer", text("cli.look.layer"), metavar="NAME"),
        option("--unit", text("cli.look.unit"), metavar="N", callback=whole(0)),
        option("--class", text("cli.look.class"), metavar="NAME|N"),
        option("--output", text("cli.look.output"), metavar="NAME|N"),
        option("--out", text("cli.look.out"), metavar="FOLDER"),
    ]  # fmt: skip


def command(
    run: str,
    image: str | None,
    what: tuple[str, ...],
    layer: str | None,
    unit: int | None,
    output: str | None,
    out: str | None,
    **more: str | None,
) -> int:
    """Look, and return the exit code."""
    from konv.cli.looking import Asked, look

    every = "all" in what
    asked = KNOWN if every else what
    return look(Asked(run, image or "0", asked, every or asked == USUAL, layer, unit, more["class"], output, out))
