"""Kernels for other processors than the host: equal where sums are exact, else close, and made of the right code."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from konv.errors import ConfigurationError
from konv.kernels.code import llvm, processor
from konv.kernels.code.executor import Routine
from konv.kernels.code.processor import current, named
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.convolution import Convolution
from konv.kernels.products.dense import Dense, DenseWeightGradient
from konv.kernels.products.pack import Pack
from konv.kernels.products.taps import Taps
from konv.kernels.products.weight_gradient import WeightGradient
from konv.kernels.training.rows import Softmax
from konv.ops.record import Array
from konv.shapes import Axis
from tests.kernels.helpers import frame, packed, run, runs_here, same_bits, wide
from tests.kernels.test_functions import CASES, WIDER, computed, spread

LEVELS = ["x86-64-v2", "x86-64-v3", "x86-64-v4"]
ARM = "aarch64-linux-gnu"
SAMPLES, SIZE, INPUTS, OUTPUTS = 3, 9, 11, 37
WINDOW = Axis(SIZE, 3, 2, 1, 1, 1)


@pytest.fixture(params=[*LEVELS, "wide vectors"])
def target(request: pytest.FixtureRequest) -> Target:
    if request.param == "wide vectors":
        return wide()
    if not runs_here(request.param):
        pytest.skip(f"this processor cannot run {request.param}")
    return named(request.param)


def convolution(dtype: str = "float32") -> Convolution:
    taps = Taps.forward(WINDOW)
    return Convolution(dtype, taps, taps, (3, 3), INPUTS, OUTPUTS)


def integers() -> Callable[..., Array]:
    rng = np.random.default_rng(0)
    return lambda *shape: rng.integers(-4, 5, shape)


def normals() -> Callable[..., Array]:
    rng = np.random.default_rng(1)
    return lambda *shape: rng.normal(size=shape)


def results(target: Target, dtype: str, draw: Callable[..., Array]) -> dict[str, tuple[Array, int, Array]]:
    """Of each product kernel: its result, how many terms it sums, and the sum of their sizes."""
    taps, places = Taps.forward(WINDOW), WINDOW.output
    x, w = draw(SAMPLES, SIZE, SIZE, INPUTS).astype(dtype), draw(3, 3, INPUTS, OUTPUTS).astype(dtype)
    dy = draw(SAMPLES, places, places, OUTPUTS).astype(dtype)
    rows, kernel, back = draw(32, INPUTS).astype(dtype), draw(INPUTS, OUTPUTS).astype(dtype), draw(32, OUTPUTS)
    found: dict[str, tuple[Array, int, Array]] = {}

    def one(name: str, spec: Spec, n: int, terms: int, out: Array, *arguments: Array, writes: tuple[int, ...]) -> None:
        sizes = [np.abs(a) if a.dtype == dtype else a for a in arguments]
        for given, to in ((arguments, out), (sizes, size := out.copy())):
            run(spec, *given, to, end=n, target=target, writes=writes)
        found[name] = (out, terms, size)

    spec = convolution(dtype)
    one("convolution", spec, SAMPLES * places, 9 * INPUTS, np.zeros_like(dy), x, packed(spec, w, target=target),
        writes=(-1,))  # fmt: skip
    one("weight gradient", WeightGradient(dtype, taps, taps, INPUTS, OUTPUTS), SAMPLES * places,
        SAMPLES * places**2, np.zeros_like(w), x, dy, writes=(-1,))  # fmt: skip
    dense = Dense(dtype, 4, INPUTS, OUTPUTS)
    one("dense", dense, dense.units(target), INPUTS, np.zeros((32, OUTPUTS), dtype), frame(4), rows,
        packed(dense, kernel, target=target), writes=(-1,))  # fmt: skip
    gradient = DenseWeightGradient(dtype, 32, INPUTS, OUTPUTS)
    one("dense weight gradient", gradient, gradient.units(target), 32, np.zeros_like(kernel), frame(32), rows,
        back.astype(dtype), writes=(0, -1))  # fmt: skip
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_of_small_integers_are_equal_bit_for_bit(target: Target, dtype: str) -> None:
    found, wanted = (results(t, dtype, integers()) for t in (target, current()))
    for name, (out, _, _) in found.items():
        same_bits(out, wanted[name][0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_other_sums_are_within_the_bound_of_their_roundings(target: Target, dtype: str) -> None:
    """A sum of n products, rounded in any way, is within γ = n·u / (1 − n·u) times the sum of their sizes (Higham,
    *Accuracy and stability of numerical algorithms*, 2002, equation 3.4; u = ε/2): two of them within twice that."""
    found, wanted = (results(t, dtype, normals()) for t in (target, current()))
    for name, (out, terms, size) in found.items():
        unit = (terms + 1) * np.finfo(dtype).eps / 2  # one more: the size is itself a rounded sum
        assert (abs(out - wanted[name][0]) <= 2 * unit / (1 - unit) * size).all(), name


def test_levels_that_multiply_and_add_at_once_agree_bit_for_bit() -> None:
    """The order of a sum belongs to the kernel, not to registers or vectors."""
    if not runs_here("x86-64-v4"):
        pytest.skip("this processor cannot run x86-64-v4")
    found, wanted = (results(named(cpu), "float32", normals()) for cpu in LEVELS[1:])
    for name, (out, _, _) in found.items():
        same_bits(out, wanted[name][0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", CASES)
def test_functions_keep_their_bounds(
    function: str, dtype: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a fused multiply-add each step of the series rounds twice, the last ones by up to a unit more."""
    monkeypatch.setattr(processor, "host", lambda: target)
    formula, low, high, bound = CASES[function]
    x = spread(dtype, low, high)
    with np.errstate(all="ignore"):
        exact = formula(x.astype(WIDER[dtype]))
        rounded = exact.astype(dtype)
    finite = np.isfinite(rounded)
    error = abs(computed(function, x)[finite].astype(WIDER[dtype]) - exact[finite])
    assert (error / np.spacing(abs(rounded[finite]))).max() <= bound + (not target.fma)


def code(spec: Spec, target: Target, triple: str = "") -> list[str]:
    """The instructions of a kernel, each with its operands."""
    return re.findall(r"^\t([a-z]\S*\t.*)$", llvm.assembly(spec.emit(target).text(), target, triple), re.MULTILINE)


@pytest.mark.parametrize(
    ("cpu", "multiply_add", "register", "never"),
    [
        ("x86-64-v2", "mulp[sd]", "%xmm", r"vfm|%ymm|%zmm|call"),
        ("x86-64-v3", "vfmadd[0-9]+p[sd]", "%ymm", r"vmulp|%zmm|call"),
        ("x86-64-v4", "vfmadd[0-9]+p[sd]", "%zmm", r"vmulp|call"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_instructions(cpu: str, multiply_add: str, register: str, never: str, dtype: str) -> None:
    """As many multiply-adds of whole registers as the tile has accumulators, at least; nothing narrower or wider."""
    target = named(cpu)
    taps = Taps.forward(WINDOW)
    gradient = WeightGradient(dtype, taps, taps, INPUTS, OUTPUTS)
    for spec in (convolution(dtype), gradient, Dense(dtype, 16, INPUTS, OUTPUTS)):
        lines = code(spec, target)
        products = [line for line in lines if re.match(multiply_add, line) and register in line]
        rows, vectors = spec.tile(target)
        assert len(products) >= rows * vectors
        if not target.fma:
            assert sum(bool(re.match("addp[sd]", line)) for line in lines) >= rows * vectors
        assert [line for line in lines if re.search(never, line)] == []


@pytest.mark.parametrize("cpu", ["apple-m1", "neoverse-n1", "generic"])
def test_arm(cpu: str) -> None:
    """Emitted for NEON on any host: vectors of four, fused, and no calls but those between kernel and executor."""
    target = named(cpu, ARM)
    assert (target.vector_bytes, target.registers, target.fma) == (16, 32, True)
    for spec in (convolution(), Dense("float32", 16, INPUTS, OUTPUTS)):
        lines = code(spec, target, ARM)
        rows, vectors = spec.tile(target)
        assert sum(bool(re.match(r"fmla\tv\d+\.4s", line)) for line in lines) >= rows * vectors
        assert [line for line in lines if re.match(r"bl\t|fmul\t", line)] == []
    for other in (Pack("float64", 9, INPUTS, OUTPUTS, 1, 2, turned=True), Softmax("float32", 10)):
        assert any(re.search(r"v\d+\.[24][sd]|q\d+", line) for line in code(other, target, ARM))
    for entry in ("work", "step"):
        assert any(line.startswith(("ldar", "cas")) or "ldadd" in line
                   for line in code(Routine("float32", entry, "aarch64", 98), target, ARM))  # fmt: skip


@pytest.mark.parametrize(
    ("cpu", "vector_bytes", "registers", "fma"),
    [("nehalem", 16, 16, False), ("haswell", 32, 16, True), ("znver4", 64, 32, True), ("i686", 16, 16, False)],
)
def test_processors_by_name(cpu: str, vector_bytes: int, registers: int, fma: bool) -> None:
    """Nothing is taken from the host, not even its caches."""
    found = named(cpu)
    assert (found.vector_bytes, found.registers, found.fma) == (vector_bytes, registers, fma)
    assert (found.l1, found.l2) == (32 << 10, 512 << 10)
    assert llvm.compile_object(convolution().emit(found).text(), found)


@pytest.mark.parametrize("name", ["pentium-pro-max", "x86-64-v9", "'; import os"])
def test_unknown_processor(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_CPU", name)
    with pytest.raises(ConfigurationError, match=f"no processor .*{re.escape(name)}.*x86-64-v3"):
        current()


def test_a_processor_that_is_not_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_CPU", "x86-64-v4")
    features = {f: f not in ("avx512f", "avx512vl") for f in llvm.features_of("x86-64-v4") or ()}
    monkeypatch.setattr(llvm, "host", lambda: ("elsewhere", features))
    with pytest.raises(ConfigurationError, match="does not have: avx512f, avx512vl"):
        current()
