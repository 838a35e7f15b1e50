"""Texts of explanations of networks, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "explain.and_biases": ("{weights}, and {biases}", "{weights}，另有{biases}"),
    "explain.biases.map": ("{count} biases, one shared by each feature map", " {count} 个偏置，每张特征图共享一个"),
    "explain.biases.unit": ("{count} biases, one for each unit", " {count} 个偏置，每个神经元一个"),
    "explain.normalisation": (
        "{learned} = {count}, and {statistics} running statistics that are not trained",
        "{learned} = {count}，另有 {statistics} 个不参与训练的滑动统计量",
    ),
    "explain.normalisation_bare": (
        "{statistics} running statistics that are not trained",
        "{statistics} 个不参与训练的滑动统计量",
    ),
    "explain.title": ("{model}, on images of {shape}", "{model}，输入 {shape} 的图像"),
    "explain.column.layer": ("layer", "层"),
    "explain.column.output": ("output", "输出"),
    "explain.column.parameters": ("parameters", "参数"),
    "explain.column.macs": ("multiply-adds", "乘加次数"),
    "explain.column.sees": ("sees/jump", "感受野/间距"),
    "cli.explain": ("Explain every layer: purpose, arithmetic, what it sees.", "逐层讲解网络：作用、算式与感受野。"),
    "cli.explain.page": (
        "Explain MODEL layer by layer: what each layer is for at its place, the arithmetic of its shape and its "
        "parameters, multiply-adds, what part of the image each number sees, and the memory it all takes. MODEL is "
        "the name of a network, a run folder or a model file. With --connectivity, no MODEL: what local and shared "
        "weights save.",
        "逐层讲解 MODEL：每一层在它所处位置的作用，形状与参数的算式，乘加次数，每个数看到图像的多大区域，以及所需内"
        "存。MODEL 是网络名称、结果文件夹或模型文件。用 --connectivity 时不需要 MODEL：比较局部连接和权值共享节省了多"
        "少。",
    ),
    "cli.explain.html": (
        "Write one page with the network drawn to scale into FILE, or print it.",
        "把按比例绘制网络的单个网页写入 FILE；不给 FILE 时输出到屏幕。",
    ),
    "cli.explain.svg": ("Write the drawing alone into FILE, or print it.", "只把图写入 FILE；不给 FILE 时输出到屏幕。"),
    "cli.explain.connectivity": (
        "Compare full, local and shared wiring for an image of this size; needs --units and --field.",
        "对这一大小的图像比较全连接、局部连接与权值共享；需要 --units 和 --field。",
    ),
    "cli.explain.units": ("Number of hidden units, for --connectivity.", "隐藏单元的个数，用于 --connectivity。"),
    "cli.explain.field": ("What one unit sees, for --connectivity.", "一个单元看到的区域，用于 --connectivity。"),
    "cli.explain.needs_units": (
        "--connectivity compares ways of wiring units to an image. It needs how many units there are and what each "
        "sees: konv explain --connectivity 1000x1000 --units 1000000 --field 10x10.",
        "--connectivity 比较单元与图像之间的几种连接方式，需要知道单元的个数和每个单元看到的区域：konv explain "
        "--connectivity 1000x1000 --units 1000000 --field 10x10。",
    ),
    "cli.explain.field_too_large": (
        "A unit cannot see {field} of an image of {image}. Give a --field no larger than the image.",
        "图像只有 {image}，单元看不到 {field} 的区域。请让 --field 不大于图像。",
    ),
    "explain.wiring.fully": (
        "Fully connected: {sum} = {weights} weights, every unit sees every pixel.",
        "全连接：{sum} = {weights} 个权值，每个单元看到所有像素。",
    ),
    "explain.wiring.locally": (
        "Locally connected: {sum} = {weights} weights, every unit sees its own patch.",
        "局部连接：{sum} = {weights} 个权值，每个单元只看自己的一小块区域。",
    ),
    "explain.wiring.shared": (
        "Shared weights: {sum} = {weights} weights a feature map, every unit of a map looks for the same thing.",
        "权值共享：每张特征图 {sum} = {weights} 个权值，同一张图上的单元寻找同一种特征。",
    ),
    "explain.kind": ("A network explained", "网络详解"),
    "explain.drawn": ("Drawn to scale", "按比例绘制"),
    "explain.drawn_note": (
        "Heights and widths of maps are to scale; thickness, and the height of vectors, is the root of the number of "
        "channels. Orange: the window of the next layer on the map it reads. Dashed: ways past. Rest the pointer on a "
        "slab to read what it is for.",
        "特征图的高与宽按比例绘制；厚度以及向量的高度取通道数的平方根。橙色是下一层的窗口在它所读特征图上的大小，虚线"
        "是绕过的支路。把指针停在图块上可以看到它的作用。",
    ),
    "explain.drawing_alt": ("The layers of {model} as slabs, drawn to scale.", "按比例绘制的 {model} 各层示意图。"),
    "explain.layers": ("{count} layers", "{count} 层"),
    "explain.fact.weights": ("weights", "权重"),
    "explain.fact.inference": ("to predict one image", "预测一张图像"),
    "explain.fact.training": ("to train on {batch}", "以批大小 {batch} 训练"),
    "explain.dilated": ("dilated {dilation}", "空洞 {dilation}"),
    "explain.grouped": ("in {groups} groups", "{groups} 组"),
    "explain.memory": (
        "Memory: weights {weights}; about {one} to predict one image, {training} to train on {batch} with Adam.",
        "内存：权重 {weights}；预测一张图像约需 {one}，用 Adam 以批大小 {batch} 训练约需 {training}。",
    ),
    "explain.legend": (
        "For one image. Windows are height×width/stride +padding; sees/jump is the receptive field in the image and "
        "how far apart neighbours look.",
        "以一张图像计。窗口写作 高×宽/步长 +填充；感受野/间距指一个数在图像上看到多大的区域，以及相邻两个数所看区域的"
        "间距。",
    ),
    "explain.seen_before": ("the weights of its first use", "与第一次使用时共享权值"),
}
