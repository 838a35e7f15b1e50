"""The work of `konv look`: from a run and an image to a folder with pictures and a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

import konv
from konv.data import DataSet, load_image
from konv.errors import ConfigurationError
from konv.explain.look import page as pages
from konv.explain.look.network import opened
from konv.explain.look.scores import chosen
from konv.explain.look.sections import SECTIONS, answer
from konv.explain.look.subject import Examples, Subject
from konv.explain.tables import percent
from konv.io.run_folder import RunFolder, default_folder
from konv.messages import text
from konv.models import Model
from konv.names import unknown
from konv.runs.sources import fitting, load_run, names_of, own_test, prepared

__all__ = ["Asked", "look"]

MOST = 2000
"""Other images that are compared with."""


@dataclass(frozen=True)
class Asked:
    """What was typed: `what` to look at; `usual`, whether what does not apply to this network may be left out; `label`,
    a class's name or number; `output`, of a network with several."""

    run: str
    image: str
    what: Sequence[str]
    usual: bool
    layer: str | None
    unit: int | None
    label: str | None
    output: str | None
    out: str | None


@dataclass(frozen=True, eq=False)
class _Image:
    """An image: its `pixels`, what to call it, a short name for files; of a test image its class and number."""

    pixels: Any
    title: str
    stem: str
    truth: int | None = None
    number: int | None = None


def look(asked: Asked) -> int:
    """Look at what is `asked`, and leave a folder.

    Raises: UnknownNameError, with the nearest names, for something to look at, a layer or a class that there is not;
    ImageError, ConfigurationError, DataError for what cannot be used.
    """
    for word in asked.what:
        if word not in SECTIONS:
            raise unknown("look", word, [*SECTIONS, "all"])
    whole, path = load_run(asked.run)
    model = _ending(whole, asked.output)
    view = opened(model)
    if asked.layer is not None:
        view.find(asked.layer)
    tests = cache(lambda: _tests(model, path))
    image = _image(asked.image, model, tests)
    x = prepared(model, image.pixels[None])[0]
    names = names_of(model)
    label = chosen(view, [x[None]], _label(asked.label, names))

    def examples() -> Examples:
        data = tests()
        return Examples(prepared(model, data.x[:MOST]), data.x[:MOST], data.y[:MOST])

    subject = Subject(
        model, x, image.pixels, names, label, image.truth, image.number, examples, asked.layer, asked.unit
    )  # fmt: skip
    title = text("look.page.title", image=image.title, model=model.name)
    with RunFolder(asked.out or default_folder(image.stem, "looks")) as folder:
        said = answer(subject)
        sections = _sections(subject, asked)
        for figure in (figure for section in sections for figure in section.figures):
            folder.write(f"{figure.name}.png", figure.picture.light)
        folder.write("look.html", pages.page(title, said, sections, konv.__version__))
        _print(said, folder.path / "look.html")
    return 0


def _ending(model: Model, named: str | None) -> Model:
    """`model` up to the output called, or numbered, `named`, by default the first, with what is known of its classes.

    Raises: UnknownNameError, with the nearest names, where there is none.
    """
    names = model.output_names
    if len(names) == 1 and named is None:
        return model
    numbered = named is not None and named not in names and named.isdigit() and int(named) < len(names)
    chosen = names[int(named)] if numbered and named is not None else named or names[0]
    if chosen not in names:
        raise unknown("output", chosen, names)
    if named is None:
        click.echo(f"konv: {text('cli.look.outputs', names=', '.join(names), chosen=chosen)}", err=True)
    number = names.index(chosen)
    ended = Model(model.inputs, model.outputs[number], name=model.name)
    ended.preprocessing, ended.optimizer = model.preprocessing, model.optimizer
    ended.loss = model.output_losses()[number] if model.loss is not None else None
    if len(model.class_names or ()) == max(ended.outputs[0].shape[-1], 2):
        ended.class_names = model.class_names
    return ended


def _sections(subject: Subject, asked: Asked) -> list[pages.Section]:
    """What is asked for; of the usual things those that apply, with a line about each other."""
    found = []
    for name in SECTIONS:
        if name not in asked.what:
            continue
        try:
            found.append(SECTIONS[name](subject))
        except ConfigurationError as error:
            if not asked.usual:
                raise
            click.echo(f"konv: {text('cli.look.left_out', reason=error)}", err=True)
    return found


def _tests(model: Model, path: Path) -> DataSet:
    """The images the run was tested on, else those that come with konv."""
    if (path.parent / "run.json").exists():
        return own_test(model, path)
    data = fitting(model, None)
    return data.test or data


def _image(given: str, model: Model, tests: Any) -> _Image:
    """The image that `given` names: a file, or the number of a test image.

    Raises: ImageError for a file that is none; ConfigurationError for a number there is not.
    """
    if re.fullmatch(r"\d{1,9}", given) and not Path(given).exists():
        data, number = tests(), int(given)
        if number >= len(data.x):
            raise ConfigurationError(text("cli.look.number", received=number, last=len(data.x) - 1))
        title = text("look.page.sample", number=number, data=data.name)
        return _Image(data.x[number], title, f"test-{number}", int(data.y[number]), number)
    pixels = load_image(given, model.graph.inputs[0].shape)
    return _Image(pixels, Path(given).name, re.sub(r"\W+", "-", Path(given).stem).strip("-") or "image")


def _label(given: str | None, names: tuple[str, ...]) -> int | None:
    """The number of the class called, or numbered, `given`. Raises: UnknownNameError for a name there is not."""
    if given is None:
        return None
    if given in names:
        return names.index(given)
    if re.fullmatch(r"-?\d{1,9}", given):
        return int(given)
    raise unknown("class", given, names)


def _print(said: pages.Answer, page: Path) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for rank, (name, share) in enumerate(said.rows[:3]):
        bar = "█" * round(share * 20)
        console.print(f"  {percent(share):>8}  {bar:<20}  {name}", style=None if rank == 0 else "dim", markup=False)
    if said.truth:
        console.print(f"  {said.truth}", style="dim", markup=False, soft_wrap=True)
    console.print(text("cli.look.done", page=page), soft_wrap=True, markup=False)
