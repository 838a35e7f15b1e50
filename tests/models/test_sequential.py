"""Putting a Sequential model together, looking at it, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import konv
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.layers import Conv2D, Dense, Dropout, Flatten, Input, InputLayer, MaxPooling2D
from konv.models import Sequential


def small() -> Sequential:
    return Sequential([Input((6, 6, 2)), Conv2D(3, 3, name="conv"), Flatten(), Dense(4, name="dense")], name="small")


@pytest.mark.parametrize(
    "first",
    [
        lambda: [Dense(3, input_shape=(5,))],
        lambda: [Dense(3, input_dim=5)],
        lambda: [Input((5,)), Dense(3)],
        lambda: [InputLayer((5,)), Dense(3)],
        lambda: [InputLayer(input_shape=(5,)), Dense(3)],
    ],
)
def test_ways_to_say_the_input_shape(first):
    model = Sequential(first())
    assert model.built
    assert model.input_shape == (None, 5)
    assert model.output_shape == (None, 3)
    assert [type(layer) for layer in model.layers] == [Dense]


def test_without_a_shape_the_first_data_decide(engine):
    model = Sequential([Dense(3), Dense(2)])
    assert not model.built
    with pytest.raises(GraphError, match="input_shape"):
        model.get_weights()
    assert model.predict(np.ones((4, 7), "float32"), verbose=0).shape == (4, 2)
    assert [w.shape for w in model.get_weights()] == [(7, 3), (3,), (3, 2), (2,)]


def test_build_gives_the_shape():
    model = Sequential([Dense(3)])
    model.build((None, 4))
    assert model.count_params() == 15
    model.build((None, 4))
    with pytest.raises(GraphError, match="takes inputs of shape 4"):
        model.build((None, 5))


def test_a_failed_build_leaves_nothing_behind():
    model = Sequential([Dense(3), Conv2D(1, 1)])
    with pytest.raises(ShapeError, match="expects images"):
        model.build((None, 4))
    assert not model.built
    assert not model.layers[0].built


def test_add_and_pop(engine):
    model = small()
    x = np.random.rand(2, 6, 6, 2).astype("float32")
    whole = model.predict(x, verbose=0)
    popped = model.pop()
    assert popped.name == "dense"
    assert model.predict(x, verbose=0).shape == (2, 48)
    model.add(popped)
    assert np.array_equal(model.predict(x, verbose=0), whole)
    assert [layer.name for layer in model.layers][::2] == ["conv", "dense"]


def test_a_layer_that_does_not_fit_is_not_added():
    model = small()
    with pytest.raises(ShapeError, match="Layer second"):
        model.add(Conv2D(1, 3, name="second"))
    assert len(model.layers) == 3
    model.add(Dense(2))
    assert model.output_shape == (None, 2)


def test_mistakes():
    with pytest.raises(GraphError, match="made of layers"):
        Sequential([3])  # type: ignore[list-item]
    with pytest.raises(GraphError, match="already has a layer named a"):
        Sequential([Input((2,)), Dense(1, name="a"), Dense(1, name="a")])
    with pytest.raises(GraphError, match="input layer comes first"):
        Sequential([Input((2,)), Dense(1), Input((1,))])
    with pytest.raises(ConfigurationError, match="begins with what"):
        Sequential([Dense(1)(Input((2,)))])
    with pytest.raises(GraphError, match="has no layers"):
        Sequential().pop()
    with pytest.raises(GraphError, match="has no layers"):
        Sequential([Input((2,))]).predict(np.zeros((1, 2)), verbose=0)


def test_get_layer():
    model = small()
    assert model.get_layer("dense") is model.layers[2]
    assert model.get_layer(index=0).name == "conv"
    with pytest.raises(GraphError, match=r"'dens'.*: dense"):
        model.get_layer("dens")
    with pytest.raises(GraphError, match="no layer 7"):
        model.get_layer(index=7)
    with pytest.raises(ConfigurationError, match="name or an index"):
        model.get_layer()


def test_weights_go_layer_by_layer_kernel_first():
    model = small()
    assert [v.name for v in model.weights] == ["conv/kernel", "conv/bias", "dense/kernel", "dense/bias"]
    assert [w.shape for w in model.get_weights()] == [(3, 3, 2, 3), (3,), (48, 4), (4,)]
    values = [np.full(w.shape, i, "float32") for i, w in enumerate(model.get_weights())]
    model.set_weights(values)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), values, strict=True))
    with pytest.raises(ShapeError, match=r"small has 4 weights \(.*\)\. Received: 3"):
        model.set_weights(values[:3])


def test_set_weights_is_seen_by_programs_already_made(engine):
    model = Sequential([Input((2,)), Dense(1)])
    x = np.ones((1, 2), "float32")
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    assert model.predict(x, verbose=0)[0, 0] == 2
    model.set_weights([np.full((2, 1), 3), np.ones(1)])
    assert model.predict(x, verbose=0)[0, 0] == 7


def test_the_same_seed_gives_the_same_weights():
    def made() -> list[np.ndarray]:
        konv.utils.set_random_seed(8)
        return small().get_weights()

    assert all(np.array_equal(a, b) for a, b in zip(made(), made(), strict=True))


def test_summary_counts():
    model = Sequential([Input((6, 6, 2)), Conv2D(3, 3, name="conv"), MaxPooling2D(name="pool"), Dropout(0.5)])
    model.layers[0].trainable = False
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert f'Model: "{model.name}"' in lines[0]
    assert any(
        "conv (Conv2D)" in line and "(None, 4, 4, 3)" in line and line.split()[-3:] == ["57", "864", "3×3"]
        for line in lines
    )
    assert "Total parameters: 57 (228 B)" in text
    assert "Multiply-adds for one sample: 864" in text
    assert "Trainable: 0 (0 B)" in text
    assert "Not trainable: 57 (228 B)" in text


def test_summary_of_a_model_without_a_shape(capsys: pytest.CaptureFixture[str]):
    Sequential([Dense(3, name="waiting")]).summary()
    written = capsys.readouterr().out
    assert "waiting (Dense)" in written
    assert "?" in written


def test_predict_in_any_batches_is_the_same(engine):
    model = small()
    generator = np.random.default_rng(6)
    model.set_weights([generator.integers(-4, 5, w.shape) for w in model.get_weights()])  # integers: sums are exact
    x = generator.integers(-4, 5, (11, 6, 6, 2)).astype("float32")
    whole = model.predict(x, verbose=0)
    for size in (1, 4, 11, 64):
        assert np.array_equal(model.predict(x, batch_size=size, verbose=0), whole)
    assert np.array_equal(model(x[:3]), whole[:3])


def test_few_programs_serve_many_sizes(engine):
    model = small()
    for n in range(1, 33):
        model.predict(np.zeros((n, 6, 6, 2), "float32"), verbose=0)
    assert len(model._runner._programs) == 6


def test_top_of_the_package():
    import konv as keras

    assert keras.Sequential is keras.models.Sequential is Sequential
    assert keras.Input is keras.layers.Input
    assert set(keras.__all__) <= set(dir(keras))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        keras.nothing  # noqa: B018
