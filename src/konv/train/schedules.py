"""Schedules under Keras's names: the learning rate as a function of the step, counted from 0.

Hand one to an optimiser in place of a number. It has no state: the optimiser's count of steps is all it needs, so a
resumed run goes on at the same rate.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil, cos, floor, isfinite, log, pi
from typing import Any

from konv.arguments import number
from konv.errors import ConfigurationError
from konv.messages import text
from konv.names import unknown

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


class LearningRateSchedule:
    """Base of all schedules; one of your own defines `__call__(step)`, and `get_config` to be saved.

    Example: `SGD(ExponentialDecay(0.1, decay_steps=1000, decay_rate=0.9))`.
    """

    def __call__(self, step: int) -> float:
        """The learning rate of `step`, counted from 0."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """All that `from_config` needs to make this schedule again; fit for JSON."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LearningRateSchedule:
        """A new schedule from what `get_config` gave as `config`."""
        return cls(**config)


@dataclass(frozen=True)
class _Own(LearningRateSchedule):
    """konv's schedules: their fields are their arguments."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            positive = name.endswith("steps") and name != "warmup_steps"
            if name in ("name", "staircase", "cycle", "boundaries", "values") or value is None:
                continue
            if not isfinite(found := number(value)) or found < 0 or (positive and not found):
                raise ConfigurationError(
                    text("not_positive" if positive else "not_negative", name=name, received=value)
                )

    def get_config(self) -> dict[str, Any]:
        """The arguments, by name."""
        return asdict(self)


@dataclass(frozen=True)
class ExponentialDecay(_Own):
    """The rate shrinks by the factor `decay_rate` every `decay_steps` steps: η·r^(t/T), η the first rate.

    Arguments: `initial_learning_rate`; `decay_steps`; `decay_rate`; `staircase`, whether it shrinks only at the ends of
    those steps; `name`. Raises: ConfigurationError for values that make no sense.
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str | None = None

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        p = step / self.decay_steps
        return float(self.initial_learning_rate * self.decay_rate ** (floor(p) if self.staircase else p))


@dataclass(frozen=True)
class InverseTimeDecay(_Own):
    """The rate shrinks with time: η / (1 + r·t/T), η the first rate.

    Arguments: `initial_learning_rate`; `decay_steps`, T; `decay_rate`, r; `staircase`, whether it changes only every T
    steps; `name`. Raises: ConfigurationError for values that make no sense.
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    name: str | None = None

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        p = step / self.decay_steps
        return float(self.initial_learning_rate / (1 + self.decay_rate * (floor(p) if self.staircase else p)))


@dataclass(frozen=True)
class PiecewiseConstantDecay(_Own):
    """The rate is a staircase: `values[0]` up to and with step `boundaries[0]`, then `values[1]`, and so on.

    Arguments: `boundaries`, steps in growing order; `values`, rates, one more than boundaries; `name`.
    Raises: ConfigurationError where their numbers or their order do not fit.
    """

    boundaries: Sequence[int]
    values: Sequence[float]
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.values) != len(self.boundaries) + 1 or list(self.boundaries) != sorted(self.boundaries):
            raise ConfigurationError(text("bad_boundaries", boundaries=self.boundaries, values=self.values))

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        return float(self.values[bisect_left(self.boundaries, step)])


@dataclass(frozen=True)
class PolynomialDecay(_Own):
    """The rate falls to `end_learning_rate` in `decay_steps` steps: (η − e)·(1 − t/T)^power + e.

    Arguments: `initial_learning_rate`, η; `decay_steps`, T; `end_learning_rate`, e; `power`, 1 for a straight line;
    `cycle`, whether to rise again, T growing by itself each time, or to stay at e; `name`.
    Raises: ConfigurationError for values that make no sense.
    """

    initial_learning_rate: float
    decay_steps: int
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name: str | None = None

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        span = self.decay_steps * (max(1, ceil(step / self.decay_steps)) if self.cycle else 1)
        p = min(step, span) / span
        return float((self.initial_learning_rate - self.end_learning_rate) * (1 - p) ** self.power
                     + self.end_learning_rate)  # fmt: skip


@dataclass(frozen=True)
class CosineDecay(_Own):
    """The rate falls along half a cosine, after a straight warm-up if asked for: η·((1 − α)·½(1 + cos πt/T) + α).

    Arguments: `initial_learning_rate`, the first rate; `decay_steps`, T, without the warm-up; `alpha`, the share that
    is left at the end; `warmup_target`, the rate the warm-up rises to, from where it then falls (None: no warm-up);
    `warmup_steps`; `name`. Raises: ConfigurationError for values that make no sense.
    Source: Loshchilov & Hutter, *SGDR: stochastic gradient descent with warm restarts*, 2017, equation 5.
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    name: str | None = None
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        top, after = self.initial_learning_rate, step
        if self.warmup_target is not None:
            top, after = self.warmup_target, step - self.warmup_steps
            if after < 0:
                return float(self.initial_learning_rate
                             + step / self.warmup_steps * (top - self.initial_learning_rate))  # fmt: skip
        return float(top * _half_cosine(min(after, self.decay_steps) / self.decay_steps, self.alpha))


@dataclass(frozen=True)
class CosineDecayRestarts(_Own):
    """The rate falls along half a cosine and begins again, each time `t_mul` times as long and `m_mul` times as high.

    Arguments: `initial_learning_rate`; `first_decay_steps`, the length of the first fall; `t_mul`, `m_mul`; `alpha`,
    the share that is left at the end of each; `name`. Raises: ConfigurationError for values that make no sense.
    Source: Loshchilov & Hutter, 2017, section 3.
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name: str | None = None

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        p = step / self.first_decay_steps
        if self.t_mul == 1:
            restart = floor(p)
            p -= restart
        else:
            restart = floor(log(1 - p * (1 - self.t_mul)) / log(self.t_mul))
            p = (p - (1 - self.t_mul**restart) / (1 - self.t_mul)) / self.t_mul**restart
        return float(self.initial_learning_rate * _half_cosine(p, self.alpha, self.m_mul**restart))


@dataclass(frozen=True)
class OneCycle(_Own):
    """The rate rises to a maximum and falls far below where it began, both along half a cosine.

    Arguments: `max_learning_rate`; `total_steps`, after which it stays at the end; `warmup_share`, of the steps that
    rise; `start_factor`, the first rate is the maximum divided by it; `end_factor`, the last one the first divided by
    it; `name`. Raises: ConfigurationError for values that make no sense.
    Source: Smith & Topin, *Super-convergence: very fast training of neural networks using large learning rates*, 2018.
    Example: `SGD(OneCycle(0.4, total_steps=epochs * steps_per_epoch), momentum=0.9)`.
    """

    max_learning_rate: float
    total_steps: int
    warmup_share: float = 0.3
    start_factor: float = 25.0
    end_factor: float = 1e4
    name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("start_factor", "end_factor"):
            if not getattr(self, name):
                raise ConfigurationError(text("not_positive", name=name, received=0))
        if not 0 < self.warmup_share < 1:
            raise ConfigurationError(text("momentum_range", name="warmup_share", received=self.warmup_share))

    def __call__(self, step: int) -> float:
        """The learning rate of `step`."""
        top, begin = self.max_learning_rate, self.max_learning_rate / self.start_factor
        end, rising = begin / self.end_factor, self.warmup_share * self.total_steps
        if step < rising:
            return float(top + (begin - top) * _half_cosine(step / rising))
        p = (min(step, self.total_steps) - rising) / (self.total_steps - rising)
        return float(end + (top - end) * _half_cosine(p))


def _half_cosine(p: float, alpha: float = 0.0, height: float = 1.0) -> float:
    """From `height` at p = 0 to 0 at p = 1, then brought between α and 1."""
    return (1 - alpha) * 0.5 * height * (1 + cos(pi * p)) + alpha


CLASSES: dict[str, type[LearningRateSchedule]] = {
    kind.__name__: kind
    for kind in (
        CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, OneCycle, PiecewiseConstantDecay,
        PolynomialDecay,
    )
}  # fmt: skip


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """The form in which a file keeps `schedule`. Raises: ConfigurationError for a class that is not konv's own."""
    if type(schedule) is not CLASSES.get(type(schedule).__name__):
        raise ConfigurationError(text("cannot_be_saved", received=schedule))
    return {"class_name": type(schedule).__name__, "config": schedule.get_config()}


def deserialize(saved: Mapping[str, Any]) -> LearningRateSchedule:
    """The schedule that `serialize` wrote as `saved`. Raises: UnknownNameError for a class that is none."""
    name = saved["class_name"]
    if not isinstance(name, str) or name not in CLASSES:
        raise unknown("schedule", name, CLASSES)
    return CLASSES[name].from_config(saved["config"])
