"""Keras's own files, both ways: what Keras wrote konv reads, what konv wrote Keras reads, and they predict alike."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

import konv
from konv import layers
from konv.errors import ConfigurationError, ModelFileError
from konv.models import load_model, model_from_json
from tests.compat.both import unoptimised

Oracle = Callable[[str], ModuleType]
pytestmark = pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning")  # Keras 2 lists one input too


@pytest.fixture(autouse=True)
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras looks for TensorFlow when it saves, and is slow where it is there."""
    if "tensorflow" not in sys.modules:
        monkeypatch.setitem(sys.modules, "tensorflow", None)


def straight(module: Any) -> Any:
    made = module.layers
    return module.models.Sequential([
        made.Input((9, 9, 2)), made.Conv2D(4, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
        made.BatchNormalization(epsilon=1e-4), made.MaxPooling2D(2), made.Dropout(0.3), made.DepthwiseConv2D(2),
        made.LeakyReLU(0.1), made.Flatten(), made.Dense(5, use_bias=False), made.Activation("softmax"),
    ])  # fmt: skip


def branched(module: Any) -> Any:
    made = module.layers
    x = made.Input((8, 8, 3), name="image")
    shared = made.Conv2D(4, 3, padding="same", name="shared")
    a = shared(x)
    b = made.SeparableConv2D(4, 3, padding="same")(made.ReLU(max_value=6.0)(x))
    c = made.UpSampling2D(2)(made.AveragePooling2D(2)(a))
    joined = made.Concatenate()([made.Add()([a, b]), c])
    one = made.Dense(3, activation="softmax", name="kind")(made.GlobalAveragePooling2D()(joined))
    two = made.Dense(1, name="size")(made.Flatten()(made.Conv2DTranspose(2, 2, strides=2)(joined)))
    return module.Model(x, [one, two])


def nested(module: Any) -> Any:
    made = module.layers
    i = made.Input((6,))
    tower = module.Model(i, made.BatchNormalization()(made.Dense(4, activation="tanh")(i)), name="tower")
    head = module.models.Sequential([made.Input((4,)), made.Dense(3)], name="head")
    a, b = made.Input((6,), name="a"), made.Input((6,), name="b")
    left, right = tower(a), tower(b)
    return module.Model([a, b], [head(made.Subtract()([left, right])), right])


def named(module: Any) -> Any:
    """Outputs in a dictionary, whose names' order is not that in which it was made."""
    made = module.layers
    x = made.Input((3, 2))
    y = made.RMSNormalization()(made.Flatten()(made.TimeDistributed(made.Dense(4))(x)))
    return module.Model(x, {"second": made.Dense(3, name="p")(y), "first": made.Dense(2, name="q")(y)})


NETWORKS = {"straight": straight, "branched": branched, "nested": nested, "named": named}


def given(model: Any, seed: int = 4) -> Any:
    """`model` with weights of its own, variances positive."""
    rng = np.random.default_rng(seed)
    model.set_weights([np.abs(rng.normal(0.5, 0.3, w.shape)).astype("float32") for w in model.get_weights()])
    return model


def inputs(model: Any) -> Any:
    rng = np.random.default_rng(9)
    shapes = model.input_shape if isinstance(model.input_shape, list) else [model.input_shape]
    row = [rng.normal(size=(4, *shape[1:])).astype("float32") for shape in shapes]
    return row if len(row) > 1 else row[0]


def alike(ours: Any, theirs: Any) -> None:
    x = inputs(ours)
    a, b = (m.predict(x, verbose=0) if isinstance(m, konv.Model) else m(x) for m in (ours, theirs))
    assert [isinstance(a, kind) for kind in (list, dict)] == [isinstance(b, kind) for kind in (list, dict)]
    if isinstance(a, dict):
        assert list(a) == list(b)
        a, b = list(a.values()), list(b.values())
    for mine, other in zip(*(row if isinstance(row, list) else [row] for row in (a, b)), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("network", NETWORKS)
def test_models_go_both_ways(network: str, suffix: str, tmp_path: Path, oracle: Oracle):
    keras = oracle("keras")
    theirs = given(NETWORKS[network](keras))
    theirs.save(tmp_path / f"theirs{suffix}")
    ours = load_model(tmp_path / f"theirs{suffix}")
    alike(ours, theirs)
    ours = given(NETWORKS[network](konv), 5)
    ours.save(tmp_path / f"ours{suffix}")
    alike(ours, keras.models.load_model(tmp_path / f"ours{suffix}"))
    alike(load_model(tmp_path / f"ours{suffix}"), ours)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
@pytest.mark.parametrize("network", NETWORKS)
def test_weights_go_both_ways(network: str, suffix: str, tmp_path: Path, oracle: Oracle):
    keras = oracle("keras")
    ours, theirs = given(NETWORKS[network](konv), 1), given(NETWORKS[network](keras), 2)
    if suffix == ".weights.h5":
        theirs.save_weights(tmp_path / f"theirs{suffix}")
    else:
        theirs.save(tmp_path / f"theirs{suffix}")
    ours.load_weights(tmp_path / f"theirs{suffix}")
    alike(ours, theirs)
    given(ours, 3).save_weights(tmp_path / f"ours{suffix}")
    theirs.load_weights(tmp_path / f"ours{suffix}")
    alike(ours, theirs)


@pytest.mark.parametrize("network", NETWORKS)
def test_json_goes_both_ways(network: str, oracle: Oracle):
    keras = oracle("keras")
    ours, theirs = given(NETWORKS[network](konv), 1), given(NETWORKS[network](keras), 1)
    copy = model_from_json(theirs.to_json())
    copy.set_weights(ours.get_weights())
    alike(copy, theirs)
    other = keras.models.model_from_json(ours.to_json(indent=1))
    other.set_weights(ours.get_weights())
    alike(ours, other)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_compiled_model_goes_on_in_the_other(suffix: str, tmp_path: Path, oracle: Oracle):
    keras = oracle("keras")
    y = np.arange(4) % 5
    for module, other in ((konv, keras), (keras, konv)):
        model = given(straight(module))
        loss = module.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(module.optimizers.SGD(0.03, momentum=0.5), loss, metrics=["accuracy"])
        model.save(tmp_path / f"x{suffix}")
        again = other.models.load_model(tmp_path / f"x{suffix}")
        x = inputs(model)
        expected, found = (np.ravel(m.evaluate(x, y, verbose=0)) for m in (model, again))
        np.testing.assert_allclose(found, expected, rtol=2e-5)
        assert float(np.asarray(again.optimizer.learning_rate)) == pytest.approx(0.03)
        assert again.optimizer.momentum == 0.5


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("SGD", {"momentum": 0.9}),
        ("RMSprop", {"momentum": 0.5, "centered": True}),
        ("Adam", {"amsgrad": True}),
        ("AdamW", {}),
        ("Adagrad", {}),
        ("Adamax", {}),
        ("Nadam", {}),
        ("Adadelta", {}),
        ("Adam", {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3}),
        ("RMSprop", {"use_ema": True, "momentum": 0.5}),
    ],
)
def test_the_optimisers_state_goes_both_ways(kind: str, arguments: dict[str, Any], tmp_path: Path, oracle: Oracle):
    """After two steps here and two there losses, weights and running means are those of four steps here."""
    keras = oracle("keras")
    x, y = np.random.default_rng(0).normal(size=(6, 4)).astype("float32"), np.ones((6, 1), "float32")

    def taught(model: Any) -> list[Any]:
        model.set_weights(model.get_weights())  # after a `fit` Keras's weights and their running means share memory
        losses = model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0).history["loss"]
        return [losses, *model.get_weights()]

    with unoptimised(oracle("jax")):
        for module, other in ((konv, keras), (keras, konv)):
            made = module.layers
            model = given(module.models.Sequential([made.Input((4,)), made.Dense(3), made.Dense(1)]))
            model.compile(getattr(module.optimizers, kind)(0.01, **arguments), module.losses.MeanSquaredError())
            taught(model)
            for suffix in (".keras", ".h5"):
                model.save(tmp_path / f"x{suffix}")
            expected = taught(model)
            for suffix, reader in ((".keras", other), (".h5", other), (".h5", konv)):
                again = reader.models.load_model(tmp_path / f"x{suffix}")
                if suffix == ".h5" and reader is keras:
                    by_hand(again.optimizer, again.trainable_variables, tmp_path / "x.h5")
                for found, wanted in zip(taught(again), expected, strict=True):
                    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-6)


def by_hand(optimizer: Any, variables: Any, path: Path) -> None:
    """Give Keras's optimiser the state in konv's `.h5` file, which is in the order of its own."""
    optimizer.build(variables)
    with h5py.File(path) as file:
        state = file["optimizer_state"]
        arrays = [state[name][()] for name in state.attrs["weight_names"]]
    assert [a.shape for a in arrays] == [v.shape for v in optimizer.variables]
    optimizer.set_weights(arrays)


def every_layer() -> list[tuple[str, dict[str, Any], tuple[int, ...]]]:
    image, row = (6, 6, 2), (8, 3)
    return [
        ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal"}, row),
        ("Conv1DTranspose", {"filters": 3, "kernel_size": 2, "strides": 2}, row),
        ("SeparableConv1D", {"filters": 3, "kernel_size": 3}, row),
        ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, row),
        ("MaxPooling1D", {"pool_size": 2}, row),
        ("AveragePooling1D", {"pool_size": 2}, row),
        ("GlobalMaxPooling1D", {}, row),
        ("UpSampling1D", {"size": 2}, row),
        ("ZeroPadding1D", {"padding": (1, 2)}, row),
        ("Cropping1D", {"cropping": 1}, row),
        ("SpatialDropout1D", {"rate": 0.1}, row),
        ("Conv2D", {"filters": 4, "kernel_size": (2, 3), "groups": 2, "dilation_rate": 2, "activation": "elu"}, image),
        (
            "Conv2DTranspose",
            {"filters": 3, "kernel_size": 3, "padding": "same", "output_padding": 0, "strides": 2},
            image,
        ),
        ("SeparableConv2D", {"filters": 3, "kernel_size": 3, "depth_multiplier": 2}, image),
        ("ZeroPadding2D", {"padding": ((1, 0), (2, 1))}, image),
        ("Cropping2D", {"cropping": 1}, image),
        ("GlobalMaxPooling2D", {"keepdims": True}, image),
        ("SpatialDropout2D", {"rate": 0.1}, image),
        ("Permute", {"dims": (2, 1, 3)}, image),
        ("Reshape", {"target_shape": (12, 6)}, image),
        ("BatchNormalization", {"center": False, "momentum": 0.9}, image),
        ("RepeatVector", {"n": 3}, (5,)),
        ("ELU", {"alpha": 0.5}, (5,)),
        ("Softmax", {}, (5,)),
        ("ReLU", {"max_value": 6.0, "negative_slope": 0.1}, (5,)),
        ("Dense", {"units": 3, "kernel_regularizer": "l2", "bias_constraint": "non_neg"}, (5,)),
        ("LayerNormalization", {"epsilon": 1e-4}, image),
        ("GroupNormalization", {"groups": 2}, image),
        ("GaussianNoise", {"stddev": 0.2}, image),
        ("PReLU", {"shared_axes": [1, 2]}, image),
    ]


@pytest.mark.parametrize(("kind", "arguments", "shape"), every_layer())
def test_each_layer_goes_both_ways(kind: str, arguments: dict[str, Any], shape: tuple[int, ...], oracle: Oracle):
    keras = oracle("keras")
    ours = konv.models.Sequential([layers.Input(shape), getattr(layers, kind)(**arguments)])
    theirs = keras.models.model_from_json(ours.to_json())
    assert theirs.output_shape == ours.output_shape
    back = model_from_json(theirs.to_json())
    assert [layer.get_config() for layer in back.layers] == [layer.get_config() for layer in ours.layers]
    assert [w.shape for w in theirs.get_weights()] == [w.shape for w in ours.get_weights()]


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_what_a_normalisation_has_seen_goes_both_ways(suffix: str, oracle: Oracle, tmp_path: Path):
    """Keras keeps a count behind mean and variance, and nothing where they are arguments."""
    keras, x = oracle("keras"), np.random.default_rng(0).normal(3, 2, (9, 4)).astype("float32")
    for module, other in ((konv, keras), (keras, konv)):
        made = module.layers
        seen, told = made.Normalization(), made.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 2.0, 3.0, 4.0])
        seen.adapt(x)
        model = module.models.Sequential([made.Input((4,)), seen, told, made.Dense(2)])
        model.save(tmp_path / f"x{suffix}")
        again = other.models.load_model(tmp_path / f"x{suffix}")
        for i in (0, 2):
            found, expected = ([w for w in one.layers[i].get_weights() if w.ndim] for one in (again, model))
            assert len(found) == 2
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_array_equal(a, b)


def test_by_name(tmp_path: Path):
    def network(*names: str) -> konv.Model:
        units = [layers.Dense(3, name=name) for name in names]
        return konv.models.Sequential([layers.Input((3,)), *units])

    first, second = given(network("a", "b"), 1), given(network("c", "a", "d"), 2)
    before = second.layers[2].get_weights()
    first.save_weights(tmp_path / "first.h5")
    second.load_weights(tmp_path / "first.h5", by_name=True)
    for mine, theirs in zip(second.layers[1].get_weights(), first.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    for mine, kept in zip(second.layers[2].get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, kept)


def test_another_architecture_is_named(tmp_path: Path):
    straight(konv).save_weights(tmp_path / "w.h5")
    straight(konv).save_weights(tmp_path / "w.weights.h5")
    wider = konv.models.Sequential([
        layers.Input((9, 9, 2)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.DepthwiseConv2D(3),
        layers.Flatten(), layers.Dense(5, use_bias=False),
    ])  # fmt: skip
    kept = wider.get_weights()
    for name in ("w.h5", "w.weights.h5"):
        with pytest.raises(ModelFileError, match=r"w\.(weights\.)?h5.*depthwise_conv2d"):
            wider.load_weights(tmp_path / name)
    with pytest.raises(ModelFileError, match=r"9 in 4 layers.*2 in 1.*conv2d\w* \(kernel 3×3×2×4"):
        konv.models.Sequential([layers.Input((3,)), layers.Dense(2)]).load_weights(tmp_path / "w.h5")
    for mine, before in zip(wider.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(mine, before)


def test_what_is_no_file_of_kerass(tmp_path: Path):
    for name in ("x.keras", "x.h5"):
        with pytest.raises(ModelFileError, match="no such file"):
            load_model(tmp_path / name)
        (tmp_path / name).write_bytes(b"nonsense" * 100)
        with pytest.raises(ModelFileError, match=r"x\.(keras|h5) is not a"):
            load_model(tmp_path / name)
    straight(konv).save_weights(tmp_path / "w.h5")
    with pytest.raises(ModelFileError, match="weights without a model"):
        load_model(tmp_path / "w.h5")
    straight(konv).save(tmp_path / "whole.keras")
    content = (tmp_path / "whole.keras").read_bytes()
    for cut in (100, len(content) // 2, len(content) - 30):
        (tmp_path / "cut.keras").write_bytes(content[:cut])
        with pytest.raises(ModelFileError):
            load_model(tmp_path / "cut.keras")


def test_code_is_never_run(tmp_path: Path, oracle: Oracle):
    keras = oracle("keras")
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x * 2, name="twice")])
    theirs.save(tmp_path / "code.keras")
    with pytest.raises(ModelFileError, match="twice: the file keeps the function of this Lambda as code"):
        load_model(tmp_path / "code.keras")
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["model_weights"] = h5py.ExternalLink("other.h5", "/")
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": []})
    with pytest.raises(ModelFileError, match="model_weights"):
        load_model(tmp_path / "linked.h5")
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 10**8)
    with pytest.raises(ModelFileError, match=r"config\.json"):
        load_model(tmp_path / "bomb.keras")


def test_what_keras_lacks_is_refused(tmp_path: Path):
    model = konv.models.Sequential([layers.Input((4, 4, 2)), layers.LocalResponseNormalization()])
    with pytest.raises(ConfigurationError, match="Keras has no layer LocalResponseNormalization"):
        model.save(tmp_path / "x.keras")
    model = konv.models.Sequential([layers.Input((4, 4, 2)), layers.Conv2D(2, 3, padding=((1, 0), (0, 1)))])
    with pytest.raises(ConfigurationError, match="ZeroPadding2D"):
        model.save(tmp_path / "x.h5")
    assert not list(tmp_path.iterdir())
