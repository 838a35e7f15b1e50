"""Explanations by gradients: against finite differences, against their axioms, and against another implementation."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from konv.errors import ConfigurationError, UnknownNameError
from konv.explain import look
from konv.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input
from konv.models import Model, Sequential
from tests.explain.look.networks import branching, image_for, settled, straight
from tests.ops.numerical import derivative


def score_of(model: Model, x: np.ndarray, label: int) -> float:
    """The score of a class, by a model that ends before the softmax."""
    tensor = model.graph.outputs[0].node.inputs[0]
    inside = look.network.opened(model)
    return float(inside.values([x], [tensor])[0][0, label])


@pytest.mark.parametrize("build", [straight, branching])
def test_saliency_is_the_slope(engine, build):
    model = build("float64")
    x = image_for(model)
    found = look.saliency(model, x, 2)
    assert found.score == pytest.approx(score_of(model, x, 2), rel=1e-9)
    part = x[:, 2:5, 1:4]
    expected = derivative(lambda: score_of(model, x, 2), part, 1e-6)
    np.testing.assert_allclose(found.gradient[2:5, 1:4], expected[0], rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(found.map, np.abs(found.gradient).max(-1))


def test_the_answer_is_explained_where_no_class_is_asked_for():
    model = straight()
    x = image_for(model)
    answer = int(model.predict(x, verbose=0)[0].argmax())
    assert {f(model, x).label for f in (look.saliency, look.grad_cam, look.occlusion)} == {answer}


def test_smooth_gradient():
    model = straight()
    x = image_for(model)
    plain = look.saliency(model, x, 1).gradient
    np.testing.assert_allclose(look.smooth_gradient(model, x, 1, 4, noise=0).gradient, plain, rtol=1e-5, atol=1e-6)
    rng = np.random.default_rng(7)
    noisy = x + rng.normal(0, 1, (5, *x.shape[1:])) * 0.2 * (x.max() - x.min())
    by_hand = np.mean([look.saliency(model, one.astype("float32"), 1).gradient for one in noisy], 0)
    found = look.smooth_gradient(model, x, 1, 5, noise=0.2, seed=7)
    np.testing.assert_allclose(found.gradient, by_hand, rtol=1e-4, atol=1e-6)
    with pytest.raises(ConfigurationError, match="samples must be at least 1"):
        look.smooth_gradient(model, x, samples=0)


@pytest.mark.parametrize("build", [straight, branching])
@pytest.mark.parametrize("baseline", [None, 0.5, "noise"])
@pytest.mark.parametrize("label", [None, 0])
def test_integrated_gradients_are_complete(build, baseline, label):
    model = build()
    x = image_for(model)
    begin = image_for(model, seed=9)[0] if baseline == "noise" else baseline
    found = look.integrated_gradients(model, x, label, begin)
    assert found.complete
    before = look.saliency(model, np.broadcast_to(found.baseline, x.shape), found.label).score
    assert found.baseline_score == pytest.approx(before, rel=1e-5, abs=1e-6)
    rise, whole = found.score - found.baseline_score, np.abs(found.attributions).sum()
    assert abs(found.gap) <= max(0.01 * abs(rise), 0.001 * whole)
    assert found.total == pytest.approx(found.score - found.baseline_score + found.gap, rel=1e-9, abs=1e-12)


def test_integrated_gradients_of_few_steps_say_that_they_are_not_complete():
    model = straight()
    x = 4 * image_for(model)
    one, many = (look.integrated_gradients(model, x, 1, steps=steps) for steps in (1, 400))
    assert not one.complete
    assert many.complete
    assert many.steps == 400
    slopes = [look.saliency(model, (t * x).astype("float32"), 1).gradient for t in (0, 1)]
    np.testing.assert_allclose(one.attributions, x[0] * (slopes[0] + slopes[1]) / 2, rtol=1e-5, atol=1e-6)
    with pytest.raises(ConfigurationError, match="steps must be at least 1"):
        look.integrated_gradients(model, x, steps=0)


def convolution(jax: ModuleType, x: Any, weights: list[np.ndarray], dilation: int = 1) -> Any:
    kernel, bias = weights
    made = jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", rhs_dilation=(dilation, dilation), dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision="highest",
    )  # fmt: skip
    return made + bias


def jax_branching(jax: ModuleType, model: Model, x: Any, after: Any = None) -> tuple[Any, Any]:
    """`networks.branching` in JAX, from the model's weights: what "residual" gives, and the scores; `after` in place of
    the former where it is given."""
    jnp = jax.numpy
    own = {layer.name: layer.get_weights() for layer in model.layers}
    x = jax.nn.relu(convolution(jax, x, own["begin"]))
    mix, normal = (model.get_layer("inside").get_layer(name).get_weights() for name in ("mix", "normal"))
    y = convolution(jax, x, mix)
    gamma, beta, mean, variance = normal
    y = jax.nn.relu((y - mean) / jnp.sqrt(variance + 1e-3) * gamma + beta)
    for _ in range(2):
        y = jnp.tanh(convolution(jax, y, own["shared"], 2))
    residual = y + x if after is None else after
    windows = residual.reshape(len(x), 4, 2, 4, 2, 4)
    y = jnp.concatenate([windows.mean((2, 4)), windows.max((2, 4))], -1)
    last = jax.nn.relu(convolution(jax, y, own["last"]))
    kernel, bias = own["classes"]
    return residual, last.mean((1, 2)) @ kernel + bias


@pytest.mark.parametrize("label", [0, 1, 2])
def test_grad_cam_is_that_of_another_implementation(oracle: Callable[[str], ModuleType], label: int):
    jax = oracle("jax")
    model = branching()
    x = image_for(model)
    found = look.grad_cam(model, x, label, "residual")

    maps, scores = jax_branching(jax, model, x)
    slope = jax.grad(lambda a: jax_branching(jax, model, x, a)[1][0, label])(maps)
    weights = np.asarray(slope)[0].mean((0, 1))
    np.testing.assert_allclose(found.weights, weights, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.map, np.maximum(np.asarray(maps)[0] @ weights, 0), rtol=1e-4, atol=1e-5)
    assert found.score == pytest.approx(float(scores[0, label]), rel=1e-4)
    assert found.heat.shape == (8, 8)
    assert found.heat.max() in (0, 1)


def test_grad_cam_looks_at_the_last_maps_of_the_last_resolution():
    assert look.grad_cam(straight(), image_for(straight())).layer == "own"
    assert look.grad_cam(branching(), image_for(branching())).layer == "last"


def test_grad_cam_weighs_whole_maps_where_they_are_averaged():
    """Of a network that averages its last maps Grad-CAM's weights are those of the dense layer: class activation
    mapping (Zhou et al., 2016), as Selvaraju et al. show in section 3.1."""
    model = settled(Sequential([
        Input((6, 6, 1)), Conv2D(4, 3, name="maps"), GlobalAveragePooling2D(), Dense(3, name="dense")
    ]))  # fmt: skip
    found = look.grad_cam(model, image_for(model), 2)
    np.testing.assert_allclose(found.weights, model.get_layer("dense").weights[0].value[:, 2] / 16, rtol=1e-5)


def test_grad_cam_needs_maps():
    dense = Sequential([Input((4, 4, 1)), Flatten(), Dense(3)])
    with pytest.raises(ConfigurationError, match="Grad-CAM needs a convolution"):
        look.grad_cam(dense, image_for(dense))
    model = straight()
    with pytest.raises(ConfigurationError, match=r"Layer row gives .*, no feature maps"):
        look.grad_cam(model, image_for(model), layer="row")
    with pytest.raises(UnknownNameError, match="grouped"):
        look.grad_cam(model, image_for(model), layer="groupd")


def test_one_number_tells_two_classes_apart():
    model = settled(Sequential([Input((5, 5, 1)), Conv2D(2, 3), Flatten(), Dense(1, activation="sigmoid")]))
    x = image_for(model)
    yes, no = (look.saliency(model, x, label) for label in (1, 0))
    np.testing.assert_array_equal(yes.gradient, -no.gradient)
    assert yes.score == -no.score
    assert look.saliency(model, x).label == int(model.predict(x, verbose=0)[0, 0] > 0.5)


def test_of_an_image_of_classes_the_mean_is_explained():
    model = settled(Sequential([Input((5, 5, 1)), Conv2D(3, 3, padding="same", activation="softmax", name="maps")]))
    x = image_for(model)
    found = look.saliency(model, x, 2)
    inside = look.network.opened(model)
    scores = inside.values([x], [model.outputs[0].node.inputs[0]])[0]
    assert found.score == pytest.approx(scores[0, :, :, 2].mean(), rel=1e-5)
