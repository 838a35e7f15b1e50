"""Pipelines of `tf.data` from file names to batches, as scripts of TensorFlow 2 have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv.compat import in_force, script
from konv.errors import DataError, MissingNameError

SCRIPT = """
import os, pathlib, sys
import numpy as np
import tensorflow as tf

data_dir = pathlib.Path(sys.argv[1])
list_ds = tf.data.Dataset.list_files(str(data_dir / "*/*"), shuffle=False)
list_ds = list_ds.shuffle(6, reshuffle_each_iteration=False)
for f in list_ds.take(1):
    assert os.path.exists(f.numpy().decode())
class_names = np.array(sorted(item.name for item in data_dir.glob("*")))
train_ds, val_ds = list_ds.skip(2), list_ds.take(2)
print(tf.data.experimental.cardinality(train_ds).numpy(), val_ds.cardinality().numpy())

def process_path(file_path):
    parts = tf.strings.split(file_path, os.path.sep)
    label = tf.argmax(parts[-2] == class_names)
    img = tf.io.decode_png(tf.io.read_file(file_path), channels=3)
    return tf.image.resize(img, [8, 8]), label

def augment(image, label):
    image = tf.cast(image, tf.float32) / 255.0
    image = tf.image.random_contrast(tf.image.random_brightness(image, 0.1), 0.9, 1.1)
    image = tf.image.random_crop(tf.image.random_flip_left_right(image), size=[6, 6, 3])
    image.set_shape([6, 6, 3])
    return tf.clip_by_value(image, 0.0, 1.0), label

AUTOTUNE = tf.data.experimental.AUTOTUNE
train_ds = train_ds.map(process_path, num_parallel_calls=AUTOTUNE)
for image, label in train_ds:
    assert image.numpy().mean() == pytest_tint[int(label.numpy())]
train_ds = train_ds.map(augment).cache().shuffle(10).batch(3).prefetch(AUTOTUNE)
images, labels = next(iter(train_ds))
print(images.shape, images.numpy().dtype, labels.shape)
model = tf.keras.Sequential([tf.keras.layers.Flatten(input_shape=(6, 6, 3)), tf.keras.layers.Dense(2)])
model.compile("sgd", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(train_ds, epochs=2, verbose=0)

names = [str(p) for p in sorted(data_dir.glob("*/*"))]
def parse(filename, label):
    image = tf.image.decode_image(tf.io.read_file(filename), channels=3)
    image = tf.image.convert_image_dtype(image, tf.float32)
    return tf.image.resize(image, [6, 6], method=tf.image.ResizeMethod.NEAREST_NEIGHBOR), tf.one_hot(label, 2)
pairs = tf.data.Dataset.from_tensor_slices((tf.constant(names), tf.constant([0, 0, 0, 1, 1, 1]))).map(parse)
print([y.numpy().tolist() for x, y in pairs.batch(3)][0], len(model.predict(pairs.batch(4), verbose=0)))
paths = tf.data.Dataset.list_files(names)
sizes = paths.map(lambda p: tf.numpy_function(lambda b: np.int64(len(b)), [p], tf.int64))
print(sorted(sizes.as_numpy_iterator()) == sorted(map(len, names)))
paths.interleave(parse)
"""


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of three images each, of one colour and several sizes."""
    for kind, tint in (("cats", 40), ("dogs", 200)):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (9 + i, 12), (tint,) * 3).save(tmp_path / "pets" / kind / f"{i}.png")
    return tmp_path / "pets"


def test_from_names_to_a_trained_network(pets: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.py"
    path.write_text(SCRIPT.replace("pytest_tint", "(40, 200)"))
    assert script.run(path, [str(pets)]) == 1
    written = capfd.readouterr()
    assert written.out.splitlines() == [
        "4 2", "(3, 6, 6, 3) float32 (3,)", "[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]] 6", "True",
    ]  # fmt: skip
    lines = written.err.splitlines()
    assert lines[-1].startswith("konv.errors.MissingNameError: konv has no tensorflow.data.Dataset.interleave. Of tf.d")
    assert "list_files" in lines[-1]
    assert f'File "{path}", line {len(SCRIPT.splitlines())}' in lines[1]


@pytest.fixture
def hooked() -> Iterator[None]:
    with in_force():
        yield


@pytest.mark.usefixtures("hooked")
def test_files_are_listed(pets: Path) -> None:
    import tensorflow as tf

    data, pattern = tf.data.Dataset, str(pets / "*" / "*.png")
    expected = sorted(str(p).encode() for p in pets.glob("*/*"))
    assert list(data.list_files(pattern, shuffle=False).as_numpy_iterator()) == expected
    one, other = (data.list_files(pattern, seed=3) for _ in range(2))
    first, second = list(one), list(one)
    assert first == list(other) != second
    assert sorted(f.numpy() for f in first) == expected == sorted(f.numpy() for f in second)
    assert len(data.list_files([str(pets / "cats/*"), str(pets / "dogs/0*")])) == 4
    assert [f.numpy() for f in data.list_files(pattern, shuffle=False).shard(2, 1)] == expected[1::2]
    with pytest.raises(DataError, match=r"No file is called .*\.jpg"):
        data.list_files(str(pets / "*.jpg"))
    with pytest.raises(DataError, match=r"12×9×3, 12×10×3.*resize"):
        list(data.list_files(pattern, shuffle=False).map(lambda p: tf.io.decode_png(tf.io.read_file(p))).batch(3))
    with pytest.raises(MissingNameError, match=r"TFRecordDataset\. Of tf\.data konv has"):
        _ = tf.data.TFRecordDataset


@pytest.mark.usefixtures("hooked")
def test_seeds_draw_a_row_of_numbers() -> None:
    """A seed of one function gives other numbers at each call: not all images are turned, and not none."""
    import tensorflow as tf

    image = np.arange(8.0).reshape(2, 2, 2)
    turned = [bool((tf.image.random_flip_left_right(image, seed=7) != image).any()) for _ in range(40)]
    assert 8 < sum(turned) < 32
    found = tf.image.adjust_contrast(np.array([[[10], [20]]], "uint8"), 2.0)
    assert (found.dtype, found.ravel().tolist()) == (np.uint8, [5, 25])
    found = tf.image.adjust_brightness(np.array([[[0], [250]]], "uint8"), 0.1)
    assert (found.dtype, found.ravel().tolist()) == (np.uint8, [25, 255])
    assert tf.clip_by_value(np.float32([0.1, 2]), 0.0, 1.0).dtype == np.float32
