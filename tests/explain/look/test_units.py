"""Covering, exciting, finding: against plain loops and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from konv.errors import ConfigurationError
from konv.explain import look
from konv.layers import Conv2D, Dense, Input
from konv.models import Model, Sequential
from tests.explain.look.networks import branching, image_for, straight


def before_softmax(model: Model) -> Model:
    """The model up to its scores, which has the same weights."""
    dense = model.get_layer("classes")
    bare = Sequential([Input(dense.input_shape[1:]), Dense(dense.output_shape[-1])])
    bare.set_weights(dense.get_weights())
    return Model(model.inputs, bare(dense.input))


@pytest.mark.parametrize(("size", "stride", "value"), [(3, 2, 0.25), ((2, 4), 3, None), (None, None, [0.1, 0.9])])
def test_occlusion_is_what_plain_loops_find(size, stride, value):
    model = straight()
    x = image_for(model)[0]
    found = look.occlusion(model, x, 3, size, stride, value)
    scores = before_softmax(model)
    height, width = (size, size) if isinstance(size, int) else size or (2, 2)
    step = stride or 1
    colour = x.mean((0, 1)) if value is None else value
    fall, count = np.zeros((10, 9)), np.zeros((10, 9))
    whole = scores.predict(x[None], verbose=0)[0, 3]
    tops = [t for t in range(0, 10 - height + 1, step) if t < 10 - height] + [10 - height]
    lefts = [t for t in range(0, 9 - width + 1, step) if t < 9 - width] + [9 - width]
    np.testing.assert_array_equal(found.tops, tops)
    np.testing.assert_array_equal(found.lefts, lefts)
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            covered = x.copy()
            covered[top : top + height, left : left + width] = colour
            score = scores.predict(covered[None], verbose=0)[0, 3]
            assert found.scores[i, j] == pytest.approx(score, rel=1e-4, abs=1e-5)
            fall[top : top + height, left : left + width] += whole - score
            count[top : top + height, left : left + width] += 1
    np.testing.assert_allclose(found.drops, whole - found.scores, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.heat, fall / np.maximum(count, 1), rtol=1e-3, atol=1e-5)


def test_windows_that_do_not_fit():
    model = straight()
    x = image_for(model)
    for size in (11, (3, 10), 0):
        with pytest.raises(ConfigurationError, match="does not fit into an image of 10×9"):
            look.occlusion(model, x, size=size)
    with pytest.raises(ConfigurationError, match="stride must be at least 1"):
        look.occlusion(model, x, stride=0)
    flat = Sequential([Input((3,)), Dense(2)])
    with pytest.raises(ConfigurationError, match="takes no image"):
        look.occlusion(flat, image_for(flat))


@pytest.mark.parametrize(("build", "layer", "unit"), [
    (straight, "first", 2), (straight, "curve", 5), (straight, None, 4), (branching, "last", 1),
    (branching, "shared:2", 0), (branching, "inside", 3), (branching, "classes", 2),
])  # fmt: skip
def test_excited_units_rise(build, layer, unit):
    model = build()
    found = look.excite(model, layer, unit, steps=24)
    assert found.values.shape == (25,)
    assert found.values.max() > found.values[0] + 0.05 * abs(found.values[0])
    assert found.image.min() >= 0
    assert found.image.max() <= 1
    again = look.excite(model, layer, unit, steps=24)
    np.testing.assert_array_equal(found.image, again.image)


def test_the_best_image_is_returned():
    model = straight()
    found = look.excite(model, "neighbours", 1, steps=30)
    value = look.activations(model, found.image)["neighbours"][0, :, :, 1].mean()
    assert value == pytest.approx(found.values.max(), rel=1e-5)


def test_a_unit_with_one_best_image_finds_it():
    """Of a 1×1 convolution with weights +1 and −1 the best image is one channel full and the other empty."""
    model = Sequential([Input((6, 6, 2)), Conv2D(1, 1, name="unit")])
    model.set_weights([np.array([1.0, -1.0]).reshape(1, 1, 2, 1), np.zeros(1)])
    found = look.excite(model, "unit", 0, steps=200)
    np.testing.assert_allclose(found.image, np.broadcast_to([1.0, 0.0], (6, 6, 2)), atol=1e-6)


def test_the_strongest_are_those_of_brute_force():
    model = straight()
    images = image_for(model, 70)
    found = look.strongest(model, images, "apart", 3, count=5)
    maps = look.activations(model, images)["apart"][..., 3]
    values = maps.reshape(70, -1).max(1)
    order = np.argsort(-values, kind="stable")[:5]
    np.testing.assert_array_equal(found.numbers, order)
    np.testing.assert_allclose(found.values, values[order], rtol=1e-5)
    for number, region in zip(found.numbers, found.regions, strict=True):
        at = np.unravel_index(maps[number].argmax(), maps[number].shape)
        seen = look.receptive_field(model, "apart", at)[0]
        assert region == seen
        inside = np.zeros_like(images[number])
        here = slice(region.top, region.bottom), slice(region.left, region.right)
        inside[here] = images[number][here]
        alone = look.activations(model, inside)["apart"][0, at[0], at[1], 3]
        assert alone == pytest.approx(values[number], rel=1e-4)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("layer", [None, "last"])
def test_neighbours_are_those_of_brute_force(metric, layer):
    model = branching()
    images = image_for(model, 40)
    found = look.neighbours(model, images, images[7], layer, 6, metric)
    assert found.layer == (layer or "all")
    rows = look.activations(model, images)[found.layer].reshape(40, -1).astype(float)
    distances = []
    for row in rows:
        if metric == "euclidean":
            distances.append(float(np.linalg.norm(row - rows[7])))
        else:
            distances.append(1 - float(row @ rows[7]) / float(np.linalg.norm(row) * np.linalg.norm(rows[7])))
    np.testing.assert_array_equal(found.numbers, np.argsort(distances, kind="stable")[:6])
    np.testing.assert_allclose(found.distances, np.sort(distances)[:6], atol=1e-6)
    assert found.numbers[0] == 7
