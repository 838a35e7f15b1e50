"""Make the data set inside konv from the original files of Fashion-MNIST.

    python tools/make_embedded_data.py

Takes the first 600 training and the first 100 test images of each class, in file order, so the result is always the
same. The files are found or downloaded as `konv.datasets.fashion_mnist` does (`KONV_DATA`).
"""

from __future__ import annotations

import numpy as np

from konv.data.sources import EMBEDDED
from konv.datasets import fashion_mnist


def first_of_each_class(y: np.ndarray, count: int) -> np.ndarray:
    """The places of the first `count` samples of each class, in file order."""
    return np.sort(np.concatenate([np.flatnonzero(y == label)[:count] for label in np.unique(y)]))


def main() -> None:
    """Write the subset where konv looks for it."""
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    train, test = first_of_each_class(y_train, 600), first_of_each_class(y_test, 100)
    EMBEDDED.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        EMBEDDED, x_train=x_train[train], y_train=y_train[train], x_test=x_test[test], y_test=y_test[test]
    )
    print(f"{EMBEDDED}: {len(train)} + {len(test)} images, {EMBEDDED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
