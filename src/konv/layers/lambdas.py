"""A function as a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.layers.registry import found, name_of
from konv.messages import text

__all__ = ["Lambda"]


class Lambda(Layer):
    """A function of symbolic tensors, written in `konv.ops`, as a layer without weights.

    Arguments:
        `function`: called with the input (a list of them where there are several); or the name under which
        `register_serializable` has it. A file keeps that name, never code: a function without one cannot be saved.
        `output_shape`, `mask`: taken for Keras's sake; the shape follows from the function.
        `arguments`: a dictionary of further arguments of the function.
        `options`: `name`; see `Layer`.
    Input shape: what the function takes.
    Output shape: what it returns.
    Raises: ConfigurationError for what is neither a function nor a name that is known.
    Example: `Lambda(lambda x: x ** 2)`.
    """

    def __init__(
        self,
        function: Callable[..., Any] | str,
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        known = found(function) if isinstance(function, str) else function
        if not callable(known):
            raise ConfigurationError(text("unknown_function", layer=self.name, received=function))
        self.function = known
        self.given = dict(arguments or {})

    def call(self, inputs: Any) -> Any:
        """The function of `inputs`."""
        return self.function(inputs, **self.given)

    def get_config(self) -> dict[str, Any]:
        """All that makes this layer again. Raises: ConfigurationError where the function has no registered name."""
        name = name_of(self.function)
        if name is None:
            called = getattr(self.function, "__name__", str(self.function))
            raise ConfigurationError(text("lambda_not_registered", layer=self.name, received=called))
        return {**super().get_config(), "function": name, "arguments": self.given}
