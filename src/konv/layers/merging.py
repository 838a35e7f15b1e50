"""Layers that make one tensor of several: sums, products, the largest, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any, ClassVar

from konv import ops
from konv.errors import ConfigurationError, GraphError, KonvError, ShapeError
from konv.functions.contraction import einsum
from konv.functions.reduction import sum as summed
from konv.graph import Node, Tensor, nodes_between
from konv.layers.base import Layer
from konv.layers.checks import sample_shape
from konv.messages import text
from konv.ops.record import Op, Weight
from konv.shapes import Shape, show

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


class _Merge(Layer):
    """Layers that combine their inputs two by two, in order."""

    several = True
    function: ClassVar[str] = ""
    most: ClassVar[int | None] = None

    def op(self, *shapes: Shape) -> Op:
        """The function of two inputs."""
        return ops.Elementwise(self.function)

    def _symbolic(self, inputs: Any) -> tuple[Tensor, ...]:
        row = super()._symbolic(inputs)
        if len(row) < 2 or (self.most is not None and len(row) > self.most):
            raise GraphError(text("several_inputs", layer=self.name, received=len(row)))
        return row

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        try:
            output = tensors[0]
            for tensor in tensors[1:]:
                output = Node.apply(self.op(output.shape, tensor.shape), (output, tensor), (), self.name, self.dtype)
        except KonvError as error:
            raise self._named(error) from error
        return output

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for inputs of the shapes `input_shape`."""
        found, *rest = input_shape
        for shape in rest:
            found = super().compute_output_shape([found, shape])
        return tuple(found)


class Add(_Merge):
    """The sum of its inputs, element by element: what makes a shortcut past layers.

    Arguments: `options`: `name`; see `Layer`.
    Input shape: a list of two or more `(N, …)`, alike; axes of one element are repeated.
    Output shape: the inputs'.
    Raises: GraphError, once called, for fewer than two inputs; ShapeError for shapes that do not meet.
    Example: `Add()([x, shortcut])`.
    """

    function = "add"


class Subtract(_Merge):
    """The first input less the second, element by element.

    Arguments: `options`: `name`; see `Layer`.
    Input shape: a list of two `(N, …)`, alike; axes of one element are repeated.
    Output shape: the inputs'.
    Raises: GraphError, once called, for any other number of inputs; ShapeError for shapes that do not meet.
    Example: `Subtract()([a, b])`.
    """

    function, most = "subtract", 2


class Multiply(_Merge):
    """The product of its inputs, element by element: what a gate does.

    Arguments: `options`: `name`; see `Layer`.
    Input shape: a list of two or more `(N, …)`, alike; axes of one element are repeated.
    Output shape: the inputs'.
    Raises: GraphError, once called, for fewer than two inputs; ShapeError for shapes that do not meet.
    Example: `Multiply()([features, gate])`, `(N, H, W, C)` times `(N, 1, 1, C)`.
    """

    function = "multiply"


class Average(_Merge):
    """The mean of its inputs, element by element.

    Arguments: `options`: `name`; see `Layer`.
    Input shape: a list of two or more `(N, …)`, alike; axes of one element are repeated.
    Output shape: the inputs'.
    Raises: GraphError, once called, for fewer than two inputs; ShapeError for shapes that do not meet.
    Example: `Average()([a, b, c])`.
    """

    function = "add"

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        share = ops.Elementwise("divide", (None, float(len(tensors))))
        return Node.apply(share, (super()._nodes(tensors),), (), self.name, self.dtype)


class Maximum(_Merge):
    """The largest of its inputs, element by element.

    Arguments: `options`: `name`; see `Layer`.
    Input shape: a list of two or more `(N, …)`, alike; axes of one element are repeated.
    Output shape: the inputs'.
    Raises: GraphError, once called, for fewer than two inputs; ShapeError for shapes that do not meet.
    Example: `Maximum()([a, b])`.
    """

    function = "maximum"


class Minimum(_Merge):
    """The smallest of its inputs, element by element.

    Arguments: `options`: `name`; see `Layer`.
    Input shape: a list of two or more `(N, …)`, alike; axes of one element are repeated.
    Output shape: the inputs'.
    Raises: GraphError, once called, for fewer than two inputs; ShapeError for shapes that do not meet.
    Example: `Minimum()([a, b])`.
    """

    function = "minimum"


class Concatenate(Layer):
    """Its inputs side by side along one axis: what lets later layers read earlier ones as they are.

    Arguments:
        `axis`: along which, counting the batch axis, or from the end where negative; never the batch axis itself.
        `options`: `name`; see `Layer`.
    Input shape: a list of two or more `(N, …)`, alike along all other axes.
    Output shape: the inputs', with their sizes along the axis added up.
    Raises: ConfigurationError for the batch axis; GraphError, once called, for fewer than two inputs; ShapeError for
    shapes that do not fit.
    Example: `Concatenate()([a, b])`: `(N, 8, 8, 16)` and `(N, 8, 8, 4)` become `(N, 8, 8, 20)`.
    """

    arguments = ("axis",)
    several = True

    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        if not hasattr(axis, "__index__") or isinstance(axis, bool) or int(axis) == 0:
            raise ConfigurationError(text("bad_concatenate_axis", layer=self.name, received=axis))
        self.axis = int(axis)

    def op(self, *shapes: Shape) -> Op:
        """The concatenation; its axis leaves the batch axis out."""
        return ops.Concatenate(self.axis - 1 if self.axis > 0 else self.axis)

    def _symbolic(self, inputs: Any) -> tuple[Tensor, ...]:
        row = super()._symbolic(inputs)
        if len(row) < 2:
            raise GraphError(text("several_inputs", layer=self.name, received=len(row)))
        return row


class Dot(_Merge):
    """Products of two inputs summed over an axis of each: of two vectors one number, as alike as they point.

    Arguments:
        `axes`: the axis, counting the batch axis as 0, or a pair: that of the first input and that of the second.
        `normalize`: whether both are brought to length 1 along it first, so that products are cosines.
        `options`: `name`; see `Layer`.
    Input shape: a list of two, `(N, …)`.
    Output shape: `(N, …)`, the other axes of the first input and then those of the second; `(N, 1)` of vectors.
    Raises: ConfigurationError for axes that are none; GraphError, once called, for any other number of inputs;
    ShapeError where the axes are not there, or not of one length.
    Example: `Dot(axes=1, normalize=True)([embedded, other])`, the end of a siamese network.
    """

    arguments = ("axes", "normalize")
    most = 2

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **options: Any) -> None:
        super().__init__(**options)
        row: list[Any] = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
        if len(row) != 2 or not all(hasattr(a, "__index__") and not isinstance(a, bool) and int(a) for a in row):
            raise ConfigurationError(text("dot_axes", layer=self.name, received=axes))
        self.axes = [int(a) for a in row] if isinstance(axes, (list, tuple)) else int(row[0])
        self.normalize = bool(normalize)

    def _met(self, *shapes: Shape) -> tuple[int, int]:
        """Which axis of each sample is summed over."""
        first, second = self.axes if isinstance(self.axes, list) else (self.axes, self.axes)
        row = [a - 1 if a > 0 else a + len(s) for a, s in zip((first, second), shapes, strict=True)]
        there = all(0 <= a < len(s) for a, s in zip(row, shapes, strict=True))
        if not there or shapes[0][row[0]] != shapes[1][row[1]]:
            said = text("dot_shapes", layer=self.name, axes=self.axes, first=show(shapes[0]), second=show(shapes[1]))
            raise ShapeError(said)
        return row[0], row[1]

    def _needed(self, *shapes: Shape) -> tuple[Weight, ...]:
        return ()

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        a, b = tensors
        i, j = self._met(a.shape, b.shape)
        if self.normalize:
            a, b = (Node.apply(ops.UnitNormalization(axes=(n,)), (t,), (), self.name, self.dtype)
                    for t, n in ((a, i), (b, j)))  # fmt: skip
        if len(a.shape) == len(b.shape) == 1:
            made: Tensor = summed(a * b, -1, keepdims=True)
        else:
            left, right = ascii_letters[1 : 1 + len(a.shape)], list(ascii_letters[9 : 9 + len(b.shape)])
            right[j] = left[i]
            kept = [letter for letter in (*left, *right) if letter != left[i]]
            made = einsum(f"a{left},a{''.join(right)}->a{''.join(kept)}", a, b)
        for node in nodes_between((made,), tensors):
            node.layer = self.name
        return made

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for inputs of the shapes `input_shape`."""
        first, second = (sample_shape(shape, self.name, batch=True) for shape in input_shape)
        i, j = self._met(first, second)
        return (input_shape[0][0], *((*first[:i], *first[i + 1 :], *second[:j], *second[j + 1 :]) or (1,)))


def add(inputs: Sequence[Tensor], **options: Any) -> Any:
    """The sum of `inputs`, symbolic tensors; `options` as of `Add`."""
    return Add(**options)(inputs)


def subtract(inputs: Sequence[Tensor], **options: Any) -> Any:
    """The first of two `inputs`, symbolic tensors, less the second; `options` as of `Subtract`."""
    return Subtract(**options)(inputs)


def multiply(inputs: Sequence[Tensor], **options: Any) -> Any:
    """The product of `inputs`, symbolic tensors; `options` as of `Multiply`."""
    return Multiply(**options)(inputs)


def average(inputs: Sequence[Tensor], **options: Any) -> Any:
    """The mean of `inputs`, symbolic tensors; `options` as of `Average`."""
    return Average(**options)(inputs)


def maximum(inputs: Sequence[Tensor], **options: Any) -> Any:
    """The largest of `inputs`, symbolic tensors; `options` as of `Maximum`."""
    return Maximum(**options)(inputs)


def minimum(inputs: Sequence[Tensor], **options: Any) -> Any:
    """The smallest of `inputs`, symbolic tensors; `options` as of `Minimum`."""
    return Minimum(**options)(inputs)


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **options: Any) -> Any:
    """`inputs`, symbolic tensors, side by side along `axis`; `options` as of `Concatenate`."""
    return Concatenate(axis, **options)(inputs)


def dot(inputs: Sequence[Tensor], axes: int | Sequence[int] = -1, **options: Any) -> Any:
    """Products of the two `inputs`, symbolic tensors, summed over `axes`; `options` as of `Dot`."""
    return Dot(axes, **options)(inputs)
