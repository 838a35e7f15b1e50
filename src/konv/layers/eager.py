"""A layer called on arrays: computed at once, by the engine in force, as in prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from konv import config
from konv.engine import Program, build
from konv.graph import Graph, Node, Tensor
from konv.locks import Turns
from konv.ops.record import Array
from konv.ops.source import Input

__all__ = ["Eager", "arrays_in"]

Connect = Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]]


def arrays_in(inputs: Any) -> list[Array] | None:
    """`inputs` as a list where it is an array or a list of arrays, None where it is anything else."""
    row = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    return row if row and all(isinstance(a, np.ndarray) and a.ndim > 0 for a in row) else None


class Eager:
    """The programs one layer's calls on arrays have needed so far, by the inputs' shapes.

    Arguments: `name` and `dtype`, the layer's; `connect`, which adds its nodes behind symbolic tensors. Calls from
    several threads take turns.
    """

    def __init__(self, name: str, dtype: str, connect: Connect) -> None:
        self._name, self._dtype, self._connect = name, dtype, connect
        self._programs: dict[object, Program] = {}
        self._turns = Turns()

    def __call__(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """The outputs for `arrays`, one an input, `(N, …)`. Raises: as calls on symbolic tensors; CompileError."""
        taken = [np.ascontiguousarray(a, self._dtype) for a in arrays]
        n = len(taken[0])
        with self._turns.now:
            key = tuple(a.shape[1:] for a in taken), config.engine(), config.direct()
            program = self._programs.get(key)
            if program is None or program.batch < n:
                program = self._programs[key] = self._program(taken, n)
            return program.run(taken).outputs

    def _program(self, arrays: Sequence[Array], n: int) -> Program:
        begins = tuple(Node.apply(Input(a.shape[1:]), (), (), self._name, self._dtype) for a in arrays)
        return build(Graph(begins, self._connect(begins)), n)
