"""Kernels that draw random numbers: the words of `konv.random.Stream`, vector by vector, and noise made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.functions import logarithm, turn
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["Drawing", "Noise"]


@dataclass(frozen=True)
class Drawing(Spec):
    """A kernel with a random word for each of the `size` elements of samples `begin … end`.

    Its first arguments are key (int64: seed, layer, epoch) and samples (int64: each one's number); the others are those
    of `pointers`. Elements come in groups of 64: sixteen blocks of four words.
    """

    pointers: ClassVar[str] = "x out"
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, f"key samples {self.arguments}", alias=True)
        seed, layer, epoch = (k.emit("i32", f"trunc i64 {k.get('i64', k.arg['key'], i).ref} to i32") for i in range(3))
        philox = Philox(k, seed, layer)
        with k.loop(k.begin, k.end) as n:
            sample = k.get("i64", k.arg["samples"], n.i)
            low = k.emit("i32", f"trunc i64 {sample.ref} to i32")
            high = k.emit("i32", f"trunc i64 {k.emit('i64', f'lshr i64 {sample.ref}, 32').ref} to i32")
            c1, c2, c3 = (k.splat(v) for v in (low, high, epoch))
            start = self.start(k, n.i)
            whole, rest = divmod(self.size, 64)
            with k.loop(0, whole) as g:
                self._group(k, philox, g.i, (c1, c2, c3), k.add(start, k.mul(g.i, 64)), 64)
            if rest:
                self._group(k, philox, whole, (c1, c2, c3), k.add(start, whole * 64), rest)
            self.finish(k, n.i)
        return k

    @property
    def arguments(self) -> str:
        """The names of the arguments behind key and samples."""
        return self.pointers

    def start(self, k: Function, sample: Int) -> Int:
        """Where the elements of a sample begin that have a random word each."""
        return k.mul(sample, self.size)

    def _group(self, k: Function, philox: Philox, group: Int, key: tuple[Value, ...], at: Int, size: int) -> None:
        """Up to 64 elements, of which vector by vector of blocks is hashed."""
        for part in range(0, min(16, size), k.lanes):
            words = philox.words(k.add(k.mul(group, 16), part), *key)
            self.words(k, words, k.add(at, part), size - part)

    def words(self, k: Function, words: list[Value], at: Int, size: int) -> None:
        """What is done with the four words of consecutive blocks: word w belongs to the elements from `at` + 16·w on,
        where `size` is above 16·w."""
        raise NotImplementedError

    def finish(self, k: Function, sample: Int) -> None:
        """What is done at the end of a sample."""


@dataclass(frozen=True)
class Noise(Drawing):
    """`out = first + second · z`, with z normal or uniform (`distribution`), see `Stream.normal` and `Stream.uniform`;
    `how` "add" and "multiply" do that to x, which may be out. Arguments: key, samples (see `Drawing`), x if any, out.
    """

    kind: ClassVar[str] = "noise"
    distribution: str
    first: float
    second: float
    how: str = ""

    @property
    def arguments(self) -> str:
        """The names of the arguments behind key and samples."""
        return "x out" if self.how else "out"

    def words(self, k: Function, words: list[Value], at: Int, size: int) -> None:
        """Noise of the words: uniform each by itself, normal in pairs."""
        if self.distribution == "uniform":
            drawn = [self._share(k, word) for word in words]
        else:
            drawn = [z for i in (0, 2) for z in self._normal(k, words[i], words[i + 1])]
        for w, z in enumerate(drawn):
            lanes, place = min(size - 16 * w, k.lanes), k.add(at, 16 * w)
            if lanes <= 0:
                break
            value = k.fma(z, k.every(self.second), k.every(self.first))
            if self.how:
                x = k.load(k.arg["x"], place, lanes)
                value = k.fadd(x, value) if self.how == "add" else k.fmul(x, value)
            k.store(value, k.arg["out"], place, lanes)

    def _share(self, k: Function, word: Value, more: int = 0) -> Value:
        """The upper 24 bits of words, `more` added, as shares of 2²⁴."""
        bits = k.binary("lshr", word, Value(word.type, "splat (i32 8)"))
        if more:
            bits = k.binary("add", bits, Value(word.type, f"splat (i32 {more})"))
        return k.fmul(k.cast("sitofp", bits, k.vec), k.every(2.0**-24))

    def _normal(self, k: Function, first: Value, second: Value) -> tuple[Value, Value]:
        """Two normal numbers of two words (Box & Muller, 1958)."""
        cosine, sine = turn(k, self._share(k, second))
        far = k.fmul(k.every(-2), logarithm(k, self._share(k, first, 1)))
        radius = k.unary("sqrt", far)
        return k.fmul(radius, cosine), k.fmul(radius, sine)


class Philox:
    """Philox4x32-10 on vectors of counters; see `konv.random`."""

    def __init__(self, k: Function, seed: Value, layer: Value) -> None:
        self.k = k
        self.keys = [self._keys(seed, 0x9E3779B9), self._keys(layer, 0xBB67AE85)]

    def _keys(self, key: Value, bump: int) -> list[Value]:
        k = self.k
        return [k.splat(k.emit("i32", f"add i32 {key.ref}, {step * bump % 2**32}")) for step in range(10)]

    def words(self, block: Int, c1: Value, c2: Value, c3: Value) -> list[Value]:
        """The four words of consecutive blocks from `block` on."""
        k = self.k
        first = k.emit("i32", f"trunc i64 {k.ref(block)} to i32")
        steps = ", ".join(f"i32 {i}" for i in range(k.lanes))
        c0 = k.binary("add", k.splat(first), Value(c1.type, f"<{steps}>"))
        for step in range(10):
            high0, low0 = self._product(c0, 0xD2511F53)
            high1, low1 = self._product(c2, 0xCD9E8D57)
            c0 = k.binary("xor", k.binary("xor", high1, c1), self.keys[0][step])
            c2 = k.binary("xor", k.binary("xor", high0, c3), self.keys[1][step])
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
