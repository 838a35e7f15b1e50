"""The only arithmetic of padding, stride, dilation and output size; everything else asks here.

Shapes leave the batch axis out: `(H, W, C)` for images (channels last, as in Keras), `(F,)` for vectors.
An axis of `size` elements under a window of `kernel` taps, `dilation` apart, moving by `stride`, padded by
`before + after` elements, has `floor((size + before + after − span) / stride) + 1` outputs, where
`span = (kernel − 1) · dilation + 1` (Dumoulin & Visin, *A guide to convolution arithmetic*, 2016, relationship 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from konv.errors import ConfigurationError, ShapeError
from konv.messages import text

__all__ = [
    "Axis",
    "Padding",
    "Shape",
    "axes",
    "channels_last",
    "elements",
    "pair",
    "show",
    "transposed",
]

Shape = tuple[int, ...]
Padding = str | tuple[tuple[int, int], ...]


def elements(shape: Sequence[int]) -> int:
    """The number of elements of a shape: the product of its axes, 1 for an empty one."""
    return prod(shape)


def show(shape: Sequence[int | None]) -> str:
    """A shape as people write it: `32×32×3`; an axis that is not known yet is `?`."""
    return "×".join("?" if n is None else str(n) for n in shape) or "scalar"


def pair(value: object, name: str, layer: str, count: int = 2, least: int = 1) -> tuple[int, ...]:
    """`value` as `count` integers: one integer stands for all of them.

    Raises: ConfigurationError where it is neither, or one of them is below `least`.
    """
    if isinstance(value, bool):
        values: tuple[object, ...] = ()
    elif hasattr(value, "__index__"):
        values = (value,) * count
    else:
        values = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(values) != count or not all(hasattr(v, "__index__") and int(v) >= least for v in values):
        raise ConfigurationError(text("bad_tuple", layer=layer, name=name, count=count, received=value))
    return tuple(int(v) for v in values)  # type: ignore[call-overload]


def normal_padding(value: object, layer: str, count: int = 2, causal: bool = False) -> Padding:
    """`value` as `"valid"`, `"same"` (`"causal"` where `causal`), or a (before, after) pair for each of `count` axes.

    Raises: ConfigurationError for anything else.
    """
    if isinstance(value, str) and value.lower() in ("valid", "same", "causal")[: 2 + causal]:
        return value.lower()
    if hasattr(value, "__index__") and not isinstance(value, bool) and int(value) >= 0:
        return ((int(value),) * 2,) * count
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == count:
        try:
            return tuple((b, a) for b, a in (pair(v, "padding", layer, 2, 0) for v in value))
        except ConfigurationError:
            pass
    raise ConfigurationError(text("bad_padding", layer=layer, received=value))


@dataclass(frozen=True)
class Axis:
    """One spatial axis of a window operation, with all that follows from it."""

    size: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def span(self) -> int:
        """The input elements one window reaches over: `(kernel − 1) · dilation + 1`."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def output(self) -> int:
        """The number of outputs along this axis (below 1 where the window does not fit)."""
        return (self.size + self.before + self.after - self.span) // self.stride + 1

    @property
    def arithmetic(self) -> str:
        """The sum as people write it: `(227 − 11)/4 + 1 = 55`; padding is added, `⌊…⌋` is a division with a rest."""
        padded = f"{self.size} + {self.before + self.after}" if self.before or self.after else f"{self.size}"
        room = self.size + self.before + self.after - self.span
        steps = f"({padded} − {self.span})/{self.stride}"
        return f"{f'⌊{steps}⌋' if room % self.stride else steps} + 1 = {self.output}"


def same(size: int, span: int, stride: int) -> tuple[int, int]:
    """Padding (before, after) that gives `ceil(size / stride)` outputs; the odd element goes after, as in Keras."""
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def axes(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
    dilation: Sequence[int],
    layer: str,
    window: str = "kernel",
) -> tuple[Axis, ...]:
    """The spatial axes of a window operation on an input of `sizes`.

    Raises: ShapeError where the window does not fit, with the arithmetic and what to do.
    """
    found = []
    for i, (size, taps, stride, apart) in enumerate(zip(sizes, kernel, strides, dilation, strict=True)):
        if padding == "same":
            before, after = same(size, (taps - 1) * apart + 1, stride)
        elif padding == "causal":
            before, after = (taps - 1) * apart, 0
        elif isinstance(padding, str):
            before = after = 0
        else:
            before, after = padding[i]
        axis = Axis(size, taps, stride, apart, before, after)
        if size < 1 or axis.output < 1:
            raise ShapeError(
                text("kernel_does_not_fit", layer=layer, window=text(f"window.{window}"), kernel=show(kernel),
                     received=show(sizes), size=size, padding=axis.before + axis.after, span=axis.span, stride=stride)
            )  # fmt: skip
        found.append(axis)
    return tuple(found)


def transposed(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
    dilation: Sequence[int],
    output_padding: Sequence[int] | None,
    layer: str,
) -> tuple[Axis, ...]:
    """The spatial axes of the convolution whose data gradient a transposed convolution of inputs of `sizes` is.

    Each one's `size` is the size of the transposed convolution's output, its `output` that of the input; `before` and
    `after` are what padding takes from the output (`after` is negative where `output_padding` adds more than that).
    Under "valid" there are `(size − 1) · stride + max(span, stride)` outputs, under "same" `size · stride`; with
    `output_padding`, `(size − 1) · stride + span` and that many more, under "same" `span mod 2` in place of the span.

    Raises: ShapeError where nothing is left of the output.
    """
    found = []
    for i, (size, taps, stride, apart) in enumerate(zip(sizes, kernel, strides, dilation, strict=True)):
        span = (taps - 1) * apart + 1
        reach = (size - 1) * stride + span
        more = None if output_padding is None else output_padding[i]
        if padding == "same":
            made = size * stride if more is None else (size - 1) * stride + span % 2 + more
            around = made - (size - 1) * stride + span - 2  # zeros around the spread input, were it convolved
            before = span - 1 - min(around // 2 + around % 2, span - 1)
        elif isinstance(padding, str):
            made, before = reach + (max(span, stride) - span if more is None else more), 0
        else:
            before = padding[i][0]
            made = reach - sum(padding[i]) + (more or 0)
        if size < 1 or made < 1:
            raise ShapeError(
                text("nothing_left", layer=layer, kernel=show(kernel), received=show(sizes), reach=reach, made=made)
            )
        found.append(Axis(made, taps, stride, apart, before, reach - before - made))
    return tuple(found)


def channels_last(value: object, layer: str) -> str:
    """The only data format there is. Raises: ConfigurationError for any other, saying what to do."""
    if value not in (None, "channels_last"):
        raise ConfigurationError(text("channels_first", layer=layer, received=value))
    return "channels_last"
