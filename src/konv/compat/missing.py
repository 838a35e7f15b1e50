"""What to say of names that Keras or TensorFlow have and konv does not."""

from __future__ import annotations

import re
from collections.abc import Iterable

from konv.errors import MissingModuleError, MissingNameError
from konv.messages import text
from konv.names import nearest

__all__ = ["missing_module", "missing_name"]

HINTS = (
    (
        r"^(interleave|padded_batch|window|reduce|scan|snapshot|save|load|group_by_\w+|element_spec|\w+Record\w*|"
        r"\w+Dataset|make_\w+|parse_\w+|serialize_\w+|sample_from_datasets|choose_from_datasets|rejection_resample)$",
        "script.pipeline",
    ),
    (r"LSTM|GRU|RNN|Recurrent|Attention|Bidirectional|Masking|sequence|text|Text|Lookup|Hashing", "script.recurrent"),
    (r"3D$|3DTranspose$", "script.three_axes"),
    (
        r"^(saved_model|lite|SavedModel\w*|TFLite\w*|save_model_to_saved_model|export_saved_model)$",
        "script.saved_model",
    ),
    (r"^distribute$|Strategy$|^TPU", "script.distribute"),
    (r"^(train|Checkpoint\w*|latest_checkpoint)$", "script.train"),
    (r"SpectralNormalization", "script.spectral"),
    (
        r"NASNet|ConvNeXt|EfficientNetV2|MobileNetV3|InceptionResNet|nasnet|convnext|efficientnet_v2|mobilenet_v3|"
        r"inception_resnet",
        "script.application",
    ),
    (r"mixed_precision|LossScaleOptimizer", "script.mixed"),
    (r"Session|ConfigProto|GPUOptions|get_session|set_session|placeholder|get_default_graph", "script.session"),
)
"""What some names have in common, and the text that says what konv offers instead."""


def missing_name(module: str, name: str, known: Iterable[str]) -> MissingNameError:
    """The error for `name`, which the `module` of Keras has and konv's, with the names `known`, does not."""
    return MissingNameError(text("script.no_name", module=module, name=name, instead=_instead(module, name, known)))


def missing_module(module: str, known: Iterable[str]) -> MissingModuleError:
    """The error for `module`, or a name imported from one, that konv does not have; `known`, what is beside it."""
    parent, _, name = module.rpartition(".")
    if not parent:
        return MissingModuleError(text("script.no_module", module=module, instead=_instead(module, name, known)))
    said = text("script.no_name", module=parent, name=name, instead=_instead(parent, name, known))
    return MissingModuleError(said, name=module)


def _instead(module: str, name: str, known: Iterable[str]) -> str:
    for pattern, key in HINTS:
        if re.search(pattern, name):
            return text(key)
    close = nearest(name, known)
    return text("script.near", known=", ".join(close)) if close else text("script.page", module=module)
