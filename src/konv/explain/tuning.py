"""Choosing by measuring, among plans that give the same bits: tiles, chunks of rows, groups of samples.

In each round every kernel tries its next blocking, all at once in one program, and its cycles are counted where it
runs, with the caches as they are there; the planned program is measured before and after, and the ratio counts. A
choice is taken where it is clearly better twice, and all of them only where the whole step is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from konv.engine.native import MOST_GROUPS, NativeProgram
from konv.engine.profile import measure
from konv.errors import ConfigurationError
from konv.explain.speed import Step, timed
from konv.kernels.code import tuned
from konv.kernels.code.tuned import Choices
from konv.messages import text

__all__ = ["Decision", "Tuning", "tune"]

BETTER = 0.97
"""A choice is taken where it makes its calls' time this much of what it was, or less."""
TURNS = 9
"""Turns in which the planned and the tuned step are timed against each other."""


@dataclass(frozen=True)
class Decision:
    """One choice: `about` what, in a `layer`'s `kernel` ("group" for a stage's samples at once), `before` and `after`,
    with the seconds its calls took in a step, on one core."""

    about: str
    layer: str
    kernel: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    seconds: tuple[float, float]

    @property
    def kept(self) -> Decision:
        """The decision for what was planned."""
        return replace(self, after=self.before, seconds=(self.seconds[0],) * 2)


@dataclass(frozen=True)
class Tuning:
    """What was found for a step.

    `decisions`: those that keep what was planned included; `before` and `after`: the seconds of a step, alternated (0
    where everything stays as planned); `choices`: what is to be remembered, empty where the step is not faster.
    """

    decisions: tuple[Decision, ...]
    before: float
    after: float
    choices: dict[str, tuple[int, ...]]


def tune(make: Callable[[], Step], seconds: float, decided: Choices | None = None) -> Tuning:
    """Find the fastest of the plans of the step that `make` makes; each round measures for about `seconds`.

    What is `decided` already is not asked again. Raises: ConfigurationError on the reference engine, which has
    no plans.
    """
    decisions: list[Decision] = []
    known = dict(decided or {})
    chosen: dict[str, tuple[int, ...]] = {}
    faster: list[tuple[float, float]] = []
    refused: list[tuple[float, float]] = []
    for ways in (_blockings, _groups):
        with tuned.trial(known):
            base = make()
        if not isinstance(base.program, NativeProgram):
            raise ConfigurationError(text("tune.no_kernels"))
        candidates = {about: some for about, some in ways(base.program).items() if about not in known}
        best = _best(make, base, known, candidates, seconds)
        winners = {about: one.after for about, one in best.items() if one.after != one.before}
        if winners:
            before, after = _compared(make, known, {**known, **winners}, seconds)
            (faster if after < before else refused).append((before, after))
            if after < before:
                known |= winners
                chosen |= winners
        decisions += [best[about] if about in chosen else best[about].kept for about in best]
    before, after = (faster or refused or [(0.0, 0.0)])[0]
    for first, last in faster[1:]:
        after *= last / first
    return Tuning(tuple(decisions), before, after, chosen)


def _best(
    make: Callable[[], Step], base: Step, known: Choices, candidates: dict[str, list[tuple[int, ...]]], seconds: float
) -> dict[str, Decision]:
    """The best of the `candidates` of each thing, in a step that follows what is `known`, as `base` does."""
    best = _planned(base, candidates, seconds)
    for choices in _rounds(candidates):
        ratios = _measured(make, base, {**known, **choices}, seconds)
        for about, tried in choices.items():
            before, best_yet = best[about].seconds
            now = ratios.get(about, 1.0) * before
            if now <= BETTER * before and now < best_yet:
                best[about] = replace(best[about], after=tried, seconds=(before, now))
    winners = {about: one.after for about, one in best.items() if one.after != one.before}
    # Of many measurements the best is the luckiest: what has won must win once more, all together.
    again = _measured(make, base, {**known, **winners}, seconds) if winners else {}
    for about in winners:
        one, ratio = best[about], again.get(about, 1.0)
        best[about] = replace(one, seconds=(one.seconds[0], ratio * one.seconds[0])) if ratio <= BETTER else one.kept
    return best


def _rounds(candidates: dict[str, list[tuple[int, ...]]]) -> Iterator[Choices]:
    """The first of each, the second of each that has one, and so on."""
    for number in range(max(map(len, candidates.values()), default=0)):
        yield {about: some[number] for about, some in candidates.items() if number < len(some)}


def _blockings(program: NativeProgram) -> dict[str, list[tuple[int, ...]]]:
    """Of each kernel the blockings worth measuring, but the planned one."""
    target = program.plan.target
    specs = dict.fromkeys(call.spec for stage in program.stages for call in stage.calls)
    return {repr(spec): some for spec in specs if (some := spec.choices(target)[1:])}


def _groups(program: NativeProgram) -> dict[str, list[tuple[int, ...]]]:
    """Of each stage over samples half, twice and four times as many at once as were planned."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for stage, group in zip(program.stages, program.groups, strict=True):
        some: list[tuple[int, ...]] = [
            (n,) for n in (group // 2, 2 * group, MOST_GROUPS * group) if 1 <= n <= program.batch and n != group
        ]
        if stage.kind != "outputs" and some:
            found[stage.key] = some
    return found


def _spent(step: Step, seconds: float) -> list[float]:
    """Seconds of each call of a step, in order."""
    assert isinstance(step.program, NativeProgram)
    return [one.seconds for one in measure(step.program, step, step.batch, seconds)]


def _calls(program: NativeProgram) -> list[tuple[str, str]]:
    """What each call's time counts for: its kernel's blocking, and its stage's group."""
    return [(repr(call.spec), stage.key) for stage in program.stages for call in stage.calls]


def _sums(program: NativeProgram, spent: Sequence[float]) -> dict[str, float]:
    """Seconds of a step by what they count for."""
    found: dict[str, float] = {}
    for names, seconds in zip(_calls(program), spent, strict=True):
        for name in names:
            found[name] = found.get(name, 0.0) + seconds
    return found


def _planned(step: Step, open_to: Collection[str], seconds: float) -> dict[str, Decision]:
    """For all that is `open_to` a decision: what was planned, and what it costs in `step`."""
    program = step.program
    assert isinstance(program, NativeProgram)
    sums, found = _sums(program, _spent(step, seconds)), {}
    for stage, group in zip(program.stages, program.groups, strict=True):
        layers = list(dict.fromkeys(call.layer for call in stage.calls))
        span = layers[0] if len(layers) == 1 else f"{layers[0]} … {layers[-1]}"
        parts: list[tuple[str, str, str, tuple[int, ...]]] = [(stage.key, span, "group", (group,))]
        parts += [(repr(c.spec), c.layer, c.spec.kind, c.spec.planned(program.plan.target)) for c in stage.calls]
        for about, layer, kernel, planned in parts:
            if about in open_to:
                found[about] = Decision(about, layer, kernel, planned, planned, (sums[about],) * 2)
    return found


def _measured(make: Callable[[], Step], base: Step, choices: Choices, seconds: float) -> dict[str, float]:
    """What each part of a step with `choices` costs, in parts of what it costs in `base`."""
    with tuned.trial(choices):
        step = make()
    first = _spent(base, seconds / 2)
    other = _spent(step, seconds)
    second = _spent(base, seconds / 2)
    assert isinstance(base.program, NativeProgram)
    assert isinstance(step.program, NativeProgram)
    before = _sums(base.program, [min(pair) for pair in zip(first, second, strict=True)])
    after = _sums(step.program, other)
    # Packings are other kernels where panels have another width: they are not asked about.
    return {about: after[about] / spent for about, spent in before.items() if spent and about in after}


def _compared(make: Callable[[], Step], planned: Choices, tried: Choices, seconds: float) -> tuple[float, float]:
    """Seconds of a step as `planned`, and as `tried`: the median, and that times the median ratio of turns taken one
    after the other. The same twice where fewer than two thirds of the turns were won."""
    steps = []
    for some in (planned, tried):
        with tuned.trial(some):
            steps.append(make())
    turns = []
    for turn in range(TURNS):
        order = (0, 1) if turn % 2 else (1, 0)
        taken = {i: timed(steps[i], seconds / 3).median for i in order}
        turns.append((taken[0], taken[1]))
    before, ratios = median(first for first, _ in turns), [last / first for first, last in turns]
    ratio = median(ratios)
    won = 3 * sum(r < 1 for r in ratios) >= 2 * TURNS
    return before, before * (ratio if won or ratio > 1 else 1.0)
