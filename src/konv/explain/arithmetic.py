"""Sums as people write them: how a layer's output shape follows from its input's, and what its parameters add up to."""

from __future__ import annotations

from collections.abc import Sequence

from konv import ops
from konv.graph import Node, Variable
from konv.messages import text
from konv.shapes import Axis, Shape, elements

__all__ = ["parameter_sum", "shape_sum"]


def shape_sum(node: Node) -> str:
    """How the output's height and width, or its channels, follow from the input's: `(227 − 11)/4 + 1 = 55`.

    Once where height and width are the same sum; "" where there is nothing to work out.
    """
    op, taken, made = node.op, [t.shape for t in node.inputs], node.output.shape
    if isinstance(op, (ops.GlobalAveragePool2D, ops.GlobalMaxPool2D)):
        return f"{product(taken[0][:2])} → 1"
    if isinstance(op, ops.Conv2DTranspose):
        return _once(_transposed(axis) for axis in op.way_back(*taken))
    window = op.window(*taken)
    if window:
        return _once(axis.arithmetic for axis in window)
    if isinstance(op, ops.Flatten):
        return f"{product(taken[0])} = {elements(made):,}" if len(taken[0]) > 1 else ""
    if isinstance(op, ops.Concatenate):
        axis = op.axis % len(made)
        return f"{' + '.join(f'{shape[axis]:,}' for shape in taken)} = {made[axis]:,}"
    if isinstance(op, ops.UpSampling2D):
        return _once(f"{n}·{times} = {n * times}" for n, times in zip(taken[0][:2], op.size, strict=True))
    if isinstance(op, ops.Pad):
        margins = zip(taken[0], op.margins, strict=True)
        return _once(
            f"{n} + {before} + {after} = {n + before + after}" for n, (before, after) in margins if before + after
        )
    if isinstance(op, ops.Slice):
        return _once(_cut(n, a, count, step) for n, a, count, step in
                     zip(taken[0], op.starts, op.counts, op.steps, strict=True) if count != n)  # fmt: skip
    return ""


def _once(sums: object) -> str:
    return ", ".join(dict.fromkeys(map(str, sums)))  # type: ignore[call-overload]


def _transposed(axis: Axis) -> str:
    """`axis` is that of the way back, from the output's size to the input's."""
    cut = axis.before + axis.after
    less = f" − {cut}" if cut > 0 else f" + {-cut}" if cut else ""
    return f"({axis.output} − 1)·{axis.stride} + {axis.span}{less} = {axis.size}"


def _cut(size: int, start: int, count: int, step: int) -> str:
    if step == 1:
        return f"{size} − {start} − {size - start - count} = {count}"
    return f"⌈{size}/{step}⌉ = {count}" if start == 0 and count == -(-size // step) else f"{size} → {count}"


def parameter_sum(node: Node, variables: Sequence[Variable]) -> str:
    """What the `variables` that `node` uses add up to, weights and biases apart; "" where there are none."""
    named = {v.name.rpartition("/")[2]: v for v in variables}
    if isinstance(node.op, ops.BatchNormalization):
        return _normalisation(named)
    parts = [f"{product(v.shape)} = {v.size:,}" for name, v in named.items() if name != "bias" and not v.statistic]
    bias = named.get("bias")
    if bias is None:
        return "; ".join(parts)
    own = "explain.biases.unit" if len(bias.shape) > 1 or len(node.output.shape) == 1 else "explain.biases.map"
    return text("explain.and_biases", weights="; ".join(parts), biases=text(own, count=f"{bias.size:,}"))


def _normalisation(named: dict[str, Variable]) -> str:
    channels = max(v.size for v in named.values())
    learned = [word for name, word in (("gamma", "γ"), ("beta", "β")) if name in named]
    said = text("explain.normalisation", learned=" + ".join(f"{channels} {word}" for word in learned),
                count=f"{channels * len(learned):,}", statistics=f"{2 * channels:,}")  # fmt: skip
    return said if learned else text("explain.normalisation_bare", statistics=f"{2 * channels:,}")


def product(shape: Shape) -> str:
    """Factors as people write them: `11·11·3·96`."""
    return "·".join(f"{n:,}" for n in shape)
