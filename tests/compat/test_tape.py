"""Training loops with a tape: the same steps as `train_on_batch`, values as of the step, steps compiled once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import konv
from konv.compat import live, models, tape, tensors as tf
from konv.compat.finder import Door
from konv.compat.layers import words as layers
from konv.compat.tape import GradientTape
from konv.errors import GraphError, ShapeError


def network() -> Any:
    rng = np.random.default_rng(5)
    model = models.Sequential([
        layers.Input((6, 6, 2)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(),
        layers.Dense(3),
    ])  # fmt: skip
    model.set_weights([abs(rng.normal(0.3, 0.3, w.shape)).astype("float32") for w in model.get_weights()])
    return model


def batch(n: int = 8) -> tuple[Any, Any]:
    rng = np.random.default_rng(2)
    return rng.normal(size=(n, 6, 6, 2)).astype("float32"), rng.normal(size=(n, 3)).astype("float32")


def test_steps_are_those_of_train_on_batch():
    """Weights, moving statistics and losses, over three steps and a smaller batch."""
    ours, theirs = network(), network()
    theirs.compile(konv.optimizers.SGD(0.05, momentum=0.9), "mse")
    optimizer = konv.optimizers.SGD(0.05, momentum=0.9)
    x, y = batch()
    for rows in (slice(None), slice(None), slice(0, 5)):
        with GradientTape() as watched:
            found = ours(x[rows], training=True)
            loss = tf.reduce_mean(tf.square(y[rows] - found))
        gradients = watched.gradient(loss, ours.trainable_variables)
        optimizer.apply_gradients(zip(gradients, ours.trainable_variables, strict=True))
        assert float(loss) == pytest.approx(theirs.train_on_batch(x[rows], y[rows]), rel=1e-5)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


def test_values_are_those_of_the_step():
    model = network()
    x, y = batch()
    before = model.predict(x, verbose=0)
    with GradientTape() as watched:
        found = model(x, training=True)
        loss = tf.reduce_sum(tf.abs(found - y)) / 24
    watched.gradient(loss, model.trainable_variables)
    values = np.asarray(found)
    assert not np.allclose(values, before, atol=1e-3), "training normalises by the batch"
    assert float(loss) == pytest.approx(np.abs(values - y).mean(), rel=1e-5)
    assert f"{loss:.3f}" == f"{float(loss):.3f}"
    with GradientTape():
        found = model(x)
    np.testing.assert_array_equal(found.numpy(), model.predict(x, verbose=0))


def test_steps_of_one_structure_share_a_program():
    model = network()
    x, y = batch()
    live._programs.clear()
    for _ in range(3):
        with GradientTape() as watched:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        watched.gradient(loss, model.trainable_variables)
    assert len(live._programs) == 1
    assert not model.calls[1:], "a call of a step is not remembered"


def test_gradients_by_an_image():
    model = network()
    x, _ = batch()
    with GradientTape() as watched:
        watched.watch(x)
        score = model(x)[:, 1]
    found = watched.gradient(score, x)
    image = konv.Input((6, 6, 2))
    expected = konv.grad(model(image, training=False)[:, 1], image)(x)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_two_tapes_and_what_a_loss_does_not_depend_on():
    first, second = network(), network()
    x, y = batch()
    with GradientTape() as one, GradientTape() as two:
        a, b = first(x, training=True), second(x, training=True)
        one_loss, two_loss = tf.reduce_mean(tf.square(a - y)), tf.reduce_mean(tf.square(b))
    assert all(g is None for g in one.gradient(one_loss, second.trainable_variables))
    assert all(g is not None for g in one.gradient(one_loss, first.trainable_variables))
    (kernel,) = two.gradient([two_loss, one_loss], second.trainable_variables[:1])
    assert kernel.shape == second.trainable_variables[0].shape
    assert not tape.watches(x)


def test_what_no_tape_has_seen_is_refused():
    with GradientTape() as watched:
        pass
    with pytest.raises(GraphError, match="within the tape's `with`"):
        watched.gradient(np.float32(3), network().trainable_variables)


@pytest.mark.parametrize(
    "one",
    [
        lambda y: y[0, 1], lambda y: y[0][1], lambda y: y[-1][1], lambda y: tf.reduce_sum(y[0] * np.float32([0, 1, 0])),
    ],
    ids=["two numbers", "sample, then class", "the last sample", "weighted"],
)  # fmt: skip
def test_the_only_sample_of_a_batch_is_live(one: Any):
    """As saliency maps have it: `preds[0][top]` of one image is what `preds[:, top]` is, gradient and all."""
    model, (x, _) = network(), batch(1)
    found = []
    for loss in (lambda y: y[:, 1], one):
        with GradientTape() as watching:
            watching.watch(x)
            y = model(x)
            score = loss(y)
        assert float(score) == pytest.approx(float(y.numpy()[0, 1]), rel=1e-6)
        found.append(watching.gradient(score, x))
    np.testing.assert_array_equal(found[0], found[1])
    with GradientTape():
        best = Door("tensorflow", ("konv.compat.tensors",)).argmax(model(x)[0])
    assert best.numpy().dtype.kind == "i"
    assert best == y.numpy().argmax()
    assert tf.reduce_max(y[0]) == y.numpy().max()


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda y: tf.expand_dims(y, 0), "Axis 0 is the batch axis: every sample"),
        (lambda y: tf.concat([y, np.ones((8, 3), "float32")], axis=0), "call the model on each part and add up"),
        (lambda y: tf.stack([y, y]), "Axis 0 is the batch axis"),
        (lambda y: tf.matmul(y, y, transpose_b=True), "batch axis of a symbolic tensor stays first and whole"),
        (lambda y: tf.reshape(y, [-1]), "batch axis of a symbolic tensor stays first and whole"),
        (lambda y: y[:4], r"parts such as y\[0\] or y\[:4\] are plain numbers"),
        (lambda y: tf.concat([y, y], axis=7), "no such axis: 2 axes"),
    ],
    ids=["expand_dims", "concat", "stack", "matmul", "reshape", "part", "no axis"],
)
def test_samples_are_not_set_against_each_other(loss: Any, said: str):
    model, (x, _) = network(), batch()
    with pytest.raises((ShapeError, GraphError), match=said), GradientTape() as watching:
        watching.gradient(tf.reduce_mean(loss(model(x))), model.trainable_variables)


def test_matrices_are_transposed_within_products():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(4, 3)
    np.testing.assert_array_equal(tf.matmul(a, b, transpose_b=True), a @ b.T)
    np.testing.assert_array_equal(tf.matmul(b, b, transpose_a=True), b.T @ b)


def test_class_activation_as_keras_io_has_it():
    """A model of `[model.inputs]`, the best class of `preds[0]`, and arithmetic on what the tape has left."""
    words, model, (x, _) = Door("tensorflow", ("konv.compat.tensors",)), network(), batch(1)
    grad_model = models.Model([model.inputs], [model.layers[0].output, model.output])
    with GradientTape() as watching:
        maps, preds = grad_model(x)
        best = words.argmax(preds[0])
        channel = preds[:, best]
    grads = watching.gradient(channel, maps)
    pooled = words.reduce_mean(grads, axis=(0, 1, 2))
    heat = words.squeeze(maps[0] @ pooled[..., None])
    heat = words.maximum(heat, 0) / words.reduce_max(heat)
    assert best == model.predict(x, verbose=0).argmax()
    found = heat.numpy()
    assert (found.shape, found.dtype, found.max()) == ((4, 4), np.float32, 1)
    unit = words.l2_normalize(grads)
    assert words.reduce_sum(words.square(unit)) == pytest.approx(1, rel=1e-5)


def test_gradients_are_clipped_together():
    words = Door("tensorflow", ("konv.compat.tensors",))
    (a, none, b), length = words.clip_by_global_norm([np.float32([3, 0]), None, np.float32([[4]])], 2.5)
    assert (a.numpy().tolist(), none, b.numpy().tolist(), length) == ([1.5, 0], None, [[2]], 5)
    assert words.clip_by_norm(np.float32([3, 4]), 10.0).numpy().tolist() == [3, 4]


def test_comparisons_of_what_a_loop_computes_are_true_or_not():
    """The best loss so far, kept in Python, as loops of one's own keep it."""
    model, (x, y) = network(), batch()
    with GradientTape() as watched:
        loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        large = float(loss) * 2
        assert loss < large
        assert not loss > large
    konv.optimizers.SGD(0.0).apply_gradients(
        zip(watched.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
    )
    assert not loss > large
    with pytest.raises(ValueError, match="ambiguous"):
        bool(model(x) > 0)
