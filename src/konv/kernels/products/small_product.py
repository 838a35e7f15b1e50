"""Products of matrices that are different for every sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["SampleProduct"]


@dataclass(frozen=True)
class SampleProduct(Spec):
    """`c[p] = a[p] · b[p]` for the `places` of samples `begin … end`: a `(rows, inner)`, b `(inner, columns)`, each sum
    in the order of the inner axis. Arguments: a, b, c."""

    kind: ClassVar[str] = "sample_product"
    places: int
    rows: int
    inner: int
    columns: int

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample."""
        return self.places * self.rows * self.inner * self.columns

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "a b c")
        whole, tail = divmod(self.columns, k.lanes)

        def piece(a: Int, b: Int, c: Int, lanes: int) -> None:
            with k.loop(0, self.inner, [k.every(0)]) as i:
                row: Value = k.load(k.arg["b"], k.add(b, k.mul(i.i, self.columns)), lanes)
                i.out = [k.fma(k.broadcast(k.arg["a"], k.add(a, i.i)), row, i.carry[0])]
            k.store(i.values[0], k.arg["c"], c, lanes)

        with k.loop(k.mul(k.begin, self.places), k.mul(k.end, self.places)) as p, k.loop(0, self.rows) as r:
            a = k.mul(k.add(k.mul(p.i, self.rows), r.i), self.inner)
            b = k.mul(p.i, self.inner * self.columns)
            c = k.mul(k.add(k.mul(p.i, self.rows), r.i), self.columns)
            with k.loop(0, whole) as j:
                first = k.mul(j.i, k.lanes)
                piece(a, k.add(b, first), k.add(c, first), 0)
            if tail:
                piece(a, k.add(b, whole * k.lanes), k.add(c, whole * k.lanes), tail)
        return k
