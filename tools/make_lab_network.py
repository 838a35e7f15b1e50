"""Makes `src/konv/lab/clothes.konv`, the small trained network that the lab opens with.

Run from a checkout: `python tools/make_lab_network.py`. It trains on the images inside konv, so it needs nothing else;
the same processor gives the same bits. It takes about a minute on two cores.
"""

from __future__ import annotations

from pathlib import Path

from konv import data, random
from konv.lab.recipe import Recipe, network

EPOCHS, BATCH, SEED = 12, 32, 0
TARGET = Path(__file__).resolve().parents[1] / "src" / "konv" / "lab" / "clothes.konv"


def main() -> None:
    """Train, and write the network where the lab looks for it."""
    images = data.embedded()
    assert images.test is not None
    random.set_seed(SEED)
    model = network(Recipe(), images.shape, images.classes)
    test = images.test.scaled(), images.test.y
    model.fit(images.scaled(), images.y, batch_size=BATCH, epochs=EPOCHS, verbose=2, validation_data=test)
    model.optimizer = model.loss = None  # the file is for looking: without the optimiser's state it is a third the size
    model.save(TARGET)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
