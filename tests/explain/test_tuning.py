"""Tuning chooses what is measured to be faster, and never changes a bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from konv import config
from konv.engine.native import MOST_GROUPS, NativeProgram
from konv.engine.plan import Plan
from konv.engine.profile import Measured
from konv.errors import ConfigurationError
from konv.explain import tuning
from konv.explain.speed import Speed, Step
from konv.explain.tuning import tune
from konv.kernels.code import cache, tuned
from konv.kernels.code.processor import current, host
from konv.ops.update import SGD
from konv.train.optimizers import Adam
from tests.engine.networks import Example, on, trained
from tests.engine.test_bits import network


@pytest.fixture(autouse=True)
def native(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "kernels"))
    cache.writable.cache_clear()
    with on("native"):
        yield


def program(example: Example) -> NativeProgram:
    found = example.program("native", SGD())
    assert isinstance(found, NativeProgram)
    return found


def drawn(seed: int) -> dict[str, tuple[int, ...]]:
    """For every kernel and stage of a network's training one of the choices there are."""
    rng = np.random.default_rng(seed)
    planned = program(network(13))
    target = planned.plan.target
    found = {}
    for stage, group in zip(planned.stages, planned.groups, strict=True):
        found[stage.key] = (int(rng.integers(1, MOST_GROUPS * group + 1)),)
        for call in stage.calls:
            choices = call.spec.choices(target)
            found[repr(call.spec)] = choices[rng.integers(len(choices))]
    return found


def test_no_choice_changes_a_bit() -> None:
    """Weights after three steps with dropout, and predictions: as planned, and with any choices."""
    if not host().fma:
        pytest.skip("this processor rounds products before it adds them")
    found, blockings = set(), set()
    for choices in ({}, *(drawn(seed) for seed in range(5))):
        with tuned.trial(choices):
            example = network(13)
            weights = trained(example, steps=3)
            outputs = example.run(example.program("native")).outputs[0].tobytes()
            calls = [call for stage in program(network(13)).stages for call in stage.calls]
            blockings.add(tuple(call.spec.blocking(current()) for call in calls))
        found.add(weights + outputs)
    assert len(blockings) == 6
    assert len(found) == 1


def step() -> Step:
    example = network(13)
    return Step(example.graph, 13, example.losses[0], Adam())


def pretend(monkeypatch: pytest.MonkeyPatch, favourites: dict[str, tuple[int, ...]], faster: float) -> None:
    """Measurements as if what is chosen as in `favourites` took half of what all else takes, and steps `faster`."""

    def measure(program: NativeProgram, *_: object) -> list[Measured]:
        target = program.plan.target
        spent = []
        for i, (stage, group) in enumerate(zip(program.stages, program.groups, strict=True)):
            for call in stage.calls:
                liked = favourites.get(repr(call.spec)) == call.spec.blocking(target)
                half = liked or favourites.get(stage.key) == (group,)
                spent.append(Measured(i, call.layer, call.spec.kind, 0.5 if half else 1.0, 1, 1))
        return spent

    def timed(step: Step, seconds: float) -> Speed:
        assert isinstance(step.program, NativeProgram)
        chosen = dict(step.program.plan.target.choices).items() & favourites.items()
        return Speed(13, (faster ** -len(chosen),))

    monkeypatch.setattr(tuning, "measure", measure)
    monkeypatch.setattr(tuning, "timed", timed)


def favourites() -> dict[str, tuple[int, ...]]:
    """One kernel's last choice, and twice one stage's group."""
    planned = program(network(13))
    specs = [call.spec for stage in planned.stages for call in stage.calls]
    spec = next(s for s in specs if len(s.choices(planned.plan.target)) > 2)
    stage, group = next((s, g) for s, g in zip(planned.stages, planned.groups, strict=True) if s.kind != "outputs")
    return {repr(spec): spec.choices(planned.plan.target)[-1], stage.key: (max(1, group // 2),)}


def test_what_is_faster_is_chosen_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    best = favourites()
    pretend(monkeypatch, best, 1.25)
    found = tune(step, 0.01)
    assert found.choices == best
    assert (found.before, found.after) == (1.0, pytest.approx(0.8**2))  # blockings, then groups
    changed = {one.about: one for one in found.decisions if one.before != one.after}
    assert {about: one.after for about, one in changed.items()} == best
    assert all(one.seconds[1] < one.seconds[0] for one in changed.values())
    assert len(found.decisions) > 5
    path = tuned.remember(host(), found.choices, {one.about for one in found.decisions})
    assert path is not None
    with on("native"):
        plan = program(network(13)).plan
    assert isinstance(plan, Plan)
    assert dict(plan.target.choices) == best


def test_where_the_step_is_not_faster_nothing_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, favourites(), 0.8)
    found = tune(step, 0.01)
    assert (found.before, found.after, found.choices) == (1.0, 1.25, {})
    assert all(one.before == one.after for one in found.decisions)


def test_a_step_that_is_faster_now_and_then_is_not_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine: half of the turns are won, and by much."""
    pretend(monkeypatch, favourites(), 1.25)
    turns = cycle((1.0, 0.6, 1.0, 1.3, 1.0, 1.3, 1.0, 0.6))
    monkeypatch.setattr(tuning, "timed", lambda *_: Speed(13, (next(turns),)))
    assert tune(step, 0.01).choices == {}


def test_what_is_decided_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    best = favourites()
    pretend(monkeypatch, best, 1.25)
    found = tune(step, 0.01, best)
    assert found.choices == {}
    assert not {one.about for one in found.decisions} & best.keys()


def test_a_group_no_tuner_tries_is_not_used() -> None:
    """Its arena might not fit into memory."""
    planned = program(network(13))
    target = replace(planned.plan.target, l2=1 << 14)
    number = next(i for i, stage in enumerate(planned.stages) if stage.kind != "outputs")
    planned.plan.target = target
    few = planned.groups[number]
    planned.plan.target = replace(target, choices=((planned.stages[number].key, (MOST_GROUPS * few + 1,)),))
    assert planned.groups[number] == few
    planned.plan.target = replace(target, choices=((planned.stages[number].key, (MOST_GROUPS * few,)),))
    assert planned.groups[number] == min(MOST_GROUPS * few, 13)


def test_the_reference_engine_has_no_plans() -> None:
    config.set_engine("reference")
    with pytest.raises(ConfigurationError, match="no plans"):
        tune(step, 0.01)
