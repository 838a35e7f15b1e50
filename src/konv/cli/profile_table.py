"""The table of a profile: a step of training, kernel call by kernel call, with sums and what they do not explain."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from konv.explain.speed import MEMORY, Profile
from konv.explain.tables import percent
from konv.kernels.code.processor import current
from konv.messages import text

__all__ = ["print_profile"]

COLUMNS = ("number", "stage", "layer", "kernel", "milliseconds", "of_step", "macs", "gflops", "of_peak", "bandwidth")
FAINT = 0.002
"""Calls below this share of the step are printed faintly."""


def print_profile(console: Console, found: Profile) -> None:
    """Print the calls of `found`, their sums, and what the columns mean."""
    table = _table(COLUMNS)
    for number, call in enumerate(found.calls, start=1):
        cells = _numbers(found, call.seconds, call.macs)
        rate = f"{call.bytes / call.seconds / 1e9:.1f}" if call.seconds else ""
        style = "dim" if call.seconds < FAINT * found.whole else ""
        layer = call.layer.replace("[", r"\[")
        kernel = f"{call.kernel} {call.chosen}".rstrip()
        table.add_row(str(number), str(call.stage), layer, kernel, *cells, rate, style=style)
    console.print(table)
    console.print(_sums(found))
    explained = text(
        "bench.explained", peak=f"{found.limits.peak / 1e9:.0f}", memory=f"{found.limits.memory / 1e9:.1f}",
        cache=f"{found.limits.cache / 1e9:.1f}", size=MEMORY >> 20, part=current().l2 >> 12,
    )  # fmt: skip
    console.print(explained, soft_wrap=True, markup=False)


def _sums(found: Profile) -> Table:
    """Kernels by phase and in all, what is outside of them, and the step that both make up."""
    table = _table(("part", "milliseconds", "of_step", "macs", "gflops", "of_peak"))
    for phase in ("forward", "backward", "weights"):
        calls = [call for call, of in zip(found.calls, found.phases, strict=True) if of == phase]
        seconds, macs = sum(call.seconds for call in calls), sum(call.macs for call in calls)
        table.add_row(text(f"bench.sum.{phase}"), *_numbers(found, seconds, macs))
    table.add_section()
    macs = sum(call.macs for call in found.calls)
    table.add_row(text("bench.sum.kernels"), *_numbers(found, found.inside, macs))
    table.add_row(text("bench.sum.outside"), *_numbers(found, found.outside, 0))
    table.add_section()
    step = text("bench.sum.step", seconds=f"{1e3 * found.seconds:.2f}", threads=found.threads)
    table.add_row(step, *_numbers(found, found.whole, macs), style="bold")
    return table


def _table(columns: tuple[str, ...]) -> Table:
    table = Table(box=box.HORIZONTALS, header_style="dim", padding=(0, 1))
    for name in columns:
        left = name in ("part", "layer", "kernel")
        table.add_column(text(f"bench.column.{name}"), justify="left" if left else "right", overflow="fold")
    return table


def _numbers(found: Profile, seconds: float, macs: int) -> tuple[str, ...]:
    """Milliseconds, share of the step, multiply-adds, their rate, and its share of a core's peak."""
    rate = 2 * macs / seconds if macs and seconds else 0.0
    return (
        f"{1e3 * seconds:.3f}",
        percent(seconds / found.whole),
        f"{macs:,}" if macs else "",
        f"{rate / 1e9:.1f}" if rate else "",
        percent(rate / found.limits.peak) if rate else "",
    )
