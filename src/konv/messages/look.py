"""Texts of looking into networks, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # Errors
    "look.inputs": (
        "The network has {expected} inputs; received {received}. Give a list with one array for each.",
        "网络有 {expected} 个输入，收到 {received} 个。请给出一个列表，每个输入一个数组。",
    ),
    "look.image": (
        "The network takes images of shape {expected}; received an array of shape {received}. Give one image, with or "
        "without a batch axis of 1.",
        "网络的输入形状是 {expected}，收到的数组形状是 {received}。请给出一张图像（可带大小为 1 的批次轴）。",
    ),
    "look.class": (
        "There is no class {received}: the classes are numbered from 0 to {last}.",
        "没有类别 {received}：类别编号为 0 到 {last}。",
    ),
    "look.unit": (
        "Layer {layer} has no unit {received}: its units (feature maps) are numbered from 0 to {last}.",
        "层 {layer} 没有编号为 {received} 的单元：它的单元（特征图）编号为 0 到 {last}。",
    ),
    "look.position": (
        "Layer {layer} has no place {received}: its places go up to {places}, counted from 0, the last ones left out.",
        "层 {layer} 没有位置 {received}：位置从 0 数起，上限（不含）为 {places}。",
    ),
    "look.no_filters": (
        "Layer {layer} is no convolution, so it has no filters to show. Layers that have: {known}.",
        "层 {layer} 不是卷积层，没有卷积核可看。有卷积核的层：{known}。",
    ),
    "look.no_convolution": (
        "The network has no convolution, so there are no filters to show.",
        "网络中没有卷积层，没有卷积核可看。",
    ),
    "look.no_cam": (
        "Grad-CAM needs a convolution with feature maps of more than one place; this network has none. Saliency and "
        "occlusion work without.",
        "Grad-CAM 需要一个卷积层，其特征图不止一个位置；这个网络没有。显著图和遮挡实验不需要卷积层。",
    ),
    "look.no_maps": (
        "Layer {layer} gives {shape}, no feature maps (height × width × channels), so Grad-CAM has nothing to weigh "
        "there. Choose a convolution or what follows it before the maps are flattened.",
        "层 {layer} 的输出是 {shape}，不是特征图（高 × 宽 × 通道），Grad-CAM 在这里无从加权。"
        "请选择卷积层，或卷积层之后、展平之前的层。",
    ),
    "look.no_image": (
        "The network takes no image (height × width × channels), so no part of it can be covered.",
        "网络的输入不是图像（高 × 宽 × 通道），无法遮挡其中一部分。",
    ),
    "look.least": (
        "{name} must be at least {least}. Received: {received}.",
        "{name} 至少为 {least}。收到：{received}。",
    ),
    "look.window": (
        "A window of {received} does not fit into an image of {height}×{width}.",
        "大小为 {received} 的窗口放不进 {height}×{width} 的图像。",
    ),
    "look.one_input": (
        "Only networks with one input can be asked for the image that excites a unit; this one has {received}.",
        "只有单输入的网络才能求使单元激活最大的图像；这个网络有 {received} 个输入。",
    ),
    "look.one_output": (
        "Learning can be followed in networks with one output; this one has {received}.",
        "只能在单输出的网络中跟踪学习过程；这个网络有 {received} 个输出。",
    ),
    "look.targets": (
        "There are {expected} images but {received} targets. Give one for each.",
        "有 {expected} 张图像，但有 {received} 个目标。请每张给一个。",
    ),
    "look.no_kernel": (
        "Layer {layer} ({kind}) is neither a convolution nor a dense layer, so there is no kernel to follow.",
        "层 {layer}（{kind}）既不是卷积层也不是全连接层，没有可以跟踪的权重。",
    ),
    "look.weight": (
        "The kernel of layer {layer} has the shape {shape}; there is no weight at {received}.",
        "层 {layer} 的权重形状为 {shape}，没有位于 {received} 的权重。",
    ),
    "look.metric": (
        'metric must be "euclidean" or "cosine". Received: {received!r}.',
        'metric 必须是 "euclidean" 或 "cosine"。收到：{received!r}。',
    ),
}
