"""Losses, optimisers, metrics, callbacks, and the loops that use them."""
