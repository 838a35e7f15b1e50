"""Batches that an `ImageDataGenerator` has changed and normalised, of arrays and of files."""

from __future__ import annotations

from typing import Any, Protocol

from konv.data.batches import Array, Batches, labels_as, save_images
from konv.data.directory import DirectoryBatches

__all__ = ["ArrayBatches", "PreparedFiles", "Preparing"]


class Preparing(Protocol):
    """What prepares images: an `ImageDataGenerator`."""

    def prepared(self, images: Array, numbers: Array, turn: int, seed: int) -> Array:
        """`images` `(n, H, W, C)` as a batch has them; see `ImageDataGenerator.prepared`."""
        ...


class ArrayBatches(Batches):
    """What `flow` gives: `generator`'s batches of `rows` (x, and y and sample_weight if any) and `others`."""

    def __init__(
        self,
        generator: Preparing,
        rows: dict[str, Array],
        others: list[Array],
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        saved: tuple[str, str, str] | None,
    ) -> None:
        super().__init__(len(rows["x"]), batch_size, shuffle, seed)
        self.generator, self.rows, self.others, self.saved = generator, rows, others, saved

    @property
    def x(self) -> Array:
        """The images, as given."""
        return self.rows["x"]

    @property
    def y(self) -> Array | None:
        """What comes with them."""
        return self.rows.get("y")

    def make(self, numbers: Array, turn: int) -> Any:
        """The images numbered `numbers`, changed and normalised, and what comes with them."""
        images = self.generator.prepared(self.x[numbers], numbers, turn, self.seed)
        if self.saved:
            save_images(images, numbers.tolist(), turn, *self.saved)
        x = [images, *(a[numbers] for a in self.others)] if self.others else images
        rest = [self.rows[name][numbers] for name in ("y", "sample_weight") if name in self.rows]
        return (x, *rest) if rest else x


class PreparedFiles(DirectoryBatches):
    """What `flow_from_directory` gives: `generator`'s batches of a folder's images."""

    def __init__(self, generator: Preparing, *given: Any, saved: tuple[str, str, str] | None = None) -> None:
        super().__init__(*given)
        self.generator, self.saved, self.class_mode = generator, saved, self.label_mode

    def make(self, numbers: Array, turn: int) -> Any:
        """The images numbered `numbers`, changed and normalised, with what the class mode says."""
        images = self.prepared(numbers, turn)
        if self.class_mode == "input":
            return images, images.copy()
        labels = labels_as(self.classes[numbers], len(self.listing.classes), self.class_mode)
        return images if labels is None else (images, labels)

    def prepared(self, numbers: Array, turn: int) -> Array:
        """The images numbered `numbers`, changed and normalised."""
        images = self.generator.prepared(self.pixels(numbers), numbers, turn, self.seed)
        if self.saved:
            save_images(images, numbers.tolist(), turn, *self.saved)
        return images
