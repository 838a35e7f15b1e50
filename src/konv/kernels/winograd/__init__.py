"""Convolutions of fewer multiplications: the transforms, how maps are cut into tiles, the kernels, the choice."""
