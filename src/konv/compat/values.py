"""Arrays as TensorFlow's eager tensors answer, and tensors as Keras shows their shapes.

Under the import hook whatever a script computes comes as `Values`: NumPy's arrays with `numpy()`, which stay so through
arithmetic, of one number too. Symbolic tensors are `Symbol`s: konv counts a sample's axes, Keras the batch's too, and
so a script that reads `x.shape` sees the batch axis, while konv's own lines see what they always do.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from konv.activations import Function as Activation
from konv.functions.elementwise import Function as Elementwise
from konv.graph import Tensor
from konv.graph.node import OPERATORS
from konv.layers.uses import now_gathering

__all__ = ["Axes", "Deferred", "Symbol", "Values", "asked_by_konv", "computed", "telling", "valued"]


class Axes(tuple[Any, ...]):
    """A shape, as TensorFlow has it."""

    @property
    def rank(self) -> int:
        """How many axes there are."""
        return len(self)

    ndims = rank

    def as_list(self) -> list[Any]:
        """The axes as a list."""
        return list(self)


class Values(np.ndarray):
    """An array that answers to `numpy()` as TensorFlow's eager tensors do."""

    def numpy(self) -> Any:
        """The plain array, or number."""
        return self.view(np.ndarray)[()]

    def get_shape(self) -> Axes:
        """The shape."""
        return Axes(self.shape)

    def set_shape(self, shape: Any) -> None:
        """Nothing: an array has its shape."""

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return np.asarray(array).view(Values)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            key = tuple(np.asarray(k) if isinstance(k, Values) else k for k in key)
        return valued(super().__getitem__(key))

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))

    def __str__(self) -> str:
        return str(self.view(np.ndarray))


def valued(found: Any) -> Any:
    """`found` with its arrays as `Values`; what holds none stays as it is."""
    if isinstance(found, np.ndarray):
        return found if isinstance(found, Values) or found.dtype.kind not in "biuf" else found.view(Values)
    if isinstance(found, np.generic) and found.dtype.kind in "biuf":
        return np.asarray(found).view(Values)
    if isinstance(found, (list, tuple)) and type(found) in (list, tuple):
        return type(found)(valued(one) for one in found)
    return {name: valued(one) for name, one in found.items()} if type(found) is dict else found


def asked_by_konv(depth: int = 2) -> bool:
    """Whether the line that asks, `depth` calls above this one, is konv's own and not a script's."""
    frame = sys._getframe(depth)  # noqa: SLF001 (the one way to tell whose line it is)
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == "konv"


class Symbol(Tensor):
    """A symbolic tensor whose shape, to a script, has the batch axis, None, in front."""

    @property
    def shape(self) -> Any:
        """The axes: of a sample to konv, with the batch axis to a script."""
        own = self.__dict__["sample"]
        if asked_by_konv():
            return own
        return Axes(own if self.node.alike else (self._batch(), *own))

    @shape.setter
    def shape(self, value: Any) -> None:
        self.__dict__["sample"] = tuple(value)

    def __getitem__(self, key: Any) -> Any:
        """A part of every sample; of the batch, a part for `K.function` to work out later."""
        first = key[0] if isinstance(key, tuple) and key else key
        whole = first is None or first is Ellipsis or (isinstance(first, slice) and first == slice(None))
        if whole or self.node.alike or asked_by_konv():
            return super().__getitem__(key)
        return Deferred.of(lambda x: x[key], self)

    def __eq__(self, other: object) -> Any:
        """Which numbers are equal, to a script; to konv, whether it is the same tensor."""
        return self is other if other is None or asked_by_konv() else OPERATORS["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return self is not other if other is None or asked_by_konv() else OPERATORS["not_equal"](self, other)

    __hash__ = object.__hash__

    def _batch(self) -> int | None:
        """How many samples there are; None where that is not known."""
        return None

    def get_shape(self) -> Any:
        """The shape, the batch axis in front: TensorFlow's first way of asking for it."""
        own = self.__dict__["sample"]
        return Axes(own if self.node.alike else (self._batch(), *own))

    _keras_shape = property(get_shape)

    def set_shape(self, shape: Any) -> None:
        """Nothing: konv knows the shape."""


class Deferred:
    """A number or an array that is worked out later, of arrays that are known then: what `K.gradients` gives.

    Arguments: `compute`, called with a dictionary in which what it needs is found. Arithmetic with it, and functions of
    `keras.backend`, give further ones.
    """

    __array_ufunc__ = None

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute

    @classmethod
    def of(cls, function: Callable[..., Any], *args: Any, **named: Any) -> Deferred:
        """`function` of arguments of which some are not known yet."""

        def compute(known: Any) -> Any:
            row = [_settled(one, known) for one in args]
            return function(*row, **{name: _settled(one, known) for name, one in named.items()})

        return cls(compute)

    def __getitem__(self, key: Any) -> Deferred:
        return Deferred.of(lambda x: x[key], self)

    def __add__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a + b, self, other)

    def __radd__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a + b, other, self)

    def __sub__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a - b, self, other)

    def __rsub__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a - b, other, self)

    def __mul__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a * b, self, other)

    def __rmul__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a * b, other, self)

    def __truediv__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a / b, self, other)

    def __rtruediv__(self, other: Any) -> Deferred:
        return Deferred.of(lambda a, b: a / b, other, self)

    def __neg__(self) -> Deferred:
        return Deferred.of(lambda a: -a, self)


def _settled(value: Any, known: Any) -> Any:
    if isinstance(value, Deferred):
        return value.compute(known)
    if isinstance(value, (list, tuple)):
        return type(value)(_settled(one, known) for one in value)
    return known[value] if isinstance(value, Tensor) else value


def computed(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """`function` of these arguments: of some that are not known yet later, else its arrays as `Values`."""
    flat = [one for a in (*args, *named.values()) for one in (a if isinstance(a, (list, tuple)) else (a,))]
    if any(isinstance(one, Deferred) for one in flat):
        return Deferred.of(function, *args, **named)
    if now_gathering() is None and not any(isinstance(one, Tensor) for one in flat):
        args, named = tuple(_read(a) for a in args), {name: _read(a) for name, a in named.items()}
    return valued(function(*args, **named))


def _read(value: Any) -> Any:
    """`value` with the values of a script's own variables in their place."""
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(_read(one) for one in value)
    return value.read_value() if hasattr(value, "read_value") else value


class _Activation(Activation):
    """An activation whose results are `Values`."""

    def __init__(self, own: Activation) -> None:
        super().__init__(own.name, own.op, own.make, own.whole, own.own)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """See `konv.activations.Function`."""
        return computed(super().__call__, args, named)


CHOOSING = ("argmax", "argmin", "argsort")
"""Functions that have no gradient: of a tensor that knows its values they give numbers of places."""


@functools.cache
def telling(function: Any) -> Any:
    """`function` with `Values` for results; what is no function stays as it is."""
    if isinstance(function, Activation):
        return _Activation(function)
    if not isinstance(function, (Elementwise, type(telling), type(valued))) or isinstance(function, type):
        return function

    choosing = function.__name__ in CHOOSING

    @functools.wraps(function)
    def told(*args: Any, **named: Any) -> Any:
        if choosing and args and hasattr(args[0], "values"):
            args = (args[0].values(), *args[1:])
        return computed(function, args, named)

    return told
