"""Networks by name: `build("alexnet")`. Each reads like the table or the script it comes from."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature

from konv.errors import ConfigurationError
from konv.messages import text
from konv.models import Model
from konv.names import unknown
from konv.shapes import Shape
from konv.zoo.alexnet import alexnet, alexnet_one_tower
from konv.zoo.autoencoder import autoencoder
from konv.zoo.densenet import densenet121, densenet_bc
from konv.zoo.efficientnet import efficientnet_lite0
from konv.zoo.googlenet import googlenet
from konv.zoo.lenet import lenet5
from konv.zoo.mobilenet import mobilenet_v1, mobilenet_v2
from konv.zoo.nin import nin
from konv.zoo.notes import notes
from konv.zoo.resnet import resnet18, resnet20, resnet34, resnet50, resnet56
from konv.zoo.squeezenet import squeezenet
from konv.zoo.unet import unet
from konv.zoo.vgg import vgg11, vgg16, vgg19
from konv.zoo.zfnet import zfnet

__all__ = [
    "MAPS",
    "NETWORKS",
    "alexnet",
    "alexnet_one_tower",
    "autoencoder",
    "build",
    "densenet121",
    "densenet_bc",
    "efficientnet_lite0",
    "googlenet",
    "lenet5",
    "mobilenet_v1",
    "mobilenet_v2",
    "nin",
    "notes",
    "resnet18",
    "resnet20",
    "resnet34",
    "resnet50",
    "resnet56",
    "squeezenet",
    "unet",
    "vgg11",
    "vgg16",
    "vgg19",
    "zfnet",
]

NETWORKS: dict[str, Callable[..., Model]] = {
    function.__name__: function
    for function in (
        notes, lenet5, alexnet, alexnet_one_tower, zfnet, vgg11, vgg16, vgg19, nin, googlenet, resnet18, resnet34,
        resnet50, resnet20, resnet56, densenet121, densenet_bc, squeezenet, mobilenet_v1, mobilenet_v2,
        efficientnet_lite0, unet, autoencoder,
    )
}  # fmt: skip
"""Every network by its name: functions of the images' shape, the number of classes, and the width."""

MAPS = ("unet", "autoencoder")
"""Those whose output is a map of the image and no class."""


def build(name: str, input_shape: Shape | None = None, classes: int | None = None, width: float | None = None) -> Model:
    """The network called `name`, not compiled.

    Arguments: `input_shape`, `(H, W, C)`, and `classes`, by default those of the network's paper or script; `width`,
    by which its numbers of channels are multiplied.
    Raises: UnknownNameError, with the nearest names, where there is none; ConfigurationError for `classes` of a network
    that has none, and for a width that is not positive; ShapeError where the images are too small.
    """
    if name not in NETWORKS:
        raise unknown("network", name, NETWORKS)
    if width is not None and not 0 < width < float("inf"):
        raise ConfigurationError(text("zoo.bad_width", network=name, received=width))
    if classes is not None and "classes" not in signature(NETWORKS[name]).parameters:
        raise ConfigurationError(text("zoo.no_classes", network=name, received=classes))
    asked = {"input_shape": input_shape, "classes": classes, "width": width}
    return NETWORKS[name](**{key: value for key, value in asked.items() if value is not None})
