"""`keras.losses`: konv's, taking the arguments of any version; `reduction` of those that a script calls itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from konv import functions as ops, losses
from konv.compat.words import Spelled
from konv.train.losses import CLASSES, each

__all__ = ["Reduction", "words"]

Reduction = SimpleNamespace(
    AUTO="auto", NONE="none", SUM="sum", SUM_OVER_BATCH_SIZE="sum_over_batch_size"
)  # fmt: skip
"""How losses of single samples are put together, by TensorFlow's names."""


class Reduced:
    """A loss that a script calls itself: of each sample, or their sum. Arguments: `loss`; `reduction`."""

    def __init__(self, loss: losses.Loss, reduction: str) -> None:
        self.loss, self.reduction, self.__name__ = loss, reduction, loss.name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss. Arguments: `y_true`, targets; `y_pred`, predictions; `sample_weight`, what each sample counts."""
        found = each(self.loss, y_true, y_pred)
        found = found if sample_weight is None else found * sample_weight
        return found if self.reduction == "none" else ops.sum(found)


def _spelled(name: str, kind: type[losses.Loss]) -> type:
    def made(cls: type, *args: Any, reduction: Any = None, name: Any = None, dtype: Any = None, **named: Any) -> Any:
        settings = {key: value for key, value in named.items() if not (key == "axis" and value == -1)}
        loss = kind(*args, **settings)
        return Reduced(loss, reduction) if reduction in ("none", "sum") else loss

    return Spelled(name, (), {"__new__": made, "konv_class": kind, "__doc__": kind.__doc__})


words = SimpleNamespace(
    **{name: getattr(losses, name) for name in losses.__all__},
)
"""Every name of `keras.losses`."""
for _name, _kind in CLASSES.items():
    setattr(words, _name, _spelled(_name, _kind))
words.Reduction = Reduction
words.MSE, words.MAE, words.MAPE, words.MSLE = losses.mse, losses.mae, losses.mape, losses.msle
words.KLD, words.cosine, words.cosine_proximity = losses.kld, losses.cosine_similarity, losses.cosine_similarity
