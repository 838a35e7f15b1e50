"""What is found inside one layer, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from konv.explain.connectivity import Connectivity
from konv.explain.inside import Inside
from konv.explain.layer_table import geometry
from konv.explain.paragraphs import wrapped
from konv.explain.powers import power
from konv.messages import text
from konv.shapes import show

__all__ = ["InsideTable"]

NAMES = ("weights", "biases", "gamma", "beta", "moving_mean", "moving_variance", "activations", "gradients")
COLUMNS = ("mean", "deviation", "least", "most", "zeros")
WIDTH = 12
NAMED = 8
"""Dead units named, at most."""


class InsideTable:
    """The lines about `found`, as wide as the terminal."""

    def __init__(self, found: Inside) -> None:
        self.found = found

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines."""
        for said, style in self._lines():
            yield from (Text(line, style) for line in wrapped(said, options.max_width) or [""])
        yield Text("")
        yield from self._statistics()

    def _lines(self) -> Iterator[tuple[str, str]]:
        found, layer = self.found, self.found.layer
        yield f"{found.model} · {layer.name} · {geometry(layer)} · {show(layer.output_shape)}", "bold"
        yield layer.purpose, ""
        sums = " · ".join(part for part in (layer.shape_arithmetic, layer.parameter_arithmetic) if part)
        if sums:
            yield sums, "cyan"
        if found.connectivity is not None:
            yield "", ""
            for line in _wired(found.connectivity):
                yield line, ""
        yield "", ""
        if found.effective is not None:
            yield (
                text("explain.inside.effective", field=show(layer.receptive_field), effective=show(found.effective)),
                "",
            )
        yield self._dead(), ""
        key = "explain.inside.images" if found.given else "explain.inside.noise"
        yield text(key, count=found.images), "dim"

    def _dead(self) -> str:
        dead = self.found.dead
        if not dead:
            return text("explain.inside.alive", units=self.found.units)
        named = ", ".join(map(str, dead[:NAMED])) + ("…" if len(dead) > NAMED else "")
        return text("explain.inside.dead", dead=len(dead), units=self.found.units, named=named)

    def _statistics(self) -> Iterator[Text]:
        known = [name for name in NAMES if name in self.found.spreads]
        labels = {name: text(f"explain.spread.{name}") for name in known}
        room = max(Text(label).cell_len for label in labels.values())
        heads = [text(f"explain.spread.{name}") for name in COLUMNS]
        yield Text(" " * room + "".join(_right(head) for head in heads), "dim")
        for name in known:
            spread = self.found.spreads[name]
            figures = [f"{value:.4g}" for value in (spread.mean, spread.deviation, spread.least, spread.most)]
            figures.append(f"{100 * spread.zeros:.1f} %")
            label = labels[name] + " " * (room - Text(labels[name]).cell_len)
            yield Text(label + "".join(map(_right, figures)))


def _right(word: str) -> str:
    return " " * max(WIDTH - Text(word).cell_len, 1) + word


def _wired(found: Connectivity) -> list[str]:
    """Three ways of wiring the same map, the layer's own among them."""
    inputs, units, field, maps = (f"{n:,}" for n in (found.inputs, found.units, found.field, found.maps))
    rows = [("fully", f"{inputs}·{units}", found.fully)]
    if found.field != found.inputs:
        rows += [("locally", f"{field}·{units}", found.locally), ("shared", f"{field}·{maps}", found.shared)]
    return [
        text(f"explain.inside.{key}", sum=sum_, weights=power(way.weights), biases=f"{way.biases:,}",
             connections=f"{way.connections:,}")
        for key, sum_, way in rows
    ]  # fmt: skip
