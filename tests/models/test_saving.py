"""Saved models come back, and training goes on as if it had never stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import konv
from konv.compat import in_force
from konv.errors import ConfigurationError, ModelFileError
from konv.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from konv.models import Sequential, load_model
from konv.optimizers import SGD, Adam, RMSprop

X = np.random.default_rng(1).normal(size=(40, 8, 8, 2)).astype("float32")
Y = np.arange(40) % 3
OPTIMIZERS = [
    lambda: SGD(0.05, momentum=0.9, nesterov=True),
    lambda: SGD(lr=0.05, decay=0.01),
    lambda: RMSprop(0.003, momentum=0.5),
    lambda: RMSprop(lr=0.003, decay=1e-3),
    lambda: Adam(0.004),
]


def network() -> Sequential:
    return Sequential(
        [
            Input((8, 8, 2)),
            Conv2D(4, 3, activation="relu"),
            MaxPooling2D(),
            Dropout(0.3),
            Flatten(),
            Dense(3, activation="softmax"),
        ]
    )


def same(a: Sequential, b: Sequential) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_training_goes_on_exactly(make, tmp_path: Path, engine):
    def fresh() -> Sequential:
        konv.utils.set_random_seed(4)
        model = network()
        model.compile(
            make(), "sparse_categorical_crossentropy", metrics=["accuracy", "sparse_top_k_categorical_accuracy"]
        )
        return model

    whole, halves = fresh(), fresh()
    expected = whole.fit(X, Y, batch_size=16, epochs=4, verbose=0)
    halves.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    halves.save(tmp_path / "half.konv")
    konv.utils.set_random_seed(99)
    again = load_model(tmp_path / "half.konv")
    assert again.optimizer.iterations == 6
    rest = again.fit(X, Y, batch_size=16, epochs=4, initial_epoch=2, verbose=0)
    assert same(again, whole)
    assert rest.epoch == [2, 3]
    for name, values in rest.history.items():
        assert values == expected.history[name][2:]
    state, wanted = again.optimizer.get_state(), whole.optimizer.get_state()
    assert all(np.array_equal(a, b) for a, b in zip(state.values(), wanted.values(), strict=True))


def test_two_fits_of_one_epoch_are_one_fit_of_two(engine):
    runs = []
    for parts in ((2,), (1, 1)):
        konv.utils.set_random_seed(4)
        model = network()
        model.compile("adam", "sparse_categorical_crossentropy")
        for epochs in parts:
            model.fit(X, Y, epochs=epochs, verbose=0)
        runs.append(model)
    assert same(*runs)


def test_what_the_file_keeps(tmp_path: Path):
    model = network()
    model.compile(RMSprop(lr=0.002, decay=1e-5), "sparse_categorical_crossentropy", metrics=["acc"])
    model.class_names = ["cat", "狗", "ship"]
    model.preprocessing = {"scale": 1 / 255, "size": [8, 8]}
    model.layers[0].trainable = False
    model.save(tmp_path / "model.konv")
    again = load_model(tmp_path / "model.konv")
    assert again.class_names == model.class_names
    assert again.preprocessing == model.preprocessing
    assert again.get_config() == model.get_config()
    assert again.optimizer.get_config() == model.optimizer.get_config()
    assert again.optimizer.keras2
    assert again.loss == model.loss
    assert again.asked_metrics == ["acc"]
    assert again.seed == model.seed
    assert [v.name for v in again.trainable_weights] == [v.name for v in model.trainable_weights]
    assert same(again, model)


def test_without_what_training_needs(tmp_path: Path):
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(X, Y)
    model.save(tmp_path / "model.konv")
    assert load_model(tmp_path / "model.konv", compile=False).optimizer is None
    model.save(tmp_path / "small.konv", include_optimizer=False)
    assert load_model(tmp_path / "small.konv").optimizer is None
    assert (tmp_path / "small.konv").stat().st_size < (tmp_path / "model.konv").stat().st_size


def test_a_model_that_waits_for_data(tmp_path: Path):
    model = Sequential([Dense(4), Dense(2)])
    model.save(tmp_path / "waiting.konv")
    again = load_model(tmp_path / "waiting.konv")
    assert not again.built
    assert again.predict(np.ones((2, 3), "float32"), verbose=0).shape == (2, 2)


def test_metrics_of_ones_own_come_back_by_name(tmp_path: Path):
    def halves(y_true, y_pred):
        return np.full(len(y_pred), 0.5)

    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[halves])
    model.save(tmp_path / "model.konv")
    with pytest.raises(ModelFileError, match=r"halves.*compile=False"):
        load_model(tmp_path / "model.konv")
    again = load_model(tmp_path / "model.konv", custom_objects={"halves": halves})
    assert again.evaluate(X, Y, verbose=0, return_dict=True)["halves"] == 0.5


def test_only_konv_files_and_only_where_allowed(tmp_path: Path):
    model = network()
    with pytest.raises(ConfigurationError, match=r"model\.konv"):
        model.save(tmp_path / "model.pkl")
    model.save(tmp_path / "model.konv")
    with pytest.raises(ConfigurationError, match="overwrite=True"):
        model.save(tmp_path / "model.konv", overwrite=False)


def test_code_is_not_saved(tmp_path: Path):
    model = Sequential([Input((2,)), Dense(1, kernel_initializer=lambda shape, dtype: np.ones(shape, dtype))])
    with pytest.raises(ConfigurationError, match="cannot hold code"):
        model.save(tmp_path / "model.konv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"There is no folder .*gone to save the model in"):
        network().save(tmp_path / "gone" / "model.konv")


def test_what_tensorflow_writes_is_told_and_how_to_convert_it(tmp_path: Path):
    folder = tmp_path / "dogs"
    folder.mkdir()
    with pytest.raises(ModelFileError, match=r"dogs is not a konv model file: it is a folder"):
        load_model(folder)
    (folder / "saved_model.pb").write_bytes(b"program")
    for path in (folder, folder / "saved_model.pb"):
        with pytest.raises(ModelFileError, match=r"is a SavedModel.*load_model\('.*dogs'\)\.save\('dogs\.h5'\)"):
            load_model(path)
    (tmp_path / "cp.index").write_bytes(b"index")
    model = network()
    with pytest.raises(ModelFileError, match=r"checkpoint of TensorFlow's.*save_weights\('cp\.weights\.h5'\)"):
        model.load_weights(tmp_path / "cp")
    with pytest.raises(ConfigurationError, match=r"SavedModel.*Received: cats\. Use cats\.keras"):
        model.save(tmp_path / "cats")
    for name in ("cats", "cats.ckpt"):
        with pytest.raises(ConfigurationError, match=rf"checkpoint.*Received: {name}\. Use cats\.weights\.h5"):
            model.save_weights(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cp.index", "dogs"]
    with in_force():
        import keras

        model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
        for ask in (lambda: model.save(tmp_path / "cats.h5", save_format="tf"), lambda: model.export("cats"),
                    lambda: keras.models.save_model(model, tmp_path / "cats", save_format="tf")):  # fmt: skip
            with pytest.raises(ConfigurationError, match=r"SavedModel.*Use cats\.keras"):
                ask()
        with pytest.raises(ConfigurationError, match=r"Received: cats\. Use cats\.h5"):
            model.save(tmp_path / "cats", save_format="h5")
        model.save(tmp_path / "cats.h5", save_format="h5")
    assert load_model(tmp_path / "cats.h5").count_params() == 3
