"""Layers made of several operations, or of other layers, against Keras's, in random configurations; with `--slow` fifty
of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import konv
from konv import layers
from konv.errors import ConfigurationError, GraphError, ShapeError
from tests.layers.parity import Oracle, compare, undrawn

KINDS = ("Dot", "Embedding", "TimeDistributed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(50 if metafunc.config.getoption("--slow") else 3))


def test_products_as_keras(number: int, oracle: Oracle) -> None:
    """Of vectors and matrices, over any of their axes, as they are and as cosines."""
    rng = np.random.default_rng(number)
    shapes = [[int(n) for n in rng.integers(2, 6, rng.integers(1, 3))] for _ in range(2)]
    axes = [int(rng.integers(len(shape))) for shape in shapes]
    shapes[1][axes[1]] = shapes[0][axes[0]]
    given: Any = [a + 1 for a in axes] if axes[0] != axes[1] or rng.random() < 0.5 else axes[0] + 1
    options = {"axes": given, "normalize": bool(rng.random() < 0.5)}

    def network(module: Any) -> Any:
        made = module.layers
        inputs = [made.Input(shape) for shape in shapes]
        before = [made.Dense(shape[-1])(x) for shape, x in zip(shapes, inputs, strict=True)]
        with undrawn(module):
            return module.models.Model(inputs, made.Dot(**options)(before))

    def drawn(rng: np.random.Generator) -> Any:
        return [rng.normal(size=(3, *shape)).astype("float32") for shape in shapes]

    compare(oracle, network(konv), network(oracle("keras")), drawn, number)


def test_embedding_as_keras(number: int, oracle: Oracle) -> None:
    rng = np.random.default_rng(number)
    rows, width, shape = int(rng.integers(2, 30)), int(rng.integers(1, 9)), tuple(rng.integers(1, 5, number % 2 + 1))

    def network(module: Any) -> Any:
        x = module.layers.Input(shape)
        return module.models.Model(x, module.layers.Dense(3)(module.layers.Embedding(rows, width)(x)))

    def drawn(rng: np.random.Generator) -> Any:
        return rng.integers(0, rows, (3, *shape)).astype("float32")

    compare(oracle, network(konv), network(oracle("keras")), drawn, number)


INSIDE: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Dense", {"units": 3, "activation": "tanh"}, (5,)), ("Conv2D", {"filters": 2, "kernel_size": 2}, (4, 3, 2)),
    ("LayerNormalization", {"epsilon": 0.1}, (6,)), ("Flatten", {}, (2, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "shape"), INSIDE, ids=[kind for kind, *_ in INSIDE])
def test_steps_as_keras(kind: str, arguments: dict[str, Any], shape: tuple[int, ...], oracle: Oracle) -> None:
    def network(module: Any) -> Any:
        x = module.layers.Input((4, *shape))
        before = module.layers.Dense(shape[-1])(x)
        with undrawn(module):
            inner = getattr(module.layers, kind)(**arguments)
            return module.models.Model(x, module.layers.TimeDistributed(inner)(before))

    def drawn(rng: np.random.Generator) -> Any:
        return rng.normal(size=(2, 4, *shape)).astype("float32")

    compare(oracle, network(konv), network(oracle("keras")), drawn)


def test_a_model_for_each_step_goes_through_files(tmp_path: Any, oracle: Oracle) -> None:
    def network(module: Any) -> Any:
        made = module.layers
        image, film = made.Input((4, 3, 2)), made.Input((5, 4, 3, 2))
        inner = module.models.Model(image, made.Flatten()(made.Conv2D(2, 2)(image)), name="eye")
        model = module.models.Model(film, made.GlobalAveragePooling1D()(made.TimeDistributed(inner, name="each")(film)))
        model.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in model.get_weights()])
        return model

    ours, theirs = network(konv), network(oracle("keras"))
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 3, 2)).astype("float32")
    expected = ours.predict(x, verbose=0)
    ours.save(tmp_path / "ours.konv")
    ours.save(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    for name in ("ours.konv", "ours.keras", "theirs.keras"):
        again = konv.models.load_model(tmp_path / name)
        np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-5)
        assert again.get_layer("each").layer.name == "eye"
    again = oracle("keras").models.load_model(tmp_path / "ours.keras")
    np.testing.assert_allclose(np.asarray(again(x)), expected, rtol=1e-4, atol=1e-5)


def test_what_makes_no_sense_is_refused() -> None:
    a, b = layers.Input((3,)), layers.Input((4,))
    with pytest.raises(ShapeError, match=r"one length\. Received: 3 and 4"):
        layers.Dot(1)([a, b])
    with pytest.raises(ConfigurationError, match="batch axis as 0"):
        layers.Dot(0)
    with pytest.raises(GraphError, match="dot"):
        layers.Dot(1)([a, a, a])
    with pytest.raises(ConfigurationError, match="mask_zero"):
        layers.Embedding(3, 2, mask_zero=True)
    with pytest.raises(ConfigurationError, match="takes the layer"):
        layers.TimeDistributed("Dense")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="axis of steps"):
        layers.TimeDistributed(layers.Flatten())(a)
    film, normal = layers.Input((3, 4, 2)), layers.BatchNormalization()
    with pytest.raises(ConfigurationError, match="one step after the other"):
        layers.TimeDistributed(normal)(film)
    normal.trainable = False
    assert layers.TimeDistributed(normal)(film).shape == (3, 4, 2)
