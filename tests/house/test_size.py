"""An installation stays small: konv and all that it needs, as their packages list their files."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

LIMIT = 350e6
"""Bytes. Byte code is left out: pip writes it ahead unless `--no-compile` tells it not to, Python as it is needed."""


def needed(name: str, found: dict[str, int]) -> dict[str, int]:
    """Bytes on disk of the package `name` and, recursively, of those it needs; extras left out."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key not in found:
        package = metadata.distribution(name)
        paths = [str(package.locate_file(file)) for file in package.files or () if file.suffix != ".pyc"]
        found[key] = sum(path.stat().st_size for path in map(Path, paths) if path.exists())
        for line in package.requires or ():
            match = re.match(r"[\w.-]+", line)
            if match and "extra ==" not in line and present(match.group()):
                needed(match.group(), found)
    return found


def present(name: str) -> bool:
    """Whether a package is installed: markers keep some to other systems."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def test_installation_is_small():
    if not present("konv"):
        pytest.skip("konv is run from its checkout, not installed")
    found = needed("konv", {})
    assert {"konv", "numpy", "llvmlite", "matplotlib", "h5py"} <= found.keys()
    assert found["llvmlite"] > 50e6  # sizes are those on disk
    assert sum(found.values()) < LIMIT, sorted(found.items(), key=lambda row: -row[1])
