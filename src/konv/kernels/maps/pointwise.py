"""Kernels that treat every element by itself, and dropout of elements or channels, which needs random numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.functions import sigmoid, tanh
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.drawing import Drawing

__all__ = ["AlphaDropout", "ChannelDropout", "Dropout", "Pointwise", "each_vector"]

_Body = Callable[[Function, list[Value]], Value]


def _relu(k: Function, v: list[Value]) -> Value:
    return k.larger(k.every(0), v[0])


def _relu_gradient(k: Function, v: list[Value]) -> Value:
    return k.select(k.fcompare("ogt", v[0], k.every(0)), v[1], k.every(0))


def _sigmoid_gradient(k: Function, v: list[Value]) -> Value:
    return k.fmul(v[1], k.fmul(v[0], k.fsub(k.every(1), v[0])))


def _tanh_gradient(k: Function, v: list[Value]) -> Value:
    return k.fmul(v[1], k.fsub(k.every(1), k.fmul(v[0], v[0])))


# Name: (inputs, what is computed of them). Gradients take the function's output y, then dy.
FUNCTIONS: dict[str, tuple[str, _Body]] = {
    "copy": ("x", lambda k, v: v[0]),
    "add": ("x z", lambda k, v: k.fadd(v[0], v[1])),
    "relu": ("x", _relu),
    "relu_gradient": ("y dy", _relu_gradient),
    "sigmoid": ("x", lambda k, v: sigmoid(k, v[0])),
    "sigmoid_gradient": ("y dy", _sigmoid_gradient),
    "tanh": ("x", lambda k, v: tanh(k, v[0])),
    "tanh_gradient": ("y dy", _tanh_gradient),
}


@dataclass(frozen=True)
class Pointwise(Spec):
    """A function of `FUNCTIONS` for samples `begin … end` of `size` elements each.

    Arguments: the function's inputs, then the output, which may be one of the inputs.
    """

    kind: ClassVar[str] = "pointwise"
    function: str
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        inputs, body = FUNCTIONS[self.function]
        k = self.new(target, f"{inputs} out", alias=True)

        def piece(at: Int, lanes: int) -> None:
            values = [k.load(k.arg[name], at, lanes) for name in inputs.split()]
            k.store(body(k, values), k.arg["out"], at, lanes)

        each_vector(k, self.size, piece)
        return k


def each_vector(k: Function, size: int, body: Callable[[Int, int], None]) -> None:
    """`body(first element, lanes)` for all elements of samples `begin … end`; lanes is 0 for a whole vector."""
    whole, tail = divmod(size, k.lanes)
    if not tail:
        with k.loop(k.mul(k.begin, size), k.mul(k.end, size), step=k.lanes) as i:
            body(i.i, 0)
        return
    with k.loop(k.begin, k.end) as n:
        start = k.mul(n.i, size)
        with k.loop(0, whole) as i:
            body(k.add(start, k.mul(i.i, k.lanes)), 0)
        body(k.add(start, whole * k.lanes), tail)


@dataclass(frozen=True)
class Dropout(Drawing):
    """`out = x · scale` where the element's random word is at least `threshold`, else 0; samples `begin … end`.

    Arguments: key, samples (see `Drawing`), x, out, which may be x. The gradient is the same with dy for x.
    """

    kind: ClassVar[str] = "dropout"
    threshold: int
    scale: float

    def words(self, k: Function, words: list[Value], at: Int, size: int) -> None:
        """What is done with four words of each block: word w of block i belongs to element 16·w + i."""
        for w, word in enumerate(words):
            lanes = min(size - 16 * w, k.lanes)
            if lanes <= 0:
                break
            kept = k.emit(f"<{k.lanes} x i1>", f"icmp uge {word.type} {word.ref}, splat (i32 {self.threshold})")
            self._put(k, kept, k.add(at, 16 * w), lanes)

    def _put(self, k: Function, kept: Value, at: Int, lanes: int) -> None:
        """What is done with a vector of elements, given which are kept."""
        x = k.fmul(k.load(k.arg["x"], at, lanes), k.every(self.scale))
        k.store(k.select(kept, x, k.every(0)), k.arg["out"], at, lanes)


@dataclass(frozen=True)
class AlphaDropout(Dropout):
    """`out = x · scale + shift` where the element's random word is at least `threshold`, else `dropped`; arguments as
    of `Dropout`."""

    kind: ClassVar[str] = "alpha_dropout"
    shift: float
    dropped: float

    def _put(self, k: Function, kept: Value, at: Int, lanes: int) -> None:
        x = k.fma(k.load(k.arg["x"], at, lanes), k.every(self.scale), k.every(self.shift))
        k.store(k.select(kept, x, k.every(self.dropped)), k.arg["out"], at, lanes)


@dataclass(frozen=True)
class ChannelDropout(Dropout):
    """Dropout of whole channels: `size` of them, and `places` rows of channels a sample. Arguments as of `Dropout`.

    A sample's factors, `scale` or 0, are drawn into the worker's scratch memory and then used for all of its rows.
    """

    kind: ClassVar[str] = "channel_dropout"
    places: int

    def scratch(self, target: Target) -> int:
        """Bytes of the worker's scratch memory that it uses."""
        return self.size * (8 if self.dtype == "float64" else 4)

    def start(self, k: Function, sample: Int) -> Int:
        """The factors begin where the scratch memory does."""
        return 0

    def _put(self, k: Function, kept: Value, at: Int, lanes: int) -> None:
        k.store(k.select(kept, k.every(self.scale), k.every(0)), k.scratch, at, lanes)

    def finish(self, k: Function, sample: Int) -> None:
        """Every row of the sample times the factors."""
        whole, tail = divmod(self.size, k.lanes)
        with k.loop(0, self.places) as place:
            row = k.mul(k.add(k.mul(sample, self.places), place.i), self.size)

            def piece(at: Int, lanes: int) -> None:
                factor = k.load(k.scratch, at, lanes)
                x = k.fmul(k.load(k.arg["x"], k.add(row, at), lanes), factor)
                dropped = k.fcompare("oeq", factor, k.every(0))
                k.store(k.select(dropped, k.every(0), x), k.arg["out"], k.add(row, at), lanes)

            with k.loop(0, whole) as i:
                piece(k.mul(i.i, k.lanes), 0)
            if tail:
                piece(whole * k.lanes, tail)
