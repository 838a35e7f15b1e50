"""Kernels for 64-bit Arm, run on any processor: assembled and linked with a small program, under qemu's user mode.

The program reads a call (range, leaf, arguments with what lies around them) from a file, makes it, and writes all that
the arguments' memory then holds to another.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from konv.kernels.code import llvm
from konv.kernels.code.processor import named
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from tests.kernels.helpers import Guarded

ARM = "aarch64-linux-gnu"
COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"
PROGRAM = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void KERNEL(void **arguments, int64_t begin, int64_t end, int64_t leaf, void *scratch);

static void all(size_t done, size_t wanted) { if (done != wanted) exit(3); }

int main(int count, char **names) {
  int64_t head[5], about[2];  /* begin, end, leaf, arguments, scratch; of each: bytes with those around, bytes before */
  FILE *in = fopen(names[1], "rb"), *out = fopen(names[2], "wb");
  if (count != 3 || !in || !out) return 2;
  all(fread(head, 8, 5, in), 5);
  void **table = malloc(8 * head[3]), **memory = malloc(8 * head[3]);
  unsigned char *scratch = aligned_alloc(64, (head[4] + 127) / 64 * 64);
  int64_t *sizes = malloc(8 * head[3]);
  for (int64_t i = 0; i < head[3]; i++) {
    all(fread(about, 8, 2, in), 2);
    if (about[1] < 0) {  /* the same as an earlier one */
      sizes[i] = 0, memory[i] = 0, table[i] = table[about[0]];
      continue;
    }
    sizes[i] = about[0], memory[i] = malloc(about[0]), table[i] = (char *)memory[i] + about[1];
    all(fread(memory[i], 1, about[0], in), about[0]);
  }
  memset(scratch, 255, head[4] + 64);
  KERNEL(table, head[0], head[1], head[2], scratch);
  for (int64_t i = 0; i < 64; i++) if (scratch[head[4] + i] != 255) return 5;
  for (int64_t i = 0; i < head[3]; i++) all(fwrite(memory[i], 1, sizes[i], out), sizes[i]);
  return fclose(out) ? 4 : 0;
}
"""


def missing() -> str:
    """What is not installed of what it takes; empty where all is."""
    return ", ".join(tool for tool in (COMPILER, EMULATOR) if shutil.which(tool) is None)


def neon() -> Target:
    """A processor with vectors of four that every emulator knows."""
    return named("neoverse-n1", ARM)


class Emulator:
    """Makes the calls of kernels for `target`; keeps programs in `folder`. `calls` counts them."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder, self.target, self.calls = folder, target, 0

    def call(
        self, spec: Spec, target: Target | None, arguments: Sequence[Guarded], begin: int, end: int, leaf: int
    ) -> None:
        """As `tests.kernels.helpers.call`, under the emulator."""
        target = target or self.target
        program = self._program(spec, target)
        first = {id(a): i for i, a in reversed(list(enumerate(arguments)))}
        parts: list[bytes] = [np.array([begin, end, leaf, len(arguments), spec.scratch(target)], "<i8").tobytes()]
        for i, a in enumerate(arguments):
            if first[id(a)] != i:
                parts.append(np.array([first[id(a)], -1], "<i8").tobytes())
            else:
                parts += [np.array([len(a.whole), a.start], "<i8").tobytes(), a.whole.tobytes()]
        given, made = self.folder / "given", self.folder / "made"
        given.write_bytes(b"".join(parts))
        command = [*([EMULATOR] if platform.machine() != "aarch64" else []), program, given, made]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{spec}: exit {done.returncode} {done.stderr}"
        content, at = np.fromfile(made, np.uint8), 0
        for i, a in enumerate(arguments):
            if first[id(a)] == i:
                a.whole[...] = content[at : at + len(a.whole)]
                at += len(a.whole)
        assert at == len(content)
        self.calls += 1

    def _program(self, spec: Spec, target: Target) -> Path:
        symbol = spec.symbol(target)
        program = self.folder / symbol
        if not program.exists():
            code, source = self.folder / "kernel.s", self.folder / "program.c"
            code.write_text(llvm.assembly(spec.emit(target).text(), target, ARM))
            source.write_text(PROGRAM.replace("KERNEL", symbol))
            subprocess.run([COMPILER, "-O1", "-static", source, code, "-o", program], timeout=120, check=True)
        return program
