"""Which learning rate? A short training in which it grows from step to step tells."""

from __future__ import annotations

from math import isfinite, log

import numpy as np

from konv.arguments import count
from konv.errors import ConfigurationError, NonFiniteError
from konv.messages import text
from konv.ops.record import Array
from konv.train.callbacks import Callback, Logs

__all__ = ["LearningRateFinder"]

SMOOTHING = 0.9
"""The share of the smoothed loss that is kept at each step."""
WARM = 10
"""Steps until the smoothed loss is a mean of enough batches for its slope to count."""


class LearningRateFinder(Callback):
    """Lets the learning rate grow from `start` to `end`, evenly in its logarithm, and writes down the loss.

    The training ends after `steps` batches, or where the loss is `worse` times its least value so far or is not
    finite; then weights, optimiser and the count of epochs are what they were before.

    Arguments: `start`, `end`, rates; `steps`, batches; `worse`.
    Attributes: `rates`; `losses`, of each batch; `smoothed`, their running mean, corrected for its beginning;
    `suggestion`, the rate at which the smoothed loss falls fastest.
    Raises: ConfigurationError for values that make no sense, or where a schedule gives the learning rate.
    Source: Smith, *Cyclical learning rates for training neural networks*, 2017, section 3.3.
    """

    def __init__(self, start: float = 1e-6, end: float = 1.0, steps: int = 100, worse: float = 4.0) -> None:
        super().__init__()
        if not 0 < start < end:
            raise ConfigurationError(text("bad_rates", start=start, end=end))
        self.start, self.end, self.worse = float(start), float(end), float(worse)
        self.steps = count(steps, "steps", "LearningRateFinder", least=3)
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self._mean = self._total = 0.0
        self._before: tuple[list[Array], list[Array], int, float, int] | None = None

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Remember everything."""
        optimizer = self.model.optimizer
        slots = [slot.copy() for row in optimizer.slots(self.model.trainable_weights) for slot in row]
        weights, rate = self.model.get_weights(), optimizer.learning_rate
        optimizer.learning_rate = rate  # where a schedule gives it, say so now
        self._before = weights, slots, optimizer.iterations, rate, self.model.epochs_trained

    def on_train_batch_begin(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Set the rate of the step."""
        share = len(self.rates) / (self.steps - 1)
        self.model.optimizer.learning_rate = self.start * (self.end / self.start) ** share

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Write the loss of the batch down; the measurement is the mean of the epoch so far."""
        mean = (logs or Logs())["loss"]
        loss = mean * (batch + 1) - (self._total if batch else 0.0)
        self._total = mean * (batch + 1)
        self.rates.append(self.model.optimizer.learning_rate)
        self.losses.append(loss)
        self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * loss
        self.smoothed.append(self._mean / (1 - SMOOTHING ** len(self.losses)))
        lost = not isfinite(loss) or (len(self.losses) > 10 and self.smoothed[-1] > self.worse * min(self.smoothed))
        if lost or len(self.rates) >= self.steps:
            self.model.stop_training = True

    def takes(self, error: NonFiniteError) -> bool:
        """A rate that is far too large is an answer too."""
        return True

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Put everything back."""
        if self._before is None:
            return
        weights, slots, iterations, rate, epochs = self._before
        optimizer = self.model.optimizer
        kept = [slot for row in optimizer.slots(self.model.trainable_weights) for slot in row]
        for slot, before in zip(kept, slots, strict=True):
            slot[...] = before
        self.model.set_weights(weights)
        optimizer.iterations, optimizer.learning_rate = iterations, rate
        self.model.epochs_trained, self._before = epochs, None

    @property
    def suggestion(self) -> float:
        """The rate at which the smoothed loss falls fastest, against the logarithm of the rate, before its least value.

        Raises: ConfigurationError where fewer than three steps could be taken.
        """
        if len(self.rates) < 3:
            raise ConfigurationError(text("too_few_rates", start=self.start))
        last = max(3, int(np.argmin(self.smoothed)) + 1)
        first = min(WARM, last - 3)
        slopes = np.gradient(self.smoothed[first:last], [log(rate) for rate in self.rates[first:last]])
        return self.rates[first + int(np.argmin(slopes))]
