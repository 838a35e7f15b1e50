"""Published data sets in Keras's words: `(x_train, y_train), (x_test, y_test) = konv.datasets.mnist.load_data()`."""

from __future__ import annotations

from pathlib import Path

from konv import config
from konv.data.formats import Arrays, read_npz
from konv.data.published import CIFAR10, CIFAR100, CIFAR100_COARSE, FASHION_MNIST, MNIST, Published
from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["cifar10", "cifar100", "fashion_mnist", "mnist"]


class _Named:
    """One published data set."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self.__name__ = f"konv.datasets.{published.name}"

    def __repr__(self) -> str:
        return f"<data set {self._published.name}>"


class _Source(_Named):
    """A set with one kind of labels."""

    def load_data(self, path: str | None = None) -> Arrays:
        """The set as arrays, downloaded once into the data folder (`KONV_DATA`, else `~/.konv/datasets`).

        Arguments: `path`, as in Keras: an `.npz` file, absolute or in the data folder, read where it exists.
        Returns: `(x_train, y_train), (x_test, y_test)`. Images uint8 from 0 to 255: `(N, 28, 28)` for `mnist` and
        `fashion_mnist`, `(N, 32, 32, 3)` for `cifar10`. Labels uint8: `(N,)`, and `(N, 1)` for `cifar10`.
        Raises: DownloadError where it is neither there nor to be had; DataError where a file is damaged.
        Example: `(x_train, y_train), (x_test, y_test) = konv.datasets.cifar10.load_data()`.
        """
        given = config.data_folder() / path if path else Path()
        return read_npz(given) if given.is_file() else self._published.load()


class _Cifar100(_Named):
    """The set with two kinds of labels."""

    def load_data(self, label_mode: str = "fine") -> Arrays:
        """The set as arrays; where they come from and errors as of the other sets.

        Arguments: `label_mode`, `"fine"` for the 100 classes or `"coarse"` for the 20 superclasses.
        Returns: `(x_train, y_train), (x_test, y_test)`: images uint8 `(N, 32, 32, 3)`, labels uint8 `(N, 1)`.
        Raises: ConfigurationError for another label mode.
        Example: `(x_train, y_train), (x_test, y_test) = konv.datasets.cifar100.load_data(label_mode="coarse")`.
        """
        kinds = {"fine": CIFAR100, "coarse": CIFAR100_COARSE}
        if label_mode not in kinds:
            known = ", ".join(kinds)
            raise ConfigurationError(
                text("one_of", layer="cifar100.load_data", name="label_mode", known=known, received=label_mode)
            )
        return kinds[label_mode].load()


cifar10 = _Source(CIFAR10)
"""50,000 + 10,000 colour images of 32×32 pixels in ten classes (Krizhevsky, 2009)."""
cifar100 = _Cifar100(CIFAR100)
"""50,000 + 10,000 colour images of 32×32 pixels in 100 classes, and 20 superclasses of these (Krizhevsky, 2009)."""
fashion_mnist = _Source(FASHION_MNIST)
"""60,000 + 10,000 grey images of 28×28 pixels: ten kinds of clothing (Xiao, Rasul, Vollgraf, 2017)."""
mnist = _Source(MNIST)
"""60,000 + 10,000 grey images of 28×28 pixels: handwritten digits (LeCun, Cortes, Burges)."""
