"""Looking into a network: what its layers compute for an image, what its answer depends on, what its units look for,
and how a kernel learns.

Functions of a model and of arrays as the network takes them; what they return are frozen records of arrays, for a
terminal, a notebook, a page, or whatever else draws them (`konv.explain.look.pictures` draws them as PNGs).

Example: `from konv.explain import look; look.grad_cam(model, image).heat`.
"""

from konv.explain.look.activations import Activations, FeatureMaps, Filters, activations, feature_maps, filters
from konv.explain.look.field import Region, receptive_field
from konv.explain.look.gradients import (
    GradCam,
    IntegratedGradients,
    Saliency,
    grad_cam,
    integrated_gradients,
    saliency,
    smooth_gradient,
)
from konv.explain.look.learning import Learned, WeightGradient, learn, weight_gradient
from konv.explain.look.network import Network
from konv.explain.look.neuron import BatchNormalised, Neuron, Normalised, Passed, Pooled, WeightedSum, neuron
from konv.explain.look.occlusion import Occlusion, occlusion
from konv.explain.look.units import Excited, Neighbours, Strongest, excite, neighbours, strongest

__all__ = [
    "Activations",
    "BatchNormalised",
    "Excited",
    "FeatureMaps",
    "Filters",
    "GradCam",
    "IntegratedGradients",
    "Learned",
    "Neighbours",
    "Network",
    "Neuron",
    "Normalised",
    "Occlusion",
    "Passed",
    "Pooled",
    "Region",
    "Saliency",
    "Strongest",
    "WeightGradient",
    "WeightedSum",
    "activations",
    "excite",
    "feature_maps",
    "filters",
    "grad_cam",
    "integrated_gradients",
    "learn",
    "neighbours",
    "neuron",
    "occlusion",
    "receptive_field",
    "saliency",
    "smooth_gradient",
    "strongest",
    "weight_gradient",
]
