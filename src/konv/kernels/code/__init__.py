"""From text to running code: targets, the IR builder, LLVM, the cache on disk, the executor."""
