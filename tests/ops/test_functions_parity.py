"""The functions of `konv.ops` beside Keras's of the same name, on arrays and in a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from konv import ops
from konv.layers import Input
from konv.models import Model

X = np.random.default_rng(1).uniform(0.2, 2, (3, 4, 5, 2)).astype("float32")
K = np.random.default_rng(2).normal(size=(2, 3, 2, 3)).astype("float32")
CASES: dict[str, Any] = {
    "exp": lambda o, x: o.exp(x),
    "log": lambda o, x: o.log(x),
    "sqrt": lambda o, x: o.sqrt(x),
    "square": lambda o, x: o.square(x),
    "power": lambda o, x: o.power(x, 2.5),
    "abs": lambda o, x: o.abs(x - 1),
    "tanh": lambda o, x: o.tanh(x),
    "sigmoid": lambda o, x: o.sigmoid(x),
    "softplus": lambda o, x: o.softplus(x),
    "relu": lambda o, x: o.relu(x - 1),
    "maximum": lambda o, x: o.maximum(x, 1.0),
    "clip": lambda o, x: o.clip(x, 0.5, 1),
    "where": lambda o, x: o.where(o.greater(x, 1.0), x, o.negative(x)),
    "sum": lambda o, x: o.sum(x, axis=(1, 3)),
    "mean": lambda o, x: o.mean(x, axis=-1, keepdims=True),
    "max": lambda o, x: o.max(x, axis=1),
    "min": lambda o, x: o.min(x, axis=(1, 2)),
    "var": lambda o, x: o.var(x, axis=2),
    "std": lambda o, x: o.std(x, axis=1),
    "logsumexp": lambda o, x: o.logsumexp(x, axis=1),
    "argmax": lambda o, x: o.argmax(x, axis=2),
    "softmax": lambda o, x: o.softmax(x, axis=1),
    "log_softmax": lambda o, x: o.log_softmax(x),
    "reshape": lambda o, x: o.reshape(x, (-1, 20, 2)),
    "transpose": lambda o, x: o.transpose(x, (0, 3, 1, 2)),
    "expand_dims": lambda o, x: o.expand_dims(x, 2),
    "flip": lambda o, x: o.flip(x, 1),
    "tile": lambda o, x: o.tile(x, (1, 2, 1, 3)),
    "pad": lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 1), (0, 0))),
    "take": lambda o, x: o.take(x, [2, 0, 2], axis=2),
    "concatenate": lambda o, x: o.concatenate([x, x], axis=1),
    "stack": lambda o, x: o.stack([x, x], axis=-1),
    "split": lambda o, x: o.split(x, [1, 3], axis=2)[1],
    "matmul": lambda o, x: o.matmul(x, o.transpose(x, (0, 1, 3, 2))),
    "max_pool": lambda o, x: o.max_pool(x, 2, 2),
    "average_pool": lambda o, x: o.average_pool(x, 2, 1, padding="same"),
    "one_hot": lambda o, x: o.one_hot(o.argmax(x, axis=3), 2),
    "sin": lambda o, x: o.sin(x * 5),
    "cos": lambda o, x: o.cos(x * 5),
    "tan": lambda o, x: o.tan(x * 0.5),
    "sinh": lambda o, x: o.sinh(x),
    "cosh": lambda o, x: o.cosh(x),
    "expm1": lambda o, x: o.expm1(x * 0.01),
    "log1p": lambda o, x: o.log1p(x),
    "log2": lambda o, x: o.log2(x) + o.log10(x),
    "erf": lambda o, x: (o.erf if hasattr(o, "erf") else o.math.erf)(x - 1),
    "mod": lambda o, x: o.mod(x, 0.3),
    "floor_divide": lambda o, x: o.floor_divide(x, 0.3),
    "isfinite": lambda o, x: o.cast(o.isfinite(x), "float32") + o.cast(o.isnan(x), "float32"),
    "logical_xor": lambda o, x: o.cast(o.logical_xor(x > 1, x > 1.5), "float32"),
    "prod": lambda o, x: o.prod(x, axis=2),
    "cumsum": lambda o, x: o.cumsum(x, axis=2),
    "cumprod": lambda o, x: o.cumprod(x, axis=1),
    "norm": lambda o, x: o.norm(x, axis=1) + o.norm(x, ord=1, axis=1) + o.norm(x, ord=float("inf"), axis=1),
    "count_nonzero": lambda o, x: o.cast(o.count_nonzero(o.floor(x), axis=1), "float32"),
    "moments": lambda o, x: o.moments(x, (1, 2))[1],
    "moveaxis": lambda o, x: o.moveaxis(x, 1, 3),
    "swapaxes": lambda o, x: o.swapaxes(x, 1, -1),
    "repeat": lambda o, x: o.repeat(x, 3, axis=2),
    "roll": lambda o, x: o.roll(x, -2, axis=2),
    "unstack": lambda o, x: o.unstack(x, axis=1)[2],
    "take_along_axis": lambda o, x: o.take_along_axis(x, o.cast(o.argmax(x, axis=2, keepdims=True), "int32"), axis=2),
    "one_hot axis": lambda o, x: o.one_hot(o.argmax(x, axis=3), 2, axis=1),
    "tril": lambda o, x: o.tril(x, 1) + o.triu(x, -1),
    "zeros_like": lambda o, x: o.zeros_like(x) + o.full_like(x, 2),
    "elu": lambda o, x: o.elu(x - 1, 0.5) + o.selu(x - 1) + o.leaky_relu(x - 1, 0.1) + o.relu6(x * 5),
    "gelu": lambda o, x: o.gelu(x) + o.gelu(x, approximate=False) + o.silu(x) + o.softsign(x) + o.log_sigmoid(x),
    "hard": lambda o, x: o.hard_sigmoid(x * 3) + o.hard_silu(x * 3) + o.hard_tanh(x),
    "normalize": lambda o, x: o.normalize(x, axis=1),
    "categorical_crossentropy": lambda o, x: (
        o.categorical_crossentropy(x, x + 1) + o.categorical_crossentropy(x, x, from_logits=True)
    ),
    "sparse_categorical_crossentropy": lambda o, x: o.sparse_categorical_crossentropy(
        o.cast(o.argmax(x, axis=3), "int32"), x, from_logits=True
    ),
    "binary_crossentropy": lambda o, x: (
        o.binary_crossentropy(x * 0.4, x * 0.3) + o.binary_crossentropy(x * 0.4, x, from_logits=True)
    ),
    "conv": lambda o, x: o.conv(x, K, strides=2, padding="same"),
    "depthwise_conv": lambda o, x: o.depthwise_conv(x, K, dilation_rate=2, padding="same"),
    "conv_transpose": lambda o, x: o.conv_transpose(x, K.transpose(0, 1, 3, 2), strides=2, padding="same"),
    "separable_conv": lambda o, x: o.separable_conv(x, K, np.ones((1, 1, 6, 2), "float32")),
    "index": lambda o, x: x[:, 1, ::2] * x[:, :1, 0],
    "einsum attention": lambda o, x: o.einsum("nhwc,nvwc->nhvw", x, x * 2),
    "einsum weight": lambda o, x: o.einsum(
        "nhwc,hco->nwo", x, K[0].transpose(1, 0, 2).repeat(2, 1)[:, :2].repeat(2, 0)[:4]
    ),
    "einsum outer": lambda o, x: o.einsum("nhwc,nhwd->nhwcd", x, x + 1),
    "einsum diagonal": lambda o, x: o.einsum("nhh...->n...h", x[:, :, :4]),
    "einsum three": lambda o, x: o.einsum("abcd,abed,de->ace", x, x - 1, np.ones((2, 5), "float32")),
    "einsum dots": lambda o, x: o.einsum("n...c,cd->nd...", x, K[0, 0]),
    "tensordot": lambda o, x: o.tensordot(x, K[0, 0], 1),
    "tensordot axes": lambda o, x: o.tensordot(
        x, K[:, :, 0].transpose(2, 0, 1).repeat(2, 2)[:, :, :5], [[3, 2], [1, 2]]
    ),
    "sort": lambda o, x: o.sort(x, axis=2),
    "argsort": lambda o, x: o.cast(o.argsort(x, axis=1), "float32"),
    "top_k": lambda o, x: o.top_k(x[:, :, :, 0], 3)[0] + o.cast(o.top_k(x[:, :, :, 0], 3)[1], "float32"),
    "top_k of equal numbers": lambda o, x: o.cast(o.top_k(o.round(x[:, :, :, 0]), 4)[1], "float32"),
    "in_top_k": lambda o, x: o.cast(
        o.in_top_k(o.cast(o.argmax(x[:, 1, :, 0], axis=1), "int32"), x[:, 0, :, 0], 2), "float32"
    ),
    "median": lambda o, x: o.median(x, axis=2, keepdims=True) + o.median(x, axis=1, keepdims=True),
    **{
        f"resize {way}": (lambda o, x, way=way: o.image.resize(x, (7, 3), way))
        for way in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    },
    "resize antialias": lambda o, x: o.image.resize(x, (2, 3), antialias=True),
    "rgb_to_grayscale": lambda o, x: o.image.rgb_to_grayscale(o.concatenate([x, x[..., :1] * 2], -1)),
    "crop_images": lambda o, x: o.image.crop_images(
        x, top_cropping=1, bottom_cropping=1, left_cropping=1, target_width=3
    ),
    "pad_images": lambda o, x: o.image.pad_images(x, 1, 2, target_height=6, right_padding=0),
    "extract_patches": lambda o, x: o.image.extract_patches(x, (2, 3), 2, padding="same"),
    "celu": lambda o, x: o.celu(x - 1, 0.3) + o.hard_shrink(x - 1) + o.soft_shrink(x - 1, 0.2) + o.tanh_shrink(x),
    "glu": lambda o, x: o.glu(x, axis=1) + o.threshold(x[:, 2:], 0.7, 2.0) + o.squareplus(x[:, :2], 3),
    "layer_normalization": lambda o, x: o.layer_normalization(x, np.full((2,), 2.0, "float32"), np.ones(2, "float32")),
    "rms_normalization": lambda o, x: o.rms_normalization(x, np.full((2,), 2.0, "float32")),
    "adaptive_average_pool": lambda o, x: o.adaptive_average_pool(x, (3, 2)) + o.adaptive_max_pool(x, (3, 2)),
    "depth_to_space": lambda o, x: o.depth_to_space(o.concatenate([x, x * 2], -1), 2),
    "space_to_depth": lambda o, x: o.space_to_depth(x[:, :, :4], 2),
    "exp2": lambda o, x: o.exp2(x) + o.logaddexp(x, x * 3),
}


@pytest.mark.parametrize("name", CASES)
def test_as_in_keras(name, oracle):
    keras = oracle("keras")
    expected = np.asarray(CASES[name](keras.ops, X))
    bound = {"rtol": 2e-5, "atol": 2e-6}
    np.testing.assert_allclose(CASES[name](ops, X), expected, **bound)
    x = Input(X.shape[1:])
    np.testing.assert_allclose(Model(x, CASES[name](ops, x)).predict(X, verbose=0), expected, **bound)
