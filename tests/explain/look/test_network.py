"""A network opened up: its layers by name, its values, and what it refuses."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from konv.errors import ConfigurationError, NonFiniteError, ShapeError, UnknownNameError
from konv.explain import look
from konv.explain.look.network import _views, opened
from konv.graph import naming
from konv.layers import Conv2D, Dense, Flatten, Input
from konv.models import Model, Sequential
from tests.explain.look.networks import branching, image_for, straight


def test_layers_have_their_names():
    assert look.activations(straight(), image_for(straight())).layers == (
        "first", "neighbours", "largest", "drop", "apart", "normal", "curve", "grouped", "own", "row", "classes",
    )  # fmt: skip


def test_a_layer_used_twice_is_there_twice():
    model = branching()
    found = look.activations(model, image_for(model))
    names = [name for name in found.layers if name.startswith("shared")]
    assert names == ["shared", "shared:2"]
    assert not np.array_equal(found["shared"], found["shared:2"])
    places = [place.kind for place in found.places if place.name.startswith("shared")]
    assert places == ["Conv2D + Tanh", "Conv2D + Tanh"]


def test_a_model_inside_is_reached_by_its_layers_and_as_a_whole():
    model = branching()
    found = look.activations(model, image_for(model))
    np.testing.assert_array_equal(found["inside"], found["inside/on"])
    np.testing.assert_array_equal(found["inside/on"], np.maximum(found["inside/normal"], 0))


@pytest.mark.parametrize("build", [straight, branching])
def test_values_are_those_of_parts_of_the_model(engine, build):
    model = build()
    x = image_for(model, 3)
    found = look.activations(model, x)
    np.testing.assert_allclose(found["classes"], model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    part = Model(model.inputs, model.get_layer("first" if build is straight else "begin").output)
    np.testing.assert_allclose(found[part.layers[-1].name], part.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    maps = look.feature_maps(model, x[1])
    assert [m.layer for m in maps] == list(found.layers)
    np.testing.assert_allclose(maps[0].maps, found[maps[0].layer][1], rtol=1e-5, atol=1e-6)
    assert maps[-1].low >= 0
    assert maps[-1].high <= 1


def test_changed_weights_are_seen():
    model = straight()
    x = image_for(model)
    before = look.activations(model, x)["first"]
    model.get_layer("first").set_weights([2 * w for w in model.get_layer("first").get_weights()])
    np.testing.assert_allclose(look.activations(model, x)["first"], 2 * before, rtol=1e-5)


def test_filters():
    model = straight()
    found = look.filters(model)
    assert found.layer == "first"
    assert found.kernel.shape == (3, 3, 2, 6)
    np.testing.assert_array_equal(found.bias, model.get_layer("first").weights[1].value)
    with pytest.raises(ConfigurationError, match=r"Layer normal is no convolution.*first, apart, grouped, own"):
        look.filters(model, "normal")
    with pytest.raises(ConfigurationError, match="The network has no convolution, so there are no filters to show"):
        look.filters(Sequential([Input((3,)), Dense(2)]))


def test_what_is_wrong_is_said():
    model = straight()
    x = image_for(model)
    with pytest.raises(UnknownNameError, match=r"frist.*first"):
        look.feature_maps(model, x, "frist")
    with pytest.raises(ShapeError, match=r"images of shape 10×9×2; received an array of shape 10×9×3"):
        look.saliency(model, np.zeros((10, 9, 3)))
    with pytest.raises(ShapeError, match=r"received an array of shape 2×10×9×2"):
        look.saliency(model, np.zeros((2, 10, 9, 2)))
    for function in (look.saliency, look.smooth_gradient, look.integrated_gradients, look.grad_cam, look.occlusion):
        for label in (5, -1):
            with pytest.raises(ConfigurationError, match=rf"no class {label}: .* from 0 to 4"):
                function(model, x, label)
    with pytest.raises(ConfigurationError, match=r"Layer first has no unit 6.*from 0 to 5"):
        look.excite(model, "first", 6)
    with pytest.raises(ConfigurationError, match="Layer first has no unit 6"):
        look.strongest(model, x, "first", 6)
    with pytest.raises(ConfigurationError, match="Layer first has no unit 6"):
        look.neuron(model, x, "first", (0, 0), 6)
    with pytest.raises(ConfigurationError, match=r"Layer first has no place \(10, 0\)"):
        look.neuron(model, x, "first", (10, 0), 0)
    with pytest.raises(ConfigurationError, match=r"Layer first has no place \(1,\)"):
        look.receptive_field(model, "first", 1)
    with pytest.raises(ConfigurationError, match='"euclidean" or "cosine"'):
        look.neighbours(model, x, x, metric="x")
    with pytest.raises(NonFiniteError):
        look.activations(model, np.full_like(x, np.nan))


def test_no_names_are_used_up_and_nothing_is_kept_for_ever():
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")])
    x = image_for(model)
    before = naming.automatic("input_layer"), naming.automatic("elementwise"), naming.automatic("reduce")
    look.saliency(model, x)
    look.learn(model, x, 1, model.layers[0].name)
    after = naming.automatic("input_layer"), naming.automatic("elementwise"), naming.automatic("reduce")
    numbers = [int(b.rpartition("_")[2]) for b in after]
    assert numbers == [int(a.rpartition("_")[2]) + 1 if a[-1].isdigit() else 1 for a in before]
    view, graph = weakref.ref(opened(model)), weakref.ref(model.graph)
    assert graph() in _views
    del model
    gc.collect()
    assert view() is None


def test_threads_may_look_at_once():
    model = straight()
    images = image_for(model, 8)
    alone = [look.saliency(model, x, 1).gradient for x in images]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda x: look.saliency(model, x, 1).gradient, images))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)
