"""Parameters, multiply-adds, maps and receptive fields: as published, as summed from papers' tables, as Keras's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from types import ModuleType

import pytest

from konv import zoo
from konv.explain.explanation import Explanation
from konv.models import Model
from konv.shapes import Shape, elements
from tests.zoo.tables import TABLES, Map, Walk, densenet_bc

# How many numbers training adjusts, and where it is published. "torchvision": `num_params` in the metadata of its
# weights (torchvision/models/NAME.py), which leaves running statistics out, as here. "imgclsmob": the column "Params"
# of the README of osmr/imgclsmob. "Keras": `keras.applications`, compared layer by layer below.
PUBLISHED = {
    "notes": (1_250_858, "Keras, examples/cifar10_cnn.py: `model.summary()`"),
    "lenet5": (61_706, "LeCun et al. 1998, II.B: 60,000 trainable + 900 (whole C3) − 44 (S2, S4) + 850 (dense output)"),
    "alexnet": (60_965_224, "Krizhevsky et al. 2012, abstract: 60 million; sums of figure 2"),
    "alexnet_one_tower": (61_100_840, "torchvision alexnet"),
    "zfnet": (62_357_608, "imgclsmob ZFNet; sums of Zeiler & Fergus 2014, figure 3"),
    "vgg11": (132_863_336, "torchvision vgg11; Simonyan & Zisserman 2015, table 2: 133 million"),
    "vgg16": (138_357_544, "Keras VGG16, torchvision vgg16; Simonyan & Zisserman 2015, table 2: 138 million"),
    "vgg19": (143_667_240, "Keras VGG19, torchvision vgg19; Simonyan & Zisserman 2015, table 2: 144 million"),
    "nin": (966_986, "imgclsmob NIN (CIFAR-10)"),
    "googlenet": (6_998_552, "sums of Szegedy et al. 2015, table 1, with biases"),
    "resnet18": (11_689_512, "torchvision resnet18"),
    "resnet34": (21_797_672, "torchvision resnet34"),
    "resnet50": (25_557_032, "torchvision resnet50"),
    "resnet20": (269_722, "He et al. 2016, table 6: 0.27 million; imgclsmob (option B) 272,474, 2,752 in shortcuts"),
    "resnet56": (853_018, "He et al. 2016, table 6: 0.85 million; imgclsmob (option B) 855,770, 2,752 in shortcuts"),
    "densenet121": (7_978_856, "Keras DenseNet121, torchvision densenet121"),
    "densenet_bc": (176_122, "imgclsmob DenseNet-BC-40 (k=12, CIFAR-10)"),
    "squeezenet": (1_248_424, "torchvision squeezenet1_0; Iandola et al. 2016, table 1"),
    "mobilenet_v1": (4_231_976, "Keras MobileNet; Howard et al. 2017, table 8: 4.2 million"),
    "mobilenet_v2": (
        3_504_872,
        "Keras MobileNetV2, torchvision mobilenet_v2; Sandler et al. 2018, table 4: 3.4 million",
    ),
    "efficientnet_lite0": (4_652_008, "tensorflow/tpu, efficientnet/lite/efficientnet_lite_builder_test.py"),
    "unet": (31_030_658, "sums of Ronneberger et al. 2015, figure 1, with biases"),
    "autoencoder": (4_385, "sums of Chollet, Building autoencoders in Keras, Keras blog, 2016"),
}
# Millions of multiply-adds of one image, as rounded in the papers: He et al. 2016, table 1; Szegedy et al. 2015,
# section 1 (a budget of 1.5 billion); Howard et al. 2017, table 8; Sandler et al. 2018, table 4.
MILLIONS = {"resnet18": (1800, 50), "resnet34": (3600, 100), "resnet50": (3800, 100), "googlenet": (1500, 100),
            "mobilenet_v1": (569, 0.5), "mobilenet_v2": (300, 1)}  # fmt: skip


def parameters(model: Model) -> int:
    return sum(v.size for v in model.trainable_weights)


ENLARGING = ("unet", "autoencoder")
"""Those whose receptive fields no recurrence of two numbers gives: test_sight.py alone compares them."""


def maps(found: Explanation, seen: bool) -> Counter[Map]:
    """What layers with multiply-adds give: side and channels, and of maps, where it is `seen`, field and jump."""
    made = []
    for layer in found.layers:
        if layer.macs and len(layer.output_shape) == 3:
            side, _, channels = layer.output_shape
            made.append(Map(side, channels, *((layer.receptive_field[0], int(layer.jump[0])) if seen else ())))
        elif layer.macs:
            made.append(Map(1, layer.output_shape[-1]))
    return Counter(made)


def test_every_network_is_here():
    assert list(PUBLISHED) == list(zoo.NETWORKS) == list(TABLES)


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_sums_are_those_of_the_published_table(name: str):
    model, walk = zoo.build(name), Walk()
    TABLES[name](walk)
    assert parameters(model) == PUBLISHED[name][0] == walk.parameters
    found = model.explain()
    assert (found.total.parameters, found.total.macs) == (walk.parameters, walk.macs)
    seen = name not in ENLARGING
    assert maps(found, seen) == Counter(walk.maps if seen else [Map(m.side, m.channels) for m in walk.maps])
    millions, rounded = MILLIONS.get(name, (walk.macs / 1e6, 0))
    assert abs(found.total.macs / 1e6 - millions) <= rounded


def test_parameters_of_other_sizes():
    # imgclsmob: DenseNet-BC-100 (k=12, CIFAR-10) has 769,162.
    walk = Walk()
    densenet_bc(walk, depth=100)
    assert parameters(zoo.densenet_bc(depth=100)) == 769_162 == walk.parameters
    # With the two classifiers in the middle, each of 128 1×1 filters and dense layers of 1,024 and 1,000 behind a map
    # of 4×4 with 512 and 528 channels (Szegedy et al. 2015, section 5).
    head = [(c + 1) * 128 + (16 * 128 + 1) * 1024 + 1025 * 1000 for c in (512, 528)]
    assert parameters(zoo.googlenet(auxiliary=True)) == PUBLISHED["googlenet"][0] + sum(head) == 13_378_280


def weighted(layers: Iterable[tuple[Shape, Shape]]) -> Counter[tuple[Shape, Shape]]:
    """Kernels with the maps they make, whether a 1×1 convolution on one place is written as a dense layer or not."""
    return Counter((tuple(n for n in kernel if n > 1), tuple(n for n in made if n > 1)) for kernel, made in layers)


@pytest.mark.parametrize(
    ("name", "theirs", "width"),
    [
        ("vgg16", "VGG16", None), ("vgg19", "VGG19", None), ("resnet50", "ResNet50", None),
        ("densenet121", "DenseNet121", None), ("mobilenet_v1", "MobileNet", None), ("mobilenet_v1", "MobileNet", 0.5),
        ("mobilenet_v2", "MobileNetV2", None), ("mobilenet_v2", "MobileNetV2", 0.35),
        ("mobilenet_v2", "MobileNetV2", 1.4),
    ],
)  # fmt: skip
def test_layers_are_those_of_keras(oracle: Callable[[str], ModuleType], name: str, theirs: str, width: float | None):
    keras = oracle("keras")
    options = {} if width is None else {"alpha": width}
    with keras.StatelessScope(initialize_variables=False):  # shapes alone; 140 million random numbers take their time
        model = getattr(keras.applications, theirs)(weights=None, **options)
    layers = [layer for layer in model.layers if hasattr(layer, "kernel")]
    found = zoo.build(name, width=width)
    named = [(v, node.output.shape) for node in found.graph.nodes for v in node.variables]
    own = [(v.shape, made) for v, made in named if v.name.endswith("kernel")]
    assert weighted(own) == weighted((layer.kernel.shape, layer.output.shape[1:]) for layer in layers)
    count = sum(elements(v.shape) for v in model.trainable_weights)
    # Keras's ResNet50 gives convolutions biases, although batch normalisation, which has its own, follows each.
    spare = (
        sum(elements(layer.bias.shape) for layer in layers[:-1] if layer.bias is not None) if name == "resnet50" else 0
    )
    assert parameters(found) == count - spare
