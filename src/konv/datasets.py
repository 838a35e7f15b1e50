"""Published data sets in Keras's words: `(x_train, y_train), (x_test, y_test) = konv.datasets.mnist.load_data()`."""

from __future__ import annotations

from pathlib import Path

from konv import config
from konv.data.formats import Arrays, read_npz
from konv.data.published import CIFAR10, FASHION_MNIST, MNIST, Published

__all__ = ["cifar10", "fashion_mnist", "mnist"]


class _Source:
    """One published data set."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self.__name__ = f"konv.datasets.{published.name}"

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

    def __repr__(self) -> str:
        return f"<data set {self._published.name}>"


cifar10 = _Source(CIFAR10)
"""50,000 + 10,000 colour images of 32×32 pixels in ten classes (Krizhevsky, 2009)."""
fashion_mnist = _Source(FASHION_MNIST)
"""60,000 + 10,000 grey images of 28×28 pixels: ten kinds of clothing (Xiao, Rasul, Vollgraf, 2017)."""
mnist = _Source(MNIST)
"""60,000 + 10,000 grey images of 28×28 pixels: handwritten digits (LeCun, Cortes, Burges)."""
