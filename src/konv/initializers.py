"""Initialisers: where weights start from, under Keras's names.

An initialiser without a seed of its own draws from the process's seed (`konv.utils.set_random_seed`) and the running
number of draws since it was set: the same script gives the same weights. One with a seed gives the same values
whenever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

import numpy as np

from konv import config, random
from konv.errors import ConfigurationError
from konv.messages import text
from konv.names import unknown
from konv.ops.record import Array
from konv.shapes import elements

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "fans",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]

TRUNCATED = 0.87962566103423978
"""Standard deviation of a normal variable cut off at ±2."""


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds, of a weight of `shape`.

    `(F, U)`: F and U. `(h, w, C, O)`: h·w·C and h·w·O. A vector of U: U and U, as Keras counts.
    """
    if len(shape) < 2:
        return (elements(shape),) * 2
    area = elements(shape[:-2])
    return area * shape[-2], area * shape[-1]


class Initializer:
    """Base of all initialisers: a callable that makes the first value of a weight.

    A subclass keeps its constructor's arguments under their own names and defines `draw`.
    """

    arguments: ClassVar[tuple[str, ...]] = ()

    def __call__(self, shape: Sequence[int], dtype: str | None = None, fan: tuple[int, int] | None = None) -> Array:
        """A new array of `shape`.

        Arguments: `dtype`, `"float32"` or `"float64"` (default `konv.config.floatx()`); `fan`, fan-in and fan-out
        where `fans(shape)` would not be right.
        """
        return self.draw(tuple(shape), fan or fans(shape)).astype(dtype or config.floatx())

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """The value in float64, of `shape`; `fan` is fan-in and fan-out."""
        raise NotImplementedError

    def settled(self) -> Initializer:
        """What draws, whenever it is called, the numbers that this initialiser would draw now; itself by default."""
        return self

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: getattr(self, name) for name in self.arguments}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Initializer:
        """The initialiser whose `get_config` gave `config`."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({values})"


class Zeros(Initializer):
    """All zeros: Keras's start for biases. Example: `Zeros()((3,))`."""

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """Zeros of `shape`."""
        return np.zeros(shape)


class Ones(Initializer):
    """All ones. Example: `Ones()((3,))`."""

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """Ones of `shape`."""
        return np.ones(shape)


class Constant(Initializer):
    """One number everywhere. Arguments: `value`. Example: `Constant(0.1)((3,))`."""

    arguments = ("value",)

    def __init__(self, value: float = 0.0) -> None:
        self.value = float(value)

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """`value`, in an array of `shape`."""
        return np.full(shape, self.value)


class _Random(Initializer):
    """What initialisers that draw random numbers share: the seed and the number that key them."""

    seed: int | None
    turn: tuple[int, int] | None = None

    def settled(self) -> Initializer:
        """A copy that has taken its number among the draws, and draws by it whenever it is called."""
        other = copy(self)
        other.turn = self._key()
        return other

    def _key(self) -> tuple[int, int]:
        if self.turn is not None:
            return self.turn
        return (random.seed(), random.next_number()) if self.seed is None else (self.seed, 0)


def _seed(value: object) -> int | None:
    return None if value is None else random.check_seed(value)


class RandomNormal(_Random):
    """Normal numbers.

    Arguments: `mean`; `stddev`, the standard deviation; `seed`, None for the process's.
    Example: `RandomNormal(stddev=0.01)((3, 3, 1, 8))`.
    """

    arguments = ("mean", "stddev", "seed")

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = float(mean), float(stddev), _seed(seed)

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """Normal numbers of `shape`."""
        return self.mean + self.stddev * random.normal(shape, *self._key())


class TruncatedNormal(RandomNormal):
    """Normal numbers, those further than two standard deviations from the mean drawn again.

    Arguments: `mean`; `stddev`, the standard deviation before truncation; `seed`.
    Example: `TruncatedNormal(stddev=0.02)((64, 10))`.
    """

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """Truncated normal numbers of `shape`."""
        return self.mean + self.stddev * random.truncated_normal(shape, *self._key())


class RandomUniform(_Random):
    """Uniform numbers.

    Arguments: `minval`, `maxval`, the range; `seed`. Example: `RandomUniform(-0.1, 0.1)((64, 10))`.
    """

    arguments = ("minval", "maxval", "seed")

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = float(minval), float(maxval), _seed(seed)

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """Uniform numbers of `shape`."""
        return self.minval + (self.maxval - self.minval) * random.uniform(shape, *self._key())


class VarianceScaling(_Random):
    """Numbers whose variance is `scale / fan`, so that signals keep their size from layer to layer.

    Arguments: `scale`, positive; `mode`, which fan: `"fan_in"`, `"fan_out"`, `"fan_avg"`; `distribution`:
    `"uniform"`, `"truncated_normal"`, `"untruncated_normal"`; `seed`.
    Raises: ConfigurationError for other values.
    Source: Glorot & Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010,
    equation 12; He et al., *Delving deep into rectifiers*, 2015, equations 10 and 14.
    """

    arguments: ClassVar[tuple[str, ...]] = ("scale", "mode", "distribution", "seed")
    modes = ("fan_in", "fan_out", "fan_avg")
    distributions = ("uniform", "truncated_normal", "untruncated_normal")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        if not scale > 0:
            raise ConfigurationError(text("not_positive", name="scale", received=scale))
        if distribution == "normal":  # Keras 2's name
            distribution = "truncated_normal"
        for name, value, known in (("mode", mode, self.modes), ("distribution", distribution, self.distributions)):
            if value not in known:
                raise ConfigurationError(text("unknown_setting", name=name, received=value, known=", ".join(known)))
        self.scale, self.mode, self.distribution, self.seed = float(scale), mode, distribution, _seed(seed)

    def draw(self, shape: tuple[int, ...], fan: tuple[int, int]) -> Array:
        """Numbers of `shape` with variance `scale / fan`."""
        count = {"fan_in": fan[0], "fan_out": fan[1], "fan_avg": (fan[0] + fan[1]) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = np.sqrt(3 * variance)
            return np.asarray(limit * (2 * random.uniform(shape, *self._key()) - 1))
        if self.distribution == "truncated_normal":
            return np.asarray(np.sqrt(variance) / TRUNCATED * random.truncated_normal(shape, *self._key()))
        return np.asarray(np.sqrt(variance) * random.normal(shape, *self._key()))


class _Scaled(VarianceScaling):
    """A variance scaling with a name of its own: only the seed is left to choose."""

    arguments = ("seed",)
    rule: ClassVar[tuple[float, str, str]]

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self.rule, seed=seed)


class GlorotUniform(_Scaled):
    """Uniform in ±√(6 / (fan-in + fan-out)): Keras's start for kernels (Glorot & Bengio, 2010, equation 16).

    Arguments: `seed`. Example: `GlorotUniform(seed=1)((3, 3, 1, 8))`.
    """

    rule = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal with variance 2 / (fan-in + fan-out) (Glorot & Bengio, 2010, equation 12).

    Arguments: `seed`. Example: `GlorotNormal()((64, 10))`.
    """

    rule = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform in ±√(6 / fan-in), for layers before a ReLU (He et al., 2015, equation 10).

    Arguments: `seed`. Example: `HeUniform()((64, 10))`.
    """

    rule = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Truncated normal with variance 2 / fan-in, for layers before a ReLU (He et al., 2015, equation 10).

    Arguments: `seed`. Example: `HeNormal()((64, 10))`.
    """

    rule = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform in ±√(3 / fan-in) (LeCun et al., *Efficient BackProp*, 1998, equation 16).

    Arguments: `seed`. Example: `LecunUniform()((64, 10))`.
    """

    rule = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal with variance 1 / fan-in (LeCun et al., *Efficient BackProp*, 1998, equation 16).

    Arguments: `seed`. Example: `LecunNormal()((64, 10))`.
    """

    rule = (1.0, "fan_in", "truncated_normal")


CLASSES: dict[str, type[Initializer]] = {
    kind.__name__: kind
    for kind in (
        Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, Ones, RandomNormal,
        RandomUniform, TruncatedNormal, VarianceScaling, Zeros,
    )
}  # fmt: skip

constant, ones, zeros = Constant, Ones, Zeros
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling = VarianceScaling

NAMES: dict[str, type[Initializer]] = {
    "constant": Constant, "glorot_normal": GlorotNormal, "glorot_uniform": GlorotUniform, "he_normal": HeNormal,
    "he_uniform": HeUniform, "lecun_normal": LecunNormal, "lecun_uniform": LecunUniform, "normal": RandomNormal,
    "ones": Ones, "random_normal": RandomNormal, "random_uniform": RandomUniform, "truncated_normal": TruncatedNormal,
    "uniform": RandomUniform, "variance_scaling": VarianceScaling, "zeros": Zeros,
}  # fmt: skip
"""Keras's strings."""


def get(identifier: object) -> Callable[..., Array]:
    """The initialiser for a name (`"he_normal"`, `"HeNormal"`), a saved form, a class, or a callable as it is.

    Arguments: `identifier`, any of these; a callable takes `(shape, dtype=…)` and returns an array.
    Raises: UnknownNameError for a name that is none.
    """
    if isinstance(identifier, str):
        kind = NAMES.get(identifier) or CLASSES.get(identifier)
        if kind is None:
            raise unknown("initializer", identifier, NAMES)
        return kind()
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    raise unknown("initializer", identifier, NAMES)


def serialize(initializer: Callable[..., Array]) -> dict[str, Any]:
    """The form in which a configuration keeps `initializer`: its class's name and its arguments.

    Raises: ConfigurationError for a callable that is no `Initializer`: a file cannot hold code.
    """
    if not isinstance(initializer, Initializer):
        raise ConfigurationError(text("cannot_be_saved", received=initializer))
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


def deserialize(saved: Mapping[str, Any]) -> Initializer:
    """The initialiser that `serialize` wrote as `saved`. Raises: UnknownNameError for a class that is none."""
    name = saved.get("class_name")
    if not isinstance(name, str) or name not in CLASSES:
        raise unknown("initializer", name, CLASSES)
    return CLASSES[name].from_config(saved.get("config") or {})
