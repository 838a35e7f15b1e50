"""Activations that are curves of one number: rectifiers with a slope or a ceiling, exponential and smooth ones."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, inf, pi, sqrt
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError
from konv.kernels.maps.curves import Curve
from konv.messages import text
from konv.ops.activation import sigmoid
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape

__all__ = [
    "ELU",
    "ClippedReLU",
    "Exponential",
    "GELU",
    "HardSiLU",
    "HardSigmoid",
    "SiLU",
    "Softplus",
    "Softsign",
]


@dataclass(frozen=True)
class _Curve(Op):
    """What all curves share: kernels that take x, each number by itself."""

    @property
    def constants(self) -> tuple[float, ...]:
        """What the kernel is told."""
        return ()

    @property
    def curve(self) -> str:
        """What the kernel calls it."""
        return self.name

    def lower(self, to: Lowering) -> None:
        to.samples(Curve(to.dtype, self.curve, to.y.size, self.constants), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is not None:
            to.samples(Curve(to.dtype, self.curve, to.y.size, self.constants, True), to.x[0], to.dy, to.dx[0])


@dataclass(frozen=True)
class ClippedReLU(_Curve):
    """Rectified linear unit with a slope s below a threshold t, and a ceiling m.

        y = m where x ≥ m;  x where t < x < m;  s · (x − t) where x ≤ t        ∂x = ∂y · (0;  1;  s)

    s > 0, t = 0 without m is the leaky ReLU; s = 0, t = 0, m = 6 is ReLU6. Shapes: x and y (N, …).

    Source: Maas, Hannun & Ng, *Rectifier nonlinearities improve neural network acoustic models*, 2013 (slope);
    Krizhevsky, *Convolutional deep belief networks on CIFAR-10*, 2010 (ceiling); Keras `activations.relu`.
    """

    name: ClassVar[str] = "clipped_relu"
    slope: float = 0.0
    threshold: float = 0.0
    most: float | None = None

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.slope, self.threshold, inf if self.most is None else self.most)

    @property
    def plain(self) -> bool:
        """Whether it is a ReLU but for its ceiling."""
        return self.slope == 0 and self.threshold == 0

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        below = self.slope * (x[0] - self.threshold) if self.slope else 0
        above = x[0] if self.most is None else np.minimum(x[0], self.most)
        return np.asarray(np.where(x[0] <= self.threshold, below, above))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        above = np.where(x[0] < self.constants[2], dy, 0)
        return Gradients((np.where(x[0] <= self.threshold, dy * self.slope, above),))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        if self.most is None:
            return "purpose.leaky_relu", {"slope": f"{self.slope:g}", "threshold": f"{self.threshold:g}"}
        return "purpose.clipped_relu", {"most": f"{self.most:g}", "threshold": f"{self.threshold:g}"}


@dataclass(frozen=True)
class ELU(_Curve):
    """Exponential linear unit: below 0 it bends towards −α instead of stopping at 0.

        y = λ · (x where x > 0;  α · (e^x − 1) elsewhere)        ∂x = ∂y · λ · (1;  α · e^x)

    λ = 1 is ELU; λ = 1.0507009873554805 and α = 1.6732632423543772 are SELU, which keeps mean 0 and variance 1 through
    many layers. Shapes: x and y (N, …).

    Source: Clevert, Unterthiner & Hochreiter, *Fast and accurate deep network learning by exponential linear units*,
    2016; Klambauer et al., *Self-normalizing neural networks*, 2017, equations 2 and 14.
    """

    name: ClassVar[str] = "elu"
    alpha: float = 1.0
    scale: float = 1.0

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.scale, self.alpha)

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(self.scale * np.where(x[0] > 0, x[0], self.alpha * np.expm1(np.minimum(x[0], 0))))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        slope = np.where(x[0] > 0, 1, self.alpha * np.exp(np.minimum(x[0], 0)))
        return Gradients((dy * self.scale * slope,))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.elu" if self.scale == 1 else "purpose.selu", {"least": f"{-self.scale * self.alpha:.4g}"}


@dataclass(frozen=True)
class SiLU(_Curve):
    """Sigmoid linear unit (swish): x, weighed by how sure its sigmoid is.

        y = x · σ(x)        ∂x = ∂y · (σ(x) + y · (1 − σ(x)))        σ(x) = 1 / (1 + e^(−x))

    Shapes: x and y (N, …). Source: Elfwing, Uchibe & Doya, *Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning*, 2018; Ramachandran, Zoph & Le, *Searching for activation functions*, 2017.
    """

    name: ClassVar[str] = "silu"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0] * sigmoid(x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        s = sigmoid(x[0])
        return Gradients((dy * (s + y * (1 - s)),))


@dataclass(frozen=True)
class HardSigmoid(_Curve):
    """Hard sigmoid: a straight line between 0 and 1.

        y = min(max(a · x + ½, 0), 1)        ∂x = ∂y · a where 0 < a · x + ½ < 1, else 0

    a = 1/6 in Keras 3, where it is written min(max(x + 3, 0), 6)/6, and here by default. In Keras 1 and 2 a was 1/5:
    the line was steeper and reached 0 and 1 at ∓2½, so weights trained there want `hard_sigmoid(x, a=0.2)`.
    Shapes: x and y (N, …).

    Source: Howard et al., *Searching for MobileNetV3*, 2019, section 5.2; Keras 2.2.4 `backend.hard_sigmoid`.
    """

    name: ClassVar[str] = "hard_sigmoid"
    a: float = 1 / 6

    def __post_init__(self) -> None:
        if not 0 < self.a < inf:
            raise ConfigurationError(text("slope_above_zero", received=self.a))

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.a,)

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.clip(self.a * x[0] + 0.5, 0, 1)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.where(abs(x[0]) < 0.5 / self.a, dy * self.a, 0),))


@dataclass(frozen=True)
class HardSiLU(_Curve):
    """Hard swish: x times its hard sigmoid, SiLU without an exponential.

        y = x · h(x)        ∂x = ∂y · (h(x) + x · h'(x))        h(x) = min(max(x/6 + ½, 0), 1)

    Shapes: x and y (N, …). Source: Howard et al., *Searching for MobileNetV3*, 2019, section 5.2.
    """

    name: ClassVar[str] = "hard_silu"

    @property
    def constants(self) -> tuple[float, ...]:
        return (1 / 6,)

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0] * np.clip(x[0] / 6 + 0.5, 0, 1)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        inside = np.where(abs(x[0]) < 3, x[0] / 6, 0)
        return Gradients((dy * (np.clip(x[0] / 6 + 0.5, 0, 1) + inside),))


@dataclass(frozen=True)
class Softplus(_Curve):
    """Softplus: a smooth rectifier.

        y = ln(1 + e^x) = max(x, 0) + ln(1 + e^(−|x|))        ∂x = ∂y / (1 + e^(−x))

    Shapes: x and y (N, …). Source: Dugas et al., *Incorporating second-order functional knowledge for better option
    pricing*, 2001.
    """

    name: ClassVar[str] = "softplus"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.maximum(x[0], 0) + np.log1p(np.exp(-np.abs(x[0])))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy * sigmoid(x[0]),))


@dataclass(frozen=True)
class Softsign(_Curve):
    """Softsign: like tanh between −1 and 1, but it flattens more slowly.

        y = x / (1 + |x|)        ∂x = ∂y / (1 + |x|)²

    Shapes: x and y (N, …). Source: Glorot & Bengio, *Understanding the difficulty of training deep feedforward neural
    networks*, 2010, section 3.
    """

    name: ClassVar[str] = "softsign"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(x[0] / (1 + np.abs(x[0])))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy / (1 + np.abs(x[0])) ** 2,))


@dataclass(frozen=True)
class Exponential(_Curve):
    """The exponential.

        y = e^x        ∂x = ∂y · y

    Shapes: x and y (N, …). Source: Keras `activations.exponential`.
    """

    name: ClassVar[str] = "exponential"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.exp(x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy * y,))


@dataclass(frozen=True)
class GELU(_Curve):
    """Gaussian error linear unit: x, weighed by the share of a standard normal distribution that lies below it.

        y = x · Φ(x)        ∂x = ∂y · (Φ(x) + x · φ(x))        Φ(x) = ½ · erfc(−x/√2),  φ(x) = e^(−x²/2) / √(2π)

    With `tanh`, Φ(x) ≈ ½ · (1 + tanh u) with u = √(2/π) · (x + 0.044715 · x³), and φ is that one's derivative.
    Shapes: x and y (N, …). Source: Hendrycks & Gimpel, *Gaussian error linear units*, 2016, section 2.
    """

    name: ClassVar[str] = "gelu"
    tanh: bool = False

    @property
    def curve(self) -> str:
        return "gelu_tanh" if self.tanh else "gelu"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(x[0] * self._shares(x[0]))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        share, near = self._shares(x[0]), np.clip(x[0], -40, 40)
        if self.tanh:
            density = share * (1 - share) * 2 * sqrt(2 / pi) * (1 + 3 * 0.044715 * near**2)
        else:
            density = np.exp(-(near**2) / 2) / sqrt(2 * pi)
        return Gradients((dy * (share + near * density),))

    def _shares(self, x: Array) -> Array:
        """Φ(x), or what stands for it."""
        if self.tanh:
            near = np.clip(x, -40, 40)
            return sigmoid(2 * sqrt(2 / pi) * (near + 0.044715 * near**3))
        shares = np.array([erfc(-v * sqrt(0.5)) / 2 for v in x.ravel()], x.dtype)
        return np.asarray(shares.reshape(x.shape))
