"""The native engine gives what the reference gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from konv.engine import Training, build
from konv.engine.native import NativeProgram
from konv.engine.threads import Pool
from konv.errors import ShapeError
from konv.graph import Graph
from konv.ops.activation import Linear, ReLU, Sigmoid, Softmax, Tanh
from konv.ops.adaptive import Adam
from konv.ops.batch_sum import BatchSum
from konv.ops.batchnorm import BatchNormalization
from konv.ops.convolution import Conv2D
from konv.ops.curves import ELU, GELU, ClippedReLU, HardSiLU, SiLU, Softplus
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.dropping import Dropout, JointDropout, SpatialDropout1D, SpatialDropout2D
from konv.ops.globalpool import (
    AveragePool1D,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    MaxPool1D,
)
from konv.ops.local import LocallyConnected1D, LocallyConnected2D
from konv.ops.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from konv.ops.neighbours import LocalResponseNormalization
from konv.ops.places import RepeatVector
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Op
from konv.ops.resizing import UpSampling1D, UpSampling2D
from konv.ops.sequence import Conv1D, DepthwiseConv1D
from konv.ops.transposed import Conv1DTranspose, Conv2DTranspose
from konv.ops.update import SGD, RMSprop, Update
from konv.ops.views import Flatten, Reshape
from tests.engine.networks import Example, add, agree, chain, on, single, source, two_heads
from tests.ops.numerical import derivative

# Between a convolution, so that gradients have somewhere to go, and a dense layer.
OPS: dict[str, tuple[Op, ...]] = {
    "convolution": (Conv2D(7, (3, 2)),),
    "convolution with relu": (Conv2D(19, (3, 3), padding="same"), ReLU()),
    "convolution without bias": (Conv2D(3, (2, 2), bias=False), ReLU()),
    "convolution with stride": (Conv2D(5, (3, 3), (2, 3), "same"),),
    "convolution with dilation": (Conv2D(5, (2, 3), padding=((1, 0), (2, 2)), dilation=(2, 2)), ReLU()),
    "convolution in groups": (Conv2D(6, (3, 3), groups=3), ReLU()),
    "convolution depthwise": (Conv2D(6, (3, 3), padding="same", groups=6),),
    "depthwise": (DepthwiseConv2D((3, 3), padding="same"), ReLU()),
    "depthwise, each channel making several": (DepthwiseConv2D((3, 2), (2, 1), "same", 3), ReLU()),
    "depthwise, each channel making many": (ReLU(), DepthwiseConv2D((2, 2), multiplier=7, dilation=(2, 1))),
    "transposed": (Conv2DTranspose(5, (3, 3), (2, 2), "same"), ReLU(), Conv2DTranspose(3, (2, 3), bias=False)),
    "transposed, stride beyond the kernel": (ReLU(), Conv2DTranspose(5, (2, 1), (3, 2), output_padding=(2, 0))),
    "transposed, stride and dilation": (Conv2DTranspose(3, (2, 3), (3, 2), ((1, 0), (2, 3)), (1, 1), (2, 3)), Tanh()),
    "on sequences": (
        Reshape((-1, 6)),
        Conv1D(9, 3, padding="causal", dilation=2),
        ReLU(),
        DepthwiseConv1D(3, 2, "same", 2),
        Conv1DTranspose(4, 3, 2, "same", bias=False),
        ReLU(),
    ),
    "locally connected": (LocallyConnected2D(19, (2, 3), (1, 2)), ReLU(), LocallyConnected2D(3, (2, 2), bias=False)),
    "locally connected, padded": (ReLU(), LocallyConnected2D(5, (3, 2), (2, 3), ((1, 2), (0, 1)), (2, 1)), Tanh()),
    "locally connected sequences": (Reshape((-1, 6)), LocallyConnected1D(9, 3, 2, "same")),
    "enlarged": (ReLU(), UpSampling2D((2, 3)), Conv2D(2, (1, 1)), UpSampling2D((3, 1), "bilinear"), Tanh()),
    "enlarged, one channel": (Conv2D(1, (1, 1)), UpSampling2D((3, 2), "bilinear")),
    "repeated": (Flatten(), Dense(9), RepeatVector(4), UpSampling1D(3)),
    "convolutions": (Conv2D(4, (3, 3)), ReLU(), Conv2D(9, (1, 1)), Conv2D(3, (2, 2)), ReLU()),
    "batch normalisation": (BatchNormalization(0.9, 0.1), Tanh()),
    "batch normalisation with relu": (Tanh(), Conv2D(19, (3, 3), bias=False), BatchNormalization(scale=False), ReLU()),
    "batch normalisation of relu": (ReLU(), BatchNormalization(center=False), ReLU(), MaxPool2D()),
    "batch normalisation twice": (Tanh(), BatchNormalization(), ReLU(), BatchNormalization(center=False, scale=False)),
    "local response normalisation": (Conv2D(19, (3, 3)), ReLU(), LocalResponseNormalization(alpha=0.1), MaxPool2D()),
    "local response normalisation, even": (Tanh(), LocalResponseNormalization(4, 0.5, 0.6, 1.0, True)),
    "sums over the batch": (Tanh(), BatchSum(), Conv2D(3, (2, 2)), ReLU(), BatchSum(mean=True), Sigmoid()),
    "relu": (ReLU(),),
    "relu alone": (Tanh(), ReLU(), Tanh()),
    "relu twice": (Conv2D(3, (2, 2)), ReLU(), ReLU()),
    "relu and largest": (ReLU(), MaxPool2D()),
    "relu and largest overlapping": (ReLU(), MaxPool2D((3, 3), (2, 2), "same")),
    "relu and mean": (ReLU(), AveragePool2D((3, 2), (2, 1), "same")),
    "largest": (MaxPool2D((2, 2), (1, 2)),),
    "mean": (AveragePool2D(),),
    "mean of all": (ReLU(), GlobalAveragePool2D(keepdims=True)),
    "largest of all": (ReLU(), GlobalMaxPool2D()),
    "pooling along sequences": (Reshape((42, 6)), ReLU(), MaxPool1D(3, 2, "same"), AveragePool1D(2, 3)),
    "mean of a sequence": (Reshape((42, 6)), GlobalAveragePool1D()),
    "largest of a sequence": (Reshape((42, 6)), ReLU(), GlobalMaxPool1D(True)),
    "sigmoid": (Sigmoid(),),
    "tanh": (Tanh(),),
    "curves": (ClippedReLU(0.2), ELU(), SiLU(), HardSiLU(), GELU(), Softplus()),
    "softmax": (Softmax(),),
    "linear": (Linear(), ReLU(), Linear()),
    "dropout": (Dropout(0.4),),
    "dropout of channels": (ReLU(), SpatialDropout2D(0.4), Reshape((42, 6)), SpatialDropout1D(0.3)),
    "dropout of rows and samples": (Tanh(), JointDropout(0.4, 1), JointDropout(0.3, 3)),
    "dropout of relu": (ReLU(), Dropout(0.4), Dropout(0.2)),
    "reshape": (Reshape((6, -1)), Sigmoid(), Reshape((3, -1, 6)), Conv2D(2, (2, 2))),
    "dense on images": (Dense(5), ReLU()),
    "dense on images, twice": (Dense(33), Dense(5)),
    "dense on one pixel": (Conv2D(4, (7, 6)), ReLU(), Dense(5)),
    "dense": (Flatten(), Dense(50), ReLU(), Dense(20), Sigmoid()),
}


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def around(*ops: Op, n: int = 5) -> Callable[[str], Example]:
    def make(dtype: str) -> Example:
        image = source(7, 6, 2, dtype=dtype)
        return single(image, chain(image, Conv2D(6, (1, 1)), *ops, Flatten(), Dense(3)), n)

    return make


@pytest.mark.parametrize("name", OPS)
def test_ops_agree(name: str, dtype: str) -> None:
    """Two training steps, then fewer samples, then one."""
    agree(around(*OPS[name]), dtype, SGD(), sizes=(0, 3, 1))


@pytest.mark.parametrize("name", OPS)
def test_ops_agree_in_testing(name: str) -> None:
    agree(around(*OPS[name]), "float32", sizes=(0, 3, 1), steps=1)


@pytest.mark.parametrize("name", OPS)
def test_no_op_leaves_its_arrays(name: str) -> None:
    """Every array lies between pages that must not be touched: a kernel that reads or writes beyond ends the run."""
    agree(around(*OPS[name]), "float32", SGD(), steps=1, sizes=(0, 2), engine="guarded")


LOSSES = {
    "categorical": (CategoricalCrossentropy(), (Softmax(),)),
    "categorical of any output": (CategoricalCrossentropy(), (Sigmoid(),)),
    "categorical from scores": (CategoricalCrossentropy(True), ()),
    "sparse": (SparseCategoricalCrossentropy(), (Softmax(),)),
    "sparse from scores": (SparseCategoricalCrossentropy(True), ()),
    "binary": (BinaryCrossentropy(), (Sigmoid(),)),
    "binary of any output": (BinaryCrossentropy(), (Softmax(),)),
    "binary from scores": (BinaryCrossentropy(True), ()),
    "binary from scores of a relu": (BinaryCrossentropy(True), (ReLU(),)),
    "categorical of a relu's softmax": (CategoricalCrossentropy(), (ReLU(), Softmax())),
    "squares": (MeanSquaredError(), ()),
    "squares of a relu": (MeanSquaredError(), (ReLU(),)),
    "squares of a flattened relu": (MeanSquaredError(), (ReLU(), Flatten())),
}


@pytest.mark.parametrize("shape", [(6,), (2, 3, 6)])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """One loss a sample, or the mean over several places."""
    loss, ops = LOSSES[name]

    def make(dtype: str) -> Example:
        image = source(*shape, dtype=dtype)
        example = single(image, chain(image, Dense(11), *ops), 5, loss)
        labels = np.random.default_rng(1).integers(0, 11, (5, *shape[:-1]))
        output = example.graph.outputs[0].shape
        if isinstance(loss, SparseCategoricalCrossentropy):
            return example._replace(targets=(labels,))
        if isinstance(loss, CategoricalCrossentropy):
            return example._replace(targets=(np.eye(11, dtype=dtype)[labels],))
        if isinstance(loss, BinaryCrossentropy):
            return example._replace(targets=((example.targets[0] > 0).astype(dtype).reshape(5, *output),))
        return example

    agree(make, dtype, SGD())


@pytest.mark.parametrize(
    "update",
    [SGD(), SGD(0.9), SGD(0.9, True), RMSprop(), RMSprop(inside=False), RMSprop(momentum=0.5), Adam()],
    ids=repr,
)
def test_updates_agree(update: Update) -> None:
    agree(two_heads, "float64", update, steps=3)


def test_several_readers_and_shared_weights_agree(dtype: str) -> None:
    """Gradients of one tensor from two layers and a loss; of one weight from two layers."""
    agree(two_heads, dtype, SGD(), sizes=(0, 2))


def shared_convolution(dtype: str) -> Example:
    """One kernel used three times, on images of two sizes, and its output read by a loss as well."""
    image = source(8, 8, 3, dtype=dtype)
    first = add(Conv2D(3, (3, 3), padding="same"), image, "shared")
    variables = first.node.variables
    second = add(Conv2D(3, (3, 3), padding="same"), add(ReLU(), first, "relu"), "shared", variables)
    third = add(Conv2D(3, (3, 3), (2, 2)), add(MaxPool2D(), second, "pool"), "shared", variables)
    example = single(image, third, 6)
    rng = np.random.default_rng(3)
    return example._replace(
        graph=Graph([image], [third, first, third]),
        losses=(MeanSquaredError(),) * 3,
        targets=tuple(rng.normal(size=(6, *t.shape)).astype(dtype) for t in (third, first, third)),
        weights=example.weights * 3,
    )


def test_shared_kernels_and_an_output_given_twice_agree(dtype: str) -> None:
    agree(shared_convolution, dtype, SGD())


@pytest.mark.parametrize("make", [two_heads, shared_convolution])
def test_gradients_by_finite_differences(make: Callable[[str], Example]) -> None:
    """Of the compiled kernels themselves, in float64."""
    example = make("float64")
    program = example.program("native", SGD())

    def objective() -> float:
        for v in example.graph.variables:
            v.touch()  # `derivative` writes into the values
        losses = example.run(program).losses  # a learning rate of 0 changes nothing
        return float(sum((loss * w).sum() for loss, w in zip(losses, example.weights, strict=True)))

    example.run(program)
    for v, g in zip(example.graph.variables, program.gradients(), strict=True):
        some = v.value.reshape(-1)[:: max(1, v.value.size // 25)]
        expected = derivative(objective, some, 1e-6)
        assert abs(expected).max() > 1e-3
        np.testing.assert_allclose(g.reshape(-1)[:: max(1, g.size // 25)], expected, rtol=1e-6, atol=1e-8)


def test_only_what_is_trained_moves() -> None:
    """A frozen layer in the middle: gradients go through it, its own is not taken."""
    kept, frozen = two_heads("float32"), two_heads("float32")
    variables = [v for v in frozen.graph.variables if "twice" not in v.name]
    with on("native"):
        some = build(frozen.graph, 5, frozen.losses, Training(SGD(), tuple(variables), ((),) * len(variables)))
    every = kept.program("native", SGD())
    before = {v.name: v.value.copy() for v in frozen.graph.variables}
    for example, program in ((kept, every), (frozen, some)):
        example.run(program, rate=0.1)
    assert len(some.gradients()) == len(variables)
    for a, b in zip(frozen.graph.variables, kept.graph.variables, strict=True):
        np.testing.assert_array_equal(a.value, before[a.name] if "twice" in a.name else b.value)


def test_dropout_follows_its_sample() -> None:
    """In whichever batch and place; in other epochs and samples it differs; testing leaves it out."""
    example = around(Dropout(0.5))("float32")
    example = example._replace(x=np.repeat(example.x[:1], 5, 0))
    program = example.program("native", SGD())
    together = example.run(program).outputs[0]
    assert len(np.unique(together, axis=0)) == 5
    np.testing.assert_array_equal(example.run(program, 2).outputs[0], together[:2])
    assert (example.run(program, epoch=3).outputs[0] != together).any()
    tested = example.run(example.program("native")).outputs[0]
    assert len(np.unique(tested, axis=0)) == 1
    with pytest.raises(ValueError, match="position"):
        program.run([example.x], example.targets, example.weights, (0.0,))


def test_weights_written_between_runs_are_seen() -> None:
    """Packed copies are made anew: after `assign` and `touch`, and after another program's training."""
    example = two_heads("float32")
    tests, trains = example.program("native"), example.program("native", SGD())
    before = example.run(tests).outputs[0]
    example.run(trains, rate=0.5)
    after = example.run(tests).outputs[0]
    assert (after != before).any()
    np.testing.assert_array_equal(after, example.run(two_heads_of(example).program("native")).outputs[0])
    for v in example.graph.variables:
        v.assign(v.value * 0)
    np.testing.assert_array_equal(example.run(tests).outputs[0], 0.25)
    assert {v.version for v in example.graph.variables} == {2}


def test_weights_are_packed_when_their_version_says_so_and_only_then() -> None:
    """Also where the run before had as many samples and nothing to pack."""
    example = two_heads("float32")
    program = example.program("native")
    example.run(program)
    before = example.run(program, 3).outputs[0]
    kernels = [v for v in example.graph.variables if v.name.endswith("kernel")]
    for v in kernels:
        v.value[...] *= 2
    np.testing.assert_array_equal(example.run(program, 3).outputs[0], before)
    for v in kernels:
        v.touch()
    after = example.run(program, 3).outputs[0]
    np.testing.assert_array_equal(after, example.run(two_heads_of(example).program("native"), 3).outputs[0])
    assert (after != before).any()


def two_heads_of(other: Example) -> Example:
    """The same network, made anew, with another's weights."""
    made = two_heads("float32")
    for v, w in zip(made.graph.variables, other.graph.variables, strict=True):
        v.assign(w.value)
    return made


def test_inputs_are_taken_in_the_type_of_the_graph() -> None:
    example = around(ReLU())("float32")
    whole = np.random.default_rng(0).integers(0, 255, example.x.shape).astype("uint8")
    program = example.program("native")
    found, wanted = (example._replace(x=x) for x in (whole, whole.astype("float32")))
    np.testing.assert_array_equal(found.run(program).outputs[0], wanted.run(program).outputs[0])


@pytest.mark.parametrize("shape", [(6, 7, 6, 2), (0, 7, 6, 2), (2, 7, 6, 3), (2, 7, 12)])
def test_inputs_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    program = around(ReLU())("float32").program("native")
    with pytest.raises(ShapeError, match="samples of shape 7×6×2, at most 5 at once"):
        program.run([np.zeros(shape, "float32")], [np.zeros((2, 3), "float32")])


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_outputs_are_the_callers_own(engine: str) -> None:
    """Also where one is the input itself, in another shape."""
    image = source(2, 3, dtype="float32")
    flat = chain(image, Flatten())
    with on(engine):
        program = build(Graph((image,), (flat, chain(flat, ReLU()))), 4)
    x = np.arange(24, dtype="float32").reshape(4, 2, 3)
    first = program.run([x]).outputs
    wanted = x.reshape(4, 6).copy()
    x[...] = 7
    program.run([x])
    for output in first:
        np.testing.assert_array_equal(output, wanted)


def test_workers_are_not_called_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stage there is no barrier, and a worker that wakes up late would read tables that are gone."""
    called = []
    monkeypatch.setattr(Pool, "run", lambda self, program: called.append(program))
    image = source(2, 3, dtype="float32")
    program = NativeProgram(Graph((image,), (chain(image, Flatten()),)), 4)
    x = np.arange(24, dtype="float32").reshape(4, 2, 3)
    np.testing.assert_array_equal(program.run([x]).outputs[0], x.reshape(4, 6))
    np.testing.assert_array_equal(program.values([x])[0], x.reshape(4, 6))
    assert not called
