"""Does a process that trains, predicts, saves and loads for hours keep its size? Memory and open files, over time.

    python benchmarks/soak.py [--minutes 60] [--every 60] [--collect] [--out FOLDER]

One round makes a new network, trains it, predicts from two threads at once, saves it, loads it, checks that it predicts
the same bits, and goes on training what it has loaded. The networks take turns; all their kernels are compiled in the
first nine rounds, before the clock starts. What is read from the system every so often: the resident set and the open
file descriptors of this process, its threads and its children, and the files in the folder it saves to. Prints a line
each time, and writes `soak.json`.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

import konv
from common import RESULTS, machine, write
from konv.layers import Activation, AveragePooling2D, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from konv.models import Sequential, load_model

WARM = 9
"""Rounds after which every network has met every optimiser."""
PAGE = os.sysconf("SC_PAGE_SIZE")


class Reading(NamedTuple):
    """What the system says of this process after `rounds` rounds and `seconds`."""

    seconds: float
    rounds: int
    rss_bytes: int
    handles: int
    threads: int
    children: int
    files: int


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between readings")
    parser.add_argument(
        "--collect", action="store_true", help="collect garbage and give freed memory back before each reading"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    return parser.parse_args()


def network(turn: int) -> Sequential:
    """One of three networks, new: strides, groups, both kinds of pooling, dropout; sizes that fit no vector."""
    model = Sequential()
    if turn % 3 == 0:
        model.add(Conv2D(20, 3, padding="same", activation="relu", input_shape=(20, 20, 3)))
        model.add(MaxPooling2D())
        model.add(Conv2D(40, 3, strides=2, activation="relu"))
    elif turn % 3 == 1:
        model.add(Conv2D(12, 5, dilation_rate=2, activation="relu", input_shape=(24, 19, 1)))
        model.add(AveragePooling2D())
        model.add(Conv2D(24, 3, groups=4, activation="relu"))
    else:
        model.add(Conv2D(32, 3, activation="relu", input_shape=(32, 32, 3)))
        model.add(MaxPooling2D(3, strides=2))
        model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(50))
    model.add(Activation("relu"))
    model.add(Dropout(0.5))
    model.add(Dense(5, activation="softmax"))
    optimizer = ("rmsprop", "adam", "sgd")[turn // 3 % 3]
    model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


def one_round(turn: int, folder: Path) -> None:
    """Make, train, predict, save, load, compare, train on. Raises: RuntimeError where what was loaded differs."""
    rng = np.random.default_rng(turn)
    model = network(turn)
    x = rng.random((75, *model.input_shape[1:]), "float32")
    y = np.eye(5, dtype="float32")[rng.integers(0, 5, len(x))]
    model.fit(x, y, batch_size=32, epochs=2, verbose=0, validation_data=(x[:10], y[:10]))
    found: list[np.ndarray] = []
    callers = [threading.Thread(target=lambda: found.append(model.predict(x, verbose=0))) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    path = folder / f"round-{turn % 4}.konv"
    model.save(path)
    loaded = load_model(path)
    if not all(np.array_equal(loaded.predict(x, verbose=0), outputs) for outputs in found) or len(found) != 2:
        raise RuntimeError(f"round {turn}: the loaded network predicts something else")
    loaded.fit(x, y, batch_size=32, epochs=1, verbose=0)


def reading(seconds: float, rounds: int, folder: Path) -> Reading:
    """Ask the system about this process."""
    me = Path("/proc/self")
    children = sum(len(path.read_text().split()) for path in me.glob("task/*/children"))
    resident = int((me / "statm").read_text().split()[1]) * PAGE
    handles = _count(me / "fd") - 1  # one of them is this listing's own
    return Reading(seconds, rounds, resident, handles, _count(me / "task"), children, _count(folder))


def _give_back() -> None:
    """Have the allocator hand freed memory to the system, where it can (glibc): what then is resident is in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def soak(seconds: float, every: float, collect: bool) -> Iterator[Reading]:
    """Work for `seconds`, with a reading after every round that ends `every` seconds or more after the last reading.

    Networks are in cycles, so their memory waits for Python's collector; `collect` has it look before each reading, and
    the allocator give back what was freed.
    """
    with tempfile.TemporaryDirectory(prefix="konv-soak-") as name:
        folder = Path(name)
        for turn in range(WARM):
            one_round(turn, folder)
        begun = last = time.monotonic()
        turn = WARM
        while last - begun < seconds:
            one_round(turn, folder)
            turn += 1
            if (now := time.monotonic()) - last >= every:
                last = now
                if collect:
                    gc.collect()
                    _give_back()
                yield reading(now - begun, turn, folder)


def main() -> None:
    asked = options()
    konv.utils.set_random_seed(0)
    about = machine()
    found = []
    print(" minutes  rounds  RSS, MiB  handles  threads  children  files")
    for now in soak(60 * asked.minutes, asked.every, asked.collect):
        found.append(now)
        print(f"{now.seconds / 60:8.1f} {now.rounds:7,} {now.rss_bytes / 2**20:9.1f} {now.handles:8} {now.threads:8} "
              f"{now.children:9} {now.files:6}", flush=True)  # fmt: skip
    path = write("soak", {"machine": about, "readings": [now._asdict() for now in found]}, asked.out)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
