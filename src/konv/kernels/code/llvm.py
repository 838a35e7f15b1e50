"""The only module that touches llvmlite: text of LLVM IR in, machine code out, machine code loaded.

Written for llvmlite 0.50 (LLVM 22), to which the package is pinned. Objects are loaded by LLJIT, which raises where an
object is damaged or a symbol is missing; MCJIT would crash or stay silent. The library is loaded at its first use: that
takes a tenth of a second, which whoever only describes a network need not pay.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from konv.errors import CompileError
from konv.kernels.code.target import Target
from konv.locks import waited_for
from konv.messages import text

if TYPE_CHECKING:
    import llvmlite.binding as llvm

__all__ = ["assembly", "compile_object", "features_of", "host", "load", "version"]

_lock = waited_for(threading.Lock())
_trackers: list[object] = []  # what LLJIT has loaded lives as long as these do
_loaded: dict[str, int] = {}


def _library() -> Any:
    """LLVM's functions."""
    import llvmlite.binding

    return llvmlite.binding


@lru_cache(maxsize=1)
def _ready() -> None:
    _library().initialize_native_target()
    _library().initialize_native_asmprinter()


@lru_cache(maxsize=1)
def _all_targets() -> None:
    _library().initialize_all_targets()
    _library().initialize_all_asmprinters()


def version() -> str:
    """The compiler's versions: part of every cache key."""
    from llvmlite import __version__

    return f"llvmlite {__version__}, LLVM {'.'.join(map(str, _library().llvm_version_info))}"


def host() -> tuple[str, dict[str, bool]]:
    """The host's processor name and its features."""
    _ready()
    return _library().get_host_cpu_name(), dict(_library().get_host_cpu_features())


# What the x86-64 levels promise of what kernels care for (x86-64 psABI, section 3.1.1); other names are asked of LLVM
# by compiling a probe.
_LEVELS = {
    "x86-64": (),
    "x86-64-v2": ("sse4.1",),
    "x86-64-v3": ("sse4.1", "avx2", "fma"),
    "x86-64-v4": ("sse4.1", "avx2", "fma", "avx512f", "avx512vl", "avx512dq", "avx512bw"),
}
_PROBE = """define void @probe(ptr %p) {
  %x = load <16 x float>, ptr %p, align 4
  %y = call <16 x float> @llvm.fma.v16f32(<16 x float> %x, <16 x float> %x, <16 x float> %x)
  store <16 x float> %y, ptr %p, align 4
  ret void
}
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
"""


@lru_cache(maxsize=16)
def features_of(cpu: str, triple: str = "") -> frozenset[str] | None:
    """The features kernels care for that a named processor of `triple` (the host's) has; None where LLVM knows none
    of that name."""
    if cpu in _LEVELS:
        return frozenset(_LEVELS[cpu])
    if not _known(cpu, triple):
        return None
    asked = _emit(_PROBE, _machine(cpu, "", triple), True)
    found = set()
    if "zmm" in asked or ("vfmadd" in asked and "k1" in asked):
        found |= set(_LEVELS["x86-64-v4"])
    elif "vfmadd" in asked:
        found |= set(_LEVELS["x86-64-v3"])
    if "fmla" in asked:
        found.add("neon")
    return frozenset(found)


def _known(cpu: str, triple: str) -> bool:
    """Whether LLVM knows a processor. It only says so on stderr, so another process asks."""
    code = f"from konv.kernels.code import llvm; llvm._machine({cpu!r}, '', {triple!r})"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    return "not a recognized processor" not in asked.stderr


def _is_x86(triple: str) -> bool:
    return triple.startswith("x86_64")


def _machine(cpu: str, features: str, triple: str = "") -> llvm.TargetMachine:
    if triple:
        _all_targets()
        chosen = _library().Target.from_triple(triple)
    else:
        _ready()
        chosen = _library().Target.from_default_triple()
    if _is_x86(chosen.triple):
        features += ",+64bit"  # where a name is unknown, or of a 32-bit processor, LLVM would end the process
    return chosen.create_target_machine(cpu=cpu, features=features, opt=3, reloc="pic", jit=not triple)


def _emit(ir: str, machine: llvm.TargetMachine, as_text: bool) -> Any:
    llvm = _library()
    module = llvm.parse_assembly(ir)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    # The generator inlines, unrolls and vectorises; LLVM's whole pipeline takes five times as long for equal code.
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_loop_rotate_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.add_new_gvn_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2)))
    return machine.emit_assembly(module) if as_text else machine.emit_object(module)


def compile_object(ir: str, target: Target) -> bytes:
    """Machine code, as an object file, of a module's text. Raises: CompileError with LLVM's words."""
    try:
        with _lock:
            code: bytes = _emit(ir, _machine(target.cpu, target.features), False)
            return code
    except RuntimeError as e:
        raise CompileError(text("compile_failed", cpu=target.cpu, reason=str(e).strip())) from e


def assembly(ir: str, target: Target, triple: str = "") -> str:
    """The assembly of a module's text, for `triple` or the host's. Raises: CompileError with LLVM's words."""
    try:
        with _lock:
            code: str = _emit(ir, _machine(target.cpu, target.features, triple), True)
            return code
    except RuntimeError as e:
        raise CompileError(text("compile_failed", cpu=target.cpu, reason=str(e).strip())) from e


@lru_cache(maxsize=1)
def _jit() -> llvm.LLJIT:
    _ready()
    llvm = _library()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, reloc="pic", jit=True
    )
    return llvm.create_lljit_compiler(machine)


def load(objects: dict[str, bytes]) -> dict[str, int]:
    """Load object files, each defining the symbol it is keyed by; returns their addresses.

    Raises: CompileError where an object is damaged, a symbol is missing, or the system grants no executable memory.
    """
    with _lock:
        for symbol in objects.keys() - _loaded.keys():
            builder = _library().JITLibraryBuilder().add_object_img(objects[symbol]).export_symbol(symbol)
            try:
                tracker = builder.add_current_process().link(_jit(), f"konv.{symbol}")
            except RuntimeError as e:
                raise CompileError(text("load_failed", reason=str(e).strip())) from e
            _trackers.append(tracker)
            _loaded[symbol] = tracker[symbol]
        return {symbol: _loaded[symbol] for symbol in objects}
