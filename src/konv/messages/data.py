"""Texts of data, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "bad_seed": (
        "A seed must be an integer from 0 to 4294967295 (2³² − 1). Received: {received!r}.",
        "随机种子必须是 0 到 4294967295（2³² − 1）之间的整数。收到的是：{received!r}。",
    ),
}
