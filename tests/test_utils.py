"""Small helpers under Keras's names."""

from __future__ import annotations

import random

import numpy as np
import pytest

from konv.errors import LabelError
from konv.utils import set_random_seed, to_categorical


def test_to_categorical():
    rows = to_categorical([2, 0, 1])
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert rows.dtype == np.float32
    assert to_categorical(np.array([[1], [0]], np.uint8), 3).shape == (2, 3)
    assert to_categorical(np.zeros((2, 3, 4), int), 5).shape == (2, 3, 4, 5)
    assert to_categorical([1.0, 0.0]).shape == (2, 2)


@pytest.mark.parametrize(("x", "classes"), [([0, 3], 3), ([-1, 0], None), ([0.5], None), (["cat"], None)])
def test_what_is_no_class_number(x, classes):
    with pytest.raises(LabelError, match="class numbers"):
        to_categorical(x, classes)


def test_the_seed_reaches_numpy_and_python():
    draws = []
    for _ in range(2):
        set_random_seed(5)
        draws.append((np.random.rand(), random.random()))
    assert draws[0] == draws[1]
