"""Training from generators, sequences and iterables of batches: the same as from arrays, and clear where they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import konv
from konv.errors import ConfigurationError, DataError, ShapeError
from konv.layers import Dense, Dropout, Input
from konv.models import Sequential
from konv.optimizers import SGD
from konv.train import feeds

X = np.random.default_rng(1).normal(size=(22, 5)).astype("float32")
Y = np.arange(22) % 3


def compiled(dropout: float = 0.0, known: bool = True) -> Sequential:
    konv.utils.set_random_seed(3)
    begin = [Input((5,))] if known else []
    model = Sequential([*begin, Dense(6, activation="tanh"), Dropout(dropout), Dense(3, activation="softmax")])
    model.compile(SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(size: int = 8) -> list[tuple[Any, Any]]:
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, 22, size)]


class Batches:
    """A Keras `Sequence`, counting what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.epochs = 0
        self.threads: set[str] = set()

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        self.asked.append(index)
        self.threads.add(threading.current_thread().name)
        return batches()[index]

    def on_epoch_end(self) -> None:
        self.epochs += 1


class Again:
    """An iterable that can begin again, of unknown length."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(batches())


def forever() -> Iterator[tuple[Any, Any]]:
    while True:
        yield from batches()


def same(a: Sequential, b: Sequential) -> bool:
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


@pytest.mark.parametrize(
    ("source", "steps"),
    [(Batches, None), (Again, None), (forever, 3), (Again, 3), (forever, 2.7)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_batches_are_as_good_as_arrays(source: Any, steps: float | None, engine: str) -> None:
    arrays, made = compiled(0.3), compiled(0.3)
    expected = arrays.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0, validation_data=(X, Y))
    found = made.fit(
        source(), epochs=3, steps_per_epoch=steps, shuffle=False, verbose=0, validation_data=source(),
        validation_steps=steps,
    )  # fmt: skip
    assert same(arrays, made)
    for name, values in expected.history.items():
        assert found.history[name] == pytest.approx(values, rel=1e-6)


def test_a_sequence_is_shuffled_by_batches_and_told_of_epochs() -> None:
    source = Batches()
    compiled().fit(source, epochs=2, verbose=0, workers=2)
    order = [konv.random.permutation(3, 3, epoch).tolist() for epoch in range(2)]
    assert sorted(source.asked[1:4]) == sorted(source.asked[4:]) == [0, 1, 2]
    assert source.asked[0] == 0
    assert order[0] != [0, 1, 2] or order[1] != [0, 1, 2]
    assert source.epochs == 2
    assert any(name.startswith("konv-batches") for name in source.threads)


def test_a_model_without_shape_learns_it_from_the_first_batch() -> None:
    model = compiled(known=False)
    model.fit(forever(), steps_per_epoch=3, verbose=0)
    assert model.input_shape == (None, 5)


def test_evaluation_and_prediction_of_batches(engine: str) -> None:
    model = compiled()
    assert model.evaluate(Batches(), verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-6)
    assert model.evaluate(forever(), steps=3, verbose=0) == model.evaluate(Batches(), verbose=0)
    np.testing.assert_array_equal(model.predict(Batches(), verbose=0), model.predict(X, verbose=0))
    np.testing.assert_array_equal(
        model.predict(iter([x for x, _ in batches()]), verbose=0), model.predict(X, verbose=0)
    )


def test_weights_come_with_batches(engine: str) -> None:
    weight = np.linspace(0, 2, 22)
    arrays, made = compiled(), compiled()
    arrays.fit(X, Y, batch_size=22, sample_weight=weight, class_weight={0: 1, 1: 2, 2: 3}, verbose=0, shuffle=False)
    made.fit(iter([(X, Y, weight)]), class_weight={0: 1, 1: 2, 2: 3}, verbose=0)
    assert same(arrays, made)


def test_no_more_than_a_few_batches_are_made_ahead() -> None:
    made = 0

    def counted() -> Iterator[tuple[Any, Any]]:
        nonlocal made
        while True:
            made += 1
            yield X[:2], Y[:2]

    seen: list[int] = []
    spy = konv.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(made - batch))
    compiled().fit(counted(), steps_per_epoch=30, verbose=0, callbacks=[spy])
    assert max(seen) <= feeds.AHEAD + 2


def test_a_bar_without_a_known_end(capsys: pytest.CaptureFixture[str]) -> None:
    compiled().fit(Again(), epochs=2)
    assert "Epoch 2/2" in capsys.readouterr().out


def changing() -> Iterator[tuple[Any, Any]]:
    yield X[:4], Y[:4]
    yield X[:4, :3], Y[:4]


@pytest.mark.parametrize(
    ("source", "options", "error", "words"),
    [
        (iter(batches()), {"steps_per_epoch": 5}, DataError, "ended after 3 of the 5 batches of this epoch"),
        (iter(batches()), {"epochs": 2}, DataError, "no more batches"),
        (iter([]), {}, DataError, "no batch"),
        (changing(), {}, ShapeError, r"Batch 2 of the generator: x .*Received: 4×3. Expected: \?×5"),
        (iter([(X, Y, Y, Y)]), {}, DataError, r"Batch 1 of the generator: .*tuple, 4"),
        (iter([X]), {}, DataError, "Batch 1 .*targets are missing"),
        (iter(batches()), {"validation_split": 0.5}, ConfigurationError, "validation_data"),
        (iter(batches()), {"y": Y}, ConfigurationError, "Leave them out"),
        (X, {"y": Y, "steps_per_epoch": 5}, ConfigurationError, "here 1"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_mistakes(source: Any, options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compiled().fit(source, verbose=0, **options)


def test_an_error_of_the_generator_itself_comes_through() -> None:
    def broken() -> Iterator[tuple[Any, Any]]:
        yield X, Y
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="on fire"):
        compiled().fit(broken(), verbose=0)
