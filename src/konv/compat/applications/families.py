"""The modules of `keras.applications`, each a family of networks with its `preprocess_input`."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace

from konv.compat.applications import (
    densenet as _densenet,
    efficientnet as _efficientnet,
    inception as _inception,
    mobilenet as _mobilenet,
    resnet as _resnet,
    vgg as _vgg,
    xception as _xception,
)
from konv.compat.applications.imagenet import decode_predictions, preparing, preprocess_input

__all__ = [
    "densenet",
    "efficientnet",
    "imagenet_utils",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "resnet",
    "resnet50",
    "resnet_v2",
    "vgg16",
    "vgg19",
    "xception",
]


def _family(mode: str, module: ModuleType, *names: str) -> SimpleNamespace:
    """A module of `keras.applications`: the networks of `module`, all or those of `names`, and what their
    pixels and predictions are."""
    networks = {name: getattr(module, name) for name in names or module.__all__}
    return SimpleNamespace(preprocess_input=preparing(mode), decode_predictions=decode_predictions, **networks)


densenet = _family("torch", _densenet)
efficientnet = _family("none", _efficientnet)
imagenet_utils = SimpleNamespace(preprocess_input=preprocess_input, decode_predictions=decode_predictions)
inception_v3 = _family("tf", _inception)
mobilenet = _family("tf", _mobilenet, "MobileNet")
mobilenet_v2 = _family("tf", _mobilenet, "MobileNetV2")
resnet = _family("caffe", _resnet, "ResNet50", "ResNet101", "ResNet152")
resnet50 = _family("caffe", _resnet, "ResNet50")
resnet_v2 = _family("tf", _resnet, "ResNet50V2", "ResNet101V2", "ResNet152V2")
vgg16 = _family("caffe", _vgg, "VGG16")
vgg19 = _family("caffe", _vgg, "VGG19")
xception = _family("tf", _xception)
