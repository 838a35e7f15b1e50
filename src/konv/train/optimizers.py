"""Optimisers under Keras's names; what they share, and how Keras 2 and 3 differ, is in `konv.train.optimizer`."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from konv.arguments import at_least_zero
from konv.names import unknown
from konv.ops import adaptive, update as rules
from konv.ops.update import Update
from konv.train.optimizer import Optimizer, share, small
from konv.train.schedules import LearningRateSchedule

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "SGD",
    "deserialize",
    "get",
    "serialize",
]

Rate = float | LearningRateSchedule | None


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    Arguments:
        `learning_rate`: how long a step is (default 0.01).
        `momentum`: the share of the last step that is taken again, at least 0 and below 1.
        `nesterov`: whether the gradient is looked at where momentum leads.
        `options`: clipping, decay, running means, old names; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Sutskever et al., *On the importance of initialization and momentum in deep learning*, 2013, equations 1 to
    4; formulas at `konv.ops.update.SGD`.
    Example: `SGD(0.01, momentum=0.9, nesterov=True)`.
    """

    arguments = ("momentum", "nesterov")
    default_rate = 0.01

    def __init__(
        self, learning_rate: Rate = None, momentum: float = 0.0, nesterov: bool = False, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = share(momentum, "momentum")
        self.nesterov = bool(nesterov)

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return rules.SGD(self.momentum, self.nesterov)


class RMSprop(Optimizer):
    """RMSprop: the gradient of each weight divided by its recent root mean square.

    Arguments:
        `learning_rate`: how long a step is (default 0.001).
        `rho`: the share of the old mean square that is kept at each step, at least 0 and below 1.
        `momentum`: the share of the last step that is taken again, at least 0 and below 1.
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `centered`: whether the mean gradient is taken off first: division by the standard deviation.
        `options`: clipping, decay, running means, old names; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Tieleman & Hinton, *Lecture 6.5: RMSProp*, 2012; formulas at `konv.ops.update.RMSprop`.
    Example: `RMSprop(1e-4)` (Keras 3's formula); `RMSprop(lr=1e-4, decay=1e-6)` (Keras 2's).
    """

    arguments = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Rate = None,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.momentum = share(rho, "rho"), share(momentum, "momentum")
        self.epsilon, self.centered = small(epsilon), bool(centered)

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return rules.RMSprop(self.rho, self.epsilon, not self.keras2, self.momentum, self.centered)


class Adagrad(Optimizer):
    """Adagrad: every weight's step divided by the root of all its squared gradients so far.

    Arguments:
        `learning_rate`: how long a step is (default 0.001; Keras 2: 0.01).
        `initial_accumulator_value`: where the sum of squares begins (default 0.1; Keras 2: 0).
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `options`: clipping, decay, running means, old names; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Duchi, Hazan & Singer, *Adaptive subgradient methods*, 2011; formulas at `konv.ops.update.Adagrad`.
    Example: `Adagrad(0.01)`.
    """

    arguments = ("initial_accumulator_value", "epsilon")
    old_rate = 0.01

    def __init__(
        self,
        learning_rate: Rate = None,
        initial_accumulator_value: float | None = None,
        epsilon: float | None = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        begin = (0.0 if self.keras2 else 0.1) if initial_accumulator_value is None else initial_accumulator_value
        self.initial_accumulator_value = at_least_zero(begin, "initial_accumulator_value")
        self.epsilon = small(epsilon)

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return rules.Adagrad(self.epsilon, not self.keras2, self.initial_accumulator_value)


class Adadelta(Optimizer):
    """Adadelta: steps whose length follows from those before, in the units of the weight.

    Arguments:
        `learning_rate`: what each step is multiplied by (default 0.001; Keras 2, as in the paper: 1).
        `rho`: the share of the old mean squares that is kept at each step, at least 0 and below 1.
        `epsilon`: begins the motion, and keeps the divisor from 0; None for 1e-7.
        `options`: clipping, decay, running means, old names; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Zeiler, *Adadelta: an adaptive learning rate method*, 2012; formulas at `konv.ops.update.Adadelta`.
    Example: `Adadelta(1.0)`.
    """

    arguments = ("rho", "epsilon")
    old_rate = 1.0

    def __init__(
        self, learning_rate: Rate = None, rho: float = 0.95, epsilon: float | None = 1e-7, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.epsilon = share(rho, "rho"), small(epsilon)

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return rules.Adadelta(self.rho, self.epsilon)


class _Moments(Optimizer):
    """What Adam and its kin share: two running means."""

    arguments: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Rate = None,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2 = share(beta_1, "beta_1"), share(beta_2, "beta_2")
        self.epsilon = small(epsilon)


class Adam(_Moments):
    """Adam: momentum and RMSprop together, corrected for having started at zero.

    Arguments:
        `learning_rate`: how long a step is (default 0.001).
        `beta_1`, `beta_2`: the shares of the old mean gradient and mean square that are kept, at least 0, below 1.
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `amsgrad`: whether to divide by the largest mean square so far, so that steps never grow again.
        `options`: clipping, decay, running means, old names; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Kingma & Ba, *Adam: a method for stochastic optimization*, 2015; Reddi, Kale & Kumar, *On the convergence
    of Adam and beyond*, 2018; formulas at `konv.ops.adaptive.Adam`.
    Example: `Adam(3e-4)`.
    """

    arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Rate = None,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        self.amsgrad = bool(amsgrad)

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return adaptive.Adam(self.beta_1, self.beta_2, self.epsilon, self.amsgrad)

    def numbers(self, rate: float) -> tuple[float, ...]:
        """The step size α of Kingma & Ba: the learning `rate` with the bias correction of this step."""
        t = self.iterations + 1
        return (rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t),)


class AdamW(Adam):
    """Adam with decoupled weight decay.

    Arguments: as of `Adam`, but `weight_decay` (among `options`) is 0.004 where it is not given.
    Source: Loshchilov & Hutter, *Decoupled weight decay regularization*, 2019, algorithm 2, in Keras 3's form:
    the decay is the learning rate times `weight_decay`.
    Example: `AdamW(1e-3, weight_decay=0.05)`.
    """

    default_weight_decay: ClassVar[float | None] = 0.004


class Nadam(_Moments):
    """Nadam: Adam with Nesterov's look ahead.

    Arguments:
        `learning_rate`: how long a step is (default 0.001; Keras 2: 0.002).
        `beta_1`, `beta_2`: the shares of the old mean gradient and mean square that are kept, at least 0, below 1.
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `options`: clipping, decay, running means, old names, see `Optimizer`; and `schedule_decay`, how fast momentum
        grows to `beta_1` (default 1; Keras 2: 0.004).
    Raises: ConfigurationError for values that make no sense.
    Source: Dozat, *Incorporating Nesterov momentum into Adam*, 2016; formulas at `konv.ops.adaptive.Nadam`.
    Example: `Nadam(0.002)`.
    """

    arguments = ("beta_1", "beta_2", "epsilon", "schedule_decay")
    old_rate = 0.002

    def __init__(
        self,
        learning_rate: Rate = None,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **options: Any,
    ) -> None:
        slow = options.pop("schedule_decay", None)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)
        usual = 0.004 if self.keras2 else 1.0
        self.schedule_decay = at_least_zero(usual if slow is None else slow, "schedule_decay")
        self._product = (0, 1.0)

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return adaptive.Nadam(self.beta_1, self.beta_2, self.epsilon)

    def numbers(self, rate: float) -> tuple[float, ...]:
        """Dozat's factors of the mean, of the gradient and of the mean square at this step."""
        t = self.iterations + 1
        known, product = self._product if self._product[0] <= t else (0, 1.0)
        for step in range(known + 1, t + 1):
            product *= self._momentum(step)
        self._product = (t, product)
        ahead = self._momentum(t + 1)
        gradient = rate * (1 - self._momentum(t)) / (1 - product)
        return rate * ahead / (1 - product * ahead), gradient, 1 / (1 - self.beta_2**t)

    @property
    def product(self) -> float:
        """The product of the momenta of all steps so far, which Keras keeps in its files."""
        return float(np.prod([self._momentum(t) for t in range(1, self.iterations + 1)]))

    def _momentum(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * float(0.96 ** (t * self.schedule_decay)))


class Adamax(_Moments):
    """Adamax: Adam with the largest recent gradient in place of the root mean square.

    Arguments:
        `learning_rate`: how long a step is (default 0.001; Keras 2: 0.002).
        `beta_1`, `beta_2`: the shares of the old mean and of the old largest gradient that are kept.
        `epsilon`: keeps the divisor from 0; None for 1e-7.
        `options`: clipping, decay, running means, old names; see `Optimizer`.
    Raises: ConfigurationError for values that make no sense.
    Source: Kingma & Ba, 2015, algorithm 2; formulas at `konv.ops.adaptive.Adamax`.
    Example: `Adamax(0.002)`.
    """

    old_rate = 0.002

    @property
    def rule(self) -> Update:
        """The formula of a step."""
        return adaptive.Adamax(self.beta_1, self.beta_2, self.epsilon)

    def numbers(self, rate: float) -> tuple[float, ...]:
        """The step size: the learning `rate` with the bias correction of this step."""
        return (rate / (1 - self.beta_1 ** (self.iterations + 1)),)


CLASSES: dict[str, type[Optimizer]] = {
    kind.__name__: kind for kind in (Adadelta, Adagrad, Adam, AdamW, Adamax, Nadam, RMSprop, SGD)
}
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
