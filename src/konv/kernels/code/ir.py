"""LLVM IR written from Python: values, arithmetic, counted loops that carry registers.

A `Function` collects lines of IR as its methods are called. Integers are `i64` and may be Python numbers, which fold
away, so address arithmetic costs nothing where it is known. Vectors are `<lanes x type>`; `Function.lanes` is the
vector length of the target for the kernel's element type, and every vector method works on it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from konv.kernels.code.target import Target

__all__ = ["UNROLL", "Function", "Int", "Loop", "Value"]


@dataclass(frozen=True)
class Value:
    """A result in static single assignment form: its LLVM type and how it is written."""

    type: str
    ref: str

    @property
    def typed(self) -> str:
        """Type and name, as operands are written."""
        return f"{self.type} {self.ref}"


Int = Value | int
_Body = Callable[[Int, list[Value]], list[Value]]
UNROLL = 4
"""The most turns that `Function.repeat` writes out."""


def number(value: float, element: str) -> str:
    """A floating-point constant exactly as LLVM wants it: the bits of the double it equals."""
    rounded = struct.unpack("<f", struct.pack("<f", value))[0] if element == "float" else value
    return f"0x{struct.unpack('<Q', struct.pack('<d', rounded))[0]:016X}"


@dataclass
class Loop:
    """One loop under construction: `i` counts; set `out` to the values carried into the next turn.

    After the loop `values` are those of the last turn (or the first ones, where there was no turn)."""

    i: Int
    carry: list[Value]
    out: list[Value] = field(default_factory=list)

    @property
    def values(self) -> list[Value]:
        """The carried values once the loop has ended."""
        return self.carry


class Function:
    """A function of the kernel ABI under construction: `(arguments*, begin, end, leaf, scratch*)`.

    `pointers` names the entries of the argument table; each becomes an attribute-like value in `self.arg`.
    """

    def __init__(self, name: str, target: Target, dtype: str, pointers: Sequence[str], alias: bool = False) -> None:
        self.name, self.target, self.dtype = name, target, dtype
        self.element = "double" if dtype == "float64" else "float"
        self.bytes = 8 if dtype == "float64" else 4
        self.lanes = target.lanes(dtype)
        self.vec = f"<{self.lanes} x {self.element}>"
        self.pointers = tuple(pointers)
        self.alias = alias
        self.lines: list[str] = []
        self.block = "entry"
        self.declared: dict[str, str] = {}
        self._count = 0
        self.arg = {p: Value("ptr", f"%{p}") for p in pointers}
        self.begin, self.end, self.leaf = (Value("i64", f"%{n}") for n in ("begin", "end", "leaf"))
        self.scratch = Value("ptr", "%scratch")

    # -- lines, blocks ------------------------------------------------------------------------------------------

    def fresh(self, hint: str = "v") -> str:
        """A name not used before."""
        self._count += 1
        return f"{hint}{self._count}"

    def emit(self, type: str, code: str) -> Value:
        """A line that gives a value."""
        name = "%" + self.fresh()
        self.lines.append(f"  {name} = {code}")
        return Value(type, name)

    def label(self, name: str) -> None:
        """Start a basic block."""
        self.lines.append(f"{name}:")
        self.block = name

    def jump(self, name: str) -> None:
        """Go to a block."""
        self.lines.append(f"  br label %{name}")

    def branch(self, condition: Value, yes: str, no: str) -> None:
        """Go to one of two blocks."""
        self.lines.append(f"  br i1 {condition.ref}, label %{yes}, label %{no}")

    # -- integers ----------------------------------------------------------------------------------------------

    @staticmethod
    def ref(x: Int) -> str:
        """How an integer operand is written."""
        return str(x) if isinstance(x, int) else x.ref

    def add(self, *xs: Int) -> Int:
        """The sum of integers; Python numbers are added here and now."""
        known = sum(x for x in xs if isinstance(x, int))
        total: Int | None = None
        for x in xs:
            if not isinstance(x, int):
                total = x if total is None else self.emit("i64", f"add i64 {self.ref(total)}, {x.ref}")
        if total is None:
            return known
        return self.emit("i64", f"add i64 {self.ref(total)}, {known}") if known else total

    def mul(self, x: Int, y: Int) -> Int:
        """The product of integers."""
        if isinstance(x, int):
            x, y = y, x
        if isinstance(x, int):
            return x * y  # type: ignore[operator]
        if isinstance(y, int) and y in (0, 1):
            return x if y else 0
        return self.emit("i64", f"mul i64 {x.ref}, {self.ref(y)}")

    def sub(self, x: Int, y: Int) -> Int:
        """The difference of integers."""
        if isinstance(y, int):
            return self.add(x, -y)
        return self.emit("i64", f"sub i64 {self.ref(x)}, {y.ref}")

    def div(self, x: Int, y: Int) -> Int:
        """The quotient of integers that are not negative."""
        if isinstance(x, int) and isinstance(y, int):
            return x // y
        return x if y == 1 else self.emit("i64", f"udiv i64 {self.ref(x)}, {self.ref(y)}")

    def rem(self, x: Int, y: Int) -> Int:
        """The remainder of integers that are not negative."""
        if isinstance(x, int) and isinstance(y, int):
            return x % y
        return 0 if y == 1 else self.emit("i64", f"urem i64 {self.ref(x)}, {self.ref(y)}")

    def compare(self, how: str, x: Int, y: Int) -> Value:
        """A comparison of integers: `how` is LLVM's (`slt`, `sge`, `eq` …)."""
        return self.emit("i1", f"icmp {how} i64 {self.ref(x)}, {self.ref(y)}")

    def least(self, x: Int, y: Int) -> Int:
        """The smaller of two integers."""
        if isinstance(x, int) and isinstance(y, int):
            return min(x, y)
        return self.either(self.compare("slt", x, y), x, y)

    def largest(self, x: Int, y: Int) -> Int:
        """The larger of two integers."""
        if isinstance(x, int) and isinstance(y, int):
            return max(x, y)
        return self.either(self.compare("sgt", x, y), x, y)

    def count(self, conditions: Sequence[Value]) -> Int:
        """How many of the conditions hold."""
        return self.add(0, *(self.emit("i64", f"zext i1 {c.ref} to i64") for c in conditions))

    def both(self, x: Value, y: Value) -> Value:
        """Whether two conditions hold."""
        return self.emit("i1", f"and i1 {x.ref}, {y.ref}")

    def either(self, condition: Value, yes: Int, no: Int) -> Value:
        """One of two integers."""
        return self.emit("i64", f"select i1 {condition.ref}, i64 {self.ref(yes)}, i64 {self.ref(no)}")

    # -- control -----------------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, start: Int, stop: Int, carry: Sequence[Value] = (), step: Int = 1) -> Iterator[Loop]:
        """`for i in range(start, stop, step)`, carrying values from turn to turn in registers."""
        if isinstance(start, int) and isinstance(stop, int) and start + (step if isinstance(step, int) else 1) >= stop:
            yield from self._once(start, stop, carry)
            return
        head, body, done = self.fresh("head"), self.fresh("body"), self.fresh("done")
        before, at = self.block, len(self.lines)
        i = Value("i64", "%" + self.fresh())
        phis = [Value(v.type, "%" + self.fresh()) for v in carry]
        turn = Loop(i, list(phis))
        turn.out = list(phis)
        self.lines += ["", ""]  # the jump and the head are written when the last block of the body is known
        inside = self.emit("i1", f"icmp slt i64 {i.ref}, {self.ref(stop)}")
        self.branch(inside, body, done)
        self.label(body)
        yield turn
        following = self.add(i, step)
        latch = self.block
        self.jump(head)
        heads = [f"  {i.ref} = phi i64 [ {self.ref(start)}, %{before} ], [ {self.ref(following)}, %{latch} ]"]
        heads += [f"  {p.ref} = phi {p.type} [ {first.ref}, %{before} ], [ {last.ref}, %{latch} ]"
                  for p, first, last in zip(phis, carry, turn.out, strict=True)]  # fmt: skip
        self.lines[at] = f"  br label %{head}"
        self.lines[at + 1] = "\n".join([f"{head}:", *heads])
        self.label(done)

    def _once(self, start: int, stop: int, carry: Sequence[Value]) -> Iterator[Loop]:
        """A loop known to have one turn or none needs no branches."""
        turn = Loop(start, list(carry), list(carry))
        if start < stop:
            yield turn
            turn.carry = turn.out
            return
        kept = (list(self.lines), self.block)  # no turn: what the body writes is thrown away
        yield turn
        self.lines, self.block = kept
        turn.carry = list(carry)

    def repeat(self, start: Int, stop: Int, carry: list[Value], body: _Body) -> list[Value]:
        """`carry = body(i, carry)` for each i; a few turns known here and now are written out, without a loop."""
        if isinstance(start, int) and isinstance(stop, int) and stop - start <= UNROLL:
            for i in range(start, stop):
                carry = body(i, carry)
            return carry
        with self.loop(start, stop, carry) as turn:
            turn.out = body(turn.i, turn.carry)
        return turn.values

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Run the body where `condition` holds."""
        yes, after = self.fresh("then"), self.fresh("after")
        self.branch(condition, yes, after)
        self.label(yes)
        yield
        self.jump(after)
        self.label(after)

    # -- memory ------------------------------------------------------------------------------------------------

    def at(self, p: Value, offset: Int, element: str = "") -> Value:
        """The address `offset` elements behind `p`."""
        if isinstance(offset, int) and offset == 0:
            return p
        return self.emit("ptr", f"getelementptr {element or self.element}, ptr {p.ref}, i64 {self.ref(offset)}")

    def get(self, type: str, p: Value, offset: Int = 0) -> Value:
        """One scalar of `type`, `offset` of its kind behind `p`."""
        return self.emit(type, f"load {type}, ptr {self.at(p, offset, type).ref}")

    def put(self, v: Value, p: Value, offset: Int = 0) -> None:
        """Store one scalar."""
        self.lines.append(f"  store {v.typed}, ptr {self.at(p, offset, v.type).ref}")

    def load(self, p: Value, offset: Int, lanes: int = 0) -> Value:
        """A vector; where `lanes` is fewer than the register has, the rest are zeros."""
        address = self.at(p, offset)
        if not lanes or lanes == self.lanes:
            return self.emit(self.vec, f"load {self.vec}, ptr {address.ref}, align {self.bytes}")
        mask = self._mask(lanes)
        name = f"llvm.masked.load.{self._suffix(self.vec)}.p0"
        return self.call(self.vec, name, f"ptr align {self.bytes} {address.ref}", mask, f"{self.vec} zeroinitializer",
                         types=f"ptr, <{self.lanes} x i1>, {self.vec}")  # fmt: skip

    def store(self, v: Value, p: Value, offset: Int, lanes: int = 0, past: bool = False) -> None:
        """Store a vector, or its first `lanes` elements. `past`: a whole vector, to a multiple of its size, past the
        caches; a barrier between workers makes it seen by the others, as all that is stored."""
        address = self.at(p, offset)
        if past:
            self.declared["!0"] = "!0 = !{i32 1}"
            self.lines.append(f"  store {v.typed}, ptr {address.ref}, align {self.lanes * self.bytes}, !nontemporal !0")
        elif not lanes or lanes == self.lanes:
            self.lines.append(f"  store {v.typed}, ptr {address.ref}, align {self.bytes}")
        else:
            name = f"llvm.masked.store.{self._suffix(self.vec)}.p0"
            self.call("void", name, v.typed, f"ptr align {self.bytes} {address.ref}", self._mask(lanes),
                      types=f"{self.vec}, ptr, <{self.lanes} x i1>")  # fmt: skip

    def broadcast(self, p: Value, offset: Int) -> Value:
        """One element in every lane."""
        return self.splat(self.get(self.element, p, offset))

    def prefetch(self, p: Value, offset: Int) -> None:
        """Have a cache line brought near. The address need not be valid."""
        self.call("void", "llvm.prefetch.p0", self.at(p, offset), "i32 0", "i32 3", "i32 1", types="ptr, i32, i32, i32")

    def _mask(self, lanes: int) -> str:
        bits = ", ".join(f"i1 {int(i < lanes)}" for i in range(self.lanes))
        return f"<{self.lanes} x i1> <{bits}>"

    # -- vectors -----------------------------------------------------------------------------------------------

    def splat(self, scalar: Value) -> Value:
        """A scalar of any type in every lane."""
        vec = f"<{self.lanes} x {scalar.type}>"
        first = self.emit(vec, f"insertelement {vec} poison, {scalar.typed}, i32 0")
        return self.emit(vec, f"shufflevector {vec} {first.ref}, {vec} poison, <{self.lanes} x i32> zeroinitializer")

    def every(self, value: float) -> Value:
        """A constant in every lane."""
        if value == 0 and str(value)[0] != "-":
            return Value(self.vec, "zeroinitializer")
        return Value(self.vec, f"splat ({self.element} {number(value, self.element)})")

    def scalar(self, value: float) -> Value:
        """A constant of the kernel's element type."""
        return Value(self.element, number(value, self.element))

    def real(self, x: Int) -> Value:
        """An integer as a number of the kernel's element type."""
        return self.scalar(x) if isinstance(x, int) else self.cast("sitofp", x, self.element)

    def binary(self, op: str, x: Value, y: Value) -> Value:
        """`fadd`, `fsub`, `fmul`, `fdiv`, or an integer operation on vectors."""
        return self.emit(x.type, f"{op} {x.type} {x.ref}, {y.ref}")

    def fadd(self, x: Value, y: Value) -> Value:
        """x + y."""
        return self.binary("fadd", x, y)

    def fsub(self, x: Value, y: Value) -> Value:
        """x − y."""
        return self.binary("fsub", x, y)

    def fmul(self, x: Value, y: Value) -> Value:
        """x · y."""
        return self.binary("fmul", x, y)

    def fdiv(self, x: Value, y: Value) -> Value:
        """x / y."""
        return self.binary("fdiv", x, y)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """x · y + z, rounded once where the processor can, twice where it cannot."""
        if not self.target.fma:
            return self.fadd(self.fmul(x, y), z)
        return self.call(x.type, f"llvm.fma.{self._suffix(x.type)}", x, y, z)

    def unary(self, intrinsic: str, x: Value) -> Value:
        """An intrinsic of one operand: `sqrt`, `fabs`, `floor` …"""
        return self.call(x.type, f"llvm.{intrinsic}.{self._suffix(x.type)}", x)

    def fcompare(self, how: str, x: Value, y: Value) -> Value:
        """A comparison of floating-point values: LLVM's `ogt`, `olt`, `oeq`, `uno` …"""
        bits = f"<{self.lanes} x i1>" if x.type.startswith("<") else "i1"
        return self.emit(bits, f"fcmp {how} {x.type} {x.ref}, {y.ref}")

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        """`yes` where the condition holds, `no` elsewhere, lane by lane."""
        return self.emit(yes.type, f"select {condition.typed}, {yes.typed}, {no.typed}")

    def larger(self, x: Value, y: Value) -> Value:
        """The larger of x and y; y where either is NaN's."""
        return self.select(self.fcompare("ogt", x, y), x, y)

    def smaller(self, x: Value, y: Value) -> Value:
        """The smaller of x and y; y where either is NaN's."""
        return self.select(self.fcompare("olt", x, y), x, y)

    def cast(self, op: str, x: Value, type: str) -> Value:
        """A conversion: `sitofp`, `bitcast`, `zext` …"""
        return self.emit(type, f"{op} {x.typed} to {type}")

    def shuffle(self, a: Value, b: Value, order: Sequence[int]) -> Value:
        """Lanes picked from two vectors: those of b are numbered on from those of a."""
        picked = ", ".join(f"i32 {i}" for i in order)
        return self.emit(a.type, f"shufflevector {a.typed}, {b.typed}, <{len(order)} x i32> <{picked}>")

    def reduce(self, op: str, v: Value) -> Value:
        """Combine the lanes of a vector pairwise by halves: `fadd`, or `fmax`."""
        width = self.lanes
        while width > 1:
            width //= 2
            order = ", ".join(f"i32 {i + width if i < width else 0}" for i in range(self.lanes))
            other = self.emit(v.type, f"shufflevector {v.typed}, {v.type} poison, <{self.lanes} x i32> <{order}>")
            v = self.larger(v, other) if op == "fmax" else self.binary(op, v, other)
        return self.emit(self.element, f"extractelement {v.typed}, i32 0")

    # -- calls and the finished text ---------------------------------------------------------------------------

    def _suffix(self, type: str) -> str:
        base = {"float": "f32", "double": "f64"}
        if not type.startswith("<"):
            return base[type]
        lanes, element = type[1:-1].split(" x ")
        return f"v{lanes}{base[element]}"

    def call(self, result: str, name: str, *args: Value | str, types: str = "") -> Value:
        """Call a declared function or intrinsic."""
        kinds = types or ", ".join(a.type for a in args if isinstance(a, Value))
        self.declared[name] = f"declare {result} @{name}({kinds})"
        passed = ", ".join(a.typed if isinstance(a, Value) else a for a in args)
        code = f"call {result} @{name}({passed})"
        if result == "void":
            self.lines.append("  " + code)
            return Value("void", "")
        return self.emit(result, code)

    def text(self) -> str:
        """The module: the kernel under its ABI, which loads the argument table and goes on to the body.

        The body is a function of its own so that its pointers can be declared not to alias."""
        no = "" if self.alias else " noalias"
        tail = "i64 %begin, i64 %end, i64 %leaf, ptr %scratch"
        params = ", ".join([f"ptr{no} %{p}" for p in self.pointers] + [tail])
        loads = [f"  %p{i} = getelementptr ptr, ptr %arguments, i64 {i}\n  %{p} = load ptr, ptr %p{i}"
                 for i, p in enumerate(self.pointers)]  # fmt: skip
        passed = ", ".join([f"ptr %{p}" for p in self.pointers] + [tail])
        return "\n".join([
            *self.declared.values(),
            f"define internal void @body({params}) alwaysinline {{", "entry:", *self.lines, "  ret void", "}",
            f"define void @{self.name}(ptr %arguments, {tail}) {{", "entry:", *loads,
            f"  call void @body({passed})", "  ret void", "}", "",
        ])  # fmt: skip
