"""A learning rate as scripts hold it."""

from __future__ import annotations

from typing import Any

__all__ = ["Rate"]


class Rate(float):
    """A learning rate as scripts hold it: a number that can be assigned to, as Keras's variable can.

    Arguments: `value`; `owner`, the optimiser whose it is.
    """

    def __new__(cls, value: float, owner: Any) -> Rate:
        """The number."""
        made = super().__new__(cls, value)
        made.owner = owner
        return made

    owner: Any

    def numpy(self) -> float:
        """The number itself."""
        return float(self)

    def assign(self, value: Any) -> None:
        """Make `value` the optimiser's learning rate."""
        self.owner.learning_rate = float(value)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is a plain number."""
        return float, (float(self),)
