"""Kernels that treat every element by itself, and dropout of elements or channels, which needs random numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.functions import sigmoid, tanh
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["ChannelDropout", "Dropout", "Pointwise"]

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
class Dropout(Spec):
    """`out = x · scale` where the element's random word is at least `threshold`, else 0; samples `begin … end`.

    Arguments: key (int64: seed, layer, epoch), samples (int64: each one's number), x, out, which may be x. The words
    are those of `konv.random.Stream`. The gradient is the same with dy for x.
    """

    kind: ClassVar[str] = "dropout"
    size: int
    threshold: int
    scale: float

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "key samples x out", alias=True)
        seed, layer, epoch = (k.emit("i32", f"trunc i64 {k.get('i64', k.arg['key'], i).ref} to i32") for i in range(3))
        philox = _Philox(k, seed, layer)
        with k.loop(k.begin, k.end) as n:
            sample = k.get("i64", k.arg["samples"], n.i)
            low = k.emit("i32", f"trunc i64 {sample.ref} to i32")
            high = k.emit("i32", f"trunc i64 {k.emit('i64', f'lshr i64 {sample.ref}, 32').ref} to i32")
            c1, c2, c3 = (k.splat(v) for v in (low, high, epoch))
            start = self._start(k, n.i)
            whole, rest = divmod(self.size, 64)
            with k.loop(0, whole) as g:
                self._group(k, philox, g.i, (c1, c2, c3), k.add(start, k.mul(g.i, 64)), 64)
            if rest:
                self._group(k, philox, whole, (c1, c2, c3), k.add(start, whole * 64), rest)
            self._finish(k, n.i)
        return k

    def _start(self, k: Function, sample: Int) -> Int:
        """Where the elements of a sample begin that have a random word each."""
        return k.mul(sample, self.size)

    def _group(self, k: Function, philox: _Philox, group: Int, key: tuple[Value, ...], at: Int, size: int) -> None:
        """Up to 64 elements: word w of block 16·group + i belongs to element 16·w + i."""
        for part in range(0, 16, k.lanes):
            if part >= size:
                break
            words = philox.words(k.add(k.mul(group, 16), part), *key)
            for w, word in enumerate(words):
                first = 16 * w + part
                lanes = min(size - first, k.lanes)
                if lanes <= 0:
                    break
                kept = k.emit(f"<{k.lanes} x i1>", f"icmp uge {word.type} {word.ref}, splat (i32 {self.threshold})")
                self._put(k, kept, k.add(at, first), lanes)

    def _put(self, k: Function, kept: Value, at: Int, lanes: int) -> None:
        """What is done with a vector of elements, given which are kept."""
        x = k.fmul(k.load(k.arg["x"], at, lanes), k.every(self.scale))
        k.store(k.select(kept, x, k.every(0)), k.arg["out"], at, lanes)

    def _finish(self, k: Function, sample: Int) -> None:
        """What is done at the end of a sample."""


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

    def _start(self, k: Function, sample: Int) -> Int:
        return 0

    def _put(self, k: Function, kept: Value, at: Int, lanes: int) -> None:
        k.store(k.select(kept, k.every(self.scale), k.every(0)), k.scratch, at, lanes)

    def _finish(self, k: Function, sample: Int) -> None:
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


class _Philox:
    """Philox4x32-10 on vectors of counters; see `konv.random`."""

    def __init__(self, k: Function, seed: Value, layer: Value) -> None:
        self.k = k
        self.keys = [self._keys(seed, 0x9E3779B9), self._keys(layer, 0xBB67AE85)]

    def _keys(self, key: Value, bump: int) -> list[Value]:
        k = self.k
        return [k.splat(k.emit("i32", f"add i32 {key.ref}, {turn * bump % 2**32}")) for turn in range(10)]

    def words(self, block: Int, c1: Value, c2: Value, c3: Value) -> list[Value]:
        """The four words of consecutive blocks from `block` on."""
        k = self.k
        first = k.emit("i32", f"trunc i64 {k.ref(block)} to i32")
        steps = ", ".join(f"i32 {i}" for i in range(k.lanes))
        c0 = k.binary("add", k.splat(first), Value(c1.type, f"<{steps}>"))
        for turn in range(10):
            high0, low0 = self._product(c0, 0xD2511F53)
            high1, low1 = self._product(c2, 0xCD9E8D57)
            c0 = k.binary("xor", k.binary("xor", high1, c1), self.keys[0][turn])
            c2 = k.binary("xor", k.binary("xor", high0, c3), self.keys[1][turn])
            c1, c3 = low1, low0
        return [c0, c1, c2, c3]

    def _product(self, c: Value, factor: int) -> tuple[Value, Value]:
        """The upper and the lower word of c · factor: words at even places and at odd ones are multiplied apart, each
        in the room of two."""
        k, lanes = self.k, self.k.lanes
        wide = f"<{lanes // 2} x i64>"
        pairs = k.cast("bitcast", c, wide)
        even = k.binary("and", pairs, Value(wide, f"splat (i64 {2**32 - 1})"))
        odd = k.binary("lshr", pairs, Value(wide, "splat (i64 32)"))
        a, b = (
            k.cast("bitcast", k.binary("mul", v, Value(wide, f"splat (i64 {factor})")), c.type) for v in (even, odd)
        )
        high, low = ([i | half if i % 2 == 0 else lanes + (i & ~1 | half) for i in range(lanes)] for half in (1, 0))
        return k.shuffle(a, b, high), k.shuffle(a, b, low)
