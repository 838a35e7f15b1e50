"""How long `konv explain` takes: every network by name, in a new process, from the command to its answer.

Each is asked for its table, its answer as JSON and its page; medians over the turns. The time of an interpreter that
does nothing is measured beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from common import machine, spread, write
from konv import zoo

FORMS = {"table": [], "json": ["--json"], "page": ["--html"]}
LIMIT = 1.0
"""Seconds within which any network is to be explained."""


def seconds(command: list[str]) -> float:
    """What running `command` takes. Raises: CalledProcessError where it fails."""
    environment = {**os.environ, "COLUMNS": "120"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed konv has its bytecode
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    turns = parser.parse_args().turns
    taken: dict[str, dict[str, list[float]]] = {name: {form: [] for form in FORMS} for name in zoo.NETWORKS}
    nothing = []
    seconds([sys.executable, "-m", "konv", "explain", "lenet5", "--html"])
    for _ in range(turns):
        nothing.append(seconds([sys.executable, "-c", "pass"]))
        for name, forms in taken.items():
            for form, options in FORMS.items():
                forms[form].append(seconds([sys.executable, "-m", "konv", "explain", name, *options]))
    found = {name: {form: spread(times) for form, times in forms.items()} for name, forms in taken.items()}
    slowest = max((form["median"], name, kind) for name, forms in found.items() for kind, form in forms.items())
    worst = dict(zip(("seconds", "network", "form"), slowest, strict=True))
    result = {"machine": machine(), "turns": turns, "limit_seconds": LIMIT, "interpreter": spread(nothing)}
    write("explain", {**result, "slowest": worst, "seconds": found})
    for name, forms in found.items():
        print(f"{name:<20}" + "  ".join(f"{form} {times['median']:.2f} s" for form, times in forms.items()))
    print(f"slowest: {slowest[1]} ({slowest[2]}), {slowest[0]:.2f} s; within {LIMIT:g} s: {slowest[0] < LIMIT}")


if __name__ == "__main__":
    main()
