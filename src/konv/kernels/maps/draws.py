"""Random choices of each sample: rows of tables, picked by the sample's random words and added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.maps.drawing import Drawing

__all__ = ["Draws"]


@dataclass(frozen=True)
class Draws(Drawing):
    """`out = Σ_t table_t[⌊word_t · rows_t / 2³²⌋]` for samples `begin … end`, added in the order of the tables.

    `size`: how many tables there are, 16 at most; `rows` of each; `width` numbers in a row. Arguments: key, samples
    (see `Drawing`), the tables `(rows, width)`, out `(n, width)`.
    """

    kind: ClassVar[str] = "draws"
    rows: tuple[int, ...]
    width: int

    @property
    def arguments(self) -> str:
        """The names of the arguments behind key and samples."""
        return " ".join([*(f"table{t}" for t in range(self.size)), "out"])

    def start(self, k: Function, sample: Int) -> Int:
        """Where a sample's row begins."""
        return k.mul(sample, self.width)

    def words(self, k: Function, words: list[Value], at: Int, size: int) -> None:
        """Add the rows that the first word of each block picks."""
        first = self.size - size
        if first < 0:
            return  # a whole group of 64 elements, which is written down for no turn of its loop
        out = k.sub(at, first)
        for lane in range(min(size, k.lanes)):
            t = first + lane
            word = k.emit("i32", f"extractelement {words[0].typed}, i32 {lane}")
            row = k.mul(k.div(k.mul(k.cast("zext", word, "i64"), self.rows[t]), 2**32), self.width)
            for w in range(self.width):
                place = k.add(out, w)
                number = k.get(k.element, k.arg[f"table{t}"], k.add(row, w))
                k.put(k.fadd(k.get(k.element, k.arg["out"], place), number) if t else number, k.arg["out"], place)
