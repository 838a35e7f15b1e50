"""The benchmarks of speed run konv in a process of its own and record what they measured."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import konv
from tests.house.source import CHECKOUT

BENCHMARKS = CHECKOUT / "benchmarks"


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmarks' networks."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("networks")


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


def test_share_of_the_peak(tmp_path: Path):
    command = [sys.executable, BENCHMARKS / "share.py", "--batch", "4", "--rounds", "2", "--seconds", "0.01"]
    done = subprocess.run([*command, "--out", tmp_path], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "share.json").read_text("utf-8"))
    assert result["results"][0]["cores"] == 1
    for row in result["results"]:
        share, peak, step = (row[k] for k in ("share_of_peak", "peak_flop_per_second", "step_flop_per_second"))
        assert share["all"] == pytest.approx([s / p for s, p in zip(step["all"], peak["all"], strict=True)], rel=1e-4)
        assert row["best_share"] == pytest.approx(step["max"] / peak["max"], rel=1e-4)


def test_a_missing_peer_is_named(tmp_path: Path):
    missing = tmp_path / "python"
    missing.write_text("#!/bin/sh\necho no such framework >&2\nexit 1\n")
    missing.chmod(0o755)
    command = [sys.executable, BENCHMARKS / "train.py", "--peer", "torch", "--python", f"torch={missing}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "torch is left out: no such framework" in done.stdout
    assert done.returncode == 1
    assert "no peer" in done.stderr


def test_operations_of_networks_are_those_of_their_layers(networks: ModuleType):
    for name in networks.NAMES:
        assert networks.konv_flop(networks.keras_network(name, konv)) == networks.flop(name)
    assert networks.flop("notes") == 122_677_248


def test_prediction_is_measured_alone(tmp_path: Path):
    command = [sys.executable, BENCHMARKS / "inference.py", "--peer", "konv-predict", "--batch", "1"]
    command += ["--rounds", "2", "--seconds", "0.01", "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "inference.json").read_text("utf-8"))["results"]
    assert (row["peer"], row["network"], row["batch"], row["ratio_to_fastest_peer"]) == ("konv-predict", "notes", 1, 1)


@pytest.mark.parametrize("name", ["notes", "strided"])
def test_engines_of_onnx_models_predict_what_konv_does(networks: ModuleType, name: str):
    """The competitors run the same network with the same weights."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    exchange = importlib.import_module("exchange")
    model = networks.keras_network(name, konv)
    x = np.random.default_rng(1).random((2, *networks.image(name)), np.float32)
    session = runtime.InferenceSession(exchange.to_onnx(model), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x.transpose(0, 3, 1, 2)})
    np.testing.assert_allclose(found, model.predict_on_batch(x), atol=1e-5)


@pytest.mark.parametrize("name", ["resnet20", "densenet_bc", "mobilenet_v2"])
def test_networks_of_the_literature_are_the_same_in_pytorch(networks: ModuleType, name: str):
    """From equal weights PyTorch's network gives what konv's gives."""
    torch = pytest.importorskip("torch")
    ours, theirs = networks.keras_network(name, konv), networks.torch_network(name, torch).eval()
    rng = np.random.default_rng(2)
    *weights, kernel, bias = (w + rng.random(w.shape).astype("float32") * (w.ndim == 1) / 4 for w in ours.get_weights())
    ours.set_weights([*weights, kernel / 50, bias])  # probabilities that are neither 0 nor 1
    given = {key: v for key, v in theirs.state_dict().items() if "num_batches" not in key}
    turned = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}
    for (key, old), new in zip(given.items(), ours.get_weights(), strict=True):
        order = (2, 3, 0, 1) if old.ndim == 4 and old.shape[1] == 1 else turned[new.ndim]
        given[key] = torch.from_numpy(np.ascontiguousarray(new.transpose(order)))
    theirs.load_state_dict(given, strict=False)
    x = rng.random((2, *networks.image(name)), np.float32)
    with torch.no_grad():
        found = theirs(torch.from_numpy(x.transpose(0, 3, 1, 2))).softmax(1).numpy()
    assert found.max() < 0.99
    np.testing.assert_allclose(found, ours.predict_on_batch(x), rtol=1e-3)
