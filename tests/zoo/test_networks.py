"""Every network by name: published numbers of parameters, the maps of its paper, and a few steps of training."""

from __future__ import annotations

import numpy as np
import pytest

from konv import config, zoo
from konv.errors import ConfigurationError, UnknownNameError
from konv.optimizers import Adam
from konv.utils import set_random_seed

# Numbers that training adjusts, and where they are published. "torchvision": `num_params` of its documentation's
# weights (which, as here, leaves running statistics out). "Keras": `Model.summary()` of keras.applications or of an
# example, trainable part.
PUBLISHED = {
    "notes": (1_250_858, "Keras, examples/cifar10_cnn.py"),
    "lenet5": (61_706, "LeCun et al. 1998: 60,000, + 900 (whole C3) − 44 (trainable S2, S4) + 850 (dense output)"),
    "alexnet": (60_965_224, "Krizhevsky et al. 2012: 60 million; BVLC AlexNet"),
    "alexnet_one_tower": (61_100_840, "torchvision alexnet"),
    "zfnet": (62_357_608, "Zeiler & Fergus 2014, sums of figure 3's sizes"),
    "vgg11": (132_863_336, "torchvision vgg11; the paper's table 2: 133 million"),
    "vgg16": (138_357_544, "torchvision vgg16, Keras VGG16; the paper's table 2: 138 million"),
    "vgg19": (143_667_240, "torchvision vgg19, Keras VGG19; the paper's table 2: 144 million"),
    "nin": (966_986, "the authors' nin_cifar10: 0.97 million"),
    "googlenet": (6_998_552, "BVLC GoogLeNet without its auxiliary classifiers"),
    "resnet18": (11_689_512, "torchvision resnet18"),
    "resnet34": (21_797_672, "torchvision resnet34"),
    "resnet50": (25_557_032, "torchvision resnet50"),
    "resnet20": (269_722, "He et al. 2016, table 6: 0.27 million"),
    "resnet56": (853_018, "He et al. 2016, table 6: 0.85 million"),
    "densenet121": (7_978_856, "torchvision densenet121, Keras DenseNet121"),
    "densenet_bc": (176_122, "Huang et al. 2017, sums for L = 40, k = 12"),
    "squeezenet": (1_248_424, "Iandola et al. 2016, table 1; torchvision squeezenet1_0"),
    "mobilenet_v1": (4_231_976, "Keras MobileNet; Howard et al. 2017, table 8: 4.2 million"),
    "mobilenet_v2": (3_504_872, "torchvision mobilenet_v2, Keras MobileNetV2"),
    "efficientnet_lite0": (4_652_008, "timm tf_efficientnet_lite0"),
    "unet": (31_030_658, "Ronneberger et al. 2015, sums of figure 1's sizes"),
    "autoencoder": (4_385, "Chollet, Building autoencoders in Keras, 2016"),
}
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


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_parameters_are_the_published_ones(name: str):
    assert sum(v.size for v in zoo.build(name).trainable_weights) == PUBLISHED[name][0]


def test_parameters_of_other_sizes():
    def count(model):
        return sum(v.size for v in model.trainable_weights)

    # bamos/densenet.pytorch: "the DenseNet-BC-100-12 has 769,162 parameters".
    assert count(zoo.densenet_bc(depth=100)) == 769_162
    # BVLC GoogLeNet as it is trained: bvlc_googlenet.caffemodel holds 13,378,280 numbers.
    assert count(zoo.googlenet(auxiliary=True)) == 13_378_280
    # Keras's MobileNet(alpha=0.5): 1,331,592 trainable of 1,342,536.
    assert count(zoo.mobilenet_v1(width=0.5)) == 1_331_592


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
