"""Which stages are shared out among workers, and which are the first one's alone."""

from __future__ import annotations

import numpy as np
import pytest

from konv.engine import tables
from konv.engine.native import NativeProgram
from konv.engine.threads import pool
from konv.kernels.code.executor import ALL, CALL, FIRST, NOBODY, PROGRAM, SHARED, STAGE
from konv.ops.activation import ReLU, Softmax
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.loss import SparseCategoricalCrossentropy
from konv.ops.pooling import MaxPool2D
from konv.ops.views import Flatten
from tests.engine.networks import Example, chain, single, source, trained

SMALL = 3000
"""Of the network below at batch 1 both convolutions are more work than that, the others less."""


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_THREADS", "3")
    monkeypatch.setenv("KONV_DIRECT", "1")
    monkeypatch.setattr(tables, "SMALL", SMALL)


def network(n: int) -> Example:
    image = source(16, 12, 3, dtype="float32")
    layers = (
        Conv2D(9, (3, 3)), ReLU(), Conv2D(10, (3, 3)), ReLU(), MaxPool2D((4, 4), (4, 4)), Flatten(), Dense(10), ReLU(),
        Dense(10), Softmax(),
    )  # fmt: skip
    example = single(image, chain(image, *layers), n, SparseCategoricalCrossentropy())
    return example._replace(targets=(np.arange(n) % 10,))


def predicting(n: int) -> tuple[Example, NativeProgram]:
    """The network, and a program for it that has run once: its weights are packed."""
    example = network(n)
    program = NativeProgram(example.graph, n)
    program.run([example.x])
    return example, program


def column(program: NativeProgram, field: str) -> list[int]:
    """A field of every stage in the last run."""
    assert program._tables is not None
    return [int(row[STAGE[field]]) for row in program._tables._stage_table]


def test_small_stages_at_the_end_are_the_first_workers_and_those_without_work_nobodys(workers: None) -> None:
    example, program = predicting(1)
    kinds = [[call.spec.kind for call in stage.calls] for stage in program.stages]
    assert kinds == [["pack"] * 4, ["convolution"], ["convolution"], ["pool"], ["dense"], ["dense"], ["softmax"]]
    assert column(program, "who") == [ALL] * 3 + [FIRST] * 4
    program.run([example.x])
    assert column(program, "who") == [NOBODY] + [ALL] * 2 + [FIRST] * 4
    assert column(program, "met") == [0, 1, 1, 0, 0, 0, 0]
    assert program._tables is not None
    assert program._tables._program[PROGRAM["shared"]] == 3
    for variable in example.graph.variables:
        variable.touch()
    program.run([example.x])
    assert column(program, "met") == [1] * 3 + [0] * 4


def test_small_stages_amid_others_share_a_barrier_and_one_alone_is_shared_out(
    workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    example, program = predicting(1)
    program.run([example.x])
    assert program._tables is not None
    large = {1, 4, 6}
    monkeypatch.setattr(type(program.stages[0]), "work", lambda self, n: SMALL + (program.stages.index(self) in large))
    program._tables._share_out(1)
    assert column(program, "who") == [NOBODY, ALL, FIRST, FIRST, ALL, ALL, ALL]
    assert column(program, "met") == [0, 1, 0, 1, 1, 1, 1]
    assert program._tables._program[PROGRAM["shared"]] == 7
    wanted = example.run(example.program("reference")).outputs[0]
    program.again()
    np.testing.assert_allclose(program._outputs(1)[0], wanted, rtol=1e-5)


def test_units_of_outputs_are_dealt_out_in_as_many_pieces_for_each_worker(workers: None) -> None:
    _, program = predicting(1)
    assert program._tables is not None
    rows = [row for row in program._tables._calls if row[CALL["limit"]]]
    found = {(int(row[CALL["limit"]]), int(row[CALL["pieces"]])) for row in rows}
    assert (14, 12) in found  # rows of the first convolution: not in seven pieces, of which one worker has three
    assert all(pieces in (12, limit) for limit, pieces in found)


def test_where_all_is_small_no_worker_is_called(workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SMALL", 1 << 60)
    example, program = predicting(2)
    shared = pool()._shared
    before = int(shared[SHARED["turn"]])
    wanted = example.run(example.program("reference")).outputs[0]
    np.testing.assert_allclose(program.run([example.x]).outputs[0], wanted, rtol=1e-5)
    assert shared[SHARED["turn"]] == before
    monkeypatch.setattr(tables, "SMALL", -1)
    NativeProgram(example.graph, 2).run([example.x])
    assert shared[SHARED["turn"]] == before + 1


@pytest.mark.parametrize("n", [1, 3, 21])
def test_who_does_it_changes_no_bit_of_training(n: int, workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for most in (-1, SMALL, 20 * SMALL, 1 << 60):
        monkeypatch.setattr(tables, "SMALL", most)
        found |= {trained(network(n), steps=3) for _ in range(3)}
    assert len(found) == 1


def test_work_is_multiply_adds_and_elements(workers: None) -> None:
    stages = network(6).program("native").stages
    stage = next(stage for stage in stages if stage.calls[0].spec.kind == "convolution")
    macs = (14 * 10 * 3 * 9 + 12 * 8 * 9 * 10) * 9
    of_samples = 16 * 12 * 3 + 2 * 14 * 10 * 9 + 2 * 12 * 8 * 10 + 3 * 2 * 10
    weights = 27 * 16 + 9 + 81 * 16 + 10
    assert [call.spec.kind for call in stage.calls] == ["convolution", "convolution", "pool"]
    assert stage.work(3) == 3 * (macs + of_samples) + weights
