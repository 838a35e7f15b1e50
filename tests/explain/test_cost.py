"""What layers cost, against published counts and sums done by hand."""

from __future__ import annotations

from konv.explain.cost import layer_costs
from konv.layers import BatchNormalization, Conv2D, Dense, Flatten, Input
from konv.models import Model, Sequential
from konv.zoo import build


def test_network_of_the_notes():
    layers = layer_costs(build("notes").graph)
    assert sum(layer.parameters for layer in layers) == 1_250_858
    assert sum(layer.macs for layer in layers) == 20_741_120
    first = next(layer for layer in layers if layer.name.startswith("conv2d"))
    assert first.kind == "Conv2D"
    assert first.parameters == 896
    assert first.biases == 32
    assert first.parameter_arithmetic == "3·3·3·32 = 864, and 32 biases, one shared by each feature map"
    assert first.shape_arithmetic == "(32 + 2 − 3)/1 + 1 = 32"
    assert first.macs == 32 * 32 * 32 * 27
    assert first.activation_bytes == 32 * 32 * 32 * 4
    assert first.input_shapes == ((32, 32, 3),)
    assert first.output_shape == (32, 32, 32)


def test_layer_with_its_activation_is_one_row():
    model = Sequential([
        Conv2D(4, (3, 5), strides=(2, 1), activation="relu", use_bias=False, input_shape=(9, 9, 2)),
        Flatten(),
        Dense(3, activation="softmax"),
    ])  # fmt: skip
    layers = layer_costs(model.graph)
    assert [layer.kind for layer in layers] == ["Input", "Conv2D + ReLU", "Flatten", "Dense + Softmax"]
    convolution, dense = layers[1], layers[3]
    assert convolution.parameter_arithmetic == "3·5·2·4 = 120"
    assert convolution.biases == 0
    assert convolution.shape_arithmetic == "(9 − 3)/2 + 1 = 4, (9 − 5)/1 + 1 = 5"
    assert convolution.macs == 4 * 5 * 4 * 30
    assert dense.parameters == 80 * 3 + 3
    assert "all 80 numbers of the 4×5×4 map" in dense.purpose or "80 features" in dense.purpose
    assert "3 scores" in dense.purpose


def test_statistics_are_no_parameters_and_offsets_are_biases():
    x = Input((4, 4, 3))
    _, layer = layer_costs(Model(x, BatchNormalization()(x)).graph)
    assert (layer.parameters, layer.biases, layer.statistics) == (6, 3, 6)
    assert layer.parameter_arithmetic == "3 γ + 3 β = 6, and 6 running statistics that are not trained"


def test_weights_used_twice_count_once():
    x, shared = Input((8, 8, 2)), Conv2D(2, 3, padding="same", name="shared")
    first, second = [
        layer for layer in layer_costs(Model(x, shared(shared(x))).graph) if layer.parameters or layer.macs
    ]
    assert (first.parameters, second.parameters) == (38, 0)
    assert (first.macs, second.macs) == (64 * 36, 64 * 36)
    assert second.parameter_arithmetic == "the weights of its first use"
