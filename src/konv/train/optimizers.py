"""Optimisers under Keras's names: a learning rate that changes, a count of steps, and the state beside each weight.

**Two sets of formulas.** Keras 2 and Keras 3 differ, and scripts are written for one or the other. The old argument
names `lr` and `decay` are Keras 2's: where one of them is used, so are Keras 2's formulas.

| | Keras 3 (default) | Keras 2 (`lr=…` or `decay=…`) |
|---|---|---|
| learning rate at step t = 0, 1, … | `learning_rate` | `lr / (1 + decay · t)` |
| RMSprop's ε (1e-7) | inside the root: `g / √(v + ε)` | outside it: `g / (√v + ε)` |
| SGD, Adam | the same in both | the same in both |

Keras 3 rejects `lr` and ignores `decay`; konv does neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, sqrt
from typing import Any, ClassVar

from konv.errors import ConfigurationError, ShapeError
from konv.graph import Variable, aligned
from konv.layers.checks import count, number
from konv.messages import text
from konv.names import unknown
from konv.ops import update as rules
from konv.ops.record import Array
from konv.ops.update import Update
from konv.shapes import show

__all__ = ["Adam", "Optimizer", "RMSprop", "SGD", "deserialize", "get", "serialize"]


class Optimizer:
    """Base of all optimisers; a subclass lists its further `arguments` and gives its `update` rule.

    Arguments:
        `learning_rate`: how long a step is, at least 0.
        `old`: Keras 2's `lr` in its place, and `decay`, at least 0: they select Keras 2's formulas, see this
        module's text. `name` is what messages call it.

    Attributes: `iterations`, the steps taken so far, settable as `learning_rate` is; `decay`; `keras2`, whether Keras
    2's formulas are in force.
    Raises: ConfigurationError for values that make no sense, or an argument it does not know.
    """

    arguments: ClassVar[tuple[str, ...]] = ()
    default_rate: ClassVar[float] = 0.001

    def __init__(self, learning_rate: float | None = None, **old: Any) -> None:
        self.keras2 = "lr" in old or "decay" in old
        if "lr" in old:
            if learning_rate is not None:
                raise ConfigurationError(text("two_rates"))
            learning_rate = old.pop("lr")
        self._rate = self.default_rate
        self.learning_rate = self.default_rate if learning_rate is None else learning_rate
        self.decay = _at_least_zero(old.pop("decay", 0.0), "decay")
        self.name = old.pop("name", None) or type(self).__name__.lower()
        if old:
            known = ("learning_rate", *self.arguments, "lr", "decay", "name")
            raise ConfigurationError(
                text("unknown_argument", layer=type(self).__name__, received=", ".join(old), known=", ".join(known))
            )
        self._iterations = 0
        self._slots: dict[int, tuple[Variable, tuple[Array, ...]]] = {}

    @property
    def update(self) -> Update:
        """The formula of a step, as a record."""
        raise NotImplementedError

    @property
    def learning_rate(self) -> float:
        """How long a step is, before `decay`; may be set between any two steps."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._rate = _at_least_zero(value, "learning_rate")

    @property
    def lr(self) -> float:
        """Keras 2's name of `learning_rate`."""
        return self._rate

    @lr.setter
    def lr(self, value: float) -> None:
        self.learning_rate = value

    @property
    def iterations(self) -> int:
        """Steps taken so far; may be set."""
        return self._iterations

    @iterations.setter
    def iterations(self, value: int) -> None:
        self._iterations = count(value, "iterations", self.name, least=0)

    @property
    def current_rate(self) -> float:
        """The learning rate of the next step, after `decay`."""
        return self._rate / (1 + self.decay * self._iterations)

    def scalars(self) -> tuple[float, ...]:
        """What the update rule reads at the next step."""
        return (self.current_rate,)

    def slots(self, variables: Sequence[Variable]) -> tuple[tuple[Array, ...], ...]:
        """The state of each of `variables`: zeros at first, then always the same arrays, updated in place.

        Arguments: `variables`, the weights that training adjusts.
        """
        names = self.update.slots
        for v in variables:
            if id(v) not in self._slots:
                self._slots[id(v)] = (v, tuple(aligned(v.shape, v.value.dtype) for _ in names))
        return tuple(self._slots[id(v)][1] for v in variables)

    def get_state(self) -> dict[str, Array]:
        """Copies of the state arrays, named `LAYER/WEIGHT/SLOT`, for a checkpoint."""
        names = self.update.slots
        return {
            f"{variable.name}/{name}": slot.copy()
            for variable, slots in self._slots.values()
            for name, slot in zip(names, slots, strict=True)
        }

    def set_state(self, variables: Sequence[Variable], state: Mapping[str, Array]) -> None:
        """Set the state of `variables` from what `get_state` gave.

        Arguments: `variables`, the weights that training adjusts; `state`, an array for every slot of each.
        Raises: ShapeError where one is missing, left over or of another shape; then nothing has been set.
        """
        names = self.update.slots
        found = {
            f"{v.name}/{name}": slot
            for v, slots in zip(variables, self.slots(variables), strict=True)
            for name, slot in zip(names, slots, strict=True)
        }
        for name in sorted(found.keys() | state.keys()):
            expected, received = (show(a[name].shape) if name in a else text("absent") for a in (found, state))
            if expected != received:
                raise ShapeError(text("optimizer_state", name=name, expected=expected, received=received))
        for name, slot in found.items():
            slot[...] = state[name]

    def get_config(self) -> dict[str, Any]:
        """All that `from_config` needs to make this optimiser again, without its state; fit for JSON."""
        rate = {"lr": self._rate, "decay": self.decay} if self.keras2 else {"learning_rate": self._rate}
        return {"name": self.name, **rate, **{name: getattr(self, name) for name in self.arguments}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Optimizer:
        """A new optimiser from what `get_config` gave as `config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    Arguments:
        `learning_rate`: how long a step is (default 0.01).
        `momentum`: the share of the last step that is taken again, at least 0 and below 1.
        `nesterov`: whether the gradient is looked at where momentum leads.
        `old`: `lr`, `decay`, `name`; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Sutskever et al., *On the importance of initialization and momentum in deep learning*, 2013, equations 1 to
    4; formulas at `konv.ops.update.SGD`.
    Example: `SGD(0.01, momentum=0.9, nesterov=True)`.
    """

    arguments = ("momentum", "nesterov")
    default_rate = 0.01

    def __init__(
        self, learning_rate: float | None = None, momentum: float = 0.0, nesterov: bool = False, **old: Any
    ) -> None:
        super().__init__(learning_rate, **old)
        self.momentum = _share(momentum, "momentum")
        self.nesterov = bool(nesterov)

    @property
    def update(self) -> Update:
        """The formula of a step."""
        return rules.SGD(self.momentum, self.nesterov)


class RMSprop(Optimizer):
    """RMSprop: the gradient of each weight divided by its recent root mean square.

    Arguments:
        `learning_rate`: how long a step is (default 0.001).
        `rho`: the share of the old mean square that is kept at each step, at least 0 and below 1.
        `momentum`: the share of the last step that is taken again, at least 0 and below 1.
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `old`: `lr`, `decay`, `name`; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Tieleman & Hinton, *Lecture 6.5: RMSProp*, 2012; formulas at `konv.ops.update.RMSprop`.
    Example: `RMSprop(1e-4)` (Keras 3's formula); `RMSprop(lr=1e-4, decay=1e-6)` (Keras 2's).
    """

    arguments = ("rho", "momentum", "epsilon")

    def __init__(
        self,
        learning_rate: float | None = None,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        **old: Any,
    ) -> None:
        super().__init__(learning_rate, **old)
        self.rho, self.momentum = _share(rho, "rho"), _share(momentum, "momentum")
        self.epsilon = _epsilon(epsilon)

    @property
    def update(self) -> Update:
        """The formula of a step."""
        return rules.RMSprop(self.rho, self.epsilon, inside=not self.keras2, momentum=self.momentum)


class Adam(Optimizer):
    """Adam: momentum and RMSprop together, corrected for having started at zero.

    Arguments:
        `learning_rate`: how long a step is (default 0.001).
        `beta_1`, `beta_2`: the shares of the old mean gradient and mean square that are kept, at least 0, below 1.
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `old`: `lr`, `decay`, `name`; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Kingma & Ba, *Adam: a method for stochastic optimization*, 2015; formulas at `konv.ops.update.Adam`.
    Example: `Adam(3e-4)`.
    """

    arguments = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: float | None = None,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **old: Any,
    ) -> None:
        super().__init__(learning_rate, **old)
        self.beta_1, self.beta_2 = _share(beta_1, "beta_1"), _share(beta_2, "beta_2")
        self.epsilon = _epsilon(epsilon)

    @property
    def update(self) -> Update:
        """The formula of a step."""
        return rules.Adam(self.beta_1, self.beta_2, self.epsilon)

    def scalars(self) -> tuple[float, ...]:
        """The step size α of Kingma & Ba: the learning rate with the bias correction of this step."""
        t = self._iterations + 1
        return (self.current_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t),)


CLASSES: dict[str, type[Optimizer]] = {kind.__name__: kind for kind in (Adam, RMSprop, SGD)}
NAMES: dict[str, type[Optimizer]] = {kind.__name__.lower(): kind for kind in CLASSES.values()}


def get(identifier: object) -> Optimizer:
    """The optimiser for a name (`"adam"`), a saved form, a class, or an optimiser as it is.

    Arguments: `identifier`, any of these. Raises: UnknownNameError, with the nearest names, for anything else.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if isinstance(identifier, str) and identifier.lower() in NAMES:
        return NAMES[identifier.lower()]()
    raise unknown("optimizer", identifier, NAMES)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The form in which a file keeps `optimizer`, without its state."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def deserialize(saved: Mapping[str, Any]) -> Optimizer:
    """The optimiser that `serialize` wrote as `saved`. Raises: UnknownNameError for a class that is none."""
    name = saved["class_name"]
    if not isinstance(name, str) or name not in CLASSES:
        raise unknown("optimizer", name, CLASSES)
    return CLASSES[name].from_config(saved["config"])


def _at_least_zero(value: Any, name: str) -> float:
    found = number(value)
    if not (isfinite(found) and found >= 0):
        raise ConfigurationError(text("not_negative", name=name, received=value))
    return found


def _share(value: Any, name: str) -> float:
    found = number(value)
    if not 0 <= found < 1:
        raise ConfigurationError(text("momentum_range", name=name, received=value))
    return found


def _epsilon(value: float | None) -> float:
    return 1e-7 if value is None else _at_least_zero(value, "epsilon")
