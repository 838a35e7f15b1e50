"""Folders of IDX files, as MNIST and its relatives come: EMNIST, KMNIST, one's own.

**Which files.** `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, for testing `t10k-…` or `test-…`; with `.gz`
where compressed; a name of the set may stand before: `emnist-letters-train-images-idx3-ubyte.gz`. Where a folder holds
several sets, one is named as if it were a file in it: `gzip/emnist-letters`.

**Upright.** EMNIST stores each image with its axes exchanged. A set whose name (or folder, where the files have none)
begins with `emnist` is turned upright, so that pages show letters as they are read, and a network recognises letters in
pictures. Others are taken as they are. **Classes** are named by `SET-mapping.txt` where it is there: lines of a label
and the codes of its letters (`1 65 97`: `Aa`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from konv.data.formats import Arrays, read_idx
from konv.errors import DataError
from konv.messages import text

__all__ = ["IdxSet", "find_idx"]

Array = np.ndarray[Any, np.dtype[Any]]

_NAME = re.compile(
    r"(?:(?P<set>.+?)[-_.])?(?P<part>train|t10k|test)[-_.](?P<kind>images|labels)[-_.]idx[13][-_.]ubyte(?:\.gz)?"
)


@dataclass(frozen=True)
class IdxSet:
    """A data set in IDX files: the `folder`, the set's `name` in it ("" where files begin with their part), and the
    `files` by part ("train", "test") and kind ("images", "labels")."""

    folder: Path
    name: str
    files: dict[tuple[str, str], Path]

    @property
    def title(self) -> str:
        """What to call the set: its name, else its folder's."""
        return self.name or self.folder.absolute().name

    def read(self) -> tuple[Arrays, tuple[str, ...] | None]:
        """`(x_train, y_train), (x_test, y_test)`, images uint8 `(N, H, W)`, and the classes, None where numbers are all
        that is known of them. Raises: DataError where a file is missing, damaged, or has another length."""
        for kind in ("images", "labels"):
            if ("train", kind) not in self.files:
                raise DataError(
                    text("idx_part_missing", path=self.folder, name=self.title, kind=text(f"idx_kind.{kind}"))
                )
        x, y = self._part("train")
        whole = all(("test", kind) in self.files for kind in ("images", "labels"))
        x_test, y_test = self._part("test") if whole else (x[:0], y[:0])
        names = self._mapping()
        if names is None:
            return ((x, y), (x_test, y_test)), None
        labels = np.array(sorted(names))
        for found in (y, y_test):
            if foreign := set(found.tolist()) - names.keys():
                raise DataError(text("idx_label", path=self.folder, name=self.title, received=max(foreign)))
        numbered = (np.searchsorted(labels, found) for found in (y, y_test))
        return ((x, next(numbered)), (x_test, next(numbered))), tuple(names[label] for label in labels.tolist())

    def _part(self, part: str) -> tuple[Array, Array]:
        x, y = (read_idx(self.files[part, kind]) for kind in ("images", "labels"))
        if x.ndim != 3 or y.ndim != 1 or len(x) != len(y):
            raise DataError(
                text("idx_lengths", path=self.folder, part=part, name=self.title, images=len(x), labels=len(y))
            )
        return (np.ascontiguousarray(x.transpose(0, 2, 1)) if self.title.lower().startswith("emnist") else x), y

    def _mapping(self) -> dict[int, str] | None:
        """The classes' names by label; None where no file tells them. Raises: DataError where it is damaged."""
        path = self.folder / f"{self.name}-mapping.txt"
        if not self.name or not path.is_file():
            return None
        try:
            rows = [[int(word) for word in line.split()] for line in path.read_text("ascii").splitlines() if line]
            return {row[0]: "".join(map(chr, row[1:])) or str(row[0]) for row in rows}
        except (ValueError, IndexError, OverflowError) as error:
            raise DataError(text("data_file_broken", path=path, reason=error)) from error


def find_idx(path: Path) -> IdxSet | None:
    """The set of IDX files that `path` names: the only one of a folder, one of a folder's by its name, or that of a
    file; None where there is none.

    Raises: DataError where a folder holds several.
    """
    try:
        files = sorted((path if path.is_dir() else path.parent).iterdir())
    except OSError:  # no folder, or a closed one: whoever reads it as something else says so
        return None
    sets: dict[str, dict[tuple[str, str], Path]] = {}
    for file in files:
        if found := _NAME.fullmatch(file.name):
            part = "train" if found["part"] == "train" else "test"
            sets.setdefault(found["set"] or "", {}).setdefault((part, found["kind"]), file)
    if path.is_dir():
        if len(sets) > 1:
            names = ", ".join(name or "train-…" for name in sets)
            example = next(str(path / name) for name in sets if name)
            raise DataError(text("idx_several", path=path, names=names, example=example))
        name = next(iter(sets), "")
    else:
        own = _NAME.fullmatch(path.name)
        name = (own["set"] or "") if own and path.is_file() else path.name
    return IdxSet(path if path.is_dir() else path.parent, name, sets[name]) if name in sets else None
