"""One image in a network, and what has been asked about it."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from functools import cached_property
from threading import Lock

from konv.errors import ConfigurationError
from konv.explain import look as looking
from konv.explain.evaluation import class_probabilities
from konv.explain.look import Learned
from konv.graph import Tensor
from konv.lab.subject import Subject
from konv.messages import text
from konv.ops import Softmax
from konv.ops.record import Array

__all__ = ["Look", "Looks"]

KEPT = 6
"""Looks that are remembered: the tab's last, and those of a few others."""


class Look:
    """What `subject` computes on one image.

    Arguments: `pixels`, uint8 `(H, W, C)`; `label`, its class, or None where nobody knows.
    Attributes: `computed`, every array of it.
    """

    def __init__(self, subject: Subject, pixels: Array, label: int | None = None) -> None:
        self.subject, self.pixels, self.label = subject, pixels, label
        self.x = subject.prepare(pixels[None])
        self.computed = looking.activations(subject.model, self.x)
        self._lock = Lock()
        self._learned: tuple[tuple[str, int], Learned] | None = None

    def values(self, tensor: Tensor) -> Array:
        """The array of `tensor`, without the batch axis."""
        found: Array = self.computed.values[tensor][0]
        return found

    @cached_property
    def probabilities(self) -> Array | None:
        """A probability for each class, None where the network sorts nothing."""
        graph = self.subject.model.graph
        output = self.values(graph.outputs[0])
        if output.ndim != 1 or len(graph.outputs) != 1:
            return None
        found: Array = class_probabilities(output[None], graph)[0]
        return found

    def learned(self, layer: str, label: int) -> Learned:
        """What the class `label` would teach the kernel of `layer`; the last answer is remembered.

        Raises: ConfigurationError for a network that does not end in a softmax, or a layer without a kernel.
        """
        graph = self.subject.model.graph
        if len(graph.outputs) != 1 or not isinstance(graph.outputs[0].node.op, Softmax):
            raise ConfigurationError(text("lab.no_loss"))
        with self._lock:
            if self._learned is None or self._learned[0] != (layer, label):
                self._learned = (layer, label), looking.learn(self.subject.model, self.x, label, layer, rate=1.0)
            return self._learned[1]


class Looks:
    """The last few looks, by their numbers; thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Look] = OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = Lock()

    def add(self, look: Look) -> int:
        """Remember `look`, and forget the oldest. Returns: its number."""
        with self._lock:
            number = next(self._numbers)
            self._kept[number] = look
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return number

    def get(self, number: int) -> Look:
        """The look of that `number`. Raises: ConfigurationError where it has been forgotten."""
        with self._lock:
            if number not in self._kept:
                raise ConfigurationError(text("lab.forgotten"))
            self._kept.move_to_end(number)
            return self._kept[number]
