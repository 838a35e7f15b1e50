"""Convolutional networks on the processor people already have."""

from __future__ import annotations

__version__ = "0.1.0"
