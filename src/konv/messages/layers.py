"""Texts of layers that normalise, activate, regularise and prepare data; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "not_the_last_axis": (
        "{layer}: axis must be the last one, that of the channels: −1 (or {last}). Received: {received!r}. Images are "
        "(N, height, width, channels) here.",
        "{layer}：axis 只能是最后一个轴，即通道轴：−1（或 {last}）。收到的是：{received!r}。"
        "这里的图像按（N, 高, 宽, 通道）排列。",
    ),
    "number_out_of_range": (
        "{layer}: {name} must be a number from {low:g} to {high:g}. Received: {received!r}.",
        "{layer}：{name} 必须是 {low:g} 到 {high:g} 之间的数。收到的是：{received!r}。",
    ),
    "not_from_zero": (
        "{layer}: {argument} must be a finite number, at least 0. Received: {received}.",
        "{layer}：{argument} 必须是不小于 0 的有限数。收到的是：{received}。",
    ),
    "slope_above_zero": (
        "hard_sigmoid: the slope a must be a finite number above 0: 1/6 in Keras 3, 1/5 in Keras 1 and 2. "
        "Received: {received!r}.",
        "hard_sigmoid：斜率 a 必须是大于 0 的有限数：Keras 3 中是 1/6，Keras 1 和 2 中是 1/5。收到的是：{received!r}。",
    ),
}
