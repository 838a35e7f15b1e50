"""The network as data: variables, symbolic tensors, and the nodes that tie them together.

Knows nothing of training, files or printing. A `Tensor` is the promise of an array of `shape` (batch axis left out);
a `Node` says which op makes it from which tensors and variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

import numpy as np

from konv.errors import GraphError, ShapeError
from konv.locks import Turns
from konv.messages import text
from konv.ops.record import Array, Op
from konv.shapes import Shape, elements, show

__all__ = ["COMPARING", "Later", "Node", "Tensor", "Variable", "aligned"]

OPERATORS: dict[str, Callable[..., Tensor]] = {}
"""What the operators of symbolic tensors do, by the functions' names."""
COMPARING = ("greater", "greater_equal", "less", "less_equal")
"""Functions whose results Python must not ask for their truth: there is none until there are numbers."""
LINE = 64
"""Bytes of a cache line, and of the widest vector: every buffer that kernels touch starts on one."""


def aligned(shape: Shape, dtype: str | np.dtype[np.generic] = "float32") -> Array:
    """An array of zeros whose first element lies on a cache line, so that kernels may use it as it is."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    raw = np.zeros(count + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + count].view(kind).reshape(shape)


@dataclass(frozen=True)
class Later:
    """An array that is made when it is first needed: `make` gives it, of `shape` and `dtype`."""

    shape: Shape
    dtype: str
    make: Callable[[], Array]


_making = Turns()


class Operand:
    """Arithmetic and indexing, which add to the network; `konv.functions` enters what they do into `OPERATORS`."""

    __array_ufunc__: ClassVar[None] = None  # an array on the left leaves arithmetic to the operand

    def __getitem__(self, key: Any) -> Tensor:
        return OPERATORS["index"](self, key)

    def __add__(self, other: Any) -> Tensor:
        return OPERATORS["add"](self, other)

    def __radd__(self, other: Any) -> Tensor:
        return OPERATORS["add"](other, self)

    def __sub__(self, other: Any) -> Tensor:
        return OPERATORS["subtract"](self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return OPERATORS["subtract"](other, self)

    def __mul__(self, other: Any) -> Tensor:
        return OPERATORS["multiply"](self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return OPERATORS["multiply"](other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return OPERATORS["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return OPERATORS["divide"](other, self)

    def __pow__(self, other: Any) -> Tensor:
        return OPERATORS["power"](self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return OPERATORS["power"](other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return OPERATORS["floor_divide"](self, other)

    def __mod__(self, other: Any) -> Tensor:
        return OPERATORS["mod"](self, other)

    def __matmul__(self, other: Any) -> Tensor:
        return OPERATORS["matmul"](self, other)

    def __neg__(self) -> Tensor:
        return OPERATORS["negative"](self)

    def __abs__(self) -> Tensor:
        return OPERATORS["abs"](self)

    def __gt__(self, other: Any) -> Tensor:
        return OPERATORS["greater"](self, other)

    def __ge__(self, other: Any) -> Tensor:
        return OPERATORS["greater_equal"](self, other)

    def __lt__(self, other: Any) -> Tensor:
        return OPERATORS["less"](self, other)

    def __le__(self, other: Any) -> Tensor:
        return OPERATORS["less_equal"](self, other)


class Variable(Operand):
    """A named array that training may adjust: `value` is always contiguous, aligned, and stays at one address.

    Given as `Later`, it is made when it is first read: what a network looks like and costs can be told without its
    weights.

    Programs keep packed copies of it: whoever writes `value` must do so through `assign` (or call `touch`), which
    raises `version` and so tells them that their copies are stale.

    `regularizer` and `constraint`, where there are any, are objects of `konv.regularizers` and `konv.constraints`: what
    its size adds to the loss, and what it is kept within.

    A `statistic` is no weight of the optimiser's: a training step makes it follow the data (the moving mean of batch
    normalisation), unless it is `frozen`. A `constant` is adjusted by nothing, even where its layer is.
    One that is `waiting` has no value yet: its layer has not seen the training data (`adapt`), and no program is built
    with it.
    """

    def __init__(
        self, name: str, value: Array | Later, trainable: bool = True, statistic: bool = False, constant: bool = False
    ) -> None:
        self.name = name
        self.shape: Shape = value.shape
        self.dtype = np.dtype(value.dtype)
        self.frozen = not trainable
        self.statistic, self.constant = statistic, constant
        self.waiting = False
        self.version = 0
        self.regularizer: Any = None
        self.constraint: Any = None
        self._first = value if isinstance(value, Later) else None
        self._value = None if isinstance(value, Later) else self._filled(value)

    @property
    def value(self) -> Array:
        """The array."""
        if self._value is None:
            with _making.now:
                if self._value is None:
                    assert self._first is not None
                    self._value = self._filled(self._first.make())
                    self._first = None
        return self._value

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return elements(self.shape)

    def _filled(self, value: Array) -> Array:
        made = aligned(self.shape, self.dtype)
        made[...] = value
        return made

    @property
    def trainable(self) -> bool:
        """Whether an optimiser adjusts it."""
        return not (self.frozen or self.statistic)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self.frozen = not value

    def fitting(self, value: Any) -> Array:
        """`value` as an array that this variable can take. Raises: ShapeError for another shape, and for no numbers."""
        try:
            found = np.asarray(value)
        except ValueError as error:  # rows of several lengths
            raise self._unfit("weight_numbers", type(value).__name__) from error
        if found.dtype.kind not in "biuf":
            raise self._unfit("weight_numbers", str(found.dtype))
        if found.shape != self.shape:
            raise self._unfit("weight_shape", show(found.shape))
        return found

    def _unfit(self, message: str, received: str) -> ShapeError:
        layer, _, name = self.name.rpartition("/")
        return ShapeError(text(message, layer=layer or name, name=name, expected=show(self.shape), received=received))

    def assign(self, value: Any) -> None:
        """Copy `value` into this variable. Raises: ShapeError for another shape, and for what are no numbers."""
        value = self.fitting(value)
        with _making.now:
            if self._value is None:
                self._value, self._first = aligned(self.shape, self.dtype), None
        self._value[...] = value
        self.touch()

    def assign_add(self, delta: Any) -> None:
        """Add `delta` to it."""
        self.assign(self.value + np.asarray(delta))

    def assign_sub(self, delta: Any) -> None:
        """Take `delta` off it."""
        self.assign(self.value - np.asarray(delta))

    def numpy(self) -> Array:
        """A copy of the value, as TensorFlow and Keras 3 have it."""
        found: Array = self.value.copy()
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        found: Array = self.value.astype(self.dtype if dtype is None else dtype)
        return found

    def touch(self) -> None:
        """Say that `value` has been written."""
        self.waiting = False
        self.version += 1

    def __repr__(self) -> str:
        return f"<Variable {self.name} {self.dtype}{list(self.shape)}>"


@dataclass(frozen=True, eq=False)
class Tensor(Operand):
    """The promise of an array: `shape` without the batch axis, made by `node`.

    Arithmetic and indexing add to the network; see `Operand`.
    """

    shape: Shape
    dtype: str
    node: Node

    @property
    def ndim(self) -> int:
        """How many axes there are, the batch axis counted."""
        return len(self.shape) + 1

    def __iter__(self) -> NoReturn:
        raise TypeError("a symbolic tensor cannot be iterated over; use konv.ops.split")

    def __bool__(self) -> bool:
        if getattr(self.node.op, "function", "") in COMPARING:
            raise GraphError(text("truth_of_tensor"))
        return True


@dataclass(eq=False)
class Node:
    """One application of an op: `output = op(inputs; variables)`. `layer` names the layer it came from."""

    op: Op
    inputs: tuple[Tensor, ...]
    variables: tuple[Variable, ...]
    layer: str
    output: Tensor = field(init=False)
    alike: bool = field(init=False)
    """Whether the output is the same for every sample: made of weights, constants and sums over the batch alone."""
    row: bool = False
    """Whether the output stands for the numbers of all samples in one row (`K.flatten`), each sample's apart."""
    frozen: bool = False
    """Whether the op behaves as in prediction even while the network is trained."""
    kind: ClassVar[type[Tensor]] = Tensor
    """What outputs are made as; what is made of tensors of a further kind is of that."""
    call: object | None = field(default=None, repr=False)
    """The use of a layer that `output` is a result of, for whoever makes models of layers; the graph never looks."""

    @property
    def learning(self) -> bool:
        """Whether a training step trains this node; not where it, or its statistics, are frozen."""
        return not self.frozen and not any(v.statistic and v.frozen for v in self.variables)

    @classmethod
    def apply(
        cls, op: Op, inputs: tuple[Tensor, ...], variables: tuple[Variable, ...], layer: str, dtype: str
    ) -> Tensor:
        """Add a node and return its output. Raises: ShapeError from the op's shape rule."""
        node = cls(op, inputs, variables, layer)
        node.alike = op.alike or (bool(inputs) and all(t.node.alike for t in inputs))
        node.row = not node.alike and any(t.node.row for t in inputs)
        kind = next((type(t) for t in inputs if type(t) not in (Tensor, cls.kind)), cls.kind)
        node.output = kind(op.output_shape(*(t.shape for t in inputs)), dtype, node)
        return node.output
