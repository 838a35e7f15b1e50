"""What every optimiser is: a learning rate that changes, a count of steps, and the state beside each weight.

**Two sets of formulas.** Keras 2 and Keras 3 differ, and scripts are written for one or the other. The old argument
names `lr` and `decay` are Keras 2's: where one of them is used, so are Keras 2's formulas.

| | Keras 3 (default) | Keras 2 (`lr=…` or `decay=…`) |
|---|---|---|
| learning rate at step t = 0, 1, … | `learning_rate`, or a schedule's | `lr / (1 + decay · t)` |
| default learning rate | 0.001, of SGD 0.01 | Adagrad 0.01, Adadelta 1, Adamax and Nadam 0.002 |
| ε (1e-7) of RMSprop and Adagrad | inside the root: `g / √(v + ε)` | outside it: `g / (√v + ε)` |
| Adagrad's sum of squares begins at | 0.1 | 0 |
| Nadam's `schedule_decay` | 1 | 0.004 |
| `clipnorm` | of each weight's gradient | of all gradients together |
| SGD, Adam, Adamax, Adadelta | the same in both | the same in both |

Keras 3 rejects `lr` and ignores `decay`; konv does neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from konv.arguments import above_zero, at_least_zero, count, number
from konv.errors import ConfigurationError, KonvWarning, ShapeError, warn
from konv.graph import Variable, aligned
from konv.messages import text
from konv.ops.record import Array
from konv.ops.update import Update
from konv.shapes import show
from konv.train import schedules
from konv.train.rate import Rate
from konv.train.schedules import LearningRateSchedule

__all__ = ["Optimizer", "share", "small"]

COMMON = (
    "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency",
    "lr", "decay", "name",
)  # fmt: skip

MUCH = 10
"""A default learning rate that was so many times as large in Keras 2 is told of: a script of then may learn nothing."""


class Optimizer:
    """Base of all optimisers; a subclass lists its further `arguments` and gives its `rule`.

    Arguments:
        `learning_rate`: how long a step is, at least 0; or a schedule of `konv.optimizers.schedules`.
        `options`, in every optimiser: `weight_decay`, λ of decoupled decay: before each step every weight loses
        learning rate · λ of itself. `clipnorm`, the longest a weight's gradient may be, `global_clipnorm`, all
        gradients together, `clipvalue`, the largest a single derivative; one of the three. `use_ema`, whether to keep
        the running mean of each weight, `ema_momentum` (0.99) of it kept at each step; it replaces the weight every
        `ema_overwrite_frequency` steps, and at the end of `fit`. `name`, what messages call it. `lr`, Keras 2's
        `learning_rate`, and `decay`, at least 0: they select Keras 2's formulas, see this module's text.

    Attributes: `iterations`, the steps taken so far, settable as `learning_rate` is; `decay`; `keras2`, whether Keras
    2's formulas are in force.
    Raises: ConfigurationError for values that make no sense, or an argument it does not know.
    """

    arguments: ClassVar[tuple[str, ...]] = ()
    default_rate: ClassVar[float] = 0.001
    old_rate: ClassVar[float | None] = None
    """Keras 2's default learning rate, where it is another."""
    default_weight_decay: ClassVar[float | None] = None

    def __init__(self, learning_rate: float | LearningRateSchedule | None = None, **options: Any) -> None:
        self.keras2 = "lr" in options or "decay" in options
        if "lr" in options:
            if learning_rate is not None:
                raise ConfigurationError(text("two_rates"))
            learning_rate = options.pop("lr")
        usual = self.old_rate if self.keras2 and self.old_rate is not None else self.default_rate
        self._rate: float | LearningRateSchedule = usual
        self.learning_rate = usual if learning_rate is None else learning_rate
        if learning_rate is None and (self.old_rate or 0) >= MUCH * usual:
            kind = type(self).__name__
            warn(text("usual_rate_has_changed", optimizer=kind, rate=usual, before=self.old_rate), KonvWarning)
        self.decay = at_least_zero(options.pop("decay", 0.0), "decay")
        self.name = options.pop("name", None) or type(self).__name__.lower()
        self._set_common(options)
        if options:
            known = ("learning_rate", *self.arguments, *COMMON)
            received = ", ".join(options)
            raise ConfigurationError(
                text("unknown_argument", layer=type(self).__name__, received=received, known=", ".join(known))
            )
        self._iterations = 0
        self._slots: dict[int, tuple[Variable, tuple[Array, ...]]] = {}

    def _set_common(self, options: dict[str, Any]) -> None:
        """Take what every optimiser knows out of `options`."""
        limits = [(name, options.pop(name, None)) for name in ("clipnorm", "clipvalue", "global_clipnorm")]
        self.clipnorm, self.clipvalue, self.global_clipnorm = (
            None if limit is None else above_zero(limit, name) for name, limit in limits
        )
        clips = [value for value in (self.clipnorm, self.clipvalue, self.global_clipnorm) if value is not None]
        if len(clips) > 1 and not (self.keras2 and self.global_clipnorm is None):
            raise ConfigurationError(text("several_clips"))
        decay = options.pop("weight_decay", self.default_weight_decay)
        self.weight_decay = None if decay is None else at_least_zero(decay, "weight_decay")
        self.use_ema = bool(options.pop("use_ema", False))
        self.ema_momentum = share(options.pop("ema_momentum", 0.99), "ema_momentum")
        every = options.pop("ema_overwrite_frequency", None)
        self.ema_overwrite_frequency = None if every is None else count(every, "ema_overwrite_frequency", self.name)

    @property
    def rule(self) -> Update:
        """The formula of a step, as a record, without what every optimiser can do besides."""
        raise NotImplementedError

    @property
    def update(self) -> Update:
        """The formula of a step, as a record."""
        norm = self.global_clipnorm if self.global_clipnorm is not None else self.clipnorm
        return replace(
            self.rule,
            clipnorm=norm or 0.0,
            together=norm is not None and (self.keras2 or self.global_clipnorm is not None),
            clipvalue=self.clipvalue or 0.0,
            weight_decay=bool(self.weight_decay),
            ema=self.use_ema,
        )

    @property
    def learning_rate(self) -> Any:
        """How long the next step is, before `decay`. May be set between any two steps, unless a schedule gives it;
        as Keras's variable it has `assign` and `numpy`.

        Raises: ConfigurationError where a schedule gives it, or it is negative or no number.
        """
        now = self._rate(self._iterations) if isinstance(self._rate, LearningRateSchedule) else self._rate
        return Rate(now, self)

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        if isinstance(value, LearningRateSchedule):
            self._rate = value
            return
        if isinstance(self._rate, LearningRateSchedule):
            raise ConfigurationError(text("rate_is_scheduled", schedule=type(self._rate).__name__))
        self._rate = at_least_zero(value, "learning_rate")

    @property
    def schedule(self) -> LearningRateSchedule | None:
        """The schedule that gives the learning rate, where there is one."""
        return self._rate if isinstance(self._rate, LearningRateSchedule) else None

    @property
    def lr(self) -> Any:
        """Keras 2's name of `learning_rate`."""
        return self.learning_rate

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
        return float(self.learning_rate) / (1 + self.decay * self._iterations)

    def numbers(self, rate: float) -> tuple[float, ...]:
        """What the rule itself reads at the next step, whose learning rate is `rate`."""
        return (rate,)

    def scalars(self) -> tuple[float, ...]:
        """What the update reads at the next step."""
        rate = self.current_rate
        shorter = [rate * self.weight_decay] if self.weight_decay else []
        kept = [self.ema_momentum if self._iterations else 0.0] if self.use_ema else []
        return (*self.numbers(rate), *shorter, *kept)

    def stepped(self, variables: Sequence[Variable]) -> None:
        """Count a step that was taken on `variables`; where it is time, give them their running means."""
        self._iterations += 1
        every = self.ema_overwrite_frequency
        if self.use_ema and every is not None and self._iterations % every == 0:
            self.finalize_variable_values(variables)

    def apply(self, gradients: Sequence[Array], variables: Sequence[Variable]) -> None:
        """Take one step by `gradients` of one's own; for training loops of one's own.

        Arguments: `gradients`, an array for each of `variables`, the weights to be adjusted.
        Raises: ShapeError where they do not fit.
        """
        for v, g in zip(variables, gradients, strict=True):
            if np.shape(g) != v.shape:
                raise ShapeError(
                    text("weight_shape", layer=v.name, name="gradient", expected=show(v.shape),
                         received=show(np.shape(g)))
                )  # fmt: skip
        arrays = [np.asarray(g, v.value.dtype) for g, v in zip(gradients, variables, strict=True)]
        update, scalars, slots = self.update, self.scalars(), self.slots(variables)
        for v, g, state, scale in zip(variables, arrays, slots, update.scales(arrays), strict=True):
            update.apply(v.value, g, state, scalars, scale)
            if v.constraint is not None:
                v.value[...] = v.constraint(v.value.copy())
            v.touch()
        self.stepped(variables)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Array | None, Variable]]) -> None:
        """`apply` as Keras 2 has it. Arguments: `grads_and_vars`, pairs of a gradient, None for none, and its
        weight."""
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        self.apply([g for g, _ in pairs], [v for _, v in pairs])

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """With `use_ema`, give each of `var_list` its running mean; `fit` does at its end. Keras's name."""
        if self.use_ema and self._iterations:
            for variable, slots in zip(var_list, self.slots(var_list), strict=True):
                variable.value[...] = slots[-1]
                variable.touch()

    def slots(self, variables: Sequence[Variable]) -> tuple[tuple[Array, ...], ...]:
        """The state of each of `variables`: the rule's first values, then always the same arrays, updated in place.

        Arguments: `variables`, the weights that training adjusts.
        """
        update = self.update
        for v in variables:
            if id(v) not in self._slots:
                made = tuple(aligned(v.shape, v.value.dtype) for _ in update.slots)
                for slot, name in zip(made, update.slots, strict=True):
                    slot[...] = 0 if name == "average" else update.initial
                self._slots[id(v)] = (v, made)
        return tuple(self._slots[id(v)][1] for v in variables)

    def get_state(self, called: Mapping[int, str] | None = None) -> dict[str, Array]:
        """Copies of the state arrays, named `LAYER/WEIGHT/SLOT`, for a checkpoint.

        Arguments: `called`, by the variables' ids other names than their own.
        """
        names, known = self.update.slots, called or {}
        return {
            f"{known.get(id(variable), variable.name)}/{name}": slot.copy()
            for variable, slots in self._slots.values()
            for name, slot in zip(names, slots, strict=True)
        }

    def set_state(
        self, variables: Sequence[Variable], state: Mapping[str, Array], called: Mapping[int, str] | None = None
    ) -> None:
        """Set the state of `variables` from what `get_state` gave.

        Arguments: `variables`, the weights that training adjusts; `state`, an array for every slot of each; `called`,
        as of `get_state`.
        Raises: ShapeError where one is missing, left over or of another shape; then nothing has been set.
        """
        names, known = self.update.slots, called or {}
        found = {
            f"{known.get(id(v), v.name)}/{name}": slot
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
        given = schedules.serialize(self._rate) if isinstance(self._rate, LearningRateSchedule) else self._rate
        rate = {"lr": given, "decay": self.decay} if self.keras2 else {"learning_rate": given}
        clips = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        common = {name: value for name, value in clips.items() if value is not None}
        if self.weight_decay != self.default_weight_decay:
            common["weight_decay"] = self.weight_decay
        if self.use_ema:
            names = ("use_ema", "ema_momentum", "ema_overwrite_frequency")
            common.update({name: getattr(self, name) for name in names})
        return {"name": self.name, **rate, **{name: getattr(self, name) for name in self.arguments}, **common}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Optimizer:
        """A new optimiser from what `get_config` gave as `config`."""
        given = dict(config)
        for name in ("learning_rate", "lr"):
            if isinstance(given.get(name), Mapping):
                given[name] = schedules.deserialize(given[name])
        return cls(**given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.get_config().items())})"


def share(value: Any, name: str) -> float:
    """`value` of the argument `name`, at least 0 and below 1. Raises: ConfigurationError otherwise."""
    found = number(value)
    if not 0 <= found < 1:
        raise ConfigurationError(text("momentum_range", name=name, received=value))
    return found


def small(value: float | None) -> float:
    """`value` as an ε: 1e-7 for None. Raises: ConfigurationError where it is negative."""
    return 1e-7 if value is None else at_least_zero(value, "epsilon")
