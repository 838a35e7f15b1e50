"""The modules of `keras.applications`, each a family of networks with its `preprocess_input`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from konv.compat.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from konv.compat.applications.efficientnet import (
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
from konv.compat.applications.imagenet import decode_predictions, preparing, preprocess_input
from konv.compat.applications.inception import InceptionV3
from konv.compat.applications.mobilenet import MobileNet, MobileNetV2
from konv.compat.applications.resnet import ResNet50, ResNet50V2, ResNet101, ResNet101V2, ResNet152, ResNet152V2
from konv.compat.applications.vgg import VGG16, VGG19
from konv.compat.applications.xception import Xception

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


def _family(mode: str, *networks: Any) -> SimpleNamespace:
    """A module of `keras.applications`: networks, and what their pixels and predictions are."""
    named = {network.__name__: network for network in networks}
    return SimpleNamespace(preprocess_input=preparing(mode), decode_predictions=decode_predictions, **named)


densenet = _family("torch", DenseNet121, DenseNet169, DenseNet201)
efficientnet = _family(
    "none",
    EfficientNetB0,
    EfficientNetB1,
    EfficientNetB2,
    EfficientNetB3,
    EfficientNetB4,
    EfficientNetB5,
    EfficientNetB6,
    EfficientNetB7,
)
imagenet_utils = SimpleNamespace(preprocess_input=preprocess_input, decode_predictions=decode_predictions)
inception_v3 = _family("tf", InceptionV3)
mobilenet = _family("tf", MobileNet)
mobilenet_v2 = _family("tf", MobileNetV2)
resnet = _family("caffe", ResNet50, ResNet101, ResNet152)
resnet50 = _family("caffe", ResNet50)
resnet_v2 = _family("tf", ResNet50V2, ResNet101V2, ResNet152V2)
vgg16 = _family("caffe", VGG16)
vgg19 = _family("caffe", VGG19)
xception = _family("tf", Xception)
