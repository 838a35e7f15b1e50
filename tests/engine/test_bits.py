"""The same bits for any number of threads, batch size of the program, cache, caller and process."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from konv import ops
from konv.engine import native
from konv.kernels.code.processor import current
from konv.kernels.code.spec import LEAVES
from konv.ops.activation import ReLU, Softmax
from konv.ops.batchnorm import BatchNormalization
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.dropping import Dropout
from konv.ops.loss import MeanSquaredError, SparseCategoricalCrossentropy
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array
from konv.ops.update import SGD
from konv.ops.views import Flatten
from tests.engine.networks import Example, chain, single, source, trained, two_heads

CHECKOUT = Path(__file__).resolve().parents[2]


def network(n: int) -> Example:
    """Every kind of work: sums over samples and outputs, dropout, remainders of vectors, tiles and leaves."""
    image = source(11, 13, 3, dtype="float32")
    layers = (
        Conv2D(20, (3, 3), padding="same"), ReLU(), Conv2D(37, (3, 3), (2, 2)), ReLU(), MaxPool2D((3, 3), (1, 1)),
        Dropout(0.25), AveragePool2D((2, 2), (1, 1), "same"), Flatten(), Dense(70), ReLU(), Dropout(0.5), Dense(10),
        Softmax(),
    )  # fmt: skip
    example = single(image, chain(image, *layers), n, SparseCategoricalCrossentropy())
    return example._replace(targets=(np.arange(n) % 10,))


def wide(n: int) -> Example:
    """Winograd's kernels, forward and for both gradients, on ragged maps."""
    image = source(14, 11, 3, dtype="float32")
    layers = (
        Conv2D(17, (3, 3), padding="same"), ReLU(), Conv2D(20, (3, 3), padding="same"), ReLU(), Conv2D(24, (3, 3)),
        ReLU(), MaxPool2D((2, 2), (2, 2)), Conv2D(18, (3, 3), padding="same"), ReLU(), Flatten(), Dense(10), Softmax(),
    )  # fmt: skip
    example = single(image, chain(image, *layers), n, SparseCategoricalCrossentropy())
    kinds = {call.spec.kind for call in example.program("native", SGD(), 64).plan.calls}
    assert {"winograd", "winograd_gradient", "winograd_gradient_back"} <= kinds
    return example._replace(targets=(np.arange(n) % 10,))


def channels(n: int) -> Example:
    """Convolutions of one pixel, and of every channel by itself, with strides too, and batch normalisation."""
    image = source(9, 12, 20, dtype="float32")
    layers = (
        Conv2D(40, (1, 1)), BatchNormalization(), ReLU(), DepthwiseConv2D((3, 3), (2, 2), "same"),
        BatchNormalization(), Conv2D(33, (1, 1), (2, 2)), ReLU(), DepthwiseConv2D((3, 3), padding="same"),
        Flatten(), Dense(10), Softmax(),
    )  # fmt: skip
    example = single(image, chain(image, *layers), n, SparseCategoricalCrossentropy())
    return example._replace(targets=(np.arange(n) % 10,))


def rows(n: int) -> Example:
    """Normalisation of samples, slopes, unshared weights, transposed convolution, parts of maps, and all that draws."""
    image = source(9, 8, 6, dtype="float32")
    layers = (
        ops.RandomTranslation((-0.2, 0.2), (-0.2, 0.2)), ops.RandomFlip(), ops.RandomCrop((8, 7), 1),
        ops.RandomContrast((0.5, 1.5), (-9.0, 9.0)), ops.RandomErasing(), ops.GaussianNoise(0.1),
        ops.Conv2DTranspose(9, (3, 3), (2, 2)), ops.LayerNormalization(), ops.PReLU((0, 1)), ops.SpatialDropout2D(0.25),
        ops.DepthwiseConv2D((3, 2), (2, 2), multiplier=2), ops.GroupNormalization(groups=3), ops.AlphaDropout(0.2),
        ops.LocallyConnected2D(5, (2, 3), (2, 1)), ops.PReLU(), ops.Resize((5, 3)), ops.LocalResponseNormalization(),
        ops.AdaptiveMaxPool2D((3, 2)), ops.GaussianDropout(0.2), ops.AdaptiveAveragePool2D((2, 2)), Flatten(),
        Dense(10), Softmax(),
    )  # fmt: skip
    example = single(image, chain(image, *layers), n, SparseCategoricalCrossentropy())
    return example._replace(targets=(np.arange(n) % 10,))


def digest(n: int, steps: int = 3, make: Callable[[int], Example] = network) -> str:
    return hashlib.sha256(trained(make(n), steps=steps)).hexdigest()


@pytest.mark.parametrize("make", [network, wide, channels, rows])
@pytest.mark.parametrize("n", [1, 3, 8, 13, 37])
def test_any_number_of_threads(n: int, make: Callable[[int], Example], monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for threads in (1, 2, 3, 8):
        monkeypatch.setenv("KONV_THREADS", str(threads))
        found |= {digest(n, make=make) for _ in range(3)}
    assert len(found) == 1


@pytest.mark.parametrize(("make", "batches"), [(network, (13, 14, 32, 100)), (wide, (100, 128, 300))])
def test_any_batch_size_of_the_program(make: Callable[[int], Example], batches: tuple[int, ...]) -> None:
    """A run of n samples is the same in every program with room for them, outputs and gradients, as long as both take
    the same way to the latter."""
    example = make(13)
    found = set()
    for batch in batches:
        program = example.program("native", SGD(), batch)
        outputs = example.run(program).outputs
        found.add(b"".join(a.tobytes() for a in (*outputs, *program.gradients())))
    assert len(found) == 1


@pytest.mark.parametrize("make", [network, wide])
@pytest.mark.parametrize("batch", [13, 32])
def test_any_size_of_the_caches(batch: int, make: Callable[[int], Example], monkeypatch: pytest.MonkeyPatch) -> None:
    """Which decides how many samples, rows and channels are worked on at once."""
    found = set()
    for l1, l2 in ((32 << 10, 2 << 20), (32 << 10, 64 << 10), (1 << 10, 16 << 10), (1 << 20, 1 << 30)):
        target = replace(current(), l1=l1, l2=l2)
        monkeypatch.setattr(native, "current", lambda target=target: target)
        example = make(13)
        program = example.program("native", SGD(), batch)
        outputs = example.run(program).outputs
        found.add(b"".join(a.tobytes() for a in (*outputs, *program.gradients())))
    assert len(found) == 1


@pytest.mark.parametrize("make", [network, wide])
@pytest.mark.parametrize("threads", ["1", "2", "8"])
def test_a_sample_by_itself_is_as_in_a_batch(
    threads: str, make: Callable[[int], Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs for few samples cut images by rows, others batches by samples."""
    monkeypatch.setenv("KONV_THREADS", threads)
    example = make(37)
    together = example.run(example.program("native")).outputs[0]
    for size in (1, 3):
        program = example.program("native", batch=size)
        for start in (0, 5, 36 - size):
            some = slice(start, start + size)
            alone = program.run([example.x[some]], [example.targets[0][some]]).outputs[0]
            np.testing.assert_array_equal(alone, together[some])


def test_a_gradient_is_a_tree_over_the_samples() -> None:
    """Of a bias, with kernels of zero, so that NumPy can follow every rounding."""
    image = source(3, dtype="float32")
    example = single(image, chain(image, Dense(3)), 21, MeanSquaredError())
    kernel, bias = (v.value for v in example.graph.variables)
    kernel[...] = 0
    bias[...] = 0.3, -2, 1e-3
    program = example.program("native", SGD())
    example.run(program)
    less = bias - example.targets[0]
    dy = (less + less) * (example.weights[0] * np.float32(1 / 3))[:, None]

    def total(first: int, last: int) -> Array:
        if last - first > 1:
            return total(first, (first + last) // 2) + total((first + last) // 2, last)
        part = np.zeros(3, "float32")
        for row in dy[21 * first // LEAVES : 21 * last // LEAVES]:
            part = part + row
        return part

    np.testing.assert_array_equal(program.gradients()[1], total(0, LEAVES))


def test_without_a_cache_with_a_new_one_and_with_a_full_one(tmp_path: Path) -> None:
    """In processes of their own."""
    code = "from tests.engine.test_bits import digest; print(digest(13))"
    found = set()
    for cache in ("off", str(tmp_path), str(tmp_path)):
        environment = {**os.environ, "KONV_CACHE": cache, "KONV_THREADS": "2"}
        found.add(subprocess.check_output([sys.executable, "-c", code], cwd=CHECKOUT, env=environment, timeout=300))
    assert found == {digest(13).encode() + b"\n"}


def test_predictions_from_several_threads_at_once() -> None:
    """Of one program, and of several, on the one pool of workers."""
    example = network(6)
    shared = example.program("native")
    inputs = [example.x * np.float32(scale) for scale in (0.5, 1, 2, 4)]
    wanted = [example._replace(x=x).run(shared).outputs[0] for x in inputs]
    wrong: list[int] = []

    def predict(i: int) -> None:
        mine = example.program("native", batch=6 + i)
        for turn in range(30):
            found = example._replace(x=inputs[i]).run(mine if turn % 2 else shared).outputs[0]
            if not np.array_equal(found, wanted[i]):
                wrong.append(i)

    threads = [threading.Thread(target=predict, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_another_number_of_threads_asked_for_amid_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on with the workers it has; the next has the others."""
    monkeypatch.setenv("KONV_THREADS", "2")
    example = network(6)
    program = example.program("native")
    wanted = example.run(program).outputs[0]
    fill, found = program._fill, []

    def changing(*given: object) -> None:
        monkeypatch.setenv("KONV_THREADS", "3")
        fill(*given)

    monkeypatch.setattr(program, "_fill", changing)
    runner = threading.Thread(
        target=lambda: found.extend(example.run(program).outputs[0] for _ in range(2)), daemon=True
    )
    runner.start()
    runner.join(60)
    assert len(found) == 2
    for outputs in found:
        np.testing.assert_array_equal(outputs, wanted)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="only x86 has a mode to set")
def test_denormals_are_flushed_inside_and_the_callers_mode_restored() -> None:
    image = source(1, dtype="float32")
    example = single(image, chain(image, Dense(40, bias=False)), 64)
    example.graph.variables[0].value[...] = 1e-30
    example.x[...] = 1e-15
    np.testing.assert_array_equal(example.run(example.program("native")).outputs[0], 0)
    smallest = (example.x * np.float32(1e-30)).view("uint32")  # as bits: a flushing mode also compares denormals as 0
    np.testing.assert_array_equal(smallest, 1)


def test_two_heads_train_alike_in_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("KONV_THREADS", threads)
        found.add(trained(two_heads("float32", 11)))
    assert len(found) == 1
