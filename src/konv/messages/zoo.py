"""Texts about networks by name, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "zoo.bad_width": (
        "{network}: width, by which numbers of channels are multiplied, must be above 0. Received: {received!r}. "
        "0.25 makes a network a quarter as wide.",
        "{network}：width 是通道数的倍率，必须大于 0。收到的是：{received!r}。例如 0.25 得到四分之一宽的网络。",
    ),
    "zoo.no_classes": (
        "{network} gives back its input and has no classes. Received: classes={received!r}. Leave classes out.",
        "{network} 的输出是对输入的重建，没有类别。收到的是：classes={received!r}。请去掉 classes。",
    ),
    "zoo.no_classifier": (
        "{network} names no class for an image, which is what konv train learns from folders of classes: its output "
        "is a map. Train it in Python: konv.zoo.{network}(…), then compile and fit with targets of that shape "
        "(for an autoencoder, the images themselves).",
        "konv train 从按类别分的文件夹学习给整张图像分类，而 {network} 不做这件事：它的输出是一张图。"
        "请在 Python 中训练：先 konv.zoo.{network}(…)，再 compile，并用该形状的目标 fit"
        "（自编码器的目标就是图像本身）。",
    ),
    "variant.small_alone": (
        "Only the network small has a {option} to choose; {network} has its own. Leave --{option} out, or take "
        "--model small.",
        "只有 small 网络可以选择 {option}，{network} 的是固定的。请去掉 --{option}，或用 --model small。",
    ),
    "variant.no_activation": (
        "{network} has no activation by name that could be exchanged for another. Leave the activation as it is.",
        "{network} 没有可以按名字更换的激活函数。请保留它自己的激活函数。",
    ),
    "variant.no_pooling": (
        "{network} has no max or average pooling of windows that could be exchanged for the other. Leave the pooling "
        "as it is.",
        "{network} 没有可以互换的窗口最大池化或平均池化。请保留它自己的池化。",
    ),
}
