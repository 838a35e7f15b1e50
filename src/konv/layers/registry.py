"""Classes and functions of one's own by name; see `konv.names`."""

from __future__ import annotations

from konv.names import found, name_of, register_serializable, registered

__all__ = ["found", "name_of", "register_serializable", "registered"]
