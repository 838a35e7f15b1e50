"""What one lab holds: the network it looks at, the looks of late, the training; and its answers to the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from konv.data.published import PUBLISHED
from konv.data.sources import is_there
from konv.errors import ConfigurationError, DataError
from konv.explain import look as looking
from konv.lab import describe, whatif
from konv.lab.arithmetic import neuron, weight
from konv.lab.look import Look, Looks
from konv.lab.mistakes import Mistakes
from konv.lab.recipe import recipe_of
from konv.lab.runs import Training, earlier
from konv.lab.subject import Subject, subject_of
from konv.lab.trainer import Job
from konv.lab.wire import packed, quantised, scale_of, thumb
from konv.messages import language, text
from konv.runs.variant import NETWORKS

__all__ = ["Asked", "Session"]

Found = dict[str, Any]
MOST_RUNS = 2
MOST_PIXELS = 1024
"""Of a side, in training."""


class Asked:
    """What a request asks for, read with care: `query`, its parameters, and `body`.

    Raises: ConfigurationError, from each of its methods, for what is missing or makes no sense.
    """

    def __init__(self, query: Mapping[str, str], body: bytes = b"") -> None:
        self._query, self.body = query, body

    def whole(self, name: str, default: int | None = None) -> int:
        """The whole number under `name`, `default` where it is left out.

        Raises: ConfigurationError for anything else.
        """
        value = self._query.get(name, None if default is None else str(default))
        if value is None or not value.removeprefix("-").isdecimal() or len(value) > 12:
            raise ConfigurationError(text("lab.bad_request", name=name, received=value))
        return int(value)

    def real(self, name: str, least: float, most: float) -> float:
        """The number under `name`, from `least` to `most`. Raises: ConfigurationError for anything else."""
        try:
            value = float(self._query.get(name, ""))
        except ValueError:
            value = np.nan
        if not least <= value <= most:
            raise ConfigurationError(text("lab.bad_request", name=name, received=self._query.get(name)))
        return value

    def word(self, name: str, default: str | None = None) -> str:
        """The word under `name`. Raises: ConfigurationError for anything else."""
        value = self._query.get(name, default)
        if value is None or len(value) > 4096:
            raise ConfigurationError(text("lab.bad_request", name=name, received=value))
        return value


class Session:
    """One lab.

    Arguments: `subject`, what it looks at first; `folder`, where runs that are trained in it go.
    """

    def __init__(self, subject: Subject, folder: str | Path = "runs") -> None:
        self.subject, self.runs, self.looks = subject, Training(), Looks()
        self._folder = str(folder)
        self._mistakes = Mistakes(subject)
        self._lock = Lock()
        self._first: int | None = None

    def warm(self) -> None:
        """Compile what the first screen needs, before anybody waits for it."""
        self._first = self.looks.add(Look(self.subject, self.subject.pixels(0), self.subject.label(0)))

    # The network and its images

    def state(self, asked: Asked) -> Found:
        """What the page needs to begin."""
        subject = self.subject
        return {
            "name": subject.name,
            "trained": subject.trained,
            "shape": list(subject.shape),
            "input": subject.model.graph.inputs[0].node.layer,
            "classes": list(subject.classes),
            "samples": len(subject.data),
            "labels": [int(i) for i in subject.data.y[:2000]],
            "names": list(subject.data.classes),
            "data": subject.data.name,
            "layers": describe.layers(subject),
            "networks": list(NETWORKS),
        }

    def network(self, asked: Asked) -> Found:
        """The network explained."""
        return describe.network(self.subject)

    def thumbs(self, asked: Asked) -> bytes:
        """Small pictures of the samples under `numbers`, RGB, one after the other.

        Raises: ConfigurationError for anything else.
        """
        numbers = [int(n) for n in asked.word("numbers").split(",") if n.isdecimal()][:100]
        found = [thumb(self.subject.pixels(n)) for n in numbers if n < len(self.subject.data)]
        if not found:
            raise ConfigurationError(text("lab.bad_request", name="numbers", received=asked.word("numbers")[:40]))
        return packed({"shape": list(found[0].shape), "count": len(found)}, b"".join(f.tobytes() for f in found))

    # Looking

    def look(self, asked: Asked) -> bytes:
        """Show the network an image: the sample under `sample`, or the file in the body; `drawn` for a drawing."""
        subject = self.subject
        if asked.body:
            look = Look(subject, subject.read(asked.body, asked.word("name", "image")))
        else:
            number = asked.whole("sample", 0)
            if number == 0 and self._first is not None and self.looks.get(self._first).subject is subject:
                return self._seen(self._first, 0)
            look = Look(subject, subject.pixels(number), subject.label(number))
        return self._seen(self.looks.add(look), None if asked.body else number)

    def _seen(self, number: int, sample: int | None) -> bytes:
        look = self.looks.get(number)
        rows = look.probabilities
        head = {
            "look": number,
            "sample": sample,
            "label": look.label,
            "shape": list(look.pixels.shape),
            "scales": describe.scales(look),
            "probabilities": None if rows is None else [float(f"{p:.6g}") for p in rows],
        }
        return packed(head, look.pixels.tobytes())

    def maps(self, asked: Asked) -> bytes:
        """The feature maps of `layer`, `count` of them from `first`, as signed bytes."""
        look = self.looks.get(asked.whole("look"))
        values = look.values(look.subject.place(asked.word("layer")).output)
        maps = values if values.ndim == 3 else values.reshape(1, 1, -1)
        first, count = asked.whole("first", 0), asked.whole("count", 64)
        some = maps[..., max(first, 0) : max(first, 0) + max(count, 0)]
        return packed({"shape": list(some.shape), "of": maps.shape[2]}, quantised(some, scale_of(values)))

    def neuron(self, asked: Asked) -> bytes:
        """How one number came about."""
        look = self.looks.get(asked.whole("look"))
        place = (asked.whole(name) for name in ("row", "column", "channel"))
        return packed(*neuron(look, asked.word("layer"), *place))

    def strongest(self, asked: Asked) -> Found:
        """Where the strongest number of the first `count` maps of `layer` is: a good place to begin."""
        look = self.looks.get(asked.whole("look"))
        values = look.values(look.subject.place(asked.word("layer")).output)
        maps = values if values.ndim == 3 else values.reshape(1, 1, -1)
        some = maps[..., : max(asked.whole("count", maps.shape[2]), 1)]
        row, column, channel = np.unravel_index(int(some.argmax()), some.shape)
        return {"row": int(row), "column": int(column), "channel": int(channel)}

    def weight(self, asked: Asked) -> bytes:
        """How one weight learns."""
        look = self.looks.get(asked.whole("look"))
        tap = (asked.whole("u"), asked.whole("v"), asked.whole("i"))
        rate = asked.real("rate", 0, 1e3)
        return packed(*weight(look, asked.word("layer"), asked.whole("channel"), tap, asked.whole("label"), rate))

    def cam(self, asked: Asked) -> bytes:
        """Grad-CAM of the look for the class `label`: bytes, 0 to 255, of the image's size."""
        look = self.looks.get(asked.whole("look"))
        found = looking.grad_cam(look.subject.model, look.x, asked.whole("label"))
        heat = (np.clip(found.heat, 0, 1) * 255).astype(np.uint8)
        return packed({"layer": found.layer, "shape": list(heat.shape)}, heat.tobytes())

    # What if

    def whatif(self, asked: Asked) -> bytes:
        """What another convolution and pooling would make of the image of a look.

        Raises: ConfigurationError for anything else.
        """
        look = self.looks.get(asked.whole("look"))
        options = {"padding": ("valid", "same"), "pooling": ("none", "max", "average")}
        words: dict[str, Any] = {name: asked.word(name) for name in options}
        for name, known in options.items():
            if words[name] not in known:
                raise ConfigurationError(
                    text("unknown_setting", name=name, received=words[name], known=", ".join(known))
                )
        names = ("kernel", "across", "stride", "dilation", "pool", "pool_stride")
        sizes = {name: asked.whole(name) for name in names}
        for name, value in sizes.items():
            if not 1 <= value <= 99:
                raise ConfigurationError(text("lab.bad_number", name=name, least=1, most=99, received=value))
        layer, groups = asked.word("layer", ""), asked.whole("groups", 1)
        words |= {"layer": layer, "groups": groups, **sizes}
        return packed(*whatif.answer(look, whatif.Choice(**words)))

    # Mistakes

    def mistakes(self, asked: Asked) -> Found:
        """The confusion matrix."""
        return self._mistakes.matrix()

    def cell(self, asked: Asked) -> list[Found]:
        """The images of one cell of it."""
        return self._mistakes.cell(asked.whole("true"), asked.whole("answer"))

    # Training

    def start(self, asked: Asked) -> Found:
        """Begin to train what the body asks for: `{"runs": [RECIPE, …], "data": NAME or PATH or "",
        "size": [H, W] or null}`.

        Raises: ConfigurationError for anything else; DataError where nothing is at the path.
        """
        wanted = _json(asked.body)
        runs, data = wanted.get("runs"), wanted.get("data", "")
        if not isinstance(runs, list) or not 1 <= len(runs) <= MOST_RUNS or not all(isinstance(r, dict) for r in runs):
            raise ConfigurationError(text("lab.bad_request", name="runs", received=runs))
        if not isinstance(data, str):
            raise ConfigurationError(text("lab.bad_request", name="data", received=data))
        if data and not is_there(str(Path(data).expanduser()) if data not in PUBLISHED else data):
            raise DataError(text("no_such_path", path=data))
        recipes = tuple(recipe_of(run) for run in runs)
        self.runs.start(Job(recipes, data or None, _size(wanted.get("size")), self._folder, language()))
        return self.runs.state()

    def training(self, asked: Asked) -> Found:
        """The state of the training there is or was."""
        return self.runs.state()

    def tell(self, asked: Asked) -> Found:
        """Say `pause`, `resume` or `stop` to the training. Raises: ConfigurationError for anything else."""
        word = asked.word("word")
        if word not in ("pause", "resume", "stop"):
            raise ConfigurationError(text("lab.bad_request", name="word", received=word))
        self.runs.tell(word)
        return self.runs.state()

    def progress(self, asked: Asked) -> bytes:
        """The last picture of the network of a `run` as it learns, on the image `sample` of its test images; before the
        first one, `{"picture": null}`."""
        return self.runs.picture(asked.whole("run", 0), abs(asked.whole("sample", 0))) or packed({"picture": None})

    def earlier(self, asked: Asked) -> list[Found]:
        """The runs in the folder, the newest first."""
        return earlier(self._folder)

    def open(self, asked: Asked) -> Found:
        """Look from now on into what `name` names: a run folder, a model file, a network of the zoo, "" for the first.

        Raises: KonvError where there is none.
        """
        subject = subject_of(asked.word("name") or None)
        with self._lock:
            self.subject, self._mistakes, self._first = subject, Mistakes(subject), None
        return self.state(asked)


def _json(body: bytes) -> dict[str, Any]:
    import json

    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(text("lab.bad_request", name="body", received=str(error))) from error
    if not isinstance(found, dict):
        raise ConfigurationError(text("lab.bad_request", name="body", received=type(found).__name__))
    return found


def _size(given: object) -> tuple[int, int] | None:
    """`[height, width]` or None as the page sends it. Raises: ConfigurationError for anything else."""
    if given is None:
        return None
    if isinstance(given, list) and len(given) == 2 and all(type(n) is int and 1 <= n <= MOST_PIXELS for n in given):
        return given[0], given[1]
    raise ConfigurationError(text("lab.bad_number", name="size", least=1, most=MOST_PIXELS, received=given))
