"""Model files that are truncated, foreign, damaged or hostile are refused; writing is whole or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from konv.errors import ModelFileError
from konv.io import atomic, model_file
from konv.layers import Dense, Input
from konv.models import Sequential, load_model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    model = Sequential([Input((3,)), Dense(2, name="dense")], name="small")
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    model.save(tmp_path / "model.konv")
    return tmp_path / "model.konv"


def rewrite(path: Path, tensors: dict[str, Any] | None = None, raw: str | None = None, **parts: object) -> None:
    """The file again, with some tensors (None: left out), parts of the metadata, or all of it (`raw`) replaced."""
    arrays = {**load_file(path), **(tensors or {})}
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    metadata = {**json.loads(header["konv"]), **parts}
    described = json.dumps(metadata) if raw is None else raw
    save_file({k: v for k, v in arrays.items() if v is not None}, path, {"konv": described})


def architecture(path: Path) -> dict[str, Any]:
    return model_file.read(path).architecture


def test_what_is_written_is_read(path: Path):
    file = model_file.read(path)
    assert set(file.weights) == {"dense/kernel", "dense/bias"}
    assert set(file.optimizer) == {
        f"dense/{weight}/{slot}" for weight in ("kernel", "bias") for slot in ("momentum", "velocity")
    }
    assert file.training is not None
    assert file.training["iterations"] == 1
    assert file.class_names is None


def test_checkpoints_may_hold_more(tmp_path: Path):
    written = model_file.ModelFile({}, {"a/kernel": np.ones(2)}, extra={"random/state": np.arange(3)})
    model_file.write(tmp_path / "step.konv", written)
    read = model_file.read(tmp_path / "step.konv")
    assert np.array_equal(read.extra["random/state"], np.arange(3))
    assert list(read.weights) == ["a/kernel"]


def test_every_truncation_is_refused(path: Path):
    content = path.read_bytes()
    for length in [*range(0, len(content), 37), len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match="is not a konv model file"):
            load_model(path)


def test_missing(tmp_path: Path):
    with pytest.raises(ModelFileError, match="no such file"):
        load_model(tmp_path / "none.konv")
    with pytest.raises(ModelFileError, match="it is a folder"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89HDF\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04\x95" + bytes(100),
        b"not a model",
        bytes(1000),
        (2**63).to_bytes(8, "little") + bytes(100),
        (50).to_bytes(8, "little") + b"{" * 50 + bytes(50),
        (16).to_bytes(8, "little") + b'{"a":{"dtype":1}' + bytes(50),
    ],
)
def test_foreign(tmp_path: Path, content: bytes):
    file = tmp_path / "foreign.konv"
    file.write_bytes(content)
    with pytest.raises(ModelFileError, match="is not a konv model file"):
        load_model(file)


def test_a_safetensors_file_of_somebody_else(tmp_path: Path):
    save_file({"a": np.ones(2)}, tmp_path / "other.konv")
    with pytest.raises(ModelFileError, match="konv did not write it"):
        load_model(tmp_path / "other.konv")


def test_a_newer_version(path: Path):
    rewrite(path, format_version=2)
    with pytest.raises(ModelFileError, match=r"format version 2; this konv reads up to version 1. Update konv"):
        load_model(path)


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, None, [1]])
def test_a_version_that_is_none(path: Path, version: object):
    rewrite(path, format_version=version)
    with pytest.raises(ModelFileError, match="'format_version'"):
        load_model(path)


@pytest.mark.parametrize("raw", ["", "{", "[" * 100_000, "3", '{"a": ', '"text"', "null", "9" * 10_000])
def test_metadata_that_is_no_json_object(path: Path, raw: str):
    rewrite(path, raw=raw)
    with pytest.raises(ModelFileError, match="'konv'"):
        load_model(path)


@pytest.mark.parametrize("name", ["architecture", "preprocessing", "class_names", "training"])
@pytest.mark.parametrize("value", [3, "text", True])
def test_a_part_of_another_kind(path: Path, name: str, value: object):
    rewrite(path, **{name: value})
    with pytest.raises(ModelFileError, match=f"'{name}'"):
        load_model(path)


def test_class_names_are_texts(path: Path):
    rewrite(path, class_names=["a", 3])
    with pytest.raises(ModelFileError, match="'class_names'"):
        load_model(path)


def changed(config: dict[str, Any], layer: int, **arguments: object) -> dict[str, Any]:
    """An architecture with some arguments of one layer replaced."""
    copy = json.loads(json.dumps(config))
    copy["config"]["layers"][layer]["config"].update(arguments)
    return copy


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"units": 10**12}, "shape"),
        ({"units": "2"}, "units"),
        ({"units": -2}, "units"),
        ({"activation": "os.system"}, "activation"),
        ({"command": "rm"}, "command"),
        ({"kernel_initializer": {"class_name": "Popen", "config": {"args": "ls"}}}, "Popen"),
        ({"kernel_initializer": {"class_name": "Constant", "config": {"what": 1}}}, "what"),
        ({"name": "../../outside"}, "name"),
        ({"name": "other"}, "missing"),
        ({"dtype": "object"}, "dtype"),
    ],
)
def test_hostile_arguments(path: Path, arguments: dict[str, object], words: str):
    rewrite(path, architecture=changed(architecture(path), 1, **arguments))
    with pytest.raises(ModelFileError, match=words):
        load_model(path)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"class_name": "Sequential"},
        {"class_name": "Sequential", "config": {}},
        {"class_name": "Sequential", "config": {"name": "a", "layers": 3}},
        {"class_name": "Sequential", "config": {"name": "a", "layers": [1]}},
        {"class_name": "Sequential", "config": {"name": "a", "layers": [{"class_name": "Dense"}]}},
        {"class_name": "Sequential", "config": {"name": "a", "layers": [{"class_name": ["Dense"], "config": {}}]}},
        {"class_name": "subprocess", "config": {}},
        {"class_name": ["Sequential"], "config": {}},
    ],
)
def test_architectures_that_make_no_sense(path: Path, given: dict[str, Any]):
    rewrite(path, architecture=given)
    with pytest.raises(ModelFileError, match="cannot be built"):
        load_model(path)


def test_unknown_layer_has_the_nearest(path: Path):
    given = architecture(path)
    given["config"]["layers"][1]["class_name"] = "Dens"
    rewrite(path, architecture=given)
    with pytest.raises(ModelFileError, match="Dense"):
        load_model(path)


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"dense/kernel": np.ones((2, 3), "float32")}, "kernel has shape 3×2. Received: 2×3"),
        ({"dense/kernel": None}, "kernel of shape 3×2 is missing"),
        ({"stranger/kernel": np.ones(2, "float32")}, "belong to no layer: stranger/kernel"),
        ({"dense/more": np.ones(2, "float32")}, "belong to no layer: dense/more"),
        ({"optimizer/dense/kernel/momentum": np.ones(2, "float32")}, "optimizer's state does not fit"),
        ({"optimizer/dense/kernel/momentum": None}, "absent"),
        ({"optimizer/dense/kernel/surprise": np.ones(2, "float32")}, "surprise"),
    ],
)
def test_tensors_that_do_not_fit(path: Path, tensors: dict[str, Any], words: str):
    rewrite(path, tensors)
    with pytest.raises(ModelFileError, match=words):
        load_model(path)


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": {"class_name": "Popen", "config": {}}},
        {"optimizer": {"class_name": "Adam", "config": {"lr": -1}}},
        {"optimizer": 3},
        {"loss": {"class_name": "system", "config": {}}},
        {"loss": "msee"},
        {"metrics": 3},
        {"metrics": ["acuracy"]},
        {"seed": -1},
        {"iterations": "many"},
        {"epochs_trained": None},
    ],
)
def test_training_settings_that_make_no_sense(path: Path, change: dict[str, object]):
    training = {**(model_file.read(path).training or {}), **change}
    rewrite(path, training=training)
    with pytest.raises(ModelFileError, match=r"training settings.*compile=False"):
        load_model(path)
    assert load_model(path, compile=False).optimizer is None


def test_writing_is_whole_or_nothing(path: Path, monkeypatch: pytest.MonkeyPatch):
    before = path.read_bytes()
    model = load_model(path)

    def fails(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(atomic.os, "fsync", fails)
    with pytest.raises(OSError, match="no space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_same_model_gives_the_same_bytes(path: Path):
    first = path.read_bytes()
    load_model(path).save(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["dense/bias", "optimizer/dense/bias/momentum"])
def test_weights_are_floats(path: Path, name: str):
    rewrite(path, {name: np.ones(2, np.int32)})
    with pytest.raises(ModelFileError, match=f"its tensor {name} holds int32"):
        load_model(path)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuses(**where: object) -> None:
        raise PermissionError(13, "Permission denied", "/some/passing/name")

    monkeypatch.setattr(atomic.tempfile, "mkstemp", refuses)
    with pytest.raises(PermissionError) as raised:
        atomic.write_bytes(tmp_path / "model.konv", b"")
    assert raised.value.filename == str(tmp_path / "model.konv")
