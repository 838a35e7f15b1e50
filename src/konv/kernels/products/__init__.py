"""Products held in registers: convolutions, dense and depthwise layers, and the packing of their weights."""
