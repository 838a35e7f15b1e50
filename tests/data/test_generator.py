"""`ImageDataGenerator`: its changes against Keras's own, its batches, its statistics, and what it says of mistakes."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import konv
from konv.data.transforms import Ranges, affine
from konv.errors import ConfigurationError, DataError, DataWarning, ImageError, ShapeError
from konv.layers import Dense, Flatten, Input
from konv.models import Sequential
from konv.preprocessing import image
from konv.preprocessing.image import ImageDataGenerator
from konv.random import Stream

X = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3)).astype("float32")
Y = np.arange(20)


@pytest.fixture
def legacy(oracle) -> ModuleType:
    """Keras's own old generator, which Keras 3 still carries."""
    oracle("keras")
    if importlib.util.find_spec("scipy") is None:
        pytest.skip("Keras's generator needs SciPy")
    return importlib.import_module("keras.src.legacy.preprocessing.image")


@pytest.mark.parametrize("parameters", [
    {"theta": 30}, {"tx": 1.5}, {"ty": -2.25}, {"shear": 20}, {"zx": 0.7, "zy": 1.2}, {"flip_horizontal": True},
    {"flip_vertical": True}, {"theta": -50, "tx": 1, "ty": 2, "shear": 10, "zx": 1.1, "zy": 0.8},
    {"channel_shift_intensity": 30.0}, {"brightness": 1.5},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("fill", ["nearest", "reflect"])
@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")
def test_changes_are_kerass(parameters: dict[str, Any], fill: str, legacy: ModuleType, engine: str) -> None:
    """Brightness: Keras rounds pixels to whole numbers twice, konv does not."""
    theirs = legacy.ImageDataGenerator(fill_mode=fill).apply_transform(X[0].copy(), parameters)
    ours = ImageDataGenerator(fill_mode=fill).apply_transform(X[0], parameters)
    np.testing.assert_allclose(ours, theirs, atol=1.01 if "brightness" in parameters else 2e-2)


def test_keras_2_spelled_one_parameter_otherwise() -> None:
    ways = [ImageDataGenerator().apply_transform(X[0], {f"channel_shift_{word}": 9.0}) for word in
            ("intensity", "intencity")]  # fmt: skip
    np.testing.assert_array_equal(*ways)
    assert not np.array_equal(ways[0], X[0])


def test_flips_and_maps_are_one() -> None:
    """Flipping after a rotation is what one map does."""
    both = affine((8, 8, 3), {"theta": 20, "flip_horizontal": True})
    generator = ImageDataGenerator()
    turned = generator.apply_transform(X[0], {"theta": 20})
    found = image.apply_all(X[:1], [{"theta": 20, "flip_horizontal": True}], "nearest", 0.0, True)[0]
    np.testing.assert_allclose(found, turned[:, ::-1], atol=1e-3)
    assert both.shape == (6,)


@pytest.mark.parametrize("settings", [
    {"samplewise_center": True}, {"samplewise_std_normalization": True}, {"rescale": 1 / 255},
    {"featurewise_center": True}, {"featurewise_center": True, "featurewise_std_normalization": True},
    {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 0.1, "rescale": 1 / 255},
    {"preprocessing_function": lambda x: x[::-1] * 2, "rescale": 0.5, "samplewise_center": True},
], ids=lambda s: "-".join(s))  # fmt: skip
@pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies:UserWarning")
def test_normalisation_is_kerass(settings: dict[str, Any], legacy: ModuleType) -> None:
    ours, theirs = ImageDataGenerator(**settings), legacy.ImageDataGenerator(**settings)
    photos = X[:, :4, :4]
    if any("featurewise" in name for name in settings):
        ours.fit(photos)
        theirs.fit(photos)
    for x in photos[:3]:
        np.testing.assert_allclose(ours.standardize(x), theirs.standardize(x.copy()), rtol=2e-4, atol=2e-3)
    np.testing.assert_allclose(ours.standardize(photos)[1], ours.standardize(photos[1]), rtol=1e-5, atol=1e-4)


def test_what_is_drawn_fills_its_ranges() -> None:
    ranges = Ranges(30, (0.25, 3), (0.5, 1.5), 10, (0.8, 1.3), 20, (True, False))
    drawn = ranges.draw((8, 16, 3), Stream(1, 2, 3, np.arange(2000)))
    for name, low, high in (("theta", -30, 30), ("ty", -2, 2), ("shear", -10, 10), ("zx", 0.8, 1.3), ("zy", 0.8, 1.3),
                            ("brightness", 0.5, 1.5), ("channel_shift_intensity", -20, 20)):  # fmt: skip
        values = [d[name] for d in drawn]
        assert low <= min(values) < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < max(values) <= high
    assert {d.get("tx", 0.0) for d in drawn} == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert 0.45 < np.mean([d.get("flip_horizontal", False) for d in drawn]) < 0.55
    assert not any("flip_vertical" in d for d in drawn)
    assert Ranges().draw((8, 8, 3), Stream(1, 2, 3, np.arange(2))) == [{}, {}]


def test_batches_repeat_from_the_seed_and_change_with_the_epoch() -> None:
    generator = ImageDataGenerator(rotation_range=20, horizontal_flip=True, width_shift_range=0.1)
    first, again = (generator.flow(X, Y, batch_size=6, seed=3) for _ in range(2))
    assert len(first) == 4
    for a, b in zip([next(first) for _ in range(8)], [next(again) for _ in range(8)], strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])
    assert sorted(np.concatenate([first.at(1, i)[1] for i in range(4)])) == list(range(20))
    assert not np.array_equal(first.at(0, 0)[1], first.at(1, 0)[1])
    still = generator.flow(X, Y, batch_size=20, seed=3, shuffle=False)
    assert not np.array_equal(still.at(0, 0)[0], still.at(1, 0)[0])
    plain = ImageDataGenerator().flow(X, Y, batch_size=20, shuffle=False)[0]
    np.testing.assert_array_equal(plain[0], X)
    assert X.dtype == np.float32  # the arrays given are not written into


def test_flow_gives_what_comes_with_images(tmp_path: Path) -> None:
    generator = ImageDataGenerator(validation_split=0.25)
    weighted = generator.flow(X, Y, sample_weight=Y * 0.1, batch_size=8, subset="training", ignore_class_split=True,
                              shuffle=False, save_to_dir=str(tmp_path), save_prefix="seen")  # fmt: skip
    _, y, w = weighted[0]
    np.testing.assert_array_equal(y, Y[5:13])
    np.testing.assert_array_equal(w, Y[5:13] * 0.1)
    assert len(list(tmp_path.glob("seen_*.png"))) == 8
    assert generator.flow(X, subset="validation").n == 5
    (_, extra), _ = generator.flow((X, Y), Y, batch_size=4, shuffle=False)[0]
    np.testing.assert_array_equal(extra, Y[:4])
    assert generator.flow(X, batch_size=4)[0].shape == (4, 8, 8, 3)


@pytest.mark.parametrize("threads", [1, 3])
def test_training_on_flow_has_the_same_bits_for_any_threads(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def learn() -> list[np.ndarray]:
        konv.utils.set_random_seed(5)
        model = Sequential([Input((8, 8, 3)), Flatten(), Dense(20, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        flow = ImageDataGenerator(rescale=1 / 255, rotation_range=30, zoom_range=0.2).flow(X, Y, batch_size=4)
        model.fit(flow, epochs=2, steps_per_epoch=7, verbose=0)  # longer than the five batches there are
        return model.get_weights()

    expected = learn()
    monkeypatch.setenv("KONV_THREADS", str(threads))
    for a, b in zip(expected, learn(), strict=True):
        np.testing.assert_array_equal(a, b)


def folder(path: Path, counts: dict[str, int], size: tuple[int, int] = (10, 12)) -> Path:
    for name, count in counts.items():
        (path / name).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(np.full((*size, 3), 20 * i + len(name), np.uint8)).save(path / name / f"{i:02}.png")
    return path


def test_flow_from_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = folder(tmp_path / "photos", {"a": 4, "bb": 8})
    generator = ImageDataGenerator(rescale=1 / 255, validation_split=0.25)
    flow = generator.flow_from_directory(photos, (6, 5), batch_size=5, subset="training", shuffle=False)
    assert "Found 9 images of 2 classes" in capsys.readouterr().out
    assert flow.class_indices == {"a": 0, "bb": 1}
    assert flow.filenames[0] == "a/01.png"  # the first quarter of each class validates
    x, y = flow[0]
    assert x.shape == (5, 6, 5, 3)
    np.testing.assert_allclose(x[:, 0, 0, 0] * 255, [21, 41, 61, 42, 62], rtol=1e-5)
    np.testing.assert_array_equal(y.argmax(1), [0, 0, 0, 1, 1])
    held = generator.flow_from_directory(photos, class_mode="sparse", subset="validation", color_mode="grayscale")
    assert sorted(held.filenames) == ["a/00.png", "bb/00.png", "bb/01.png"]
    assert held[0][0].shape == (3, 256, 256, 1)
    swapped = generator.flow_from_directory(photos, classes=["bb", "a"], class_mode="binary", shuffle=False)
    np.testing.assert_array_equal(swapped[0][1][:9], [0] * 8 + [1])
    only = ImageDataGenerator().flow_from_directory(tmp_path, class_mode=None, target_size=(4, 4))
    assert only[0].shape == (12, 4, 4, 3)
    copied, same = ImageDataGenerator().flow_from_directory(photos, class_mode="input", target_size=(4, 4))[0]
    np.testing.assert_array_equal(copied, same)


def test_broken_images_are_named_while_training(tmp_path: Path) -> None:
    photos = folder(tmp_path / "photos", {"a": 3, "b": 3})
    (photos / "b" / "09.jpg").write_bytes(b"no image")
    model = Sequential([Input((4, 4, 3)), Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory(photos, (4, 4))
    with pytest.raises(ImageError, match=r"b/09\.jpg"):
        model.fit(flow, verbose=0)


def test_classes_that_differ_between_training_and_validation_are_refused(tmp_path: Path) -> None:
    train = folder(tmp_path / "train", {"cat": 3, "dog": 3, "fox": 2})
    watch = folder(tmp_path / "val", {"cat": 2, "fox": 2})
    generator = ImageDataGenerator(rescale=1 / 255)
    model = Sequential([Input((4, 4, 3)), Flatten(), Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    one, other = (generator.flow_from_directory(part, (4, 4)) for part in (train, watch))
    with pytest.raises(DataError, match=r"cat, dog, fox.*cat, fox.*class_names \(or classes\)"):
        model.fit(one, validation_data=other, verbose=0)
    (watch / "dog").mkdir()  # an empty folder keeps the numbers right
    with pytest.warns(DataWarning, match="dog"):
        other = generator.flow_from_directory(watch, (4, 4))
    history = model.fit(one, validation_data=other, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: ImageDataGenerator(zoom_range=(1.2, 0.8)), ConfigurationError, "zoom_range must be two numbers"),
    (lambda: ImageDataGenerator(brightness_range=2), ConfigurationError, "brightness_range must be two numbers"),
    (lambda: ImageDataGenerator(validation_split=1.5), ConfigurationError, "above 0 and below 1. Received: 1.5"),
    (lambda: ImageDataGenerator(data_format="channels_first"), ConfigurationError, "channels"),
    (lambda: ImageDataGenerator(interpolation_order=3), ConfigurationError, "interpolation_order must be one of: 0, 1"),
    (lambda: ImageDataGenerator(rotation_range=9, fill_mode="mirror").flow(X)[0], ConfigurationError, "fill_mode must"),
    (lambda: ImageDataGenerator().flow(X[0]), ShapeError, "four axes"),
    (lambda: ImageDataGenerator().flow(X, Y[:3]), DataError, "x: 20, y: 3"),
    (lambda: ImageDataGenerator().flow(X, Y, subset="training"), ConfigurationError, "subset must be one of"),
    (lambda: ImageDataGenerator(validation_split=0.5).flow(X, Y, subset="training"), DataError, "different classes"),
    (lambda: ImageDataGenerator().flow_from_directory("nowhere"), DataError, "nowhere"),
    (lambda: ImageDataGenerator().flow_from_directory(".", class_mode="one"), ConfigurationError, "class_mode must be"),
    (lambda: ImageDataGenerator(zca_whitening=True).fit(np.zeros((2, 64, 64, 3))), ConfigurationError, "12,288"),
])  # fmt: skip
def test_mistakes_are_answered(make, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_fit_not_called_is_said_once() -> None:
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.warns(DataWarning, match=r"featurewise_center needs statistics .* call fit\(x\)"):
        generator.standardize(X[0])
    generator.fit(X, augment=True, rounds=2, seed=1)
    assert generator.mean is not None
    np.testing.assert_allclose(generator.mean, X.mean((0, 1, 2)), rtol=1e-4)


def test_files_and_arrays(tmp_path: Path) -> None:
    picture = X[0].astype("uint8")
    image.save_img(tmp_path / "a.png", picture, scale=False)
    np.testing.assert_array_equal(image.img_to_array(image.load_img(tmp_path / "a.png")), picture)
    grey = image.load_img(str(tmp_path / "a.png"), color_mode="grayscale", target_size=(4, 6))
    assert image.img_to_array(grey).shape == (4, 6, 1)
    assert image.img_to_array(image.load_img(tmp_path / "a.png", color_mode="rgba")).shape == (8, 8, 4)
    scaled = np.asarray(image.array_to_img(np.linspace(-1, 1, 16).reshape(4, 4, 1)))
    assert (scaled.min(), scaled.max(), scaled.shape) == (0, 255, (4, 4))
    np.testing.assert_allclose(image.apply_affine_transform(X[0], ty=1)[0], X[0][1], atol=1e-3)
    with pytest.raises(ImageError, match=r"none\.png"):
        image.load_img(tmp_path / "none.png")
    with pytest.raises(ShapeError, match="1, 3 or 4 channels"):
        image.array_to_img(np.zeros((4, 4, 2)))
    with pytest.raises(ConfigurationError, match="interpolation must be one of"):
        image.load_img(tmp_path / "a.png", target_size=(2, 2), interpolation="best")
