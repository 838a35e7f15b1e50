"""`konv look`: what it leaves, in both languages, and what it answers to what it cannot use."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from konv.models import Model, Sequential
from tests.cli.conftest import CLASSES, Answer
from tests.explain.test_report import Page

Cli = Callable[..., Answer]
EVERY = {"gradcam", "saliency", "smooth", "integrated", "occlusion", "filters", "neuron", "excite", "strongest",
         "neighbours", "learning"}  # fmt: skip


def whole(page: Path) -> Page:
    """The page, well-formed, which loads nothing."""
    content = page.read_text("utf-8")
    read = Page(content)
    assert not {t for t, _ in read.tags} & {"script", "link", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"url\(|@import|https?://", content)
    links = {a["href"] for t, a in read.tags if t == "a"}
    assert links == {f"#{a['id']}" for t, a in read.tags if t == "section"}
    assert all(a["alt"] for t, a in read.tags if t == "img")
    return read


def test_the_usual_look(cli: Cli, run: Path, photos: Path, tmp_path: Path):
    folder = tmp_path / "seen"
    code, out, err = cli("look", run, photos / CLASSES[0] / "1.png", "--out", folder)
    assert (code, err) == (0, "")
    assert f"Look at {folder / 'look.html'}" in out
    names = {p.stem for p in folder.iterdir()}
    assert {"look", "gradcam", "saliency"} <= names
    assert len([n for n in names if n.startswith("maps-")]) == 14
    read = whole(folder / "look.html")
    assert "1.png, seen by notes" in read.text
    for name in CLASSES:
        assert name in read.text
    with Image.open(folder / "gradcam.png") as image:
        assert image.size[0] == 1380


def test_everything_in_chinese(cli: Cli, run: Path, tmp_path: Path):
    folder = tmp_path / "seen"
    code, out, err = cli("look", run, 1, "--what", "all", "--lang", "zh", "--out", folder)
    assert (code, err) == (0, "")
    assert "请看" in out
    assert {p.stem for p in folder.iterdir()} >= EVERY
    read = whole(folder / "look.html")
    assert ("html", {"lang": "zh-Hans"}) in read.tags
    sections = [a["id"] for t, a in read.tags if t == "section"]
    assert sections == ["gradcam", "saliency", "smooth", "integrated", "occlusion", "maps", "filters", "neuron",
                        "excite", "strongest", "neighbours", "learning"]  # fmt: skip
    assert "完备性检验" in read.text
    assert "第 1 张测试图像" in read.text


def test_one_layer_and_one_unit(cli: Cli, run: Path, tmp_path: Path):
    code, _, err = cli("summary", run)
    folder = tmp_path / "seen"
    layer = next(f"conv2d_{i}" for i in range(99) if cli("look", run, 0, "--what", "maps", "--layer", f"conv2d_{i}",
                                                         "--out", folder)[0] == 0)  # fmt: skip
    assert (code, err) == (0, "")
    assert sorted(p.name for p in folder.iterdir()) == ["look.html", f"maps-00-{layer}.png"]
    asked = ("--what", "maps,excite,strongest,learning", "--layer", layer, "--unit", 3, "--class", "猫")
    code, _, err = cli("look", run, 0, *asked, "--out", tmp_path / "unit")
    assert (code, err) == (0, "")
    words = whole(tmp_path / "unit" / "look.html").text
    assert f"Unit 3 of layer {layer}" in words
    assert "class explained 猫" in words
    code, _, err = cli("look", run, 0, "--layer", layer, "--unit", 999, "--what", "maps", "--out", tmp_path / "none")
    assert (code, err.startswith(f"konv: Layer {layer} has no unit 999")) == (2, True)
    assert not (tmp_path / "none").exists()


def test_what_cannot_be_used(cli: Cli, run: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    image = photos / CLASSES[0] / "1.png"
    (tmp_path / "words.png").write_text("no image")
    for arguments, sentence in [
        ((run, image, "--layer", "conv2d_x"), r"Unknown layer.*conv2d_x.*conv2d"),
        ((run, image, "--what", "gradcm"), r"gradcm.*gradcam"),
        ((run, image, "--class", "blok"), r"blok.*block"),
        ((run, image, "--class", "3"), r"There is no class 3: the classes are numbered from 0 to 2"),
        ((run, image, "--unit", "-1"), r"--unit"),
        ((run, tmp_path / "words.png"), r"words\.png"),
        ((run, tmp_path / "absent.png"), r"absent\.png"),
        ((run, "123456"), r"There is no test image 123456: they are numbered from 0 to"),
        ((tmp_path / "nothing", image), r"nothing"),
        ((run, image, "--out", run), r"first run"),
    ]:
        code, out, err = cli("look", *arguments)
        assert (code, out) == (2, ""), arguments
        assert err.startswith("konv: ")
        assert err.count("\n") == 1, err
        assert re.search(sentence, err), err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["words.png"]


def test_an_image_of_another_size_is_fitted_as_predict_does(cli: Cli, run: Path, tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 255, (50, 90), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    code, out, _ = cli("look", run, tmp_path / "wide.png", "--what", "saliency", "--out", tmp_path / "seen")
    assert code == 0
    likeliest = re.search(r"([\d.]+) %", out)
    assert likeliest is not None
    _, said, _ = cli("predict", run, tmp_path / "wide.png")
    assert f"{likeliest[1]} %" in said


def test_a_network_without_convolutions(cli: Cli, tmp_path: Path):
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(3, activation="softmax")], name="plain")
    model.save(tmp_path / "plain.konv")
    buffer = io.BytesIO()
    Image.new("L", (8, 8), 90).save(buffer, "PNG")
    (tmp_path / "grey.png").write_bytes(buffer.getvalue())
    code, _, err = cli("look", tmp_path / "plain.konv", tmp_path / "grey.png", "--out", tmp_path / "seen")
    assert code == 0
    assert err.startswith("konv: left out: Grad-CAM needs a convolution")
    assert whole(tmp_path / "seen" / "look.html").text
    code, _, err = cli("look", tmp_path / "plain.konv", tmp_path / "grey.png", "--what", "gradcam",
                       "--out", tmp_path / "none")  # fmt: skip
    assert (code, err.startswith("konv: Grad-CAM needs a convolution")) == (2, True)


def test_one_number_is_worked_out(cli: Cli, run: Path, tmp_path: Path):
    folder = tmp_path / "seen"
    code, _, err = cli("look", run, 0, "--what", "neuron,learning", "--out", folder)
    assert (code, err) == (0, "")
    assert sorted(p.name for p in folder.iterdir()) == ["learning.png", "look.html", "neuron.png"]
    words = whole(folder / "look.html").text
    numbers = r"(−?[\d.]+(?:e-\d+)?)"
    total, bias, value = _numbers(rf"with the bias {numbers} ([+−] [\d.]+(?:e-\d+)?) = {numbers}", words)
    assert value == pytest.approx(total + bias, abs=1e-4)
    before, after = _numbers(rf"activation \w+: ReLU\({numbers}\) = {numbers}", words)
    assert after == pytest.approx(max(before, 0))
    channels = re.search(r"sum of each channel ((?:\d+: \S+ ?)+)", words)
    assert channels is not None
    each = [float(part.rpartition(" ")[2].replace("−", "-")) for part in channels[1].strip().split("; ")]
    assert sum(each) == pytest.approx(total, abs=0.02)
    # The run was trained by Adam, whose step is not that of gradient descent.
    assert "adam" in words
    assert "m ← m + (1 − β₁)·(g − m)" in words
    weight, gradient, plain = _numbers(rf"{numbers} − 0.001 · \({numbers}\) = {numbers}", words)
    assert plain == pytest.approx(weight - 0.001 * gradient, rel=1e-4)
    begin, end, change = _numbers(rf"{numbers} → {numbers} \({numbers}\)", words)
    assert begin == weight
    assert end - begin == pytest.approx(change, abs=2e-6)


def _numbers(pattern: str, words: str) -> list[float]:
    found = re.search(pattern, words)
    assert found is not None, pattern
    return [float(part.replace("−", "-").replace(" ", "")) for part in found.groups()]


def test_one_of_several_outputs(cli: Cli, tmp_path: Path):
    x = Input((12, 12, 1), name="image")
    maps = Conv2D(4, 3, activation="relu", name="maps")(x)
    rows = Flatten()(MaxPooling2D(2, name="half")(maps))
    outputs = [Dense(3, activation="softmax", name=name)(rows) for name in ("shape", "colour")]
    model = Model(x, outputs)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save(tmp_path / "two.konv")
    Image.new("L", (12, 12), 90).save(tmp_path / "grey.png")
    probabilities = [float(a.max()) for a in model.predict(np.full((1, 12, 12, 1), 90 / 255, "float32"), verbose=0)]
    what = ("--what", "gradcam,saliency,neuron,learning", "--lang", "en")
    for named, number in ((None, 0), ("colour", 1), ("1", 1)):
        folder = tmp_path / f"seen-{named}"
        given = () if named is None else ("--output", named)
        code, out, err = cli("look", tmp_path / "two.konv", tmp_path / "grey.png", *what, *given, "--out", folder)
        assert code == 0, err
        assert ("outputs shape, colour; this is shape" in err) == (named is None)
        assert f"{100 * probabilities[number]:.1f} %" in out
    code, _, err = cli("look", tmp_path / "two.konv", tmp_path / "grey.png", "--output", "color")
    assert (code, err) == (2, "konv: Unknown output: 'color'. Did you mean: colour?\n")
    pooled = ("--what", "neuron", "--layer", "half", "--unit", 2, "--out", tmp_path / "pooled")
    assert cli("look", tmp_path / "two.konv", tmp_path / "grey.png", *pooled)[0] == 0
    assert "takes the largest" in whole(tmp_path / "pooled" / "look.html").text
