"""An explanation as Markdown, for pages that are kept with text: the layers that do something, and the totals."""

from __future__ import annotations

from konv.explain.cost import LayerCost
from konv.explain.explanation import Explanation
from konv.explain.layer_table import COLUMNS, amount, geometry, sees
from konv.messages import text
from konv.shapes import show

__all__ = ["markdown"]


def markdown(explanation: Explanation) -> str:
    """A table of the layers of `explanation`, each with what it is for below its figures; the totals behind it."""
    heads = [text(f"explain.column.{name}") for name in ("layer", *COLUMNS)]
    lines = [_line([*heads, text("report.column.purpose")]), _line(["---", *["---:"] * len(COLUMNS), "---"])]
    lines += [_line(_cells(layer)) for layer in explanation.layers]
    total, need = explanation.total, explanation.memory
    sums = ("", amount(total.activation_bytes), f"{total.parameters:,}", f"{total.macs:,}", "", "")
    lines.append(_line([f"**{text('report.total')}**", *sums]))
    said = text("explain.memory", weights=amount(need.weights), one=amount(need.inference()), batch=32,
                training=amount(need.training(32)))  # fmt: skip
    return "\n".join([*lines, "", said, "", text("explain.legend"), ""])


def _cells(layer: LayerCost) -> list[str]:
    sums = " · ".join(part for part in (layer.shape_arithmetic, layer.parameter_arithmetic) if part)
    parameters, macs = (f"{n:,}" if n else "" for n in (layer.parameters, layer.macs))
    purpose = f"{layer.purpose} *{sums}*" if sums else layer.purpose
    size = amount(layer.activation_bytes)
    return [
        f"**{layer.name}** {geometry(layer)}",
        show(layer.output_shape),
        size,
        parameters,
        macs,
        sees(layer),
        purpose,
    ]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
