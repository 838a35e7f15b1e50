"""Kernels that take maps value by value, window by window, or channel by channel."""
