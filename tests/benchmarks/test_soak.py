"""A process that trains, predicts, saves and loads over and over keeps its size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import CHECKOUT

ROOM = 1 << 20
"""Bytes by which the least of the last readings may lie above the least of those before. With garbage collected, freed
memory given back, and one heap for all threads, readings move by some tenths of a megabyte. A round that kept its
network and its programs would cost several megabytes for ever, and there are many rounds between."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell a process's memory here")
def test_memory_and_handles_are_flat_after_warm_up(full: bool, tmp_path: Path) -> None:
    """For 20 seconds, with `--slow` for an hour."""
    minutes = 60.0 if full else 1 / 3
    command = [sys.executable, "benchmarks/soak.py", "--minutes", str(minutes), "--every", "1", "--collect",
               "--out", str(tmp_path)]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True,
                          timeout=60 * minutes + 240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    readings = json.loads((tmp_path / "soak.json").read_text("utf-8"))["readings"]
    assert len(readings) >= 6, readings
    assert len({(r["handles"], r["threads"], r["children"], r["files"]) for r in readings}) == 1, readings

    def least(some: list[dict[str, int]]) -> int:
        return min(r["rss_bytes"] for r in some)

    third = len(readings) // 3
    assert least(readings[-third:]) - least(readings[third : 2 * third]) < ROOM, readings
    assert readings[-1]["rounds"] > readings[0]["rounds"] + 6, readings
