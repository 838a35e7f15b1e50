"""Classes under Keras's names that take the arguments of any version and make konv's own objects."""

from __future__ import annotations

import functools
import inspect
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from konv.compat import live, settings, tape
from konv.compat.spelling import layer_arguments
from konv.compat.state import State
from konv.compat.values import valued
from konv.functions import Total
from konv.graph import Tensor, Variable
from konv.layers import InputLayer, Layer, Rescaling
from konv.layers.augmentation import Augmenting
from konv.layers.phase import TRAINING, with_training
from konv.layers.uses import gathered

__all__ = ["TRAINING", "Spelled", "spelled"]


class Spelled(type):
    """The class of classes under Keras's names: what konv itself made of `konv_class` is an instance of them too."""

    def __instancecheck__(cls, thing: object) -> bool:
        own = vars(cls).get("konv_class")
        return super().__instancecheck__(thing) if own is None else isinstance(thing, own)

    def __subclasscheck__(cls, kind: type) -> bool:
        own = vars(cls).get("konv_class")
        return super().__subclasscheck__(kind) if own is None else issubclass(kind, own)


class Former:
    """What layers under Keras's names can do besides: old arguments, `call` with `training`, `add_weight` by name."""

    konv_class: ClassVar[Any]
    konv_name: ClassVar[str] = ""
    """The layer's name today; empty for `Layer` itself and classes of a script's own."""
    konv_old: ClassVar[bool] = False
    """Whether this is Keras 1's name for it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        positional, found = layer_arguments(self.konv_name, self.konv_old, args, named)
        self.__dict__["_first_weights"] = found.pop("weights", None) if self.konv_name else None
        super().__init__(*positional, **found)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "call" in vars(cls):
            cls.call = with_training(of_several(vars(cls)["call"]))  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        own = self.__dict__.get("_weights")
        if isinstance(value, State) and own is not None and not any(v is value for v in own):
            value.name = f"{self.__dict__['name']}/{name}"
            own.append(value)

    def __call__(self, inputs: Any = None, *more: Any, training: Any = None, **named: Any) -> Any:
        """Add this layer to a network, or compute; see `konv.layers.Layer`.

        Arguments: `inputs`, `training`; further tensors, where `call` takes them one by one; masks are left out.
        """
        given, rest = [inputs, *more, *named.values()], [one for one in more if one is not None]
        if inputs is None or any(isinstance(one, (Tensor, np.ndarray)) for one in given[1:]):
            inputs, rest = [one for one in given if isinstance(one, (Tensor, np.ndarray))], []
            inputs = inputs[0] if len(inputs) == 1 else inputs
        training = rest[0] if rest and training is None else training
        handed: Any = super()

        def connect(begins: tuple[Tensor, ...]) -> Any:
            with gathered() as added:
                outputs = handed._connected(handed._symbolic(list(begins)))  # noqa: SLF001 (a layer's own)
            self.__dict__["_told_losses"] = [total for name, total in added.all if not name]
            return outputs

        if tape.watches(inputs):
            return handed._arranged(tape.called(inputs, training, connect))  # noqa: SLF001
        if not tape.computable(inputs):
            return handed.__call__(inputs, training=None if training is TRAINING else training)
        if training is True or (training is None and augments(self)):
            return valued(handed._arranged(tuple(tape.at_once(inputs, connect))))  # noqa: SLF001
        return valued(handed.__call__(settled(inputs), training=None if training is TRAINING else training))

    def _make_weights(self, needed: Any) -> None:
        handed: Any = super()
        restored = self.__dict__["_given"] is not None
        handed._make_weights(needed)  # noqa: SLF001 (a layer's own)
        if not restored and self.__dict__["_first_weights"] is not None:
            handed.set_weights(self.__dict__["_first_weights"])

    @property
    def losses(self) -> list[Any]:
        """What regularisers of its weights, and `add_loss` in its last call on arrays, add to the loss."""
        handed: Any = super()
        with live.making():
            penalties = [Total.of(v.regularizer(v)) for v in handed.trainable_weights if v.regularizer]
        return [*penalties, *self.__dict__.get("_told_losses", ())]

    def call_on(self, tensors: Any, training: Any = None) -> Any:
        """See `konv.layers.Layer`. Arguments: `tensors`, `training`."""
        handed: Any = super()
        return handed.call_on(tensors, settings.of_call(None if training is TRAINING else training))

    @property
    def trainable_variables(self) -> list[Variable]:
        """`trainable_weights` under TensorFlow's name."""
        handed: Any = super()
        return list(handed.trainable_weights)

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """`non_trainable_weights` under TensorFlow's name."""
        handed: Any = super()
        return list(handed.non_trainable_weights)

    @property
    def variables(self) -> list[Variable]:
        """`weights` under TensorFlow's name."""
        handed: Any = super()
        return list(handed.weights)

    def add_weight(self, *args: Any, **named: Any) -> Variable:
        """See `konv.layers.Layer`; the name may come first, as in Keras 2."""
        if args and isinstance(args[0], str):
            named["name"], args = args[0], args[1:]
        named.pop("use_resource", None)
        handed: Any = super()
        made: Variable = handed.add_weight(*args, **{k: v for k, v in named.items() if v is not None})
        return made

    add_variable = add_weight


def of_several(call: Any) -> Any:
    """`call` taking a list of inputs, where its own arguments are several tensors, one by one."""
    found = [p for p in list(inspect.signature(call).parameters.values())[1:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    needed = [p.name for p in found if p.default is p.empty and p.name not in ("training", "mask")]
    if len(needed) < 2:
        return call

    @functools.wraps(call)
    def unpacked(self: Any, inputs: Any, *more: Any, **named: Any) -> Any:
        return call(self, *(inputs if isinstance(inputs, (list, tuple)) else (inputs,)), *more, **named)

    return unpacked


def augments(layer: Any) -> bool:
    """Whether it changes images at random wherever it is called by itself, as in Keras: an augmentation layer, or a
    model of nothing else."""
    if isinstance(layer, Augmenting):
        return True
    inner = [one for one in getattr(layer, "_layers", ()) if not isinstance(one, (InputLayer, Rescaling))]
    return bool(inner) and all(isinstance(one, Augmenting) for one in inner)


def settled(inputs: Any) -> Any:
    """Variables of a script's own among `inputs` as arrays."""
    if isinstance(inputs, (list, tuple)):
        return [settled(one) for one in inputs]
    if isinstance(inputs, dict):
        return {name: settled(one) for name, one in inputs.items()}
    return np.asarray(inputs)


def spelled(name: str, kind: type[Layer], old: bool = False) -> type:
    """The class called `name` under which scripts find the layer `kind`.

    Arguments: `old`, whether Keras 1 called it so.
    """
    own = "" if kind is Layer else kind.__name__
    content = {
        "konv_class": kind, "konv_name": own, "konv_old": old, "__doc__": kind.__doc__, "__module__": kind.__module__,
        "__qualname__": kind.__name__,
    }  # fmt: skip
    return Spelled(kind.__name__, (Former, kind), content)


def namespace(**things: Any) -> SimpleNamespace:
    """An object with these attributes, behind a door."""
    return SimpleNamespace(**things)
