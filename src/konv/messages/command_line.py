"""Texts of the command line, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "not_a_classifier": (
        "This network gives {received} a sample, not one row with a number for each class, so it cannot be measured as "
        "a classifier.",
        "这个网络对每个样本输出 {received}，而不是每类一个数的一行，因此不能当作分类器来评测。",
    ),
}
