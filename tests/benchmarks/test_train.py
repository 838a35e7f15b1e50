"""The training benchmark runs konv in a process of its own and records what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.house.source import CHECKOUT

BENCHMARKS = CHECKOUT / "benchmarks"


def test_konv_alone(tmp_path: Path):
    command = [sys.executable, BENCHMARKS / "train.py", "--peer", "konv", "--batch", "4"]
    command += ["--rounds", "2", "--seconds", "0.01", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "train.json").read_text("utf-8"))
    (row,) = result["results"]
    speed = row["images_per_second"]
    assert (row["peer"], row["arithmetic"], row["batch"]) == ("konv", "fp32", 4)
    assert len(speed["all"]) == 2
    assert 0 < speed["min"] <= speed["median"] <= speed["max"]
    assert row["ratio_to_fastest_fp32_peer"] == 1
    assert row["peak_rss_bytes"] > 2**20
    assert result["machine"]["cores"] >= 1


def test_a_missing_peer_is_named(tmp_path: Path):
    missing = tmp_path / "python"
    missing.write_text("#!/bin/sh\necho no such framework >&2\nexit 1\n")
    missing.chmod(0o755)
    command = [sys.executable, BENCHMARKS / "train.py", "--peer", "torch", "--python", f"torch={missing}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "torch is left out: no such framework" in done.stdout
    assert done.returncode == 1
    assert "no peer" in done.stderr


def test_operations_of_the_network_are_those_of_its_layers():
    """122.7 million: two operations a multiply-add, three passes, no data gradient for the first layer."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import networks
    finally:
        sys.path.remove(str(BENCHMARKS))
    import konv

    operations = [
        node.op.macs(*(t.shape for t in node.inputs)) for node in networks.notes(konv).graph.nodes if node.variables
    ]
    assert 6 * sum(operations) - 2 * operations[0] == networks.notes_flop() == 122_677_248
