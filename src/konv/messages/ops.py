"""Texts of what ops and losses refuse, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "unknown_name": (
        "Unknown {kind}: {received!r}. Known are: {known}.",
        "没有名为 {received!r} 的{kind}。可用的有：{known}。",
    ),
    "unknown_name_near": (
        "Unknown {kind}: {received!r}. Did you mean: {known}?",
        "没有名为 {received!r} 的{kind}。是不是想写：{known}？",
    ),
    "kind.op": ("operation", "运算"),
    "kind.layer": ("layer", "层"),
    "kind.loss": ("loss", "损失函数"),
    "kind.optimizer": ("optimizer", "优化器"),
    "kind.schedule": ("learning-rate schedule", "学习率调度"),
    "kind.activation": ("activation", "激活函数"),
    "kind.pooling": ("pooling", "池化方式"),
    "kind.metric": ("metric", "评价指标"),
    "kind.initializer": ("initializer", "初始化方法"),
    "kind.regularizer": ("regularizer", "正则化方法"),
    "kind.constraint": ("constraint", "约束"),
    "kind.network": ("network", "网络"),
    "kind.class": ("class", "类别"),
    "kind.output": ("output", "输出"),
    "kind.look": ("thing to look at", "可看的内容"),
    "kind.data set": ("data set", "数据集"),
    "window.kernel": ("kernel", "卷积核"),
    "window.pool": ("pooling window", "池化窗口"),
    "not_an_image": (
        "{layer} expects images: 3 axes (height, width, channels) a sample. Received: {received} ({axes} axes). "
        "Grey images need an axis for their one channel: x[..., None].",
        "{layer} 需要图像：每个样本 3 个轴（高、宽、通道）。收到的是：{received}（{axes} 个轴）。"
        "灰度图要补上唯一的通道轴：x[..., None]。",
    ),
    "noise_axes": (
        "JointDropout draws once for the first axes of a sample together, {axes} of them. Received a sample of "
        "{received}.",
        "JointDropout 对样本的前 {axes} 个轴只抽取一次随机数。收到的样本形状是：{received}。",
    ),
    "not_a_sequence": (
        "{layer} expects sequences: 2 axes (steps, channels) a sample. Received: {received} ({axes} axes). "
        "Sequences of single numbers need an axis for their one channel: x[..., None].",
        "{layer} 需要序列：每个样本 2 个轴（步数、通道）。收到的是：{received}（{axes} 个轴）。"
        "每步只有一个数的序列要补上唯一的通道轴：x[..., None]。",
    ),
    "nothing_left": (
        "{layer}: a {kernel} kernel spreads the {received} input over {reach} places along one axis, and padding "
        "leaves {made} of them. Pad less.",
        "{layer}：{kernel} 的核把输入 {received} 沿某一轴铺开到 {reach} 个位置，去掉填充后只剩 {made} 个。请减小填充。",
    ),
    "nothing_after_cropping": (
        "{layer}: cropping {cropping} leaves nothing of the {received} input. Crop less.",
        "{layer}：按 {cropping} 裁剪后，输入 {received} 什么也不剩。请少裁一些。",
    ),
    "bad_permutation": (
        "{layer}: dims must name each of the input's {axes} axes once, counted from 1. Received: {dims} for a "
        "{received} input.",
        "{layer}：dims 要把输入的 {axes} 个轴各写一次，从 1 数起。收到的是：{dims}，输入是 {received}。",
    ),
    "not_a_vector": (
        "{layer} repeats vectors: 1 axis a sample. Received: {received}. Flatten it first.",
        "{layer} 重复的是向量：每个样本 1 个轴。收到的是：{received}。请先用 Flatten 展平。",
    ),
    "groups_and_filters": (
        "{layer}: {filters} filters cannot be cut into {groups} equal groups. Choose filters as a multiple of groups.",
        "{layer}：{filters} 个滤波器不能平均分成 {groups} 组。请让 filters 是 groups 的整数倍。",
    ),
    "groups_and_channels": (
        "{layer}: the {channels} channels of the {received} input cannot be cut into {groups} equal groups. "
        "Choose groups that divide the number of channels.",
        "{layer}：输入 {received} 的 {channels} 个通道不能平均分成 {groups} 组。groups 要能整除通道数。",
    ),
    "no_features": (
        "{layer} works along the last axis, which must have at least one element. Received shape: {received}.",
        "{layer} 沿最后一个轴计算，该轴至少要有一个元素。收到的形状是：{received}。",
    ),
    "pool_of_padding": (
        "{layer}: with padding ({before}, {after}) a {pool} window on the {received} input would see nothing but "
        "padding. Pad less than the window on each side.",
        "{layer}：填充为（{before}, {after}）时，输入 {received} 上的某个 {pool} 窗口会完全落在填充里。"
        "每一侧的填充要小于窗口。",
    ),
    "bad_rate": (
        "{layer}: rate is the share of values dropped, at least 0 and below 1. Received: {received!r}.",
        "{layer}：rate 是被丢弃的比例，要大于等于 0 且小于 1。收到的是：{received!r}。",
    ),
    "reshape_does_not_fit": (
        "{layer}: the {count} numbers of a {received} input cannot be arranged as {target} "
        "({needed} numbers; ? stands for the one free axis, -1).",
        "{layer}：输入 {received} 的 {count} 个数不能排成 {target}（{needed} 个数；? 表示唯一可自动推算的轴 -1）。",
    ),
    "input_does_not_fit": (
        "The network expects samples of shape {expected}, at most {batch} at once. Received: {count} of {received}.",
        "网络需要形状为 {expected} 的样本，一次最多 {batch} 个。收到的是：{count} 个 {received}。",
    ),
    "target_not_numbers": (
        "{loss}: targets must be numbers. Received: {received}. Number the classes from 0 first, for example with "
        "numpy.unique(labels, return_inverse=True).",
        "{loss}：目标必须是数。收到的是：{received}。请先把类别从 0 开始编号，例如用 "
        "numpy.unique(labels, return_inverse=True)。",
    ),
    "target_not_finite": (
        "{loss}: the target of sample {sample} is {received}. Every target must be a finite number.",
        "{loss}：样本 {sample} 的目标是 {received}。目标必须都是有限的数。",
    ),
    "one_number": ("one number", "一个数"),
    "target_shape": (
        "{loss}: the network's output asks for targets of {expected} a sample; these are {received} a sample. They "
        "must be equal: targets are never broadcast.",
        "{loss}：按网络的输出，每个样本的目标应为 {expected}；收到的是每个样本 {received}。"
        "两者必须相同：目标不会被自动广播。",
    ),
    "target_is_sparse": (
        "{loss} takes one row of {classes} numbers a sample; these targets are class numbers. Use "
        "loss='sparse_categorical_crossentropy', or konv.utils.to_categorical(y, {classes}).",
        "{loss} 需要每个样本一行 {classes} 个数；这里的目标是类别编号。请用 "
        "loss='sparse_categorical_crossentropy'，或 konv.utils.to_categorical(y, {classes})。",
    ),
    "target_is_one_hot": (
        "{loss} takes class numbers, one a sample; these targets are rows of {classes}. Use "
        "loss='categorical_crossentropy', or y.argmax(-1).",
        "{loss} 需要每个样本一个类别编号；这里的目标是每行 {classes} 个数。请用 "
        "loss='categorical_crossentropy'，或 y.argmax(-1)。",
    ),
    "one_hot_width": (
        "{loss}: the targets have {received} classes, the network's output has {classes}. Give the last layer "
        "{received} units, or use konv.utils.to_categorical(y, {classes}).",
        "{loss}：目标有 {received} 类，网络的输出有 {classes} 类。请把最后一层改成 {received} 个单元，或用 "
        "konv.utils.to_categorical(y, {classes})。",
    ),
    "label_not_integer": (
        "{loss}: class numbers must be integers. Received: {received} (sample {sample}).",
        "{loss}：类别编号必须是整数。收到的是：{received}（样本 {sample}）。",
    ),
    "label_out_of_range": (
        "{loss}: label {received} of sample {sample} is out of range: the network's output has {classes} classes, so "
        "labels are 0 to {last}. Number the labels from 0, or give the last layer more units.",
        "{loss}：样本 {sample} 的标签 {received} 超出范围：网络的输出有 {classes} 类，标签应为 0 到 {last}。"
        "请从 0 开始编号，或增加最后一层的单元数。",
    ),
    "target_not_probability": (
        "{loss}: targets are probabilities, between 0 and 1. Received: {received} (sample {sample}).",
        "{loss}：目标是概率，应在 0 与 1 之间。收到的是：{received}（样本 {sample}）。",
    ),
    "bad_output_size": (
        "{layer}: output_size is {axes} sizes of at least 1. Received: {received!r}.",
        "{layer}：output_size 应为 {axes} 个不小于 1 的整数。收到的是：{received!r}。",
    ),
    "bad_groups_of_channels": (
        "GroupNormalization: the last axis, that of the channels, must be a multiple of groups. Received: {shape} and "
        "groups={received!r}. groups=-1 makes a group of every channel.",
        "GroupNormalization：最后一个轴（通道轴）必须是 groups 的整数倍。收到的是：{shape}，groups={received!r}。"
        "groups=-1 表示每个通道自成一组。",
    ),
}
