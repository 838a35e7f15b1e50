"""Batch normalisation inside a step: equal bits, statistics that follow only what is finite, frozen layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from konv.engine import native
from konv.engine.native import NativeProgram
from konv.engine.plan import Plan
from konv.engine.warm import warm
from konv.graph import Variable
from konv.kernels.code.processor import current
from konv.kernels.maps.channels import Streaming
from konv.ops.activation import ReLU
from konv.ops.batchnorm import BatchNormalization
from konv.ops.convolution import Conv2D
from konv.ops.curves import ClippedReLU
from konv.ops.dense import Dense
from konv.ops.update import SGD
from konv.ops.views import Flatten
from tests.engine.networks import Example, agree, chain, single, source, trained


def network(n: int) -> Example:
    """Two normalisations, one with its ReLU inside; chunks of rows of different lengths."""
    image = source(9, 11, 3, dtype="float32")
    layers = (
        Conv2D(20, (3, 3), bias=False), BatchNormalization(0.9), ReLU(), Conv2D(33, (3, 3), (2, 2), bias=False),
        BatchNormalization(0.9), Flatten(), Dense(5),
    )  # fmt: skip
    return single(image, chain(image, *layers), n)


def statistics(example: Example) -> list[Variable]:
    return [v for v in example.graph.variables if v.statistic]


@pytest.mark.parametrize("n", [3, 13])
def test_any_number_of_threads(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for threads in ("1", "2", "8"):
        monkeypatch.setenv("KONV_THREADS", threads)
        found.add(trained(network(n)))
    assert len(found) == 1


@pytest.mark.parametrize("size", [16, 5])
def test_what_is_alone_with_large_arrays_streams(
    size: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And gives the same bits: for a third-level cache without room all arrays are too large."""
    monkeypatch.setenv("KONV_DEBUG", "plan")

    def streaming(l3: int) -> tuple[list[tuple[str, int]], bytes]:
        monkeypatch.setattr(native, "current", lambda: replace(current(), l3=l3))
        image = source(9, 11, 20, dtype="float32")
        layers = (BatchNormalization(0.9), Conv2D(size, (3, 3)), BatchNormalization(0.9), Flatten(), Dense(5))
        example = single(image, chain(image, *layers), 13)
        program = NativeProgram(example.graph, 13, example.losses, example.training(SGD()))
        specs = [call.spec for stage in program.stages for call in stage.calls]
        return [(s.kind, s.channels) for s in specs if isinstance(s, Streaming) and s.streams], trained(example)

    (large, one), (small, other) = streaming(0), streaming(1 << 30)
    assert large == [("channel_moments", 20), ("normalise", size), ("normalise_gradient_sums", size)]
    assert small == []
    assert one == other
    assert capsys.readouterr().err.count("streams") == 2 * len(large)


def test_kernels_are_warmed_for_any_number_of_threads() -> None:
    """What streams with one of them does not where the samples are few for all."""
    example, target = network(9), replace(current(), l3=0)
    training = example.training(SGD())
    kept = warm(example.graph, 9, example.losses, training, target)
    plan = Plan(example.graph, 9, example.losses, training, target)
    needed = [{call.spec for stage in plan.stages(n) for call in stage.calls} for n in (1, 2, 8)]
    assert needed[0] != needed[2]
    assert all(specs <= kept.keys() for specs in needed)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_statistics_follow_finite_batches_only(engine: str) -> None:
    example = network(6)
    program = example.program(engine, SGD())
    before = [v.value.copy() for v in statistics(example)]
    bad = example.x.copy()
    bad[4, 3, 2, 1] = np.nan
    assert example._replace(x=bad).run(program, rate=0.1).nonfinite
    for v, old in zip(statistics(example), before, strict=True):
        np.testing.assert_array_equal(v.value, old)
    assert example.run(program, rate=0.1).nonfinite == ""
    for v, old in zip(statistics(example), before, strict=True):
        assert (v.value != old).all()


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_predictions_use_statistics_as_they_are_now(engine: str) -> None:
    """Also a program made before a training step changed them."""
    example = network(6)
    tests, trains = example.program(engine), example.program(engine, SGD())
    example.run(tests)
    example.run(trains, rate=0.1)
    found = example.run(tests).outputs[0]
    np.testing.assert_array_equal(found, example.run(example.program(engine)).outputs[0])


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_frozen_statistics_stay_and_are_used(engine: str) -> None:
    example = network(6)
    for v in statistics(example):
        v.trainable = False
    before = [v.value.copy() for v in statistics(example)]
    expected = example.run(example.program(engine)).outputs[0]
    found = example.run(example.program(engine, SGD()), rate=0.1).outputs[0]
    np.testing.assert_array_equal(found, expected)
    for v, old in zip(statistics(example), before, strict=True):
        np.testing.assert_array_equal(v.value, old)


def test_a_ceiling_is_part_of_the_normalisation() -> None:
    """Of a ReLU6 and the like: no pass over memory of its own, forward or backward."""

    def make(dtype: str) -> Example:
        layers = (
            Conv2D(20, (3, 3), bias=False), BatchNormalization(0.9), ClippedReLU(most=0.7),
            Conv2D(9, (3, 3), bias=False), BatchNormalization(0.9), ClippedReLU(most=1.0), Flatten(), Dense(5),
        )  # fmt: skip
        image = source(6, 7, 3, dtype=dtype)
        return single(image, chain(image, *layers), 6)

    agree(make, "float64", SGD())
    program = make("float32").program("native", SGD())
    assert isinstance(program, NativeProgram)
    assert "curve" not in {call.spec.kind for stage in program.stages for call in stage.calls}
