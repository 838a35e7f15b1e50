"""Run folders: never overwritten, never shared, never half written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from konv.errors import ConfigurationError, ModelFileError
from konv.explain.record import DataFacts, Epoch, PartFacts, RunRecord
from konv.io.atomic import write_bytes
from konv.io.run_folder import COLUMNS, RunFolder, default_folder, model_path

HOLD = """
import sys, time
from konv.io.run_folder import RunFolder
folder = RunFolder(sys.argv[1])
print("held", flush=True)
time.sleep(600)
"""


def test_default_name_is_new_each_time(tmp_path: Path):
    first = default_folder("notes", tmp_path)
    assert first.parent == tmp_path
    assert first.name.startswith("notes-")
    first.mkdir()
    second = default_folder("notes", tmp_path)
    assert second != first
    assert not second.exists()


def test_holds_a_lock_while_written_to(tmp_path: Path):
    with RunFolder(tmp_path / "a" / "run") as folder:
        assert (folder.path / "lock").read_text() == f"{os.getpid()}\n"
        folder.write("x.txt", "é")
        with pytest.raises(ConfigurationError, match=f"number {os.getpid()}"):
            RunFolder(folder.path)
    assert [p.name for p in folder.path.iterdir()] == ["x.txt"]
    assert (folder.path / "x.txt").read_bytes() == "é".encode()


def test_refuses_a_folder_that_holds_something(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ConfigurationError, match="not empty"):
        RunFolder(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_leaves_no_empty_folder(tmp_path: Path):
    with RunFolder(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_lock_of_another_process_and_of_a_dead_one(tmp_path: Path):
    path = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigurationError, match=f"number {holder.pid}"):
            RunFolder(path)
        holder.send_signal(signal.SIGKILL)
    assert (path / "lock").exists()
    with RunFolder(path) as folder:
        assert (folder.path / "lock").read_text() == f"{os.getpid()}\n"


def test_history_is_exact(tmp_path: Path):
    rows = [
        Epoch(1, 0.1, 0.5, float("nan"), float("nan"), 1e-3, 2.5, 2400.0),
        Epoch(12, 1 / 3, 1.0, 2.0, 0.25, 1e-7, 0.125, 3.0),
    ]
    with RunFolder(tmp_path / "run") as folder:
        folder.write_history(rows)
        written = (folder.path / "history.csv").read_text("utf-8").split("\n")
    assert written == [
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second",
        "1,0.1,0.5,,,0.001,2.5,2400",
        "12,0.333333333,1,2,0.25,1e-07,0.125,3",
        "",
    ]
    assert tuple(written[0].split(",")) == COLUMNS


def test_record_comes_back(tmp_path: Path):
    part = PartFacts(1, {"猫": 1}, "0")
    record = RunRecord(
        "notes", "finished", ("konv", "train"), "2024-01-01T00:00:00", 1.5, 1.0, 1, 1, 0, 10, {"epochs": 1},
        DataFacts("d", "s", ("猫",), (4, 4, 1), part, part, False), {}, {"konv": "0"},
    )  # fmt: skip
    with RunFolder(tmp_path / "run") as folder:
        folder.write_record(record)
        found = json.loads((folder.path / "run.json").read_text("utf-8"))
    assert found["schema"] == 1
    assert found["data"]["train"] == {"images": 1, "counts": {"猫": 1}, "fingerprint": "0"}
    assert found["test_accuracy"] is None


def test_two_checkpoints_are_kept(tmp_path: Path):
    with RunFolder(tmp_path / "run") as folder:
        for step in (5, 10, 15, 20):
            folder.checkpoint(step).write_bytes(b"x")
        kept = sorted(p.name for p in (folder.path / "checkpoints").iterdir())
    assert kept == ["step-00000015.konv", "step-00000020.konv"]


def test_model_is_found_in_a_folder_or_by_itself(tmp_path: Path):
    with pytest.raises(ModelFileError, match="no run folder or model file"):
        model_path(tmp_path / "nothing")
    with pytest.raises(ModelFileError, match=r"holds no model\.konv"):
        model_path(tmp_path)
    (tmp_path / "model.konv").write_bytes(b"x")
    assert model_path(tmp_path) == tmp_path / "model.konv"
    assert model_path(tmp_path / "model.konv") == tmp_path / "model.konv"


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file"
    write_bytes(path, b"old")
    path.chmod(0o640)

    def fail(handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
