"""Texts of errors and warnings, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "unknown_setting": (
        "{name} must be one of: {known}. Received: {received!r}.",
        "{name} 只能是：{known}。收到的是：{received!r}。",
    ),
    "bad_threads": (
        "KONV_THREADS must be a positive integer. Received: {received!r}.",
        "KONV_THREADS 必须是正整数。收到的是：{received!r}。",
    ),
    "kernel_does_not_fit": (
        "{layer}: a {kernel} {window} does not fit the {received} input: ({size} + {padding} − {span}) / {stride} + 1 "
        "is below 1. Use padding='same', a smaller {window}, or a larger input.",
        "{layer}：{kernel} 的{window}放不进 {received} 的输入：({size} + {padding} − {span}) / {stride} + 1 小于 1。"
        "请用 padding='same'、更小的{window}，或更大的输入。",
    ),
    "bad_tuple": (
        "{layer}: {name} must be one positive integer or {count} of them. Received: {received!r}.",
        "{layer}：{name} 必须是一个正整数，或 {count} 个正整数。收到的是：{received!r}。",
    ),
    "bad_padding": (
        "{layer}: padding must be 'valid', 'same', one integer, or a (before, after) pair for each axis. "
        "Received: {received!r}.",
        "{layer}：padding 只能是 'valid'、'same'、一个整数，或每个轴一对（前, 后）。收到的是：{received!r}。",
    ),
}
