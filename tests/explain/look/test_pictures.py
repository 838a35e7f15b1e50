"""The pictures: signed colours about zero, as many tiles as there are maps, equal numbers equal files."""

from __future__ import annotations

import numpy as np
import pytest

from konv.explain import look
from konv.explain.look import pictures
from konv.explain.look.pictures import Panel
from konv.explain.style import DARK, LIGHT, Theme
from konv.layers import Conv1D, Dense, Flatten, Input
from konv.models import Sequential
from tests.explain.look.networks import image_for, settled, straight
from tests.explain.test_pictures import count, pixels


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_maps_are_signed_about_zero(theme: Theme):
    maps = np.zeros((8, 8, 6), np.float32)
    maps[..., 1], maps[..., 4] = 2.0, -2.0
    drawn = pixels(pictures.feature_maps(maps, theme=theme))
    positive, negative = count(drawn, theme.cool, 0), count(drawn, theme.warm, 0)
    assert positive > 5000
    assert abs(positive - negative) < 0.1 * positive
    half = maps.copy()
    half[..., 4] = -1.0
    assert count(pixels(pictures.feature_maps(half, theme=theme)), theme.warm, 0) < 500


@pytest.mark.parametrize("shape", [(1, 1, 5), (7, 3, 1), (12, 12, 300), (112, 112, 9), (10,), (4096,), (20, 6)])
def test_maps_of_any_shape(shape: tuple[int, ...]):
    image = pixels(pictures.feature_maps(np.random.default_rng(0).normal(size=shape)))
    assert image.shape[1] == 1380
    assert image.shape[0] < 3000


def test_the_strongest_maps_are_shown():
    maps = np.zeros((4, 4, 100))
    maps[..., 90:] = np.arange(10) + 1
    assert list(pictures.shown(maps, 4)) == [96, 97, 98, 99]
    assert len(pictures.shown(maps)) == 64


def test_colours_reach_as_far_on_both_sides():
    assert pictures.reach(np.array([-3.0, 1.0])) == 3.0
    assert pictures.reach(np.zeros((2, 2))) == 1.0
    many = np.ones(10_000)
    many[0] = 1000
    assert pictures.reach(many) == 1.0


@pytest.mark.parametrize("channels", [1, 3])
def test_panels_beside_an_image(channels: int):
    image = np.zeros((6, 9, channels), np.uint8)
    values = np.zeros((6, 9))
    values[:, :4] = 1.0
    drawn = pixels(pictures.panels(image, [Panel(values), Panel(-values), Panel(values, over=True)]))
    positive, negative = count(drawn, LIGHT.cool, 0), count(drawn, LIGHT.warm, 0)
    assert positive > 5000
    assert abs(positive - negative) < 0.1 * positive
    assert pictures.panels(image, [Panel(values)]) == pictures.panels(image.copy(), [Panel(values.copy())])
    assert pixels(pictures.panels(image, [Panel(values, signed=False, over=True, smooth=True)])).size


def test_a_gallery_outlines_what_is_seen():
    images = [np.zeros((10, 10, 1))] * 9
    captions = [("$x^", "1")] * 9
    region = look.Region("image", 2, 8, 2, 8)
    plain = pixels(pictures.gallery(images, captions))
    outlined = pixels(pictures.gallery(images, captions, [region] * 9))
    assert count(plain, "#ff7a33", 20) == 0
    assert count(outlined, "#ff7a33", 20) > 1000


@pytest.mark.parametrize(("layer", "index"), [
    ("first", (0, 2, 1, 4)), ("grouped", (1, 0, 5, 7)), ("apart", (2, 2, 3, 1)), ("classes", (7, 2))
])  # fmt: skip
def test_how_a_weight_learns(layer: str, index: tuple[int, ...]):
    model = straight()
    learned = look.learn(model, image_for(model), 1, layer)
    assert pixels(pictures.weight(learned, look.weight_gradient(learned, index))).shape[1] == 1380


def test_how_a_weight_of_a_sequence_learns():
    model = settled(Sequential([Input((9, 2)), Conv1D(3, 3, name="conv"), Flatten(), Dense(2, activation="softmax")]))
    learned = look.learn(model, image_for(model), 1, "conv")
    assert pixels(pictures.weight(learned, look.weight_gradient(learned, (1, 0, 2)))).shape[1] == 1380
