"""How a kernel learns: from the loss to its gradient by the layer's output, from there to that of one weight as a sum
over all places, and to the new weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.engine import Position, Training, build
from konv.errors import ConfigurationError
from konv.explain.look.network import Network, Place, View, copied, opened, reached, refuse, rows_of, source
from konv.explain.look.stepping import OwnStep, own_step
from konv.graph import Graph, Tensor, Variable
from konv.messages import text
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.loss import Loss, SparseCategoricalCrossentropy
from konv.ops.record import Array, Op
from konv.ops.sequence import OnImages
from konv.ops.update import SGD
from konv.ops.windows import pad
from konv.shapes import show

__all__ = ["Learned", "WeightGradient", "learn", "weight_gradient"]


@dataclass(frozen=True, eq=False)
class Learned:
    """One step of learning, seen at one layer.

    `loss`, the mean over the images; `x`, `(n, …)`, what the layer read; `dy`, `(n, …)`, the gradient of the loss by
    what its operation gave, before any activation; `kernel` and `dkernel`, its gradient as the engine computes it;
    `bias`, `dbias` likewise, or None; `rate`, the learning rate of a step of gradient descent; `own`, the step of the
    model's own optimiser, None where it has none.
    """

    layer: str
    operation: Op
    loss: float
    x: Array
    dy: Array
    kernel: Array
    dkernel: Array
    bias: Array | None
    dbias: Array | None
    rate: float
    own: OwnStep | None = None

    @property
    def updated(self) -> Array:
        """The kernel after the step: `kernel − rate · dkernel`."""
        found: Array = self.kernel - self.rate * self.dkernel
        return found


@dataclass(frozen=True, eq=False)
class WeightGradient:
    """The gradient of one weight, place by place.

    `seen`, what the weight was multiplied by at every place, and `coming`, the gradient that came back there, both
    `(n, rows, columns)` (one place of a dense layer); `terms`, their products; `gradient`, the engine's, which is the
    terms' sum; `weight`, and `updated`, what a step makes of it.
    """

    layer: str
    index: tuple[int, ...]
    seen: Array
    coming: Array
    terms: Array
    gradient: float
    weight: float
    updated: float

    @property
    def total(self) -> float:
        """The sum of the terms."""
        return float(self.terms.sum(dtype=np.float64))


def learn(
    model: Network, image: Any, target: Any, layer: str, loss: Loss | None = None, rate: float | None = None
) -> Learned:
    """What a step of gradient descent on `image` does to the kernel of `layer`; the model stays as it is.

    Everything behaves as in prediction (nothing is dropped), so that the step can be followed by hand; penalties and
    constraints of weights are left out.

    Arguments: `model`; `image`, one or a batch, as the network takes them; `target`, for each what the loss takes: a
    class's number, by default; `layer`, a convolution or dense layer; `loss`, by default the model's own, else
    the cross-entropy of class numbers; `rate`, the learning rate, by default that of the model's optimiser, else 0.01.
    Raises: UnknownNameError for a layer there is not; ConfigurationError for one without a kernel that is shared or
    dense, or a network with several outputs; LabelError for targets that do not fit; as `activations`.
    Source: Rumelhart, Hinton & Williams, *Learning representations by back-propagating errors*, Nature 323, 1986; of
    convolutions: LeCun et al., *Backpropagation applied to handwritten zip code recognition*, 1989.
    """
    view = opened(model)
    place = view.find(layer)
    op = _plain(place)
    if len(view.outputs) != 1:
        raise ConfigurationError(text("look.one_output", received=len(view.outputs)))
    rows = rows_of(view, image, several=True)
    chosen: Loss = loss or _own_loss(model) or SparseCategoricalCrossentropy()
    targets = chosen.check(np.atleast_1d(np.asarray(target)), view.outputs[0].shape)
    if len(targets) != len(rows[0]):
        raise ConfigurationError(text("look.targets", received=len(targets), expected=len(rows[0])))
    node = place.operation
    x, y = view.values(rows, [node.inputs[0], node.output])
    variables = node.variables[:2] if getattr(op, "bias", False) else node.variables[:1]
    optimizer = getattr(model, "optimizer", None)
    others = _others(view, variables) if optimizer is not None and optimizer.update.together else ()
    losses, gradients, _ = _step(view, rows, chosen, targets, (*variables, *others))
    _, _, (dy,) = _step(view, [*rows, y], chosen, targets, (), node.output)
    kernel, *bias = (v.value.copy() for v in variables)
    dkernel, *dbias = gradients[: len(variables)]
    step = rate if rate is not None else _own_rate(model)
    own = None if optimizer is None else own_step(optimizer, variables, gradients, gradients)
    return Learned(place.name, op, float(losses.mean(dtype=np.float64)), x, dy, kernel, dkernel,
                   bias[0] if bias else None, dbias[0] if dbias else None, step, own)  # fmt: skip


def _others(view: View, known: Sequence[Variable]) -> tuple[Variable, ...]:
    """All other weights that training adjusts."""
    found = dict.fromkeys(v for node in view.nodes if not node.frozen for v in node.variables if v.trainable)
    return tuple(v for v in found if v not in known)


def _plain(place: Place) -> Op:
    """The operation, one that has a kernel every place shares. Raises: ConfigurationError otherwise."""
    op = place.operation.op
    inner = op.on_images() if isinstance(op, OnImages) else op
    if not isinstance(inner, (Conv2D, DepthwiseConv2D, Dense)):
        raise ConfigurationError(text("look.no_kernel", layer=place.name, kind=place.kind))
    return op


def _own_loss(model: Any) -> Loss | None:
    found = getattr(model, "loss", None)
    return found if isinstance(found, Loss) else None


def _own_rate(model: Any) -> float:
    optimizer = getattr(model, "optimizer", None)
    return 0.01 if optimizer is None else float(optimizer.current_rate)


def _step(
    view: View, rows: Sequence[Array], loss: Loss, targets: Array, variables: tuple[Variable, ...],
    cut: Tensor | None = None,
) -> tuple[Array, tuple[Array, ...], tuple[Array, ...]]:  # fmt: skip
    """Losses `(n,)` and the gradients of their mean: by `variables`, and by `cut`, a tensor whose value is the last of
    `rows`. Nothing is updated."""
    made = {t: source(t, t.node.layer) for t in view.inputs}
    if cut is not None:
        made[cut] = source(cut, cut.node.layer)
    begin = list(made.values())
    copied(view.nodes, made)
    output = made[view.outputs[0]]
    used = reached(begin, [output])
    given = zip(rows, begin, strict=True)
    taken = [np.ascontiguousarray(row, t.dtype) for row, t in given if any(t is u for u in used)]
    asked = () if cut is None else (made[cut],)
    n = len(taken[0])
    with view.lock:
        # A rate of 0: the rule runs, and leaves every weight as it was.
        program = build(Graph(used, [output]), n, [loss], Training(SGD(), variables, ((),) * len(variables), asked))
        weights = np.full(n, 1 / n, output.dtype)
        outcome = program.run(taken, [targets], [weights], (0.0,), Position(0, 0, np.arange(n)))
        refuse(outcome.nonfinite)
        return outcome.losses[0], program.gradients(), program.input_gradients()


def weight_gradient(learned: Learned, index: Sequence[int]) -> WeightGradient:
    """The gradient of the weight at `index` of the kernel, as a sum over samples and places.

        ∂k[u, v, c, o] = Σ_{n,i,j} x⁺[n, s·i + d·u, s·j + d·v, c] · ∂y[n, i, j, o]

    Arguments: `learned`, what `learn` gave; `index`, `(u, v, c, o)` of a convolution, `(feature, unit)` of a dense
    layer: the place in the kernel's array.
    Raises: ConfigurationError where the kernel has no such weight.
    """
    at = tuple(int(i) for i in index)
    shape = learned.kernel.shape
    if len(at) != len(shape) or not all(0 <= i < n for i, n in zip(at, shape, strict=True)):
        raise ConfigurationError(text("look.weight", layer=learned.layer, received=at, shape=show(shape)))
    seen, coming = _met(learned, at)
    found, weight = float(learned.dkernel[at]), float(learned.kernel[at])
    updated = float(learned.updated[at])
    return WeightGradient(learned.layer, at, seen, coming, seen * coming, found, weight, updated)


def _met(learned: Learned, at: tuple[int, ...]) -> tuple[Array, Array]:
    """What the weight met at every place, and what came back there."""
    op, x, dy = learned.operation, learned.x.astype(np.float64), learned.dy.astype(np.float64)
    if isinstance(op, OnImages):
        op, x, dy, at = op.on_images(), x[:, None], dy[:, None], (0, *at)
    if isinstance(op, Dense):
        n = len(x)
        return x[..., at[0]].reshape(n, -1, 1), dy[..., at[1]].reshape(n, -1, 1)
    u, v, c, o = at
    if isinstance(op, DepthwiseConv2D):
        o = c * op.multiplier + o
    if isinstance(op, Conv2D):
        c += o // (op.filters // op.groups) * (x.shape[-1] // op.groups)
    window = op.window(x.shape[1:])
    assert window is not None
    rows, columns = (
        slice(k * a.dilation, k * a.dilation + (a.output - 1) * a.stride + 1, a.stride)
        for k, a in zip((u, v), window, strict=True)
    )
    return pad(x, window)[:, rows, columns, c], dy[..., o]
