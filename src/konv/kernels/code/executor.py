"""The step executor, as native code: workers that stay, stages of kernel calls, barriers that spin and then sleep.

A *program* is a table of stages; a stage is a list of kernel calls and a number of work units. Every worker has a share
of the units, the same part of all in every stage, so that it finds in its own caches what it wrote there. It takes one
after the other from its share's counter, then from those of the others, makes the stage's calls for each, and meets the
others at a barrier when no unit is left. Small stages that follow each other, and those at a program's end, are the
first worker's alone, without barriers between them. Which worker takes which unit never matters to a result: units
write different memory, and each sum over samples is cut by the data (`konv.kernels.code.spec.LEAVES`).

All tables are arrays of int64; the constants below name their fields.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target

__all__ = [
    "ALL",
    "CALL",
    "Clock",
    "FIRST",
    "FRAME",
    "NOBODY",
    "OUTPUTS",
    "PATCH",
    "PROGRAM",
    "SAMPLES",
    "SHARED",
    "STAGE",
    "SUMS",
    "WIDTH",
    "Routine",
]

PROGRAM = {"stages": 0, "stage_table": 1, "calls": 2, "frame": 3, "arguments": 4, "stride": 5, "arena": 6,
           "arena_size": 7, "patches": 8, "ticks": 9, "calls_made": 10, "shared": 11}  # fmt: skip
"""`shared`: the first stages, with which workers other than the first are done; they look at no table after that.
`arguments`: every worker's own copy of all calls' argument tables, `stride` int64 apart. `arena`: every worker's
memory for what lives within a group of samples, `arena_size` bytes apart. `ticks`: where a profile is taken, the
processor cycles each worker has spent in each call, `calls_made` int64 a worker; else 0."""
STAGE = {"first": 0, "count": 1, "kind": 2, "limit": 3, "group": 4, "prologue": 5, "guarded": 6, "counter": 7,
         "first_patch": 8, "patches": 9, "epilogue": 10, "last_first": 11, "who": 12, "met": 13}  # fmt: skip
"""`who`: `NOBODY`, where nothing is to be done, the `FIRST` worker alone, or `ALL`; `met`: whether there is a barrier
behind the stage. `kind`: one of `SAMPLES`, `SUMS`, `OUTPUTS`. `limit`: the samples; `group`: how many of them are one
unit. In a stage of sums a unit is one leaf of the samples, worked through in groups after the first `prologue` calls
were made once for it, and before those from number `epilogue` on are. In a stage of outputs every call has a limit and
a counter of its own, and is dealt out in `pieces` as even as they can be; the calls do not depend on each other. A
`guarded` stage is skipped where the frame's flag is set. `counter`: the address of the units taken so far of each
worker's share. `patches`: arguments that are places in the worker's arena, and move with the group. `last_first`: the
units of a share are taken from the last to the first, so that a stage begins with the samples that the one before it
ended with."""
SAMPLES, SUMS, OUTPUTS = 0, 1, 2
NOBODY, FIRST, ALL = 0, 1, 2
CALL = {"function": 0, "arguments": 1, "grain": 2, "limit": 3, "pieces": 4, "counter": 5, "number": 6}
"""`arguments`: where the call's begin in a worker's table. `grain`: the kernel's units for each of the stage's."""
PATCH = {"argument": 0, "offset": 1, "size": 2}
"""An argument's place in a worker's table; where in the arena the array begins; bytes of one sample. Kernels count
samples from the first of the batch, so the address handed to them lies as far before the arena as the group begins."""
WIDTH = 16
"""int64 of one record of any table."""
FRAME = {"samples": 0, "flag": 1}  # kernels that are told of the frame know these two places
SHARED = {"turn": 0, "stop": 8, "program": 16, "workers": 24, "arrived": 32, "round": 40, "asleep": 48, "syscall": 56,
          "scratch": 64, "scratch_size": 65, "spin": 66}  # fmt: skip
"""One cache line for each field that several workers write."""

_FUTEX, _WAIT, _WAKE = {"x86_64": 202, "aarch64": 98}, 128, 129  # private futexes, of one process


@dataclass(frozen=True)
class Routine(Spec):
    """One of the executor's two entries. "work": `(shared, id)`, which a worker thread calls once and which returns
    when the pool stops. "step": `(shared, program)`, which the caller's thread calls to run a program with the workers.

    `machine`: "x86_64", "aarch64" or another; `futex`: the system's call number for sleeping until woken, 0 where there
    is none and waiting goes on spinning.
    """

    kind: ClassVar[str] = "executor"
    entry: str
    machine: str
    futex: int = 0

    @classmethod
    def here(cls, entry: str) -> Routine:
        """The entry for this system."""
        machine = platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64")
        return cls("float32", entry, machine, _FUTEX.get(machine, 0) if sys.platform == "linux" else 0)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        return _Executor(self, target)


@dataclass(frozen=True)
class Clock(Spec):
    """The cycle counter that profiles are taken with. Arguments: out, one int64."""

    kind: ClassVar[str] = "clock"

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "out")
        k.declared["llvm.readcyclecounter"] = "declare i64 @llvm.readcyclecounter()"
        k.put(k.emit("i64", "call i64 @llvm.readcyclecounter()"), k.arg["out"])
        return k


class _Worker(NamedTuple):
    """What is a worker's own while it runs a program."""

    arguments: Value
    arena: Value
    patches: Value
    scratch: Value
    ticks: Value
    row: Int
    id: Value
    workers: Value


class _Executor(Function):
    """The module's text: helper functions, then the two entries."""

    def __init__(self, spec: Routine, target: Target) -> None:
        super().__init__(spec.symbol(target), target, "float32", ())
        self.spec = spec
        self.parts: list[str] = []

    def text(self) -> str:
        """The whole module."""
        self._function("wait", "ptr %shared, ptr %address, i64 %seen", self._wait)
        self._function("wake", "ptr %shared, ptr %address", self._wake)
        self._function("barrier", "ptr %shared", self._barrier)
        self._function("run", "ptr %shared, ptr %program, i64 %id", self._run)
        if self.spec.entry == "work":
            self._function(self.name, "ptr %shared, i64 %id", self._work, public=True)
        else:
            self._function(self.name, "ptr %shared, ptr %program", self._step, public=True)
        declared = [*self.declared.values(), "declare void @llvm.x86.sse2.pause()" if self._x86 else ""]
        return "\n".join([*declared, *self.parts])

    @property
    def _x86(self) -> bool:
        return self.spec.machine == "x86_64"

    def _function(self, name: str, parameters: str, body: object, public: bool = False) -> None:
        self.lines, self.block = [], "entry"
        body()  # type: ignore[operator]
        head = f"define {'' if public else 'internal '}void @{name}({parameters}) {{"
        self.parts += [head, "entry:", *self.lines, "  ret void", "}"]

    # -- small things ------------------------------------------------------------------------------------------

    def field(self, table: Value, at: Int) -> Value:
        """The address of an int64 of a table."""
        return self.at(table, at, "i64")

    def read(self, table: Value, at: Int) -> Value:
        """An int64 of a table that nobody writes meanwhile."""
        return self.get("i64", table, at)

    def atomic(self, table: Value, at: Int) -> Value:
        """An int64 that others write."""
        return self.emit("i64", f"load atomic i64, ptr {self.field(table, at).ref} seq_cst, align 8")

    def put_atomic(self, value: str, table: Value, at: Int) -> None:
        """Store for others to see."""
        self.lines.append(f"  store atomic i64 {value}, ptr {self.field(table, at).ref} seq_cst, align 8")

    def bump(self, table: Value, at: Int, by: int = 1) -> Value:
        """Add to an int64 that others write; returns what it was."""
        return self.emit("i64", f"atomicrmw add ptr {self.field(table, at).ref}, i64 {by} seq_cst")

    def pointer(self, table: Value, at: Int) -> Value:
        """A pointer kept in a table."""
        return self.get("ptr", table, at)

    def futex(self, shared: Value, address: Value, op: int, value: Value) -> None:
        """Sleep while the low word at `address` is `value`, or wake all who sleep there."""
        call = self.pointer(shared, SHARED["syscall"])
        number = self.spec.futex
        self.lines.append(f"  call i64 (i64, ...) {call.ref}(i64 {number}, ptr {address.ref}, i32 {op}, {value.typed}, "
                          "ptr null, ptr null, i32 0)")  # fmt: skip

    # -- waiting -----------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Until the int64 at %address is no longer %seen: spin for some thousand cycles, then sleep."""
        shared, address, seen = Value("ptr", "%shared"), Value("ptr", "%address"), Value("i64", "%seen")
        begin = self._clock()
        spin = self.read(shared, SHARED["spin"])
        self.jump("spinning")
        self.label("spinning")
        self.branch(self.compare("eq", self.atomic(address, 0), seen), "longer", "done")
        self.label("longer")
        if self._x86:
            self.lines.append("  call void @llvm.x86.sse2.pause()")
        gone = self.sub(self._clock(), begin)
        if not self.spec.futex:
            self.jump("spinning")
        else:
            self.branch(self.compare("slt", gone, spin), "spinning", "sleeping")
            self.label("sleeping")
            self.bump(shared, SHARED["asleep"])
            low = self.emit("i32", f"trunc i64 {seen.ref} to i32")
            self.futex(shared, address, _WAIT, low)
            self.bump(shared, SHARED["asleep"], -1)
            self.branch(self.compare("eq", self.atomic(address, 0), seen), "sleeping", "done")
        self.label("done")

    def _wake(self) -> None:
        if not self.spec.futex:
            return
        shared, address = Value("ptr", "%shared"), Value("ptr", "%address")
        with self.when(self.compare("sgt", self.atomic(shared, SHARED["asleep"]), 0)):
            self.futex(shared, address, _WAKE, Value("i32", str(2**31 - 1)))

    def _barrier(self) -> None:
        """The last to arrive opens the next round; all others wait for it."""
        shared = Value("ptr", "%shared")
        seen = self.atomic(shared, SHARED["round"])
        before = self.bump(shared, SHARED["arrived"])
        last = self.compare("eq", before, self.sub(self.read(shared, SHARED["workers"]), 1))
        self.branch(last, "open", "others")
        self.label("open")
        self.put_atomic("0", shared, SHARED["arrived"])
        self.bump(shared, SHARED["round"])
        there = self.field(shared, SHARED["round"])
        self.lines.append(f"  call void @wake(ptr %shared, ptr {there.ref})")
        self.jump("met")
        self.label("others")
        here = self.field(shared, SHARED["round"])
        self.lines.append(f"  call void @wait(ptr %shared, ptr {here.ref}, {seen.typed})")
        self.jump("met")
        self.label("met")

    # -- running -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        """One worker's way through a program: every stage, a barrier after each that needs one."""
        shared, program, worker = Value("ptr", "%shared"), Value("ptr", "%program"), Value("i64", "%id")
        frame, calls = self.pointer(program, PROGRAM["frame"]), self.pointer(program, PROGRAM["calls"])
        table = self.pointer(program, PROGRAM["stage_table"])
        size = self.read(shared, SHARED["scratch_size"])
        scratch = self.at(self.pointer(shared, SHARED["scratch"]), self.mul(worker, size), "i8")
        stride, arena_size = self.read(program, PROGRAM["stride"]), self.read(program, PROGRAM["arena_size"])
        mine = _Worker(
            self.at(self.pointer(program, PROGRAM["arguments"]), self.mul(worker, stride), "i64"),
            self.at(self.pointer(program, PROGRAM["arena"]), self.mul(worker, arena_size), "i8"),
            self.pointer(program, PROGRAM["patches"]),
            scratch,
            self.read(program, PROGRAM["ticks"]),
            self.mul(worker, self.read(program, PROGRAM["calls_made"])),
            worker,
            self.read(shared, SHARED["workers"]),
        )
        others = self.compare("ne", worker, 0)
        last = self.either(others, *(self.read(program, PROGRAM[name]) for name in ("shared", "stages")))
        with self.loop(0, last) as s:
            stage = self.at(table, self.mul(s.i, WIDTH), "i64")
            flag = self.atomic(frame, FRAME["flag"])
            guarded = self.read(stage, STAGE["guarded"])
            stopped = self.emit("i64", f"and i64 {flag.ref}, {guarded.ref}")
            takes_part = self.compare("sgt", self.read(stage, STAGE["who"]), self.least(worker, 1))
            with self.when(self.binary("and", self.compare("eq", stopped, 0), takes_part)):
                self._stage(stage, calls, mine)
            with self.when(self.compare("ne", self.read(stage, STAGE["met"]), 0)):
                self.lines.append("  call void @barrier(ptr %shared)")

    def _stage(self, stage: Value, calls: Value, mine: _Worker) -> None:
        """One worker's share of a stage."""
        first = self.at(calls, self.mul(self.read(stage, STAGE["first"]), WIDTH), "i64")
        kind = self.read(stage, STAGE["kind"])
        with self.when(self.compare("ne", kind, OUTPUTS)):
            self._over_samples(stage, first, self.compare("eq", kind, SUMS), mine)
        with self.when(self.compare("eq", kind, OUTPUTS)), self.loop(0, self.read(stage, STAGE["count"])) as c:
            call = self.at(first, self.mul(c.i, WIDTH), "i64")
            limit, pieces = self.read(call, CALL["limit"]), self.read(call, CALL["pieces"])
            with self._units(self.pointer(call, CALL["counter"]), pieces, Value("i1", "false"), mine) as unit:
                low, high = (self.div(self.mul(limit, u), pieces) for u in (unit, self.add(unit, 1)))
                self._make(call, low, high, 0, mine)

    def _over_samples(self, stage: Value, first: Value, leaves: Value, mine: _Worker) -> None:
        """A unit is a group of samples or a leaf, and goes through all calls of the stage."""
        limit, group = self.read(stage, STAGE["limit"]), self.read(stage, STAGE["group"])
        count, prologue = self.read(stage, STAGE["count"]), self.read(stage, STAGE["prologue"])
        epilogue = self.read(stage, STAGE["epilogue"])
        units = self.either(leaves, LEAVES, self._ceiling(limit, group))
        turned = self.compare("ne", self.read(stage, STAGE["last_first"]), 0)
        with self._units(self.pointer(stage, STAGE["counter"]), units, turned, mine) as unit:
            start, stop = (self.div(self.mul(limit, u), LEAVES) for u in (unit, self.add(unit, 1)))
            own = self.mul(unit, group)
            low = self.either(leaves, start, own)
            high = self.either(leaves, stop, self.least(self.add(own, group), limit))
            leaf = self.either(leaves, unit, 0)
            with self.loop(0, prologue) as c:
                self._make(self.at(first, self.mul(c.i, WIDTH), "i64"), 0, 0, leaf, mine)
            with self.loop(low, high, step=group) as g:
                end = self.least(self.add(g.i, group), high)
                self._move(stage, g.i, mine)
                with self.loop(prologue, epilogue) as c:
                    self._make(self.at(first, self.mul(c.i, WIDTH), "i64"), g.i, end, leaf, mine)
            with self.loop(epilogue, count) as c:
                self._make(self.at(first, self.mul(c.i, WIDTH), "i64"), 0, 0, leaf, mine)

    def _move(self, stage: Value, begin: Int, mine: _Worker) -> None:
        """Point the arguments that live in the arena at the group that begins at `begin`."""
        first = self.at(mine.patches, self.mul(self.read(stage, STAGE["first_patch"]), WIDTH), "i64")
        with self.loop(0, self.read(stage, STAGE["patches"])) as p:
            patch = self.at(first, self.mul(p.i, WIDTH), "i64")
            before = self.mul(begin, self.read(patch, PATCH["size"]))
            place = self.at(mine.arena, self.sub(self.read(patch, PATCH["offset"]), before), "i8")
            self.put(place, self.at(mine.arguments, self.read(patch, PATCH["argument"]), "i64"))

    def _ceiling(self, x: Int, y: Int) -> Int:
        return self.div(self.sub(self.add(x, y), 1), y)

    @contextmanager
    def _units(self, counters: Value, units: Int, turned: Value, mine: _Worker) -> Iterator[Value]:
        """Take units of the worker's own share until none is left, then of those after it. `turned`: last first."""
        look, take, work, done = (self.fresh(n) for n in ("look", "take", "work", "done"))
        with self.loop(0, mine.workers) as turn:
            share = self.rem(self.add(mine.id, turn.i), mine.workers)
            low, high = (self.div(self.mul(units, s), mine.workers) for s in (share, self.add(share, 1)))
            size, counter = self.sub(high, low), self.at(counters, share, "i64")
            self.jump(look)
            self.label(look)
            # Seen to be used up without writing to it, so that many workers may look at once.
            self.branch(self.compare("slt", self.atomic(counter, 0), size), take, done)
            self.label(take)
            taken = self.bump(counter, 0)
            self.branch(self.compare("slt", taken, size), work, done)
            self.label(work)
            yield self.either(turned, self.sub(self.sub(high, 1), taken), self.add(low, taken))
            self.jump(look)
            self.label(done)

    def _make(self, call: Value, low: Int, high: Int, leaf: Int, mine: _Worker) -> None:
        """Make one call for a range of its work."""
        function = self.pointer(call, CALL["function"])
        arguments = self.at(mine.arguments, self.read(call, CALL["arguments"]), "i64")
        grain = self.read(call, CALL["grain"])
        begin, end = self.mul(low, grain), self.mul(high, grain)
        profiled = self.compare("ne", mine.ticks, 0)
        before = self._clock()
        self.lines.append(
            f"  call void {function.ref}(ptr {arguments.ref}, i64 {self.ref(begin)}, i64 {self.ref(end)}, "
            f"i64 {self.ref(leaf)}, ptr {mine.scratch.ref})"
        )
        with self.when(profiled):
            spent = self.sub(self._clock(), before)
            table = self.emit("ptr", f"inttoptr i64 {mine.ticks.ref} to ptr")
            at = self.field(table, self.add(mine.row, self.read(call, CALL["number"])))
            self.put(self.emit("i64", f"add i64 {self.read(at, 0).ref}, {self.ref(spent)}"), at)

    def _clock(self) -> Value:
        """The processor's cycle counter."""
        self.declared["llvm.readcyclecounter"] = "declare i64 @llvm.readcyclecounter()"
        return self.emit("i64", "call i64 @llvm.readcyclecounter()")

    # -- entries -----------------------------------------------------------------------------------------------

    def _flushing(self) -> Value | None:
        """Set the processor to take denormals for zero; returns where its old mode is kept."""
        if not self._x86:
            return None
        for name in ("stmxcsr", "ldmxcsr"):
            self.declared[name] = f"declare void @llvm.x86.sse.{name}(ptr)"
        old, new = self.emit("ptr", "alloca i32"), self.emit("ptr", "alloca i32")
        self.lines.append(f"  call void @llvm.x86.sse.stmxcsr(ptr {old.ref})")
        mode = self.emit("i32", f"or i32 {self.get('i32', old).ref}, {0x8040}")  # flush to zero, denormals are zero
        self.put(mode, new)
        self.lines.append(f"  call void @llvm.x86.sse.ldmxcsr(ptr {new.ref})")
        return old

    def _work(self) -> None:
        shared = Value("ptr", "%shared")
        self._flushing()
        self.jump("idle")
        self.label("idle")
        self.lines.append("  %seen = phi i64 [ 0, %entry ], [ %turn, %busy ]")
        turn = self.field(shared, SHARED["turn"])
        self.lines.append(f"  call void @wait(ptr %shared, ptr {turn.ref}, i64 %seen)")
        self.lines.append(f"  %turn = load atomic i64, ptr {turn.ref} seq_cst, align 8")
        self.branch(self.compare("ne", self.atomic(shared, SHARED["stop"]), 0), "leave", "busy")
        self.label("busy")
        program = self.pointer(shared, SHARED["program"])
        self.lines.append(f"  call void @run(ptr %shared, ptr {program.ref}, i64 %id)")
        self.jump("idle")
        self.label("leave")

    def _step(self) -> None:
        shared = Value("ptr", "%shared")
        old = self._flushing()
        with self.when(self.compare("ne", self.read(Value("ptr", "%program"), PROGRAM["shared"]), 0)):
            self.lines.append(f"  store ptr %program, ptr {self.field(shared, SHARED['program']).ref}")
            turn = self.field(shared, SHARED["turn"])
            self.bump(shared, SHARED["turn"])
            self.lines.append(f"  call void @wake(ptr %shared, ptr {turn.ref})")
        self.lines.append("  call void @run(ptr %shared, ptr %program, i64 0)")
        if old is not None:
            self.lines.append(f"  call void @llvm.x86.sse.ldmxcsr(ptr {old.ref})")
