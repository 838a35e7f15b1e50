"""What event files hold, read byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path


def records(path: Path) -> list[bytes]:
    """The records of an event file: a length, its checksum, the content, its checksum."""
    content, found = path.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        found.append(content[12 : 12 + length])
        content = content[16 + length :]
    return found


def written(folder: Path) -> list[tuple[str, int, float]]:
    """What the event files of `folder` hold, in the order in which TensorBoard reads them."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.iterdir()):
        for record in records(path):
            event = Event.FromString(record)
            found += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
    return found
