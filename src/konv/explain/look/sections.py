"""The sections of the page about one image: each computes what it shows, draws it, and says what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from konv.errors import ConfigurationError
from konv.explain import pictures as run_pictures
from konv.explain.evaluation import class_probabilities
from konv.explain.look import pictures as draw
from konv.explain.look.activations import filters
from konv.explain.look.gradients import IntegratedGradients, grad_cam, integrated_gradients, saliency, smooth_gradient
from konv.explain.look.network import Place, opened
from konv.explain.look.occlusion import occlusion
from konv.explain.look.page import Answer, Figure, Section, both
from konv.explain.look.scores import classes, scores
from konv.explain.look.subject import Subject, written
from konv.explain.look.units import checked_unit, excite, neighbours, strongest
from konv.explain.look.worked import learning_section, neuron_section
from konv.explain.style import ascii_names
from konv.explain.tables import percent
from konv.messages import text
from konv.ops import Flatten, Linear, Reshape
from konv.ops.record import Array
from konv.shapes import show

__all__ = ["SECTIONS", "answer"]

UNITS = 16
"""Units of a layer that are excited where none is asked for."""
SHOWN = 16
"""Images of a gallery."""
SAME = (Flatten, Reshape, Linear)
"""Operations that give the numbers they take; in prediction all those do, too, that draw random ones."""


def answer(subject: Subject, top: int = 5) -> Answer:
    """What the network says of the image: the `top` likeliest classes of the `subject`."""
    output = subject.model.predict(subject.x[None], verbose=0)
    row = class_probabilities(output, subject.model.graph)[0]
    order = np.argsort(-row, kind="stable")[:top]
    truth = ""
    if subject.truth is not None:
        key = "look.page.right" if order[0] == subject.truth else "look.page.wrong"
        truth = text(key, name=subject.names[subject.truth])
    view = opened(subject.model)
    score = float(scores(view, [subject.x[None]])[0, subject.label])
    facts = [
        (text("look.page.explained"), subject.name),
        (text("look.page.score"), written(score)),
        (text("look.page.size"), show(subject.x.shape)),
    ]
    rows = [(subject.names[i], float(row[i])) for i in order]
    return Answer(rows, truth, both(lambda theme: draw.picture(subject.pixels, theme)), facts)


def cam_section(subject: Subject) -> Section:
    """Grad-CAM."""
    found = grad_cam(subject.model, subject.x, subject.label, subject.layer)
    maps = [draw.Panel(found.map, signed=False), draw.Panel(found.heat, signed=False, over=True, smooth=True)]
    notes = [text("look.cam.note", layer=found.layer, count=len(found.weights), name=subject.name,
                  size=show(found.map.shape))]  # fmt: skip
    empty = text("look.cam.empty", name=subject.name) if not found.map.any() else ""
    alt = text("look.cam.alt", name=subject.name)
    figure = Figure("gradcam", both(lambda theme: draw.panels(subject.pixels, maps, theme)), alt)
    return Section("gradcam", text("look.cam"), notes, [figure], empty)


def _signed(subject: Subject, name: str, values: Array, alt: str, smooth: bool = False) -> Figure:
    panels = [draw.Panel(values, smooth=smooth), draw.Panel(values, over=True, smooth=smooth)]
    return Figure(name, both(lambda theme: draw.panels(subject.pixels, panels, theme)), alt)


def _range(values: Array) -> str:
    """From where to where `values` go, and how far the colours reach."""
    low, high = float(values.min()), float(values.max())
    return text("look.range", low=written(low), high=written(high), limit=f"{draw.reach(values):.3g}")


def saliency_section(subject: Subject) -> Section:
    """The gradient by the image."""
    values = saliency(subject.model, subject.x, subject.label).gradient.sum(-1)
    figure = _signed(subject, "saliency", values, text("look.saliency.alt", name=subject.name))
    notes = [text("look.saliency.note", name=subject.name), _range(values)]
    return Section("saliency", text("look.saliency"), notes, [figure])


def smooth_section(subject: Subject) -> Section:
    """SmoothGrad."""
    values = smooth_gradient(subject.model, subject.x, subject.label).gradient.sum(-1)
    figure = _signed(subject, "smooth", values, text("look.smooth.alt", name=subject.name))
    notes = [text("look.smooth.note", count=32, percent=15), _range(values)]
    return Section("smooth", text("look.smooth"), notes, [figure])


def integrated_section(subject: Subject) -> Section:
    """Integrated gradients, with the check of their completeness."""
    found = integrated_gradients(subject.model, subject.x, subject.label)
    values = found.attributions.sum(-1)
    figure = _signed(subject, "integrated", values, text("look.integrated.alt", name=subject.name))
    notes = [text("look.integrated.note", name=subject.name), _range(values)]
    return Section("integrated", text("look.integrated"), notes, [figure], _completeness(found))


def _completeness(found: IntegratedGradients) -> str:
    whole = float(np.abs(found.attributions).sum(dtype=np.float64))
    key = "look.integrated.complete" if found.complete else "look.integrated.incomplete"
    return text(
        key, total=written(found.total, 4), rise=written(found.score - found.baseline_score, 4),
        gap=written(found.gap, 2), before=written(found.baseline_score, 4), after=written(found.score, 4),
        steps=found.steps, share=percent(abs(found.gap) / whole if whole else 0.0),
    )  # fmt: skip


def occlusion_section(subject: Subject) -> Section:
    """Covering."""
    found = occlusion(subject.model, subject.x, subject.label)
    values = found.heat
    figure = _signed(subject, "occlusion", values, text("look.occlusion.alt", name=subject.name))
    notes = [
        text("look.occlusion.note", size=show(found.size), count=found.scores.size, name=subject.name,
             score=written(found.score), least=written(float(found.scores.min()))),
        _range(values),
    ]  # fmt: skip
    return Section("occlusion", text("look.occlusion"), notes, [figure])


def maps_section(subject: Subject) -> Section:
    """The feature maps, of the layer asked for or of all that change something."""
    computed = subject.computed
    places = [computed.find(subject.layer)] if subject.layer else [p for p in computed.places if not _same(p)]
    unit = subject.unit if subject.layer else None
    figures = [_maps(place, computed.values[place.output][0], i, unit) for i, place in enumerate(places)]
    return Section("maps", text("look.maps"), [text("look.maps.note")], figures)


def _same(place: Place) -> bool:
    """Whether there is nothing new to see behind it."""
    op = place.nodes[0].op
    return len(place.nodes) == 1 and (op.random or isinstance(op, SAME))


def _maps(place: Place, maps: Array, number: int, unit: int | None) -> Figure:
    key = "look.maps.all"
    drawn = None
    if unit is not None:
        checked_unit(place.output, unit, place.name)
        drawn, key = np.array([unit]), "look.maps.some"
    elif maps.ndim == 3:
        drawn = draw.shown(maps)
        key = "look.maps.all" if len(drawn) == maps.shape[-1] else "look.maps.some"
    words = text(key, shape=show(maps.shape), count=0 if drawn is None else len(drawn), range=_range(maps))
    name = re.sub(r"[^\w-]+", "-", place.name)
    picture = both(lambda theme: draw.feature_maps(maps, drawn, theme))
    alt = text("look.maps.alt", layer=place.name)
    return Figure(f"maps-{number:02d}-{name}", picture, alt, f"{place.name} · {place.kind}", words)


def filters_section(subject: Subject) -> Section:
    """The filters of a convolution."""
    found = filters(subject.model, subject.layer)
    kernel = found.kernel[..., :128]
    figure = Figure("filters", both(lambda theme: run_pictures.filters(kernel, theme)),
                    text("look.filters.alt", layer=found.layer))  # fmt: skip
    note = text("look.filters.note", layer=found.layer, count=found.kernel.shape[-1],
                size=show(found.kernel.shape[:-1]), shown=kernel.shape[-1])  # fmt: skip
    return Section("filters", text("look.filters"), [note, _range(found.kernel)], [figure])


def excite_section(subject: Subject) -> Section:
    """Activation maximisation: of the classes, or of units of the layer asked for."""
    view = opened(subject.model)
    if subject.layer is None:
        count = classes(view)
        labels = ascii_names(subject.names)
    else:
        place = view.find(subject.layer)
        count = place.output.shape[-1]
        labels = tuple(str(i) for i in range(count))
    units = [subject.unit] if subject.unit is not None else list(range(min(count, UNITS)))
    made = [excite(subject.model, subject.layer, unit) for unit in units]
    captions = [(labels[m.unit], f"{m.values[0]:.2g} → {m.values.max():.2g}") for m in made]
    key = "look.excite.classes" if subject.layer is None else "look.excite.units"
    note = text(key, layer=made[0].layer)
    images = [m.image for m in made]
    columns = next((n for n in range(8, 4, -1) if len(images) % n == 0), 8)
    figure = Figure("excite", both(lambda theme: draw.gallery(images, captions, theme=theme, columns=columns)),
                    text("look.excite.alt"))  # fmt: skip
    return Section("excite", text("look.excite"), [note, text("look.excite.note")], [figure])


def strongest_section(subject: Subject) -> Section:
    """The images that excite a unit most."""
    examples = subject.examples()
    view = opened(subject.model)
    place = view.find(subject.layer) if subject.layer else _last_maps(view.places)
    unit = subject.unit
    if unit is None:
        values = subject.computed.values[place.output][0]
        unit = int(values.reshape(-1, values.shape[-1]).max(0).argmax())
    found = strongest(subject.model, examples.x, place.name, unit, SHOWN)
    names = ascii_names(subject.names)
    captions = [(names[examples.y[i]], f"{v:.3g}") for i, v in zip(found.numbers, found.values, strict=True)]
    images = [examples.pixels[i] for i in found.numbers]
    figure = Figure("strongest", both(lambda theme: draw.gallery(images, captions, found.regions, theme)),
                    text("look.strongest.alt", unit=unit, layer=place.name))  # fmt: skip
    note = text("look.strongest.note", unit=unit, layer=place.name, count=len(images), whole=f"{len(examples.x):,}")
    return Section("strongest", text("look.strongest"), [note], [figure])


def _last_maps(places: Sequence[Place]) -> Place:
    """The last layer with feature maps of more than one place. Raises: ConfigurationError where there is none."""
    maps = [p for p in places if len(p.output.shape) == 3 and not _same(p)]
    found = [p for p in maps if p.output.shape[0] * p.output.shape[1] > 1]
    if not found:
        raise ConfigurationError(text("look.no_convolution"))
    return found[-1]


def neighbours_section(subject: Subject) -> Section:
    """The images that the network takes for most like this one."""
    examples = subject.examples()
    found = neighbours(subject.model, examples.x, subject.x, subject.layer, SHOWN + 1)
    names = ascii_names(subject.names)
    near = [(int(i), d) for i, d in zip(found.numbers, found.distances, strict=True) if i != subject.number][:SHOWN]
    captions = [(names[examples.y[i]], f"{d:.3g}") for i, d in near]
    images = [examples.pixels[i] for i, _ in near]
    same = sum(int(examples.y[i]) == subject.label for i, _ in near)
    figure = Figure("neighbours", both(lambda theme: draw.gallery(images, captions, theme=theme)),
                    text("look.neighbours.alt"))  # fmt: skip
    note = text("look.neighbours.note", layer=found.layer, count=len(images), whole=f"{len(examples.x):,}")
    said = text("look.neighbours.same", same=same, count=len(images), name=subject.name)
    return Section("neighbours", text("look.neighbours"), [note], [figure], said)


SECTIONS: dict[str, Callable[[Subject], Section]] = {
    "gradcam": cam_section,
    "saliency": saliency_section,
    "smooth": smooth_section,
    "integrated": integrated_section,
    "occlusion": occlusion_section,
    "maps": maps_section,
    "filters": filters_section,
    "neuron": neuron_section,
    "excite": excite_section,
    "strongest": strongest_section,
    "neighbours": neighbours_section,
    "learning": learning_section,
}
"""What can be looked at, by the names that `konv look --what` takes, in the page's order."""
