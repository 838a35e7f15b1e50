"""Classes under Keras's names that take the arguments of any version and make konv's own objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

from konv.compat import settings, tape
from konv.compat.spelling import layer_arguments
from konv.graph import Tensor, Variable
from konv.layers import Layer
from konv.layers.phase import TRAINING, with_training

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
        super().__init__(*positional, **found)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "call" in vars(cls):
            cls.call = with_training(vars(cls)["call"])  # type: ignore[attr-defined]

    def __call__(self, inputs: Any, *more: Any, training: Any = None, **named: Any) -> Any:
        """Add this layer to a network; see `konv.layers.Layer`. Arguments: `inputs`, `training`; masks are left out."""
        rest = [one for one in more if one is not None]
        training = rest[0] if rest and training is None else training
        handed: Any = super()
        if tape.watches(inputs):

            def connect(begins: tuple[Tensor, ...]) -> Any:
                return handed._connected(handed._symbolic(list(begins)))  # noqa: SLF001 (a layer's own)

            outputs = tape.called(inputs, training, connect)
            return handed._arranged(outputs)  # noqa: SLF001
        return handed.__call__(inputs, training=None if training is TRAINING else training)

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
