"""Every error konv raises on purpose, one class for each kind of mistake.

All of them derive from `KonvError`, and each also derives from the built-in exception a Python programmer would
expect, so `except ValueError` keeps working. The texts live in `konv.messages`: raise with `text(key, ...)`.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

__all__ = [
    "CompileError",
    "ConfigurationError",
    "DataError",
    "DataWarning",
    "DownloadError",
    "GraphError",
    "ImageError",
    "KonvError",
    "KonvWarning",
    "LabelError",
    "MissingModuleError",
    "MissingNameError",
    "ModelFileError",
    "NonFiniteError",
    "ShapeError",
    "UnknownNameError",
    "warn",
]

HOME = str(Path(__file__).parent)


class KonvError(Exception):
    """Base of all errors konv raises on purpose; its text is one or two sentences meant for the user."""


class ShapeError(KonvError, ValueError):
    """Two shapes do not fit: the text names the layer, what was received, what was expected, and the arithmetic."""


class GraphError(KonvError, ValueError):
    """A network is put together wrongly: a cycle, an unused input, two layers of one name, a model without layers."""


class ConfigurationError(KonvError, ValueError):
    """A setting, an argument or a combination of them makes no sense; the text says what would."""


class UnknownNameError(ConfigurationError):
    """A name (of a layer, loss, optimiser, activation, network …) that konv does not know, with the nearest ones."""


class DataError(KonvError, ValueError):
    """The data cannot be trained on or predicted from: empty, one class only, non-finite, of the wrong kind."""


class LabelError(DataError):
    """Labels out of range, or in a form that the loss does not take."""


class ImageError(DataError):
    """An image file that cannot be read; the text names it."""


class DownloadError(KonvError, OSError):
    """A data set could not be fetched, or what came does not have the expected checksum."""


class ModelFileError(KonvError, ValueError):
    """A model file that is truncated, foreign, hostile, or of a newer format version."""


class MissingNameError(KonvError, AttributeError):
    """A script asks for a name of Keras or TensorFlow that konv does not have; the text says what it has instead."""


class MissingModuleError(KonvError, ImportError):
    """A script imports a module or a name of Keras or TensorFlow that konv does not have."""


class NonFiniteError(KonvError, ArithmeticError):
    """A NaN or an infinity appeared during training; no weight has been updated with it.

    Attributes: `layer`, the name of the first layer (in the order data flows) whose output is not finite, or ""
    when the input itself is not; `batch`, the number of the batch in its epoch, from 0.
    """

    def __init__(self, message: str, layer: str = "", batch: int = -1) -> None:
        super().__init__(message)
        self.layer = layer
        self.batch = batch


class CompileError(KonvError, RuntimeError):
    """A kernel could not be compiled or loaded: no executable memory, an unknown processor name, a broken cache."""


class KonvWarning(UserWarning):
    """Base of all warnings konv gives: the work goes on, but perhaps not as it was meant."""


class DataWarning(KonvWarning):
    """The data is usable but looks like a mistake: images passed without scaling, unreadable files left out."""


def warn(message: str, category: type[KonvWarning] = KonvWarning) -> None:
    """Give a warning that points at the line of the user's own code that led to it, however deep in konv it arose.

    Arguments: `message`, its text; `category`, its class.
    """
    level, frame = 2, sys._getframe(1)  # noqa: SLF001 (inspect is slow to import)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(HOME):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
