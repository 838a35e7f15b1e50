"""`ImageDataGenerator`: batches of images changed at random and normalised, as Keras's scripts make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from konv import random
from konv.arguments import number
from konv.data.batches import Array, Batches
from konv.data.checks import check_lengths
from konv.data.directory import DirectoryBatches, listed
from konv.data.frame import FrameBatches, rows_of
from konv.data.images import MODES
from konv.data.prepared import ArrayBatches, PreparedFiles
from konv.data.transforms import Parameters, Ranges, apply_all, pair_of
from konv.errors import ConfigurationError, DataError, DataWarning, ShapeError, warn
from konv.messages import text
from konv.shapes import Shape, channels_last, pair, show
from konv.statistics import Covariance, Moments

__all__ = ["ImageDataGenerator"]

SMALL = 1e-6
"""Added to standard deviations, as in Keras."""
CLASS_MODES = ("categorical", "binary", "sparse", "input", None)


class ImageDataGenerator:
    """Makes batches of images, changed at random and normalised, from arrays or folders, ahead of training.

    What happens to an image follows from the seed, the epoch and the image: the same for any number of threads, and
    again when a run is repeated. One affine map does all that moves pixels, so that they are interpolated once.

    Arguments:
        `featurewise_center`, `featurewise_std_normalization`, `zca_whitening`: subtract the mean of the training
        images, divide by their standard deviation, whiten; `fit` finds what they need.
        `samplewise_center`, `samplewise_std_normalization`: the same by each image's own mean and deviation.
        `zca_epsilon`: added to the deviations of whitened components.
        `rotation_range`: degrees, in either direction.
        `width_shift_range`, `height_shift_range`: a share of the side (below 1) or pixels; an integer n, or a list,
        picks a whole number below n, or an entry, with either sign.
        `brightness_range`: two ends of what pixels are multiplied by.
        `shear_range`: degrees, in either direction.
        `zoom_range`: z for 1 − z to 1 + z, or the two ends; each axis by itself.
        `channel_shift_range`: what is added, from its negative to itself.
        `fill_mode`: what comes in at the edges: "nearest", "constant" (`cval`), "reflect" or "wrap".
        `cval`: see `fill_mode`.
        `horizontal_flip`, `vertical_flip`: whether images may be mirrored.
        `rescale`: what pixels are multiplied by, after the changes.
        `preprocessing_function`: called with each image `(H, W, C)`, after the changes and before `rescale`.
        `data_format`: `"channels_last"`.
        `validation_split`: the share of the images (of each class, in a folder) that `subset="validation"` gives.
        `interpolation_order`: 1, between pixels, or 0, the nearest one.
        `dtype`: of the images.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `ImageDataGenerator(rotation_range=15, horizontal_flip=True).flow(x, y, batch_size=32)`.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: Any = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Array] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str | None = None,
    ) -> None:
        self.featurewise_center = featurewise_center or zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.featurewise_center = self.featurewise_center or featurewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, number(zca_epsilon)
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.fill_mode, self.cval = fill_mode, float(cval)
        self.data_format = channels_last(data_format, "ImageDataGenerator")
        self.dtype = dtype or "float32"
        self.validation_split = number(validation_split or 0)
        if not 0 <= self.validation_split < 1:
            raise ConfigurationError(text("bad_fraction", received=validation_split))
        if interpolation_order not in (0, 1):
            raise ConfigurationError(text("one_of", layer="ImageDataGenerator", name="interpolation_order",
                                          known="0, 1", received=interpolation_order))  # fmt: skip
        self.interpolation_order = interpolation_order
        zoom = zoom_range if isinstance(zoom_range, (tuple, list)) else (1 - number(zoom_range), 1 + number(zoom_range))
        self.ranges = Ranges(
            number(rotation_range), (height_shift_range, width_shift_range),
            pair_of(brightness_range, "brightness_range"), number(shear_range),
            pair_of(zoom, "zoom_range") or (1.0, 1.0), number(channel_shift_range),
            (bool(horizontal_flip), bool(vertical_flip)),
        )  # fmt: skip
        self.mean: Array | None = None
        self.std: Array | None = None
        self.zca_whitening_matrix: Array | None = None
        self._said: set[str] = set()

    # What is done to images

    def get_random_transform(self, img_shape: Shape, seed: int | None = None) -> Parameters:
        """Parameters of one random change of an image of shape `img_shape`, `(H, W, C)`; see `apply_transform`.

        Arguments: `seed`, what it follows from; by default the run's and a running number.
        """
        number_of = random.next_number() if seed is None else 0
        stream = random.Stream(random.seed() if seed is None else seed, random.AUGMENT, 0, np.array([number_of]))
        return self.ranges.draw(img_shape, stream)[0]

    def apply_transform(self, x: Array, transform_parameters: Mapping[str, Any]) -> Array:
        """The image `x` `(H, W, C)` changed.

        Arguments: `transform_parameters`: `theta` (degrees), `tx`, `ty` (pixels along width and height), `shear`
        (degrees), `zx`, `zy`, `flip_horizontal`, `flip_vertical`, `channel_shift_intensity` (Keras spells it
        `channel_shift_intencity`; both are understood), `brightness`.
        """
        given = dict(transform_parameters)
        if "channel_shift_intencity" in given:
            given["channel_shift_intensity"] = given.pop("channel_shift_intencity")
        changed: Array = self._changed(np.asarray(x)[None], [given])[0]
        return changed

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """The image `x` `(H, W, C)` changed at random; `seed` as of `get_random_transform`."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: Array) -> Array:
        """The image `x` `(H, W, C)`, or several, normalised: by `preprocessing_function`, `rescale`, each image's own
        statistics, then those that `fit` found. A DataWarning says so once where `fit` was not called."""
        images = np.asarray(x, self.dtype)
        several = images.ndim == 4
        found = self._standardized(images if several else images[None])
        return found if several else found[0]

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Find the statistics of the training images that featurewise normalisation and whitening need.

        Arguments: `x`, images `(N, H, W, C)`; `augment`, whether to look at images changed at random, `rounds` times,
        by `seed`. Raises: ShapeError for anything but images; ConfigurationError for images too large to whiten.
        """
        images = np.asarray(x, self.dtype)
        if images.ndim != 4:
            raise ShapeError(text("not_images", received=show(images.shape)))
        covariance = Covariance(int(np.prod(images.shape[1:])), "zca_whitening") if self.zca_whitening else None
        moments = Moments((0, 1, 2))
        parts: list[Array] = []
        for turn in range(rounds if augment else 1):
            changed = self.changed(images, np.arange(len(images)), turn, seed or 0) if augment else images
            if self.rescale:
                changed = changed * np.asarray(self.rescale, self.dtype)
            moments.add(changed.astype(np.float64))
            parts.append(changed)
        self.mean = moments.mean.astype(self.dtype)
        self.std = np.sqrt(moments.variance).astype(self.dtype)
        if covariance is not None:
            for part in parts:
                covariance.add(self._by_features(part).reshape(len(part), -1).astype(np.float64))
            products = covariance.matrix(np.zeros(len(covariance.mean)))
            epsilon = self.zca_epsilon / covariance.count**0.5  # as Keras adds it, to singular values
            self.zca_whitening_matrix = _zca(products, epsilon, self.dtype)

    def changed(self, images: Array, numbers: Array, turn: int, seed: int) -> Array:
        """`images` `(n, H, W, C)`, samples `numbers` of their set, changed at random in epoch `turn` of `seed`."""
        drawn = self.ranges.draw(images.shape[1:], random.Stream(seed, random.AUGMENT, turn, numbers))
        return self._changed(images, drawn)

    def prepared(self, images: Array, numbers: Array, turn: int, seed: int) -> Array:
        """`images` as a batch has them: changed at random (by `numbers`, `turn`, `seed`, see `changed`), normalised."""
        return self._standardized(self.changed(images, numbers, turn, seed).astype(self.dtype, copy=False))

    def _changed(self, images: Array, parameters: Sequence[Mapping[str, Any]]) -> Array:
        return apply_all(images, parameters, self.fill_mode, self.cval, self.interpolation_order == 1)

    def _standardized(self, images: Array) -> Array:
        if self.preprocessing_function is not None:
            images = np.stack([np.asarray(self.preprocessing_function(image), self.dtype) for image in images])
        if self.rescale:
            images = images * np.asarray(self.rescale, self.dtype)
        if self.samplewise_center:
            images = images - images.mean((1, 2, 3), keepdims=True)
        if self.samplewise_std_normalization:
            images = images / (images.std((1, 2, 3), keepdims=True) + np.asarray(SMALL, self.dtype))
        images = self._by_features(images)
        if self.zca_whitening and self._known(self.zca_whitening_matrix, "zca_whitening"):
            images = (images.reshape(len(images), -1) @ self.zca_whitening_matrix).reshape(images.shape)
        return images

    def _by_features(self, images: Array) -> Array:
        if self.featurewise_center and self._known(self.mean, "featurewise_center"):
            images = images - self.mean
        if self.featurewise_std_normalization and self._known(self.std, "featurewise_std_normalization"):
            images = images / (self.std + np.asarray(SMALL, self.dtype))
        return images

    def _known(self, found: Array | None, setting: str) -> bool:
        if found is None and setting not in self._said:
            self._said.add(setting)
            warn(text("not_fitted", setting=setting), DataWarning)
        return found is not None

    # Where images come from

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> Batches:
        """Batches of the images `x` `(N, H, W, C)`, or of `(x, others)`, with `y` and `sample_weight` where given.

        Arguments: `batch_size`, `shuffle`, `seed` as of `konv.data.batches.Batches`; `save_to_dir`, a folder the images
        are written to as they are made, as `save_prefix` and numbers, in `save_format`; `subset`, "training" or
        "validation" where there is a `validation_split`: the first images validate; `ignore_class_split`, whether both
        may have different classes.
        Returns: a `Sequence` and iterator of batches. Raises: ShapeError, DataError where arrays do not fit.
        """
        images, *others = x if isinstance(x, tuple) else (x,)
        given = {"x": np.asarray(images), "y": y, "sample_weight": sample_weight}
        rows = {name: np.asarray(value) for name, value in given.items() if value is not None}
        if rows["x"].ndim != 4:
            raise ShapeError(text("not_images", received=show(rows["x"].shape)))
        extra = [np.asarray(a) for other in others for a in (other if isinstance(other, list) else [other])]
        total = check_lengths({**rows, **{f"x[{i + 1}]": a for i, a in enumerate(extra)}})
        part = self._part(total, subset)
        if subset is not None and "y" in rows and not ignore_class_split:
            held, kept = (
                rows["y"][: int(total * self.validation_split)],
                rows["y"][int(total * self.validation_split) :],
            )
            if not np.array_equal(np.unique(held, axis=0), np.unique(kept, axis=0)):
                raise DataError(text("classes_of_halves"))
        saved = (save_to_dir, save_prefix, save_format) if save_to_dir else None
        return ArrayBatches(self, {k: a[part] for k, a in rows.items()}, [a[part] for a in extra], batch_size, shuffle,
                            seed, saved)  # fmt: skip

    def _part(self, total: int, subset: str | None) -> slice:
        """Which of `total` images in their order belong to `subset`."""
        if subset not in (None, "training", "validation") or (subset and not self.validation_split):
            known = "training, validation (with validation_split)"
            raise ConfigurationError(
                text("one_of", layer="ImageDataGenerator", name="subset", known=known, received=subset)
            )
        at = int(total * self.validation_split) if subset else 0
        return slice(0, at) if subset == "validation" else slice(at, total)

    def flow_from_directory(
        self,
        directory: str | Path,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryBatches:
        """Batches of the images in a folder or zip file of `class_name/*.jpg|png|…`, decoded ahead of training.

        Arguments: `directory`; `target_size`, (height, width); `color_mode`, "rgb", "grayscale" or "rgba"; `classes`,
        the folders in the order of their numbers (None: by name); `class_mode`, "categorical" (one-hot), "binary",
        "sparse" (numbers), "input" (the images themselves) or None; `keep_aspect_ratio`, crop about the middle
        instead of changing proportions; `interpolation`, see `konv.data.directory`; `batch_size`, `shuffle`,
        `seed`, `save_to_dir`, `save_prefix`, `save_format` as of `flow`; `subset`, of each class by itself;
        `follow_links`, taken for Keras's sake: links are followed.
        Returns: a `Sequence` and iterator of batches, with `class_indices`, `classes`, `filenames`, `samples`.
        Raises: DataError, ConfigurationError; ImageError, when its batch is made, for a file that cannot be read.
        """
        _check("flow_from_directory", color_mode, class_mode, CLASS_MODES)
        size = pair(target_size, "target_size", "flow_from_directory")
        by_class = class_mode not in ("input", None)
        labels = "inferred" if by_class or classes else _folders_or_all(directory)
        found = listed(directory, ExitStack(), classes, labels, warned=by_class)
        if subset is not None or self.validation_split:
            self._part(0, subset)
        if subset is not None:
            kept = [np.flatnonzero(found.labels == i) for i in range(len(found.classes))]
            found = found.take(np.concatenate([members[self._part(len(members), subset)] for members in kept]))
        if class_mode == "binary" and len(found.classes) != 2:
            raise DataError(text("not_two_classes", path=directory, count=len(found.classes)))
        print(text("files_found", count=len(found.names), classes=len(found.classes)))
        return PreparedFiles(self, found, (size[0], size[1]), color_mode, class_mode,
                             {"interpolation": interpolation, "crop": keep_aspect_ratio}, batch_size, shuffle, seed,
                             saved=(save_to_dir, save_prefix, save_format) if save_to_dir else None)  # fmt: skip

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | Path | None = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Any = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> FrameBatches:
        """Batches of the images that a table names, decoded ahead of training.

        Arguments: `dataframe`, whose columns `dataframe[name]` gives: of pandas, a dictionary of lists, a structured
        array; `directory`, what file names are relative to (None: the working directory); `x_col`, the column of file
        names; `y_col`, that of the classes, or a list of columns; `weight_col`, that of samples' weights; `class_mode`,
        "categorical" (one-hot; several classes a row where it holds lists), "binary", "sparse", "raw" (the numbers of
        `y_col`), "multi_output" (an array for each of its columns), "input" or None; `classes`, those that are kept, in
        the order of their numbers; `subset`, the first rows validate; `validate_filenames`, whether to leave out, with
        a DataWarning, files that are not there; `target_size`, `color_mode`, `batch_size`, `shuffle`, `seed`,
        `save_to_dir`, `save_prefix`, `save_format`, `interpolation` as of `flow_from_directory`; `kwargs`, `sort`,
        `drop_duplicates` and `has_ext` of Keras 2, of no effect.
        Returns: a `Sequence` and iterator of batches. Raises: ConfigurationError and ImageError as
        `flow_from_directory`; DataError for a column there is not, or a value that is missing.
        """
        if others := kwargs.keys() - {"sort", "drop_duplicates", "has_ext"}:
            known = "sort, drop_duplicates, has_ext"
            raise ConfigurationError(
                text("unknown_argument", layer="flow_from_dataframe", received=min(others), known=known)
            )
        _check("flow_from_dataframe", color_mode, class_mode, (*CLASS_MODES, "raw", "multi_output"))
        size = pair(target_size, "target_size", "flow_from_dataframe")
        found = rows_of(dataframe, directory, x_col, y_col, weight_col, classes, class_mode, validate_filenames)
        if subset is not None:
            found = found.take(np.arange(len(found.names))[self._part(len(found.names), subset)])
        if class_mode == "binary" and len(found.listing.classes) != 2:
            raise DataError(text("not_two_classes", path=y_col, count=len(found.listing.classes)))
        print(text("files_found", count=len(found.names), classes=len(found.listing.classes)))
        return FrameBatches(self, found.listing, (size[0], size[1]), color_mode, class_mode,
                            {"interpolation": interpolation}, batch_size, shuffle, seed, rows=found,
                            saved=(save_to_dir, save_prefix, save_format) if save_to_dir else None)  # fmt: skip


def _check(layer: str, color_mode: str, class_mode: str | None, modes: Sequence[str | None]) -> None:
    for name, value, known in (("color_mode", color_mode, MODES), ("class_mode", class_mode, modes)):
        if value not in known:
            raise ConfigurationError(
                text("one_of", layer=layer, name=name, known=", ".join(map(str, known)), received=value)
            )


def _folders_or_all(directory: str | Path) -> Any:
    """How files without class labels are found: by folder where there are folders, else all of them."""
    path = Path(directory).expanduser()
    return "inferred" if not path.is_dir() or any(p.is_dir() for p in path.iterdir()) else None


def _zca(covariance: Array, epsilon: float, dtype: str) -> Array:
    """Keras's matrix: U (σ + ε)⁻¹ Uᵀ, with σ the deviations of the components, the roots of the eigenvalues."""
    values, vectors = np.linalg.eigh(covariance)
    found: Array = (vectors / (np.sqrt(np.maximum(values, 0)) + epsilon)) @ vectors.T
    return found.astype(dtype)
