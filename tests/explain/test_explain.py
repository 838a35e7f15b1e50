"""`model.explain()` and `konv explain`: the contract of the answer, what is said of layers at their place, the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from konv import zoo
from konv.explain.connectivity import Connectivity, Wiring
from konv.explain.cost import LayerCost
from konv.explain.layer_table import said_once, sees
from konv.explain.memory import memory
from konv.layers import Add, Conv2D, Conv2DTranspose, Dense, Input, MaxPooling2D, UpSampling2D
from konv.messages import set_language
from konv.models import Model, Sequential

CHINESE = re.compile(r"[\u4e00-\u9fff]")
KEYS = ["name", "kind", "purpose", "input_shapes", "output_shape", "parameters", "biases", "parameter_arithmetic",
        "shape_arithmetic", "macs", "activation_bytes", "receptive_field", "jump"]  # fmt: skip


@pytest.fixture
def chinese() -> Iterator[None]:
    """Everything is said in Chinese."""
    set_language("zh")
    yield
    set_language(None)


def layers_of(name: str, **options: object) -> dict[str, LayerCost]:
    """The layers of a network by name."""
    return {layer.name: layer for layer in zoo.NETWORKS[name](**options).explain().layers}


def test_the_answer_is_the_contract():
    answer = json.loads(zoo.alexnet().explain().json())
    assert list(answer) == ["schema", "model", "input_shape", "layers", "total"]
    assert (answer["schema"], answer["model"], answer["input_shape"]) == (1, "alexnet", [227, 227, 3])
    assert all(list(layer) == KEYS for layer in answer["layers"])
    first = next(layer for layer in answer["layers"] if layer["name"] == "conv1")
    assert {key: value for key, value in first.items() if key != "purpose"} == {
        "name": "conv1", "kind": "Conv2D", "input_shapes": [[227, 227, 3]], "output_shape": [55, 55, 96],
        "parameters": 34_944, "biases": 96,
        "parameter_arithmetic": "11·11·3·96 = 34,848, and 96 biases, one shared by each feature map",
        "shape_arithmetic": "(227 − 11)/4 + 1 = 55", "macs": 105_415_200, "activation_bytes": 1_161_600,
        "receptive_field": [11, 11], "jump": [4, 4],
    }  # fmt: skip
    assert answer["total"] == {"parameters": 60_965_224, "macs": 724_406_816, "activation_bytes": 8_360_108}
    assert sum(layer["biases"] for layer in answer["layers"]) == 10_568


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_sums_are_those_of_the_network(name: str):
    model = zoo.build(name)
    found = model.explain()
    assert found.total.parameters == sum(v.size for v in model.trainable_weights)
    assert found.statistics == sum(v.size for v in model.weights if v.statistic)
    assert found.layers[-1].output_shape == model.output_shape[1:]
    assert all(type(n) is int for layer in found.layers for n in (*layer.receptive_field, *layer.jump))
    assert all(layer.purpose for layer in found.layers)


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_everything_is_said_in_chinese_too(name: str, chinese: None):
    found = zoo.build(name).explain()
    assert [layer.name for layer in found.layers if not CHINESE.search(layer.purpose)] == []
    # Words of English are names of operations and papers; sentences would have several in a row.
    assert re.findall(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", found.table(120)) == []


def test_roles_fit_the_place():
    alexnet = layers_of("alexnet")
    assert "96 templates of 11×11×3" in alexnet["conv1"].purpose
    assert "from 227×227 to 55×55" in alexnet["conv1"].purpose
    assert "overlapping 3×3 windows" in alexnet["pool1"].purpose
    assert "In 2 groups" in alexnet["conv2"].purpose
    assert "51×51 pixels" in alexnet["conv2"].purpose
    assert "for the first time" in alexnet["fc6"].purpose
    assert "stand for things" in alexnet["fc7"].purpose
    assert "Gives each of 1,000 classes its score" in alexnet["fc8"].purpose
    google = layers_of("googlenet")
    assert "reduces them to 16, so that the 5×5 convolution" in google["inception3a_5x5_reduce"].purpose
    assert "Keeps the map's size" in google["inception3a_pool"].purpose
    assert "64 + 128 + 32 + 32 = 256" in google["inception3a"].purpose
    dense = layers_of("densenet_bc")
    assert "Between two dense blocks, from 32×32 to 16×16" in dense["transition1_pool"].purpose
    assert "24 channels there were and 12 new ones" in dense["block1_1"].purpose
    assert "that the dense block has gathered" in dense["block2_3_1x1"].purpose
    assert "reduces them to 48" in dense["transition1_1x1"].purpose
    residual = layers_of("resnet50")
    assert "Adds what the block has computed" in residual["conv2_1_add"].purpose
    assert "Adds what the block has computed" in residual["conv2_2_add"].purpose
    assert "way past the block from 256 to 512 channels and from 56×56 to 28×28" in residual["conv3_1_shortcut"].purpose
    assert "way past the block from 64 to 256 channels, so" in residual["conv2_1_shortcut"].purpose
    mobile = layers_of("mobilenet_v2")
    assert "Widens 16 channels to 96" in mobile["block2_1_expand"].purpose
    assert "each of the channels by itself" in mobile["block2_1_depthwise"].purpose
    assert "no activation follows" in mobile["block2_1_project"].purpose
    nin = layers_of("nin")
    assert "one for each class" in nin["mlp3_2"].purpose
    assert "maps of scores" in nin["pool3"].purpose
    assert "among themselves" in nin["mlp2_1"].purpose
    unet = layers_of("unet")
    assert "Puts the fine map of the way down" in unet["up1_join"].purpose
    assert "Cuts the edges off, 64×64 to 56×56" in unet["up4_crop"].purpose
    plain = layers_of("resnet20")
    assert any("Adds channels of zeros, 16 to 32" in layer.purpose for layer in plain.values())
    assert any("Takes every 2nd place" in layer.purpose for layer in plain.values())
    assert "Adds what the block has computed" in plain["conv3_1_add"].purpose


def test_arithmetic_of_shapes():
    x = Input((9, 8, 2))
    y = Conv2DTranspose(3, 3, strides=2, name="up")(x)
    z = MaxPooling2D(3, 2, padding="same", name="down")(UpSampling2D(2, name="larger")(y))
    found = {layer.name: layer for layer in Model(x, z).explain().layers}
    assert found["up"].shape_arithmetic == "(9 − 1)·2 + 3 = 19, (8 − 1)·2 + 3 = 17"
    assert found["larger"].shape_arithmetic == "19·2 = 38, 17·2 = 34"
    assert found["down"].shape_arithmetic == "(38 + 1 − 3)/2 + 1 = 19, (34 + 1 − 3)/2 + 1 = 17"
    half = Model(x, MaxPooling2D(2, name="pool")(x)).explain().layers[1]
    assert half.shape_arithmetic == "⌊(9 − 2)/2⌋ + 1 = 4, (8 − 2)/2 + 1 = 4"
    assert found["larger"].jump == (0.25, 0.25)
    assert sees(found["larger"]).endswith("/0.25")


def test_memory_is_what_lives_at_once():
    x = Input((4, 4, 1))
    a = Conv2D(2, 3, padding="same")(x)  # 32 numbers
    b = Conv2D(2, 1)(a)
    model = Model(x, Dense(1)(Add()([a, b])))
    need = memory(model.graph)
    # While the sum is made a, b and the sum are there: 3 · 32 numbers of 4 bytes.
    assert (need.maps, need.all_maps) == (3 * 32 * 4, (16 + 3 * 32 + 16) * 4)
    assert need.weights == 4 * model.count_params()
    assert need.inference(10) == need.weights + 10 * need.maps
    assert need.training(10) == 4 * need.weights + 20 * need.all_maps


def test_connectivity_of_the_notes():
    found = Connectivity(1000 * 1000, 10**6, 10 * 10)
    assert found.fully == Wiring(10**12, 10**12, 10**6)
    assert found.locally == Wiring(10**8, 10**8, 10**6)
    assert found.shared == Wiring(10**8, 100, 1)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["alexnet", "densenet_bc"])
def test_table_keeps_within_its_width(name: str, width: int):
    lines = zoo.build(name).explain().table(width).splitlines()
    assert max(map(len, lines)) <= width
    head = next(line for line in lines if "multiply-adds" in line)
    assert len(head) <= width
    assert lines[0].startswith(name)


def test_long_networks_say_a_sentence_once():
    found = zoo.densenet_bc().explain().layers
    said = [sentence for sentence in said_once(found) if "dense block has gathered" in sentence]
    assert len(said) == 1


def test_page_needs_nothing_but_itself(chinese: None):
    page = zoo.build("squeezenet", (64, 64, 3)).explain().html()
    assert page.startswith("<!DOCTYPE html>")
    assert 'lang="zh-Hans"' in page
    assert re.findall(r'(?:src|href)="(?!#)', page) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page) == []
    assert "<script" not in page
    assert "prefers-color-scheme: dark" in page
    assert "fire2_squeeze" in page


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_drawing_is_to_scale(name: str):
    found = zoo.build(name).explain()
    root = ElementTree.fromstring(found.svg())
    space = "{http://www.w3.org/2000/svg}"
    slabs = [g for g in root.iter(f"{space}g") if g.get("class") in ("conv", "pool", "dense", "other")]
    assert 4 <= len(slabs) <= 60
    explained = {layer.name: layer for layer in found.layers}
    scales = set()
    for slab in slabs:
        layer = explained[(slab.findtext(f"{space}title") or "").partition(":")[0]]
        front = [tuple(map(float, point.split(","))) for point in slab[1].get("points", "").split()]
        drawn = front[3][1] - front[0][1]
        if len(layer.output_shape) == 3 and drawn > 20:
            scales.add(round(drawn / layer.output_shape[0], 1 if layer.output_shape[0] > 60 else 0))
    assert len(scales) in (1, 2), scales


def test_special_characters_are_escaped():
    model = Sequential([Dense(2, input_shape=(3,), name="a<b>&c")], name="<i>")
    for text in (model.explain().html(), model.explain().svg(), model.explain()._repr_html_()):
        assert "<b>" not in text
        assert "<i>" not in text
