"""`keras.ops.nn`, `keras.ops.numpy`, `keras.ops.linalg`: the functions of `konv.ops`, under the heads where Keras 3 has
them."""

from __future__ import annotations

from types import SimpleNamespace

from konv import functions

__all__ = ["linalg", "nn", "numpy"]

NN = (
    "adaptive_average_pool adaptive_max_pool average_pool batch_normalization binary_crossentropy "
    "categorical_crossentropy celu conv conv_transpose depth_to_space depthwise_conv elu gelu glu hard_shrink "
    "hard_sigmoid hard_silu hard_swish hard_tanh layer_normalization leaky_relu log_sigmoid log_softmax max_pool "
    "moments normalize one_hot relu relu6 rms_normalization selu separable_conv sigmoid silu soft_shrink softmax "
    "softplus softsign space_to_depth sparse_categorical_crossentropy squareplus swish tanh_shrink threshold"
)
NUMPY = (
    "abs absolute add all amax amin any arange argmax argmin argsort broadcast_to ceil clip concatenate cos cosh "
    "count_nonzero cumprod cumsum divide divide_no_nan dot einsum equal exp exp2 expand_dims expm1 eye flip floor "
    "floor_divide full full_like greater greater_equal isfinite isinf isnan less less_equal linspace log log10 "
    "log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul max maximum mean median min "
    "minimum mod moveaxis multiply ndim negative not_equal ones ones_like pad power prod reciprocal repeat "
    "reshape roll round sign sin sinh size sort split sqrt square squeeze stack std subtract sum swapaxes take "
    "take_along_axis tan tanh tensordot tile transpose tril triu true_divide var where zeros zeros_like"
)
LINALG = "norm"


def _under(names: str) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(functions, name) for name in names.split()})


nn, numpy, linalg = _under(NN), _under(NUMPY), _under(LINALG)
