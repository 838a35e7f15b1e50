"""`keras.applications`: known networks layer for layer as Keras has them, so that its weights files fit.

konv downloads no weights. Where a script asks for `weights="imagenet"`, the file is looked for where Keras keeps it
(`~/.keras/models`) and in `models` of the data folder (`KONV_DATA`); where it is not there, the error says its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from konv import config, layers
from konv.compat.models import Model
from konv.errors import ConfigurationError, DataError
from konv.functions.base import is_symbolic
from konv.graph import Tensor
from konv.messages import text

__all__ = [
    "ResNet50",
    "VGG16",
    "VGG19",
    "decode_predictions",
    "imagenet_utils",
    "preprocess_input",
    "resnet",
    "resnet50",
    "vgg16",
    "vgg19",
]

FILES = {
    "vgg16": "vgg16_weights_tf_dim_ordering_tf_kernels{}.h5",
    "vgg19": "vgg19_weights_tf_dim_ordering_tf_kernels{}.h5",
    "resnet50": "resnet50_weights_tf_dim_ordering_tf_kernels{}.h5",
}
"""The names of Keras's files, with a place for what those without the top have."""
CLASSES = "imagenet_class_index.json"
MEANS = (103.939, 116.779, 123.68)
"""Of the pixels of ImageNet: blue, green, red."""
Shape = Sequence[int] | None


def VGG16(
    include_top: bool = True,
    weights: str | None = "imagenet",
    input_tensor: Tensor | None = None,
    input_shape: Shape = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: str = "softmax",
    **others: Any,
) -> Model:
    """VGG-16, configuration D of Simonyan & Zisserman, 2015; 138,357,544 parameters with its top.

    Arguments, of every network here: `include_top`, whether the dense layers are there; `weights`, None for new ones,
    `"imagenet"`, or a file; `input_tensor`, what it begins with, or `input_shape`, `(H, W, C)`; `pooling`, without the
    top `"avg"` or `"max"` over the last maps; `classes`; `classifier_activation`; `others`, taken for Keras's sake.
    Raises: ConfigurationError where the weights are not at hand; ModelFileError where they do not fit.
    """
    wanted = _Wanted("vgg16", include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return wanted.model(lambda x: _vgg(x, (2, 2, 3, 3, 3)), _dense_top)


def VGG19(
    include_top: bool = True,
    weights: str | None = "imagenet",
    input_tensor: Tensor | None = None,
    input_shape: Shape = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: str = "softmax",
    **others: Any,
) -> Model:
    """VGG-19, configuration E; 143,667,240 parameters with its top. Arguments and errors: as of `VGG16`."""
    wanted = _Wanted("vgg19", include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    return wanted.model(lambda x: _vgg(x, (2, 2, 4, 4, 4)), _dense_top)


def ResNet50(
    include_top: bool = True,
    weights: str | None = "imagenet",
    input_tensor: Tensor | None = None,
    input_shape: Shape = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: str = "softmax",
    **others: Any,
) -> Model:
    """ResNet-50 of He et al., 2016, as Keras has it: strides in the first convolution of a block, biases everywhere;
    25,636,712 parameters with its top. Arguments and errors: as of `VGG16`.
    """
    wanted = _Wanted(
        "resnet50", include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation
    )
    return wanted.model(_resnet50, _pooled_top)


class _Wanted:
    """What a script asks of a network."""

    def __init__(
        self,
        name: str,
        top: bool,
        weights: Any,
        tensor: Tensor | None,
        shape: Shape,
        pooling: str | None,
        classes: int,
        activation: str,
    ) -> None:
        self.name, self.top, self.weights = name, top, weights
        self.pooling, self.classes, self.activation = pooling, classes, activation
        self.begin = tensor if tensor is not None else layers.Input(shape or (224, 224, 3))

    def model(self, body: Callable[[Tensor], Tensor], top: Callable[[Tensor, int, str], Tensor]) -> Model:
        """The network of `body` and `top`, with its weights."""
        file = self._file()
        x = body(self.begin)
        if self.top:
            x = top(x, self.classes, self.activation)
        elif self.pooling == "avg":
            x = layers.GlobalAveragePooling2D()(x)
        elif self.pooling == "max":
            x = layers.GlobalMaxPooling2D()(x)
        model = Model(self.begin, x, name=self.name)
        if file is not None:
            model.load_weights(file)
        return model

    def _file(self) -> Path | None:
        if self.weights is None:
            return None
        if self.weights != "imagenet":
            return Path(self.weights)
        name = FILES[self.name].format("" if self.top else "_notop")
        for folder in (config.data_folder() / "models", Path("~/.keras/models").expanduser()):
            if (folder / name).is_file():
                return folder / name
        said = text("script.no_weights", received=self.weights, name=self.name, file=name, folder=config.data_folder())
        raise ConfigurationError(said)


def _vgg(x: Tensor, groups: Sequence[int]) -> Tensor:
    for group, (count, filters) in enumerate(zip(groups, (64, 128, 256, 512, 512), strict=True), 1):
        for number in range(1, count + 1):
            name = f"block{group}_conv{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=f"block{group}_pool")(x)
    return x


def _dense_top(x: Tensor, classes: int, activation: str) -> Tensor:
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = layers.Dense(4096, activation="relu", name=name)(x)
    result: Tensor = layers.Dense(classes, activation=activation, name="predictions")(x)
    return result


def _pooled_top(x: Tensor, classes: int, activation: str) -> Tensor:
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    result: Tensor = layers.Dense(classes, activation=activation, name="predictions")(x)
    return result


def _resnet50(x: Tensor) -> Tensor:
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = _normed(layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x), "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(layers.Activation("relu", name="conv1_relu")(x))
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (count, filters) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 2):
        for number in range(1, count + 1):
            x = _block(x, filters, 2 if number == 1 and stage > 2 else 1, number == 1, f"conv{stage}_block{number}")
    return x


def _block(x: Tensor, filters: int, strides: int, projected: bool, name: str) -> Tensor:
    """A bottleneck of three convolutions beside a shortcut, which the first of a stage projects."""
    short = x
    if projected:
        short = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(x)
        short = _normed(short, f"{name}_0")
    for number, (size, step, count) in enumerate(((1, strides, filters), (3, 1, filters), (1, 1, 4 * filters)), 1):
        x = layers.Conv2D(count, size, strides=step, padding="same", name=f"{name}_{number}_conv")(x)
        x = _normed(x, f"{name}_{number}")
        if number < 3:
            x = layers.Activation("relu", name=f"{name}_{number}_relu")(x)
    joined = layers.Add(name=f"{name}_add")([short, x])
    result: Tensor = layers.Activation("relu", name=f"{name}_out")(joined)
    return result


def _normed(x: Tensor, name: str) -> Tensor:
    result: Tensor = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)
    return result


def preprocess_input(x: Any, data_format: Any = None, mode: str = "caffe") -> Any:
    """Pixels from 0 to 255, `(…, 3)`, as the networks have learned from them.

    Arguments: `x`; `mode`, `"caffe"`: blue, green, red with their means subtracted; `"tf"`: from −1 to 1; `"torch"`:
    from 0 to 1, normalised by mean and deviation; `data_format`, None or `"channels_last"`.
    """
    values: Any = x if is_symbolic(x) else np.asarray(x, config.floatx())
    if mode == "tf":
        return values / 127.5 - 1.0
    kind = values.dtype
    if mode == "torch":
        return (values / 255 - np.asarray((0.485, 0.456, 0.406), kind)) / np.asarray((0.229, 0.224, 0.225), kind)
    return values[..., ::-1] - np.asarray(MEANS, kind)


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """For each row of `preds`, `(n, 1000)`, the `top` classes: (WordNet's number, name, probability).

    Raises: DataError where the predictions are not ImageNet's, or Keras's list of its classes is not at hand.
    """
    found = np.asarray(preds)
    if found.ndim != 2 or found.shape[1] != 1000:
        raise DataError(text("script.not_imagenet", received=found.shape))
    places = [f / CLASSES for f in (config.data_folder() / "models", Path("~/.keras/models").expanduser())]
    path = next((p for p in places if p.is_file()), None)
    if path is None:
        raise DataError(text("script.no_class_names", file=CLASSES, folder=places[0].parent))
    names = json.loads(path.read_text("utf-8"))
    best = np.argsort(-found, axis=1)[:, :top]
    return [[(*names[str(i)], float(row[i])) for i in order] for row, order in zip(found, best, strict=True)]


vgg16 = SimpleNamespace(VGG16=VGG16, preprocess_input=preprocess_input, decode_predictions=decode_predictions)
vgg19 = SimpleNamespace(VGG19=VGG19, preprocess_input=preprocess_input, decode_predictions=decode_predictions)
resnet = resnet50 = SimpleNamespace(
    ResNet50=ResNet50, preprocess_input=preprocess_input, decode_predictions=decode_predictions
)
imagenet_utils = SimpleNamespace(preprocess_input=preprocess_input, decode_predictions=decode_predictions)
