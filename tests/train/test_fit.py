"""What `fit`, `evaluate` and their kin do with data: order, means, splits, weights, errors."""

from __future__ import annotations

import numpy as np
import pytest

import konv
from konv.callbacks import Callback, LambdaCallback
from konv.errors import (
    ConfigurationError,
    DataError,
    KonvWarning,
    LabelError,
    NonFiniteError,
    ShapeError,
    UnknownNameError,
)
from konv.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input
from konv.models import Model, Sequential
from konv.optimizers import SGD

X = np.random.default_rng(1).normal(size=(22, 5)).astype("float32")
Y = np.arange(22) % 3


def network(dropout: float = 0.0, seed: int = 3) -> Sequential:
    konv.utils.set_random_seed(seed)
    middle = [Dropout(dropout)] if dropout else []
    return Sequential([Input((5,)), Dense(6, activation="tanh", name="first"), *middle, Dense(3, activation="softmax")])


def compiled(rate: float = 0.1, metrics: object = ("accuracy",), **options: float) -> Sequential:
    model = network(**options)
    model.compile(SGD(rate), "sparse_categorical_crossentropy", metrics=list(metrics))
    return model


def same(a: Sequential, b: Sequential) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))


def test_same_seed_same_bits(engine):
    first, again, other = (compiled(dropout=0.4, seed=seed) for seed in (3, 3, 4))
    for model in (first, again, other):
        model.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    assert same(first, again)
    assert not same(first, other)


def test_epochs_follow_the_permutation_of_the_seed(engine):
    model, by_hand = compiled(), compiled()
    model.fit(X, Y, batch_size=8, epochs=2, verbose=0)
    for epoch in range(2):
        order = konv.random.permutation(22, 3, epoch)
        for at in (order[:8], order[8:16], order[16:]):
            by_hand.train_on_batch(X[at], Y[at])
    assert by_hand.optimizer.iterations == model.optimizer.iterations == 6
    for a, b in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)


def test_without_shuffling_the_order_is_the_datas(engine):
    model, by_hand = compiled(), compiled()
    model.fit(X[:16], Y[:16], batch_size=8, epochs=1, shuffle=False, verbose=0)
    for at in (slice(0, 8), slice(8, 16)):
        by_hand.train_on_batch(X[at], Y[at])
    assert same(model, by_hand)


def test_a_batch_larger_than_the_data(engine):
    a, b = compiled(), compiled()
    a.fit(X, Y, batch_size=1000, shuffle=False, verbose=0)
    b.train_on_batch(X, Y)
    assert same(a, b)


def test_the_epochs_loss_is_the_mean_over_samples(engine):
    seen: list[tuple[int, dict[str, float]]] = []
    model = compiled(rate=0.0)
    spy = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((batch, dict(logs))))
    history = model.fit(X, Y, batch_size=8, verbose=0, callbacks=[spy])
    loss, accuracy = model.evaluate(X, Y, batch_size=22, verbose=0)
    assert history.history["loss"][0] == pytest.approx(loss, rel=1e-6)
    assert history.history["accuracy"][0] == accuracy
    assert [batch for batch, _ in seen] == [0, 1, 2]
    assert seen[-1][1] == {"loss": history.history["loss"][0], "accuracy": accuracy}


def test_evaluate_in_any_batches_is_the_same(engine):
    model = compiled()
    whole = model.evaluate(X, Y, batch_size=22, verbose=0)
    for size in (1, 5, 100):
        assert model.evaluate(X, Y, batch_size=size, verbose=0) == pytest.approx(whole, rel=1e-6)
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == dict(
        zip(model.metrics_names, model.evaluate(X, Y, verbose=0), strict=True)
    )
    assert model.test_on_batch(X, Y) == pytest.approx(whole, rel=1e-6)


def test_without_metrics_a_number_comes_back(engine):
    model = compiled(metrics=())
    assert isinstance(model.evaluate(X, Y, verbose=0), float)
    assert isinstance(model.train_on_batch(X, Y), float)
    assert set(model.fit(X, Y, verbose=0).history) == {"loss"}


def test_validation_split_takes_the_last_samples_before_shuffling(engine):
    model, by_hand = compiled(), compiled()
    history = model.fit(X, Y, batch_size=8, epochs=2, validation_split=0.3, verbose=0)
    expected = by_hand.fit(X[:15], Y[:15], batch_size=8, epochs=2, validation_data=(X[15:], Y[15:]), verbose=0)
    assert same(model, by_hand)
    assert history.history == expected.history
    assert history.history["val_loss"][-1] == by_hand.evaluate(X[15:], Y[15:], batch_size=8, verbose=0)[0]


def test_validation_does_not_touch_training(engine):
    with_it, without = compiled(dropout=0.4), compiled(dropout=0.4)
    with_it.fit(X, Y, epochs=3, validation_data=(X[:9], Y[:9]), verbose=0)
    without.fit(X, Y, epochs=3, verbose=0)
    assert same(with_it, without)


def test_validation_frequency():
    history = compiled().fit(X, Y, epochs=4, validation_split=0.3, validation_freq=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert len(history.history["loss"]) == 4


@pytest.mark.parametrize("share", [-0.1, 1.0, 0.999, 1.5])
def test_bad_validation_split(share):
    with pytest.raises(ConfigurationError, match="validation_split"):
        compiled().fit(X, Y, validation_split=share, verbose=0)


def test_sample_and_class_weights(engine):
    by_sample, by_class, by_row, zeros = compiled(), compiled(), compiled(), compiled()
    weight = np.array([1.0, 2.0, 0.5])
    a = by_sample.fit(X, Y, batch_size=8, sample_weight=weight[Y], verbose=0)
    b = by_class.fit(X, Y, batch_size=8, class_weight=dict(enumerate(weight)), verbose=0)
    by_row.fit(X, Y, batch_size=8, class_weight=weight, verbose=0)
    assert same(by_sample, by_class)
    assert same(by_sample, by_row)
    assert a.history == b.history
    before = zeros.get_weights()
    zeros.fit(X, Y, sample_weight=np.zeros(22), verbose=0)
    assert all(np.array_equal(p, q) for p, q in zip(zeros.get_weights(), before, strict=True))


def test_weight_two_is_the_sample_twice(engine):
    weighted, twice = compiled(), compiled()
    loss = weighted.train_on_batch(X[:2], Y[:2], sample_weight=[2, 1])[0]
    other = twice.train_on_batch(X[[0, 0, 1]], Y[[0, 0, 1]])[0]
    assert loss * 2 == pytest.approx(other * 3, rel=1e-6)


@pytest.mark.parametrize("weight", [np.ones(21), -np.ones(22), np.full(22, np.nan), np.ones((22, 1))])
def test_bad_sample_weights(weight):
    with pytest.raises(DataError, match="sample_weight"):
        compiled().fit(X, Y, sample_weight=weight, verbose=0)


def test_class_weight_for_every_class():
    with pytest.raises(DataError, match=r"Missing: \[2\]"):
        compiled().fit(X, Y, class_weight={0: 1, 1: 1}, verbose=0)
    with pytest.raises(DataError, match=r"Missing: \[0, 1, 2\]"):
        compiled().fit(X, Y, class_weight="balanced", verbose=0)


def test_frozen_layers_stay(engine):
    model = network()
    model.get_layer("first").trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    after = model.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before[:2], after[:2], strict=True))
    assert all(not np.array_equal(a, b) for a, b in zip(before[2:], after[2:], strict=True))


def test_what_is_trained_is_settled_by_compile(engine):
    """As GANs need it: a network compiled to be trained, then frozen, in a larger one that is compiled later."""
    inner = Sequential(
        [Input((4,)), Dense(3, name="in", use_bias=False), BatchNormalization(name="normal"), Dense(1, name="end")]
    )
    inner.compile("sgd", "mse")
    inner.trainable = False
    x = Input((2,))
    outer = Model(x, inner(Dense(4, name="own")(x)))
    outer.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    small, large, y = (rng.normal(size=(n, k)).astype("float32") for n, k in ((6, 2), (6, 4), (6, 1)))
    first, own = inner.get_weights(), outer.get_layer("own").get_weights()
    outer.train_on_batch(small, y)
    assert all(np.array_equal(a, b) for a, b in zip(first, inner.get_weights(), strict=True))
    assert not np.array_equal(own[0], outer.get_layer("own").get_weights()[0])
    for rows in (6, 3):
        before = inner.get_weights()
        inner.train_on_batch(large[:rows], y[:rows])
        after = inner.get_weights()
        assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))  # the statistics too
    assert not inner.trainable_weights
    with pytest.warns(KonvWarning, match=r"in/kernel.*compile"):
        inner.fit(large, y, verbose=0)
    inner.compile("sgd", "mse")
    before = inner.get_weights()
    inner.fit(large, y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, inner.get_weights(), strict=True))


def test_learning_rate_may_change_between_batches(engine):
    model = compiled()
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.fit(X, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_train_on_batch_masks_follow_the_step(engine):
    a, b = compiled(rate=0.0, dropout=0.5), compiled(rate=0.0, dropout=0.5)
    values = [a.train_on_batch(X, Y)[0] for _ in range(2)]
    assert values[0] != values[1]
    assert [b.train_on_batch(X, Y)[0] for _ in range(2)] == values


class Poison(Callback):
    """Makes a weight NaN before a batch."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self.batch, self.good, self.ended = batch, [], 0

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.batch:
            kernel = self.model.get_layer("first").weights[0]
            kernel.value[0, 0] = np.nan
            kernel.touch()
            self.good = self.model.get_weights()

    def on_train_end(self, logs=None):
        self.ended += 1


def test_what_is_not_finite_ends_training_at_that_batch(engine):
    model, poison = compiled(), Poison(1)
    with pytest.raises(NonFiniteError, match="first gave a NaN or an infinity in batch 2 of epoch 1") as caught:
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[poison])
    assert (caught.value.layer, caught.value.batch) == ("first", 1)
    assert poison.ended == 1
    assert model.optimizer.iterations == 1
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(model.get_weights(), poison.good, strict=True))
    with pytest.raises(NonFiniteError, match="first gave a NaN"):
        model.predict(X, verbose=0)
    with pytest.raises(NonFiniteError, match="first gave a NaN"):
        model.evaluate(X, Y, verbose=0)


def test_a_step_too_far_leaves_the_last_good_weights(engine):
    model = compiled(rate=1e38)
    with pytest.raises(NonFiniteError) as caught:
        model.fit(X, Y, batch_size=4, epochs=50, verbose=0)
    assert caught.value.layer
    assert model.optimizer.iterations >= 1


def test_input_that_is_not_finite(engine):
    x = X.copy()
    x[7, 2] = np.nan
    before = (model := compiled()).get_weights()
    with pytest.raises(DataError, match="7"):
        model.fit(x, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


def test_data_that_do_not_fit():
    model = compiled()
    with pytest.raises(ShapeError, match=r"\?×5"):
        model.fit(X[:, :4], Y, verbose=0)
    with pytest.raises(DataError, match=r"22.*21|21.*22"):
        model.fit(X, Y[:21], verbose=0)
    with pytest.raises(DataError, match=r"empty|no samples"):
        model.fit(X[:0], Y[:0], verbose=0)
    with pytest.raises(DataError, match="targets are missing"):
        model.fit(X, verbose=0)
    with pytest.raises(LabelError, match="out of range"):
        model.fit(X, Y + 1, verbose=0)
    with pytest.raises(LabelError, match="categorical_crossentropy"):
        model.fit(X, konv.utils.to_categorical(Y), verbose=0)
    with pytest.raises(ConfigurationError, match="validation_data"):
        model.fit(X, Y, validation_data=(X,), verbose=0)


def test_integer_images_are_warned_of():
    model = Sequential([Input((4, 4, 1)), Conv2D(2, 3), Flatten(), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.full((4, 4, 4, 1), 200, np.uint8)
    with pytest.warns(konv.errors.DataWarning, match="255"):
        model.fit(x, [0, 1, 0, 1], verbose=0)


def test_what_is_missing_or_unknown():
    model = network()
    with pytest.raises(ConfigurationError, match="compile"):
        model.fit(X, Y, verbose=0)
    model.compile("adam")
    with pytest.raises(ConfigurationError, match="without a loss"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(UnknownNameError, match="adam"):
        model.compile("adm", "mse")
    with pytest.raises(UnknownNameError, match="accuracy"):
        model.compile("adam", "mse", metrics=["accurracy"])
    model.compile("adam", "sparse_categorical_crossentropy")
    for name in ("batch_size", "epochs", "validation_freq"):
        with pytest.raises(ConfigurationError, match=name):
            model.fit(X, Y, verbose=0, **{name: 0})
    with pytest.raises(ConfigurationError, match="verbose"):
        model.fit(X, Y, verbose=3)
    with pytest.raises(ConfigurationError, match=r"konv.callbacks"):
        model.fit(X, Y, verbose=0, callbacks=[print])


@pytest.mark.parametrize(
    ("loss", "units", "y"),
    [
        ("sparse_categorical_crossentropy", 2, [1, 1, 1, 1]),
        ("categorical_crossentropy", 2, [[0, 1]] * 4),
        ("binary_crossentropy", 1, [1, 1, 1, 1]),
    ],
)
def test_one_class_only_is_warned_of(loss: str, units: int, y: list[object]):
    model = Sequential([Input((3,)), Dense(units, activation="softmax" if units > 1 else "sigmoid")])
    model.compile("sgd", loss)
    with pytest.warns(konv.errors.DataWarning, match="All 4 targets are the same") as said:
        model.fit(np.ones((4, 3)), y, verbose=0)
    assert [warning.filename for warning in said] == [__file__]


def test_a_metric_that_does_not_fit_is_named_before_anything_is_learned(engine):
    model = Sequential([Input((3,)), Dense(4, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["top_k_categorical_accuracy"])
    before = model.get_weights()
    with pytest.raises(ShapeError, match=r"^top_k_categorical_accuracy: .*targets of shape 1×4"):
        model.fit(np.ones((4, 3)), [0, 1, 2, 3], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
