"""From a graph to a list of kernel calls on slots: what is to be done, before memory is laid out or code is compiled.

The plan walks the graph forward, then the losses, then the graph backward, then the updates, and asks each op for its
calls. Decisions taken here: which ReLUs are part of the op before them, which gradients pass through a ReLU on the
way, which tensors share a slot, and where several gradients of one tensor are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from konv.engine.program import Training
from konv.engine.stages import Call, Stage, cut_finer, stages, streaming
from konv.engine.updating import blocks_of, updates
from konv.graph import Graph, Node, Tensor, Variable, aligned
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.pointwise import Pointwise
from konv.kernels.sums.tree import Clear, Combine, Increase
from konv.kernels.training.rows import LossRows
from konv.ops.activation import ReLU
from konv.ops.curves import ClippedReLU
from konv.ops.loss import Loss, from_scores
from konv.ops.lowering import Packing, Slot
from konv.ops.record import Array, Op
from konv.ops.source import Input
from konv.shapes import Shape, elements

__all__ = ["Call", "Plan", "Stage"]


class Plan:
    """The calls of one program, in order; `stages()` groups them."""

    def __init__(
        self, graph: Graph, batch: int, losses: Sequence[Loss | None], training: Training | None, target: Target
    ) -> None:
        self.graph, self.batch, self.training, self.target = graph, batch, training, target
        self.dtype = graph.outputs[0].dtype
        self.calls: list[Call] = []
        self.frame, self.numbers = self.new("frame", 8, "integers"), self.new("numbers", batch, "integers")
        self.keys: dict[Node, Slot] = {}
        self.at: dict[Tensor, Slot] = {}
        self.weights: dict[Variable, Slot] = {}
        self.targets: list[tuple[Tensor, Loss, Slot, Slot, Slot]] = []
        self.gradients: dict[Variable, Slot] = {}
        self.scalars = self.new("scalars", 8, "whole")
        self._later: list[Call] = []  # calls to be made after the one being added
        self._packs: dict[tuple[Spec, tuple[Variable, ...]], tuple[tuple[Slot, ...], Call]] = {}
        self._owned: dict[tuple[Node, str], Slot] = {}
        self._followed: list[Call] = []  # updates of statistics
        self.followed: set[Variable] = set()
        self.penalties: list[Slot] = []  # sums by blocks of what weights add to the loss
        self.partials: dict[Variable, Slot] = {}
        self.coming: dict[Tensor, Slot] = {}
        self._fused = self._find_fused()
        self._forward()
        self._losses(losses)
        if training is not None:
            self._backward(training)
            self._update(training)

    # -- what other parts read ---------------------------------------------------------------------------------

    def stages(self, workers: int = 1) -> list[Stage]:
        """The calls in stages for so many workers; see `konv.engine.stages`."""
        calls = [pack for _, pack in self._packs.values()] + self.calls
        few, sums = self.batch < 2 * workers, self.training is not None and self.batch < LEAVES
        if few or sums:
            return cut_finer(calls, few, sums, self.target, self.dtype)
        return streaming(stages(calls, self.target, self.dtype), self.batch, self.target, self.dtype)

    # -- slots -------------------------------------------------------------------------------------------------

    def new(self, name: str, size: int, kind: str, given: Array | None = None) -> Slot:
        """A new slot."""
        return Slot(name, size, kind, given=given)

    def weight(self, variable: Variable) -> Slot:
        """The slot of a variable's own memory."""
        if variable not in self.weights:
            size = elements(variable.shape)
            self.weights[variable] = self.new(variable.name, size, "given", variable.value)
        return self.weights[variable]

    def _find_fused(self) -> dict[Node, Node]:
        """ReLU nodes that become part of the op that makes their input: relu node → that op's node."""
        found = {}
        for node in self.graph.nodes:
            ceiling = _ceiling(node.op)
            if ceiling is not None:
                before = node.inputs[0].node
                alone = len(self.graph.readers(before.output)) == 1 and before.output not in self.graph.outputs
                if alone and (before.op.relus if ceiling == inf else before.op.caps):
                    found[node] = before
        return found

    # -- forward -----------------------------------------------------------------------------------------------

    def _forward(self) -> None:
        before = {made: relu for relu, made in self._fused.items()}
        for node in self.graph.nodes:
            size = elements(node.output.shape)
            if isinstance(node.op, Input):
                self.at[node.output] = self.new(node.layer, size, "sample")
            elif node in self._fused:
                self.at[node.output] = self.at[node.inputs[0]]
            else:
                self.at[node.output] = self.new(node.layer, size, "sample")
                node.op.lower(_At(self, node, before.get(node)))

    def _losses(self, losses: Sequence[Loss | None]) -> None:
        for i, (output, loss) in enumerate(zip(self.graph.outputs, losses, strict=bool(losses))):
            if loss is None:
                continue
            exact = from_scores(loss, output.node.op)
            tensor, loss = (output, loss) if exact is None else (output.node.inputs[0], exact)
            size, rows = elements(tensor.shape), tensor.shape[-1]
            target = self.new(f"target {i}", size, "sample")
            weight, result = self.new(f"weight {i}", 1, "sample"), self.new(f"loss {i}", 1, "sample")
            how = loss.kernels[loss.from_logits]
            spec = LossRows(self.dtype, how, size // rows, rows, self.training is not None, parameters=loss.parameters)
            slots = [self.frame, self.at[tensor], target, weight, result]
            self.targets.append((tensor, loss, target, weight, result))
            if self.training is not None:
                slots.append(self._gradient_of(tensor))
            self.add(Call(spec, tuple(slots), "samples", layer=output.node.layer, op="loss"))
            if self.training is not None:
                self._arrived(tensor, slots[-1])

    # -- backward ----------------------------------------------------------------------------------------------

    def _backward(self, training: Training) -> None:
        wanted = set(training.variables)
        moving: set[Tensor] = set(training.inputs)  # these, and tensors that depend on them or a variable being trained
        for node in self.graph.nodes:
            if wanted.intersection(node.variables) or moving.intersection(node.inputs):
                moving.add(node.output)
        for node in reversed(self.graph.nodes):
            if node.output in self.coming and not isinstance(node.op, Input):
                self._node_backward(node, wanted, moving)

    def _node_backward(self, node: Node, wanted: set[Variable], moving: set[Tensor]) -> None:
        dy = self.coming[node.output]
        if node in self._fused:
            self.coming[node.inputs[0]] = dy
            if not (self._fused[node].op.regates or self._gated_by_reader(node)):
                relu = Pointwise(self.dtype, "relu_gradient", dy.size)
                self.add(
                    Call(relu, (self.at[node.output], dy, dy), "samples", layer=node.layer, op=f"{node.op.name} back")
                )
            return
        gate = len(node.inputs) == 1 and node.inputs[0].node in self._fused
        gate = gate and self._gated_by_reader(node.inputs[0].node)
        after = [n for n, made in self._fused.items() if made is node and node.op.regates]
        dx = tuple(self._gradient_of(t) if t in moving else None for t in node.inputs)
        at = _At(self, node, after[0] if after else None, dy, dx, tuple(v in wanted for v in node.variables), gate)
        node.op.lower_backward(at)
        for tensor, place in zip(node.inputs, at.dx, strict=True):
            if place is not None:
                self._arrived(tensor, place)

    def _gated_by_reader(self, relu: Node) -> bool:
        """Whether the only reader of a fused ReLU's output hands back a gradient that is already zero where it must.

        Where the op before it finds that again by itself, no reader need look at the output for it."""
        if self._fused[relu].op.regates:
            return False
        readers = self.graph.readers(relu.output)
        read_by_loss = any(t is relu.output for t, *_ in self.targets)
        return len(readers) == 1 and readers[0].op.gates and not read_by_loss

    def _gradient_of(self, tensor: Tensor) -> Slot:
        """A slot for a gradient of `tensor` to be written to."""
        return self.new(f"d {tensor.node.layer}", elements(tensor.shape), "sample")

    def _arrived(self, tensor: Tensor, place: Slot) -> None:
        """A gradient of `tensor` is in `place`: the first is kept, others are added to it."""
        kept = self.coming.setdefault(tensor, place)
        if kept is not place:
            add = Pointwise(self.dtype, "add", place.size)
            self.add(Call(add, (kept, place, kept), "samples", layer=tensor.node.layer))

    # -- updates -----------------------------------------------------------------------------------------------

    def _update(self, training: Training) -> None:
        for variable, partial in self.partials.items():
            size = elements(variable.shape)
            spec, total = Combine(self.dtype, size), self.gradient_place(variable)
            self.add(Call(spec, (self.frame, partial, total), "outputs", units=blocks_of(size), layer=variable.name))
        self.calls += self._followed
        updates(self, training)

    def gradient_place(self, variable: Variable) -> Slot:
        """The slot of a variable's gradient; a second writer adds to it through a slot of its own."""
        size = elements(variable.shape)
        place = self.new(f"d {variable.name}", size, "whole")
        if variable not in self.gradients:
            self.gradients[variable] = place
        else:
            increase = Increase(self.dtype, size)
            slots = (self.frame, place, self.gradients[variable])
            self._later.append(Call(increase, slots, "outputs", units=blocks_of(size)))
        return place

    def add(self, call: Call) -> None:
        """Put a call at the end of the list, and behind it what has to follow it."""
        self.calls.append(call)
        self.calls += self._later
        self._later.clear()

    # -- what ops ask for --------------------------------------------------------------------------------------

    def packed(self, spec: Packing, variable: Variable) -> Slot:
        """A packed copy of a variable."""
        return self.derived(spec, (variable,), (spec.size(self.target),), spec.units(self.target))[0]

    def derived(
        self, spec: Spec, variables: tuple[Variable, ...], sizes: tuple[int, ...], units: int = 1
    ) -> tuple[Slot, ...]:
        """Arrays made of variables alone, made again where one of these has changed."""
        if (spec, variables) not in self._packs:
            made = tuple(self.new(f"{variables[0].name} packed", size, "whole") for size in sizes)
            slots = (*(self.weight(v) for v in variables), *made)
            name = variables[0].name
            call = Call(spec, slots, "outputs", units=lambda n: units, layer=name, stale=variables, written=made)
            self._packs[spec, variables] = made, call
        return self._packs[spec, variables][0]

    def own(self, node: Node, name: str, size: int, kind: str) -> Slot:
        """A node's own slot."""
        return self._owned.setdefault((node, name), self.new(f"{node.layer} {name}", size, kind))

    def follow(self, call: Call, variable: Variable) -> None:
        """Keep an update of a statistic for the end of the step."""
        self._followed.append(call)
        self.followed.add(variable)

    def partial(self, variable: Variable) -> Slot:
        """Where the leaves of a variable's gradient are summed; cleared before."""
        if variable not in self.partials:
            size = elements(variable.shape)
            self.partials[variable] = self.new(f"leaves {variable.name}", size, "leaf")
        return self.partials[variable]

    def key(self, node: Node) -> Slot:
        """The slot of a random node's key: seed, number, epoch."""
        return self.keys.setdefault(node, self.new(f"key {node.layer}", 3, "integers"))


def _ceiling(op: Op) -> float | None:
    """Where a ReLU stops: `inf` where it does not; None for any other op."""
    if isinstance(op, ClippedReLU):
        return op.most if op.plain else None
    return inf if isinstance(op, ReLU) else None


class _At:
    """One node's place in a plan: what `konv.ops.lowering.Lowering` promises."""

    def __init__(
        self,
        plan: Plan,
        node: Node,
        relu: Node | None = None,
        dy: Slot | None = None,
        dx: tuple[Slot | None, ...] = (),
        dw: tuple[bool, ...] = (),
        gate: bool = False,
    ) -> None:
        self._plan, self._node = plan, node
        self.target, self.dtype, self.batch = plan.target, plan.dtype, plan.batch
        self.goes_back = plan.training is not None
        self.training = self.goes_back and node.learning
        self.relu, self.dx, self.dw, self.gate = relu is not None, dx, dw, gate
        self.most = inf if relu is None else _ceiling(relu.op) or inf
        self.dy = dy or plan.at[node.output]
        self.shapes: tuple[Shape, ...] = tuple(t.shape for t in node.inputs)
        self.x = tuple(plan.at[t] for t in node.inputs)
        self.y = plan.at[node.output]
        self.w = tuple(plan.weight(v) for v in node.variables)
        trained = () if plan.training is None else plan.training.variables
        self.changing = tuple(v in trained for v in node.variables)
        self.frame, self.numbers = plan.frame, plan.numbers
        self._reason = ""
        self._op = f"{node.op.name} back" if dy else node.op.name

    @property
    def key(self) -> Slot:
        """The key of this node's random stream."""
        return self._plan.key(self._node)

    def samples(self, spec: Spec, *slots: Slot, grain: int = 1, written: tuple[Slot, ...] = ()) -> None:
        """See `Lowering`."""
        self._add(Call(spec, slots, "samples", grain, written=written))

    def because(self, reason: str) -> None:
        """See `Lowering`."""
        self._reason = reason

    def sums(self, spec: Spec, *slots: Slot, weight: int, grain: int = 1, back: tuple[Spec, int] | None = None) -> None:
        """See `Lowering`."""
        variable = self._node.variables[weight]
        known = variable in self._plan.partials
        partial = self._plan.partial(variable)
        if not known:
            self._add(Call(Clear(self.dtype, partial.size), (partial,), "sums", turn=-1))
        if back is None:
            self._add(Call(spec, (*slots, partial), "sums", grain))
            return
        way, size = back
        own = self._plan.new(f"own {variable.name}", size, "worker")
        self._add(Call(Clear(self.dtype, size, leaves=False), (own,), "sums", turn=-1))
        self._add(Call(spec, (*slots, own), "sums", grain))
        self._add(Call(way, (own, partial), "sums", turn=1))

    def own(self, name: str, size: int, kind: str = "whole") -> Slot:
        """See `Lowering`."""
        return self._plan.own(self._node, name, size, kind)

    def leaves(self, spec: Spec, *slots: Slot, clear: bool = True, grain: int = 1) -> None:
        """See `Lowering`."""
        if clear:
            self._add(Call(Clear(self.dtype, slots[-1].size), slots[-1:], "sums", turn=-1))
        self._add(Call(spec, slots, "sums", grain))

    def outputs(
        self, spec: Spec, *slots: Slot, units: Callable[[int], int] = lambda n: 1, written: tuple[Slot, ...] = ()
    ) -> None:
        """See `Lowering`."""
        self._add(Call(spec, slots, "outputs", units=units, written=written))

    def derived(self, spec: Spec, *slots: Slot, sizes: tuple[int, ...]) -> tuple[Slot, ...]:
        """See `Lowering`."""
        return self._plan.derived(spec, tuple(self._variable(slot) for slot in slots), sizes)

    def follow(self, spec: Spec, *slots: Slot, units: Callable[[int], int]) -> None:
        """See `Lowering`."""
        call = Call(spec, slots, "outputs", units=units, layer=self._node.layer, guarded=True)
        self._plan.follow(call, self._variable(slots[-1]))

    def _variable(self, weight: Slot) -> Variable:
        return next(v for v in self._node.variables if self._plan.weight(v) is weight)

    def gradient(self, weight: int) -> Slot:
        """See `Lowering`."""
        return self._plan.gradient_place(self._node.variables[weight])

    def pack(self, spec: Packing, weight: Slot) -> Slot:
        """See `Lowering`."""
        return self._plan.packed(spec, self._variable(weight))

    def reserve(self, slot: Slot, elements: int) -> None:
        """See `Lowering`."""
        slot.room = max(slot.room, elements)

    def temporary(self, elements: int) -> Slot:
        """See `Lowering`."""
        return Slot(f"{self._node.layer} between", elements, "sample")

    def constant(self, values: Array) -> Slot:
        """See `Lowering`."""
        held = aligned(values.shape, values.dtype)
        held[...] = values
        return Slot(f"{self._node.layer} constant", values.size, "given", given=held)

    def nothing(self, place: int) -> None:
        """See `Lowering`."""
        self.dx = (*self.dx[:place], None, *self.dx[place + 1 :])

    def passes(self, place: int) -> None:
        """See `Lowering`. A gradient that others are added to is one tensor's alone: the first to come keeps it."""
        dx, tensor = self.dx[place], self._node.inputs[place]
        if dx is None:
            return
        if tensor in self._plan.coming or self.dy not in self.dx:
            self.dx = (*self.dx[:place], self.dy, *self.dx[place + 1 :])
        else:
            self._add(Call(Pointwise(self.dtype, "copy", dx.size), (self.dy, dx), "samples"))

    def same(self) -> None:
        """See `Lowering`."""
        plan, node = self._plan, self._node
        if not self.dx:
            plan.at[node.output] = plan.at[node.inputs[0]]
        elif (dx := self.dx[0]) is not None:
            # The gradient is the same array: where it is the only one, no copy is made.
            alone = len(plan.graph.readers(node.inputs[0])) == 1
            if alone and not any(t is node.inputs[0] for t, *_ in plan.targets):
                self.dx = (self.dy,)
            else:
                self._add(Call(Pointwise(self.dtype, "copy", self.y.size), (self.dy, dx), "samples"))

    def _add(self, call: Call) -> None:
        call.layer, call.op, call.reason = self._node.layer, self._op, self._reason
        self._plan.add(call)
