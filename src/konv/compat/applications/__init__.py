"""`keras.applications`: known networks layer for layer as Keras has them, so that its weights files fit."""

from __future__ import annotations

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
from konv.compat.applications.imagenet import decode_predictions, preprocess_input
from konv.compat.applications.inception import InceptionV3
from konv.compat.applications.mobilenet import MobileNet, MobileNetV2
from konv.compat.applications.resnet import ResNet50, ResNet50V2, ResNet101, ResNet101V2, ResNet152, ResNet152V2
from konv.compat.applications.vgg import VGG16, VGG19
from konv.compat.applications.xception import Xception

__all__ = [
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "ResNet50",
    "ResNet50V2",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "VGG16",
    "VGG19",
    "Xception",
    "decode_predictions",
    "preprocess_input",
]
