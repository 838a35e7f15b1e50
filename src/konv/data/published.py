"""The published data sets konv knows: where they come from, how they are recognised, and how they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from konv import config
from konv.data.download import Remote, fetch, remotes
from konv.data.formats import Arrays, read_cifar, read_cifar100, read_idx, read_npz
from konv.errors import DataError
from konv.messages import text

__all__ = ["CIFAR10", "CIFAR100", "CIFAR100_COARSE", "FASHION_MNIST", "MNIST", "PUBLISHED", "Published"]


@dataclass(frozen=True)
class Published:
    """A data set as its authors publish it.

    Arguments: `name`, as `konv.data.load` takes it; `folder`, where its files lie below the data folder; `files`;
    `classes`; `read`, from the paths of the files (in the order of `files`) to arrays; `mark`, the SHA-256 of the
    first file that tells this set from another with the same file names, unpacked ("" where the names do).
    """

    name: str
    folder: str
    files: tuple[Remote, ...]
    classes: tuple[str, ...]
    read: Callable[[list[Path]], Arrays]
    mark: str = ""

    def load(self) -> Arrays:
        """`(x_train, y_train), (x_test, y_test)` from the data folder (`KONV_DATA`), downloaded where it is not there.

        Looked for in this order: `NAME.npz`, the original files in the set's own folder, the original files in the
        data folder itself. Files that are there are read as they are; downloaded ones must have the right checksum.
        Raises: DownloadError, or DataError where a file is damaged.
        """
        base = config.data_folder()
        packed = base / f"{self.name}.npz"
        if packed.exists():
            return self._checked(read_npz(packed), packed)
        own = base / self.folder
        loose = [base / file.name for file in self.files]
        if not all((own / file.name).exists() for file in self.files) and self._mine(loose):
            return self._checked(self.read(loose), base)
        return self._checked(self.read([fetch(file, own) for file in self.files]), own)

    def load_archive(self, path: Path) -> Arrays:
        """As `load`, from the one file that the set is published as. Raises: DataError where it is damaged."""
        return self._checked(self.read([path]), path)

    def _mine(self, paths: list[Path]) -> bool:
        """Whether these files are there and are this set's: MNIST and Fashion-MNIST have the same file names."""
        if not all(path.exists() for path in paths):
            return False
        if not self.mark:
            return True
        labels = read_idx(next(path for path in paths if path.name == _TRAIN_LABELS))
        return hashlib.sha256(labels.tobytes()).hexdigest() == self.mark

    def _checked(self, arrays: Arrays, path: Path) -> Arrays:
        for x, y in arrays:
            if len(x) != len(y) or not len(x) or y.max() >= len(self.classes):
                raise DataError(text("not_this_set", path=path, name=self.name, images=len(x), labels=len(y)))
        return arrays


def _idx(paths: list[Path]) -> Arrays:
    x_train, y_train, x_test, y_test = (read_idx(path) for path in paths)
    return (x_train, y_train), (x_test, y_test)


_TRAIN_LABELS = "train-labels-idx1-ubyte.gz"

FASHION_MNIST = Published(
    "fashion_mnist",
    "fashion-mnist",
    remotes(
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            _TRAIN_LABELS: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ),
    ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    _idx,
    mark="657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
)
"""Xiao, Rasul, Vollgraf: *Fashion-MNIST: a novel image dataset*, arXiv:1708.07747; MIT licence, Zalando SE."""

MNIST = Published(
    "mnist",
    "mnist",
    remotes(
        ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"),
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            _TRAIN_LABELS: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    tuple("0123456789"),
    _idx,
    mark="1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
)
"""LeCun, Cortes, Burges: *The MNIST database of handwritten digits*."""

CIFAR10 = Published(
    "cifar10",
    "cifar10",
    remotes(
        ("https://www.cs.toronto.edu/~kriz",),
        {"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9dddda3db29a59bca1dd"},
    ),
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    lambda paths: read_cifar(paths[0]),
)
"""Krizhevsky: *Learning multiple layers of features from tiny images*, 2009."""

_CIFAR100_FILES = remotes(
    ("https://www.cs.toronto.edu/~kriz",),
    {"cifar-100-binary.tar.gz": "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"},
)

CIFAR100 = Published(
    "cifar100",
    "cifar100",
    _CIFAR100_FILES,
    tuple(
        "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
        "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
        "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster "
        "man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck "
        "pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk "
        "skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger "
        "tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm".split()
    ),
    lambda paths: read_cifar100(paths[0]),
)
"""Krizhevsky, 2009, as CIFAR-10: 600 images of each class."""

CIFAR100_COARSE = Published(
    "cifar100_coarse",
    "cifar100",
    _CIFAR100_FILES,
    tuple(
        "aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices "
        "household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes "
        "large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees "
        "vehicles_1 vehicles_2".split()
    ),
    lambda paths: read_cifar100(paths[0], coarse=True),
)
"""The images of CIFAR-100 in its 20 superclasses, of five classes each."""

PUBLISHED = {published.name: published for published in (FASHION_MNIST, MNIST, CIFAR10, CIFAR100, CIFAR100_COARSE)}
