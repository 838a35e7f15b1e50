"""Pictures show what they are given: sizes, colours where they must be, and the same bytes for the same numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from konv.explain import pictures
from konv.explain.style import DARK, LIGHT, Theme, ascii_names


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(int)


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


def count(image: np.ndarray, colour: str, within: int = 3) -> int:
    """How many pixels have `colour`."""
    return int((np.abs(image - rgb(colour)).max(-1) <= within).sum())


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda t: t.name)
def test_curves_have_both_lines(theme: Theme):
    both = pixels(pictures.curves([1, 2, 3], [3, 2, 1], [0.1, 0.5, 0.9], [3, 2.5, 2], [0.1, 0.4, 0.5], theme))
    alone = pixels(pictures.curves([1, 2, 3], [3, 2, 1], [0.1, 0.5, 0.9], theme=theme))
    assert count(both, theme.cool) > 500
    assert count(alone, theme.cool) == 0
    assert count(alone, theme.trained) > 500
    assert tuple(both[0, 0]) == tuple(rgb(theme.paper))


def test_curves_of_one_epoch_and_of_nan():
    assert pixels(pictures.curves([1], [2.0], [0.5], [1.0], [0.6])).shape[2] == 3
    assert pixels(pictures.curves([1, 2], [2.0, 1.0], [0.5, 0.6], [float("nan")] * 2, [float("nan")] * 2)).size


def test_confusion_colours_tell_right_from_wrong():
    right = pixels(pictures.confusion(np.diag([5, 9]), ["a", "b"]))
    wrong = pixels(pictures.confusion(np.array([[0, 5], [9, 0]]), ["a", "b"]))
    assert count(right, LIGHT.cool) > 5000
    assert count(right, LIGHT.warm) == 0
    assert count(wrong, LIGHT.warm) > 5000
    assert count(wrong, LIGHT.cool) == 0


@pytest.mark.parametrize("classes", [2, 21, 41, 300])
def test_confusion_of_many_classes_stays_a_picture(classes: int):
    matrix = np.eye(classes, dtype=int) * 3
    image = pixels(pictures.confusion(matrix, [f"class number {i}" for i in range(classes)]))
    assert max(image.shape) < 2600
    assert count(image, LIGHT.cool) > 500


def test_class_without_images_is_no_error():
    assert pixels(pictures.confusion(np.zeros((3, 3), int), ["a", "b", "c"])).size


def test_names_that_cannot_be_drawn_become_numbers():
    assert ascii_names(("cat", "dog")) == ("cat", "dog")
    assert ascii_names(("cat", "狗")) == ("0", "1")
    assert ascii_names(("cat", "a\nb")) == ("0", "1")
    assert ascii_names(("cat", " ")) == ("0", "1")


@pytest.mark.parametrize("channels", [1, 3])
def test_mistakes_show_the_images(channels: int):
    dark, bright = np.zeros((8, 8, channels), np.uint8), np.full((8, 8, channels), 255, np.uint8)
    images = np.stack([dark, bright])
    drawn = pixels(pictures.mistakes(images, [0, 1], [1, 0], [0.9, 0.8], [r"$\frac{1}{", "b"]))
    assert count(drawn, "#000000") > 10_000
    as_floats = pixels(pictures.mistakes(images / 255, [0, 1], [1, 0], [0.9, 0.8], [r"$\frac{1}{", "b"]))
    assert np.array_equal(drawn, as_floats)


def test_mistakes_are_cut_at_24():
    images = np.zeros((40, 4, 4, 1), np.uint8)
    few = pictures.mistakes(images[:24], [0] * 24, [1] * 24, [0.5] * 24, ["a", "b"])
    assert pictures.mistakes(images, [0] * 40, [1] * 40, [0.5] * 40, ["a", "b"]) == few


def test_filters_are_signed_about_zero():
    kernel = np.zeros((3, 3, 1, 4), np.float32)
    kernel[:, :, 0, 0], kernel[:, :, 0, 1] = 0.5, -0.5
    drawn = pixels(pictures.filters(kernel))
    positive, negative = (count(drawn, colour, 0) for colour in (LIGHT.cool, LIGHT.warm))
    assert positive > 1000
    assert abs(positive - negative) < 0.1 * positive
    flipped = pixels(pictures.filters(-kernel))
    assert count(flipped, LIGHT.cool, 0) == pytest.approx(negative, rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (11, 11, 3, 96), (3, 5, 3, 7), (3, 3, 64, 17), (3, 3, 2, 100)])
def test_filters_of_any_shape(shape: tuple[int, ...]):
    kernel = np.random.default_rng(0).normal(size=shape)
    image = pixels(pictures.filters(kernel))
    assert image.shape[1] == 1380
    assert image.shape[0] < 4000


def test_equal_numbers_give_equal_files():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 8))
    assert pictures.filters(kernel) == pictures.filters(kernel.copy())
