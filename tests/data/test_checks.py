"""The checks on what fit, evaluate and predict are given."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from konv import config
from konv.data import check_inputs, check_lengths
from konv.errors import DataError, DataWarning, ShapeError


def test_what_fits_is_not_copied() -> None:
    x = np.random.rand(4, 3, 3, 1).astype(np.float32)
    assert check_inputs(x, (3, 3, 1)) is x


@pytest.mark.parametrize("kind", ["float16", "float64", "bool", "int64", "uint8"])
def test_other_numbers_are_converted(kind: str) -> None:
    x = np.array([[0, 1], [1, 0]], kind)
    result = check_inputs(x, (2,))
    assert result.dtype == np.float32
    assert result.tolist() == [[0, 1], [1, 0]]
    assert check_inputs(x, (2,), dtype="float64").dtype == np.float64


def test_the_type_is_that_of_the_settings() -> None:
    config.set_floatx("float64")
    try:
        assert check_inputs([[1.5]], (1,)).dtype == np.float64
    finally:
        config.set_floatx("float32")


def test_a_strided_array_becomes_contiguous() -> None:
    x = np.random.rand(3, 5, 5, 4).astype(np.float32)
    result = check_inputs(x[..., ::2], (5, 5, 2))
    assert result.flags.c_contiguous
    assert np.array_equal(result, x[..., ::2])


@pytest.mark.parametrize(
    ("received", "message"),
    [
        ((7, 28, 28), r"Received: 7×28×28\. Expected: \?×28×28×1.*pixels\[\.\.\., None\]"),
        ((28, 28, 1), r"pixels\[None\]"),
        ((7, 1, 28, 28), r"np\.moveaxis\(pixels, 1, -1\)"),
        ((7, 32, 32, 3), r"Received: 7×32×32×3\. Expected: \?×28×28×1\.$"),
        ((), "Received: scalar"),
    ],
)
def test_a_wrong_shape_is_named_with_the_fix(received: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        check_inputs(np.zeros(received), (28, 28, 1), "pixels")


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 2.0], [3.0]], "different lengths"),
        ([["a", "b"]], "must hold numbers"),
        ([[None, 1]], "must hold numbers"),
        (np.zeros((2, 2), complex), "complex128"),
        (np.zeros((0, 2)), "no samples"),
    ],
)
def test_what_is_no_data_is_refused(x: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_inputs(x, (2,))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("sample", [0, 41, 99])
@pytest.mark.parametrize("size", [4, 1 << 14])
def test_the_first_sample_that_is_not_finite_is_named(value: float, sample: int, size: int) -> None:
    x = np.ones((100, size), np.float32)
    x[sample:, 2] = value
    with pytest.raises(DataError, match=rf"x holds -?(nan|inf) in sample {sample} "):
        check_inputs(x, (size,))


@pytest.mark.parametrize("size", [2, 1 << 14])
def test_opposite_infinities_do_not_hide_each_other(size: int) -> None:
    x = np.zeros((2, size), np.float32)
    x[1, :2] = np.inf, -np.inf
    with pytest.raises(DataError, match="sample 1"):
        check_inputs(x, (size,))


@pytest.mark.parametrize("size", [2, 1 << 14])
def test_large_finite_numbers_pass_though_their_sum_overflows(size: int) -> None:
    x = np.full((10, size), 3e38, np.float32)
    assert check_inputs(x, (size,)) is x


def test_a_number_too_large_for_the_type_is_named() -> None:
    with pytest.raises(DataError, match="inf in sample 1"):
        check_inputs(np.array([[1.0], [1e300]]), (1,))


def test_integer_images_without_scaling_are_warned_of() -> None:
    with pytest.warns(DataWarning, match="integers up to 200.*x / 255"):
        result = check_inputs(np.full((2, 4, 4, 1), 200, np.int64), (4, 4, 1))
    assert result.max() == 200
    with pytest.warns(DataWarning):
        check_inputs(np.full((2, 784), 200, np.uint8), (784,))


@pytest.mark.parametrize("x", [np.ones((2, 4, 4, 1), np.uint8), np.ones((2, 4, 4, 1), bool)])
def test_scaled_images_are_not_warned_of(x: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_inputs(x, (4, 4, 1))


def test_lengths_must_agree() -> None:
    assert check_lengths({"x": np.zeros((5, 2)), "y": np.zeros(5)}) == 5
    with pytest.raises(DataError, match="x: 5, y: 4"):
        check_lengths({"x": np.zeros((5, 2)), "y": np.zeros(4)})


@pytest.mark.parametrize(("most", "least", "told"), [(255.0, 0.0, True), (17.5, 0.0, True), (1.0, 0.0, False),
                                                     (130.0, -120.0, False), (4096.0, 0.0, False)])  # fmt: skip
def test_float_images_from_0_to_255_are_warned_of(most: float, least: float, told: bool) -> None:
    x = np.linspace(least, most, 2 * 4 * 4 * 3).reshape(2, 4, 4, 3).astype("float32")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check_inputs(x, (4, 4, 3))
        check_inputs(x.reshape(2, 48), (48,))  # no images
    assert [f"0 to {most:g}" in str(w.message) for w in said] == [True] * told
