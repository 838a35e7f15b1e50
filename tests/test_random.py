"""Counter-based random numbers: the published vectors, the fixed mapping, the distributions."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from konv import random
from konv.errors import ConfigurationError

# Known answers of philox4x32 with 10 rounds, published with the authors' Random123 library as tests/kat_vectors
# (https://github.com/DEShawResearch/random123): counter, key, expected.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(line: str) -> np.ndarray:
    return np.array([int(word, 16) for word in line.split()], np.uint32)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_gives_the_published_answers(counter: str, key: str, expected: str) -> None:
    assert random.philox(words(counter), words(key)).tolist() == words(expected).tolist()


def test_philox_is_the_same_for_many_counters_at_once() -> None:
    counters = np.stack([words(c) for c, _, _ in KNOWN])
    keys = np.stack([words(k) for _, k, _ in KNOWN])
    assert random.philox(counters, keys).tolist() == [words(e).tolist() for _, _, e in KNOWN]


def test_bits_follow_the_documented_mapping() -> None:
    seed, layer, epoch, samples = 2**32 - 1, random.SPLIT, 9, np.array([0, 5, 2**32 + 3])
    bits = random.Stream(seed, layer, epoch, samples).bits(200)
    assert bits.shape == (3, 200)
    assert bits.dtype == np.uint32
    for row, sample in enumerate(samples.tolist()):
        for e in (0, 1, 15, 16, 63, 64, 130, 199):
            counter = np.array([(e // 64) * 16 + e % 16, sample % 2**32, sample // 2**32, epoch], np.uint32)
            four = random.philox(counter, np.array([seed, layer], np.uint32))
            assert bits[row, e] == four[(e // 16) % 4], (sample, e)


def test_bits_do_not_depend_on_how_many_are_asked_for() -> None:
    samples = np.arange(3)
    long = random.Stream(1, 2, 3, samples).bits(64 * 2**12)
    assert np.array_equal(long[:, :100], random.Stream(1, 2, 3, samples).bits(100))
    assert np.array_equal(long[1:2, -70:], random.Stream(1, 2, 3, samples[1:2]).bits(64 * 2**12)[:, -70:])
    assert random.Stream(1, 2, 3, samples).bits(0).shape == (3, 0)
    assert random.Stream(1, 2, 3, samples[:0]).bits(5).shape == (0, 5)


@pytest.mark.parametrize("other", [(8, 2, 3, 0), (7, 3, 3, 0), (7, 2, 4, 0), (7, 2, 3, 1)])
def test_each_part_of_the_key_changes_the_stream(other: tuple[int, int, int, int]) -> None:
    seed, layer, epoch, sample = other
    one = random.Stream(7, 2, 3, np.array([0])).bits(64)
    two = random.Stream(seed, layer, epoch, np.array([sample])).bits(64)
    assert np.count_nonzero(one == two) == 0


def test_uniform_is_the_same_number_in_both_types() -> None:
    stream = random.Stream(0, 0, 0, np.arange(100))
    single, double = stream.uniform(1000, "float32"), stream.uniform(1000, "float64")
    assert single.dtype == np.float32
    assert double.dtype == np.float64
    assert np.array_equal(single, double)
    assert single.min() >= 0
    assert single.max() < 1
    # 100,000 numbers: the mean's standard error is 9.1e-4, so five of them are 4.6e-3
    assert abs(double.mean() - 0.5) < 4.6e-3
    assert np.histogram(double, 10, (0, 1))[0].min() > 9_500


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", None])
def test_a_bad_seed_is_refused(seed: object) -> None:
    for use in (random.set_seed, lambda s: random.Stream(s, 0, 0, np.arange(1)), lambda s: random.permutation(3, s)):
        with pytest.raises(ConfigurationError, match="4294967295"):
            use(seed)  # type: ignore[arg-type]


def test_permutation_is_one_and_repeats() -> None:
    one = random.permutation(1000, seed=3, epoch=1)
    assert one.dtype == np.int64
    assert sorted(one.tolist()) == list(range(1000))
    assert np.array_equal(one, random.permutation(1000, 3, 1))
    for other in (random.permutation(1000, 4, 1), random.permutation(1000, 3, 2),
                  random.permutation(1000, 3, 1, random.SPLIT)):  # fmt: skip
        assert np.count_nonzero(one == other) < 20
    assert random.permutation(0, 3).tolist() == []
    assert random.permutation(1, 3).tolist() == [0]


def test_permutation_is_recorded() -> None:
    """Recorded runs rely on the order: these numbers must never change."""
    assert random.permutation(10, seed=0).tolist() == [7, 8, 9, 6, 2, 0, 5, 4, 1, 3]


def test_every_order_of_three_comes_up_equally_often() -> None:
    orders = [tuple(random.permutation(3, 1, epoch).tolist()) for epoch in range(3000)]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    # 500 expected, standard deviation 20.4
    assert min(counts) > 400
    assert max(counts) < 600


def test_initial_values_have_their_distributions() -> None:
    n = 200_001
    flat = random.uniform((n,), 5, 0)
    bell = random.normal((n,), 5, 0)
    cut = random.truncated_normal((n,), 5, 0)
    assert flat.dtype == bell.dtype == cut.dtype == np.float64
    assert flat.min() >= 0
    assert flat.max() < 1
    assert abs(flat.mean() - 0.5) < 5 * 0.2887 / np.sqrt(n)
    assert abs(bell.mean()) < 5 / np.sqrt(n)
    assert abs(bell.std() - 1) < 5 / np.sqrt(2 * n)
    assert abs(np.mean(np.abs(bell) < 1) - 0.682689) < 5 * np.sqrt(0.6827 * 0.3173 / n)
    assert abs(np.mean(bell**4) - 3) < 5 * np.sqrt(96 / n)
    assert np.abs(cut).max() <= 2
    assert abs(cut.mean()) < 5 * 0.8796 / np.sqrt(n)
    assert abs(cut.std() - 0.87962566103423978) < 5 * 0.8796 / np.sqrt(2 * n)
    inside = np.abs(bell) <= 2
    assert np.array_equal(cut[inside], bell[inside])


def test_initial_values_have_the_asked_shape_and_differ_by_number() -> None:
    for source in (random.uniform, random.normal, random.truncated_normal):
        assert source((3, 5, 7), 1, 0).shape == (3, 5, 7)
        assert source((), 1, 0).shape == ()
        assert source((0, 4), 1, 0).shape == (0, 4)
        assert np.count_nonzero(source((99,), 1, 0) == source((99,), 1, 1)) == 0
        assert np.array_equal(source((99,), 1, 2), source((99,), 1, 2))


def test_running_numbers_start_again_with_a_seed() -> None:
    random.set_seed(11)
    first = (random.seed(), random.next_number(), random.next_number())
    random.set_seed(11)
    assert (random.seed(), random.next_number(), random.next_number()) == first == (11, 0, 1)


def test_without_a_seed_processes_differ_but_each_keeps_its_own() -> None:
    script = "from konv import random; a = random.seed(); assert a == random.seed(); print(a)"
    drawn = {
        subprocess.run(
            [sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(drawn) > 1
