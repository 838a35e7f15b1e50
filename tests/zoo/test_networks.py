"""Every network by name: the maps of its paper, and a few steps of training."""

from __future__ import annotations

import numpy as np
import pytest

from konv import config, zoo
from konv.errors import ConfigurationError, UnknownNameError
from konv.optimizers import Adam
from konv.utils import set_random_seed

# Maps as height, width, channels, from the papers' tables and figures.
MAPS = {
    "lenet5": {"c1": (28, 28, 6), "s2": (14, 14, 6), "c3": (10, 10, 16), "s4": (5, 5, 16)},
    "alexnet": {"conv1": (55, 55, 96), "pool1": (27, 27, 96), "conv2": (27, 27, 256), "conv3": (13, 13, 384),
                "conv5": (13, 13, 256), "pool5": (6, 6, 256)},
    "zfnet": {"conv1": (110, 110, 96), "pool1": (55, 55, 96), "conv2": (26, 26, 256), "pool2": (13, 13, 256),
              "pool5": (6, 6, 256)},
    "vgg16": {"conv1_2": (224, 224, 64), "pool3": (28, 28, 256), "pool5": (7, 7, 512)},
    "googlenet": {"conv1": (112, 112, 64), "pool1": (56, 56, 64), "inception3a": (28, 28, 256),
                  "inception3b": (28, 28, 480), "inception4e": (14, 14, 832), "inception5b": (7, 7, 1024)},
    "resnet50": {"conv1": (112, 112, 64), "conv2_3_add": (56, 56, 256), "conv3_4_add": (28, 28, 512),
                 "conv5_3_add": (7, 7, 2048)},
    "resnet20": {"conv2_3_add": (32, 32, 16), "conv3_1_add": (16, 16, 32), "conv4_3_add": (8, 8, 64)},
    "densenet121": {"block1_6": (56, 56, 256), "transition1_pool": (28, 28, 128), "block4_16": (7, 7, 1024)},
    "squeezenet": {"conv1": (111, 111, 96), "pool1": (55, 55, 96), "fire4": (55, 55, 256), "fire8": (27, 27, 512),
                   "conv10": (13, 13, 1000)},
    "mobilenet_v2": {"conv1": (112, 112, 32), "block3_1_project": (28, 28, 32), "conv_last": (7, 7, 1280)},
    "unet": {"down1_2": (568, 568, 64), "bottom_2": (28, 28, 1024), "up4_crop": (56, 56, 512), "up1_2": (388, 388, 64)},
}  # fmt: skip
NATIVE = ("alexnet", "resnet20")
"""Those that are trained on compiled kernels in the reduced form too."""


@pytest.mark.parametrize("name", MAPS)
def test_maps_are_those_of_the_paper(name: str):
    model = zoo.build(name)
    assert {layer: model.get_layer(layer).output_shape[1:] for layer in MAPS[name]} == MAPS[name]


def small(name: str):
    """The network called `name` at an eighth of its width, for 32×32×3 images and four classes; its loss, its data."""
    rng = np.random.default_rng(0)
    labels = np.arange(8) % 4
    images = rng.uniform(0, 0.3, (8, 32, 32, 3)).astype("float32")
    for image, label in zip(images, labels, strict=True):
        row, column = 16 * (label // 2), 16 * (label % 2)
        image[row : row + 16, column : column + 16] += 0.7
    set_random_seed(1)
    if name == "autoencoder":
        return zoo.build(name, (32, 32, 3), width=0.5), "mse", images, images
    model = zoo.build(name, (32, 32, 3), 4, width=0.125)
    targets = (images.mean(-1) > 0.5).astype(int) if name == "unet" else labels
    return model, "sparse_categorical_crossentropy", images, targets


@pytest.mark.slow
@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_learns(name: str, full: bool):
    engines = ("reference", "native") if full else ("native",) if name in NATIVE else ("reference",)
    for engine in engines:
        config.set_engine(engine)
        try:
            model, loss, x, y = small(name)
            model.compile(Adam(0.001), loss)
            # Dropout makes training's own losses noisy; running statistics are not worth much after a few steps.
            normalised = any(v.statistic for v in model.weights)
            losses = [] if normalised else [model.test_on_batch(x, y)]
            for _ in range(12 if full else 4):
                trained = model.train_on_batch(x, y)
                losses.append(trained if normalised else model.test_on_batch(x, y))
        finally:
            config.set_engine(None)
        assert losses[-1] < losses[0], losses


def test_auxiliary_classifiers_are_outputs():
    model = zoo.googlenet((64, 64, 3), classes=5, width=0.125, auxiliary=True)
    assert model.output_shape == [(None, 5)] * 3
    assert model.output_names == ["classifier", "auxiliary4a", "auxiliary4d"]


def test_unet_keeps_the_size_of_small_images():
    assert zoo.unet((48, 32, 1), width=0.125).output_shape == (None, 48, 32, 2)


def test_what_cannot_be_built_is_answered():
    with pytest.raises(UnknownNameError, match="alexnet"):
        zoo.build("alexnett")
    with pytest.raises(ConfigurationError, match="no classes"):
        zoo.build("autoencoder", classes=3)
    with pytest.raises(ConfigurationError, match="width"):
        zoo.build("vgg16", width=0)


def test_maps_are_those_that_name_no_class():
    assert {name for name in zoo.NETWORKS if len(zoo.build(name).output_shape) != 2} == set(zoo.MAPS)
