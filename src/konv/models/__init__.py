"""Models under Keras's names: `Sequential`, and `load_model` for what `save` wrote."""

from konv.models.base import Model
from konv.models.loading import load_model, model_from_config, model_from_json
from konv.models.sequential import Sequential

__all__ = ["Model", "Sequential", "load_model", "model_from_config", "model_from_json"]
