"""The sections that work something out by hand: one number of a layer, and one weight's step of learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.html import join, tag
from konv.explain.look import pictures as draw
from konv.explain.look.activations import Activations, filters
from konv.explain.look.field import receptive_field
from konv.explain.look.learning import WeightGradient, learn, weight_gradient
from konv.explain.look.network import Place, opened
from konv.explain.look.neuron import BatchNormalised, Neuron, Normalised, Pooled, WeightedSum, neuron
from konv.explain.look.page import Figure, Section, both
from konv.explain.look.stepping import OwnStep
from konv.explain.look.subject import Subject, sums, written
from konv.explain.look.units import checked_unit
from konv.explain.place import is_bend
from konv.messages import text
from konv.ops.loss import SparseCategoricalCrossentropy
from konv.shapes import show

__all__ = ["learning_section", "neuron_section"]

Rows = list[tuple[str, str]]


def neuron_section(subject: Subject) -> Section:
    """One number, worked out: of the unit asked for, else of the one that answers most, where it does.

    Raises: ConfigurationError of a network without weights, where no layer is asked for.
    """
    computed = subject.computed
    place = computed.find(subject.layer) if subject.layer else _first(computed)
    values = computed.values[place.output][0]
    if subject.unit is not None:
        checked_unit(place.output, subject.unit, place.name)
    shown = values if subject.unit is None else values[..., subject.unit]
    at = [int(i) for i in np.unravel_index(int(shown.argmax()), shown.shape)]
    unit = at.pop() if subject.unit is None else subject.unit
    found = neuron(subject.model, subject.x, place.name, tuple(at), unit, computed)
    figures = []
    if isinstance(found, (WeightedSum, Pooled)):
        picture = both(lambda theme: draw.neuron(found, theme))
        figures.append(Figure("neuron", picture, text("look.neuron.alt", unit=unit, layer=place.name)))
    key = "look.neuron.note" if at else "look.neuron.note.vector"
    notes = [text(key, unit=unit, layer=place.name, kind=place.kind, place=", ".join(map(str, at)))]
    if isinstance(found, WeightedSum):
        notes.append(text("look.neuron.weighted"))
    rows = [*_seen(subject, found), *_sums(found), *_activated(found, place, computed)]
    return Section("neuron", text("look.neuron"), notes, figures, more=sums(rows))


def _first(computed: Activations) -> Place:
    """The first layer that multiplies by weights."""
    for place in computed.places:
        if any(v.name.endswith("kernel") for v in place.operation.variables):
            return place
    raise ConfigurationError(text("look.no_convolution"))


def _seen(subject: Subject, found: Neuron) -> Rows:
    """Where it looks: in its layer's input, and on the image."""
    if found.inside is None or len(found.position) != 2:
        return []
    rows: Rows = []
    high, wide = (d * (n - 1) + 1 for d, n in zip(found.dilation, found.inside.shape, strict=True))
    rows.append(("look.neuron.window", _part(found.top, found.top + high, found.left, found.left + wide)))
    image = opened(subject.model).image.node.layer
    for region in receptive_field(subject.model, found.layer, found.position):
        if region.layer == image:
            rows.append(("look.neuron.image", _part(region.top, region.bottom, region.left, region.right)))
    return rows


def _part(top: int, bottom: int, left: int, right: int) -> str:
    return text("look.neuron.part", top=written(top), bottom=bottom - 1, left=written(left), right=right - 1)


def _sums(found: Neuron) -> Rows:
    """How its value comes about."""
    value = written(found.value, 5)
    if isinstance(found, WeightedSum):
        n = found.products.size
        bias = f"{written(found.total, 5)} {_signed(found.bias)} = {value}"
        return [*_channels(found), ("look.neuron.sum", text("look.neuron.products", count=f"{n:,}",
                                                            total=written(found.total, 5))),
                ("look.neuron.bias", bias)]  # fmt: skip
    if isinstance(found, Pooled):
        return [("look.neuron.largest", written(found.largest, 5)), ("look.neuron.mean", written(found.mean, 5)),
                (f"look.neuron.takes.{found.how}", value)]  # fmt: skip
    if isinstance(found, BatchNormalised):
        normal = written(found.normal, 5)
        root = f"√({found.variance:.5g} + {found.epsilon:g})"
        return [
                ("look.neuron.normal", f"({written(found.x, 5)} − ({written(found.mean, 5)}))/{root} = {normal}"),
                ("look.neuron.scaled", f"{written(found.gamma, 5)}·({normal}) {_signed(found.beta)} = {value}"),
        ]  # fmt: skip
    if isinstance(found, Normalised):
        squares = f"({found.bias:g} + {found.slope:.4g}·{found.squares.sum():.5g})"
        return [("look.neuron.damped", f"{written(found.x, 5)}/{squares}^{found.exponent:g} = {value}")]
    return [("look.neuron.takes", ", ".join(written(v, 5) for v in found.patch.ravel()[:8])),
            ("look.neuron.gives", value)]  # fmt: skip


def _signed(value: float) -> str:
    return f"− {abs(value):.5g}" if value < 0 else f"+ {value:.5g}"


def _channels(found: WeightedSum) -> Rows:
    """What each channel that is drawn adds, and all others together."""
    drawn = draw.strongest_channels(found)
    if found.products.ndim != 3 or not len(drawn) or found.products.shape[2] == 1:
        return []
    each = found.products.sum((0, 1), dtype=np.float64)
    said = [f"{found.channels[0] + c}: {written(float(each[c]))}" for c in drawn]
    rest = len(each) - len(drawn)
    if rest:
        total = written(float(each.sum() - each[drawn].sum()))
        said.append(text("look.neuron.others", count=rest, total=total))
    return [("look.neuron.channels", "; ".join(said))]


def _activated(found: Neuron, place: Place, computed: Activations) -> Rows:
    """What an activation makes of it: the layer's own, or the layer that alone reads it."""
    if found.activation:
        return [
            ("look.neuron.activation", f"{found.activation}({written(found.value, 5)}) = {written(found.output, 5)}")
        ]
    readers = [p for p in computed.places if any(t is place.output for node in p.nodes for t in node.inputs)]
    if len(readers) != 1 or not is_bend(readers[0].nodes[0].op):
        return []
    here = (*found.position, found.channel)
    after = float(computed.values[readers[0].output][0][here])
    return [("look.neuron.activation", f"{readers[0].name}: {readers[0].kind}({written(found.output, 5)}) = "
                                       f"{written(after, 5)}")]  # fmt: skip


def learning_section(subject: Subject) -> Section:
    """How one weight learns from this image."""
    layer = subject.layer or filters(subject.model).layer
    target = subject.label if subject.truth is None else subject.truth
    learned = learn(subject.model, subject.x, _target(subject, target), layer)
    size = np.abs(learned.dkernel)
    if subject.unit is not None:
        checked_unit(learned.dkernel, subject.unit, layer)
        size = np.where(np.arange(size.shape[-1]) == subject.unit, size, -1)
    index = tuple(int(i) for i in np.unravel_index(int(size.argmax()), size.shape))
    one = weight_gradient(learned, index)
    figure = Figure("learning", both(lambda theme: draw.weight(learned, one, theme)),
                    text("look.learning.alt", layer=layer))  # fmt: skip
    note = text("look.learning.note", layer=layer, index=", ".join(map(str, index)), name=subject.names[target],
                loss=f"{learned.loss:.4g}")  # fmt: skip
    rows = [
        ("look.learning.loss", f"{learned.loss:.6g}"),
        ("look.learning.places", show(one.terms.shape[1:])),
        ("look.learning.sum", written(one.total, 6)),
        ("look.learning.engine", written(one.gradient, 6)),
        ("look.learning.update", _step(one, learned.rate)),
    ]
    if learned.own is None:
        return Section("learning", text("look.learning"), [note], [figure], more=sums(rows))
    rule = _rule(learned.own)
    own = sums(_own(learned.own, one))
    return Section("learning", text("look.learning"), [note], [figure], more=join(sums(rows), *rule, own))


def _step(one: WeightGradient, rate: float) -> str:
    """The step of gradient descent as people write it."""
    weight, gradient, updated = (written(value, 6) for value in (one.weight, one.gradient, one.updated))
    return f"{weight} − {rate:g} · ({gradient}) = {updated}"


def _rule(own: OwnStep) -> Sequence[Any]:
    """What the model's optimiser does, in words and equations."""
    constants = ", ".join(f"{name} = {value:g}" for name, value in own.constants.items())
    said = text("look.learning.own", name=own.name, number=f"{own.iterations + 1:,}", rate=f"{own.rate:g}")
    return (
        tag("h3", text("look.learning.own_heading", name=own.name)),
        tag("p", said, class_="note"),
        tag("pre", own.formula, class_="formula"),
        tag("p", constants, class_="note") if constants else None,
    )


def _own(own: OwnStep, one: WeightGradient) -> Rows:
    """What it makes of one weight."""
    slots = [f"{name}: {written(float(own.before[name][one.index]), 5)} → {written(float(after[one.index]), 5)}"
             for name, after in own.after.items()]  # fmt: skip
    new = float(own.updated[one.index])
    rows = [("look.learning.remembers", "; ".join(slots))] if slots else []
    change = f"{written(one.weight, 6)} → {written(new, 6)} ({written(new - one.weight, 4)})"
    return [*rows, ("look.learning.new", change)]


def _target(subject: Subject, label: int) -> Any:
    """The class as the model's loss takes it: its number; one number, or a row with a 1, where the loss wants those."""
    loss, width = subject.model.loss, subject.model.graph.outputs[0].shape[-1]
    if loss is None or isinstance(loss, SparseCategoricalCrossentropy):
        return label
    return [[float(label)]] if width == 1 else np.eye(width)[[label]]
