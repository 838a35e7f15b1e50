"""Kernels: spec → blocking → LLVM IR → machine code, kept on disk; and the executor that runs them."""
