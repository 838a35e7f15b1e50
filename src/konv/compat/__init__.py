"""Keras scripts unchanged: an import hook, Keras's words of all versions, and what scripts call besides layers.

`install()` has `import keras` and `import tensorflow` resolve to konv from then on; `konv run` does it for a script.
"""

from konv.compat.finder import in_force, install, uninstall

__all__ = ["in_force", "install", "uninstall"]
