"""An explanation in a terminal: a row of figures for each layer, what it is for below it, the totals at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from konv.explain.cost import LayerCost
from konv.explain.explanation import Explanation
from konv.explain.paragraphs import wrapped
from konv.messages import text
from konv.shapes import Axis, show

__all__ = ["COLUMNS", "LayerTable", "amount", "closing", "geometry", "plain", "said_once", "sees", "window_of"]

MANY = 60
"""Of networks with more layers a sentence stands once, whatever its numbers: its figures are in the rows."""
INDENT = 4
COLUMNS = ("output", "bytes", "parameters", "macs", "sees")
ROOMY = 100
"""Columns of a terminal from which on the size of outputs in memory has its place."""


def plain(explanation: Explanation, width: int) -> str:
    """The table without colours, `width` columns wide."""
    console = Console(width=width, highlight=False, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(LayerTable(explanation))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


class LayerTable:
    """What `konv explain` prints of an `explanation`, as wide as the terminal."""

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        total = explanation.total
        self.heads = tuple(text(f"explain.column.{name}") for name in COLUMNS)
        self.rows = [_figures(layer) for layer in explanation.layers]
        self.total = ("", amount(total.activation_bytes), f"{total.parameters:,}", f"{total.macs:,}", "")
        columns = zip(*self.rows, self.heads, self.total, strict=True)
        self.widths = [max(map(cell_len, column)) + 2 for column in columns]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines."""
        if options.max_width < ROOMY:
            self.widths[1] = 0
        room = max(options.max_width - sum(self.widths), 12)
        title = text("explain.title", model=self.explanation.model, shape=show(self.explanation.input_shape))
        yield Text(title, "bold")
        yield Text("")
        yield self._row(Text(text("explain.column.layer")), self.heads, room, "dim")
        once = said_once(self.explanation.layers)
        for layer, row, sentence in zip(self.explanation.layers, self.rows, once, strict=True):
            label, kind = Text(layer.name, "bold"), geometry(layer)
            if cell_len(f"{layer.name}  {kind}") <= room:
                label, kind = label.append(f"  {kind}", "not bold"), ""
            yield self._row(label, row, room)
            sums = " · ".join(part for part in (kind, layer.shape_arithmetic, layer.parameter_arithmetic) if part)
            for said, style in ((sums, "cyan"), (sentence, "dim")):
                for line in wrapped(said, options.max_width - INDENT):
                    yield Text(" " * INDENT + line, style)
        yield Text("")
        yield self._row(Text(text("report.total")), self.total, room, "bold")
        yield Text("")
        for said in closing(self.explanation):
            yield from map(Text, wrapped(said, options.max_width))

    def _row(self, label: Text, figures: Sequence[str], room: int, style: str = "") -> Text:
        """The name to the left, figures to the right; a name too long for its room pushes them on."""
        row = Text(style=style, no_wrap=True, overflow="fold").append_text(label)
        row.append(" " * max(room - label.cell_len, 0))
        for figure, width in zip(figures, self.widths, strict=True):
            row.append(" " * (width - cell_len(figure)) + figure if width else "")
        row.rstrip()
        return row


def _figures(layer: LayerCost) -> tuple[str, ...]:
    parameters, macs = (f"{n:,}" if n else "" for n in (layer.parameters, layer.macs))
    return show(layer.output_shape), amount(layer.activation_bytes), parameters, macs, sees(layer)


def geometry(layer: LayerCost) -> str:
    """What a layer is, with its window: `Conv2D 11×11/4`, `MaxPool2D 3×3/2`, `Conv2D 5×5 +2 in 2 groups + ReLU`."""
    if not layer.window:
        return layer.kind
    said = [window_of(layer)]
    if max(axis.dilation for axis in layer.window) > 1:
        said.append(text("explain.dilated", dilation=show([axis.dilation for axis in layer.window])))
    if layer.groups > 1:
        said.append(text("explain.grouped", groups=layer.groups))
    first, plus, rest = layer.kind.partition(" + ")
    return f"{first} {' '.join(said)}{plus}{rest}"


def window_of(layer: LayerCost) -> str:
    """The window of a `layer`: `5×5/2 +2`; "" where it has none."""
    if not layer.window:
        return ""
    rows, columns = layer.window[-2:]
    said = f"{rows.kernel}×{columns.kernel}{_stride(rows, columns)}"
    padded = rows.before or rows.after or columns.before or columns.after
    return f"{said} {_padding(rows, columns)}" if padded else said


def _stride(rows: Axis, columns: Axis) -> str:
    strides = (rows.stride, columns.stride)
    return "" if strides == (1, 1) else f"/{strides[0]}" if strides[0] == strides[1] else f"/{show(strides)}"


def _padding(rows: Axis, columns: Axis) -> str:
    """`+2`: zeros on every side; `+0,1`: before and behind, where they differ."""
    sides = {(rows.before, rows.after), (columns.before, columns.after)}
    if len(sides) > 1:
        return "+" + "×".join(f"({axis.before},{axis.after})" for axis in (rows, columns))
    before, after = sides.pop()
    return f"+{before}" if before == after else f"+{before},{after}"


def sees(layer: LayerCost) -> str:
    """The receptive field and, behind a slash, the jump: `11×11/4`; nothing where a number sees one place alone."""
    if layer.receptive_field == (1, 1) and layer.jump == (1, 1):
        return ""
    high, wide = layer.jump
    jump = f"{high:g}" if high == wide else f"{high:g}×{wide:g}"
    return f"{show(layer.receptive_field)}/{jump}"


def said_once(layers: Sequence[LayerCost]) -> list[str]:
    """The sentence of each layer, "" where an earlier one has said it."""
    said: set[str] = set()
    found = []
    for layer in layers:
        key = re.sub(r"\d+", "", layer.purpose) if len(layers) > MANY else layer.purpose
        found.append("" if key in said else layer.purpose)
        said.add(key)
    return found


def closing(explanation: Explanation) -> list[str]:
    """Lines about memory and about what the columns mean."""
    need, batch = explanation.memory, 32
    return [
        text("explain.memory", weights=amount(need.weights), one=amount(need.inference()), batch=batch,
             training=amount(need.training(batch))),
        text("explain.legend"),
    ]  # fmt: skip


def amount(count: int) -> str:
    """Bytes as people write them, three digits (1 MB = 10⁶ bytes): `243 MB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            value = count / size
            return f"{value:.{max(0, 2 - len(str(int(value))) + 1)}f} {unit}"
    return f"{count} B"
