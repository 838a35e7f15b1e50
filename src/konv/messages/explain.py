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
    "explain.column.bytes": ("memory", "内存"),
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
    "explain.inside.fully": (
        "If every unit saw all of the input: {sum} = {weights} weights, {biases} biases, {connections} connections.",
        "若每个单元都看到整个输入（全连接）：{sum} = {weights} 个权值、{biases} 个偏置，{connections} 条连接。",
    ),
    "explain.inside.locally": (
        "Local in space, full in depth, each place with weights of its own: {sum} = {weights} weights, {biases} "
        "biases, {connections} connections.",
        "空间上局部、深度上全连、每个位置各有权值（局部连接）：{sum} = {weights} 个权值、{biases} 个偏置，"
        "{connections} 条连接。",
    ),
    "explain.inside.shared": (
        "As a convolution, all places of a map sharing their weights: {sum} = {weights} weights, {biases} biases, "
        "{connections} connections.",
        "作为卷积，同一张图上各位置共享权值：{sum} = {weights} 个权值、{biases} 个偏置，{connections} 条连接。",
    ),
    "explain.inside.effective": (
        "Receptive field {field}; 95 % of the gradient of its middle lies within {effective} pixels, the effective "
        "receptive field.",
        "感受野 {field}；其中心位置的梯度有 95 % 落在 {effective} 像素以内，这就是有效感受野。",
    ),
    "explain.inside.alive": (
        "None of its {units} units is dead: every one answers differently to different images or places.",
        "{units} 个单元中没有“死亡”的：每一个对不同的图像或位置都有不同的响应。",
    ),
    "explain.inside.dead": (
        "Dead units, the same for every image and place: {dead} of {units}, namely {named}.",
        "{units} 个单元中有 {dead} 个已“死亡”，对任何图像和位置都给出同一个值：{named}。",
    ),
    "explain.inside.images": ("Found on {count} images.", "以上结果来自 {count} 张图像。"),
    "explain.inside.noise": (
        "Found on {count} images of noise, classes by turns: name a trained model and --data for what it has learned.",
        "以上结果来自 {count} 张噪声图像，类别轮流指定：要看它学到了什么，请给出训练好的模型和 --data。",
    ),
    "explain.spread.mean": ("mean", "均值"),
    "explain.spread.deviation": ("deviation", "标准差"),
    "explain.spread.least": ("least", "最小"),
    "explain.spread.most": ("most", "最大"),
    "explain.spread.zeros": ("zeros", "零占比"),
    "explain.spread.weights": ("weights", "权值"),
    "explain.spread.biases": ("biases", "偏置"),
    "explain.spread.gamma": ("factors γ", "缩放 γ"),
    "explain.spread.beta": ("offsets β", "偏移 β"),
    "explain.spread.moving_mean": ("running means", "滑动均值"),
    "explain.spread.moving_variance": ("running variances", "滑动方差"),
    "explain.spread.activations": ("activations", "激活值"),
    "explain.spread.gradients": ("gradient of weights", "权值的梯度"),
    "cli.explain.layer": (
        "Look inside one layer: wiring, effective receptive field, dead units, statistics.",
        "深入一层：连接方式、有效感受野、死亡单元与统计量。",
    ),
    "cli.explain.data": (
        "Images for --layer, as for konv train; by default a run's test images, else noise.",
        "用于 --layer 的图像，同 konv train；默认用该次训练的测试图像，否则用噪声。",
    ),
    "cli.explain.layer_forms": (
        "What is inside a layer is shown in the terminal and as --json. Leave out --html and --svg, or --layer.",
        "单层的内部情况只在终端显示，或用 --json 输出。请去掉 --html 和 --svg，或去掉 --layer。",
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
        "For one image. Windows are height×width/stride +padding; memory is what the output takes; sees/jump is the "
        "receptive field in the image and how far apart neighbours look.",
        "以一张图像计。窗口写作 高×宽/步长 +填充；内存指输出所占的大小；感受野/间距指一个数在图像上看到多大的区域，"
        "以及相邻两个数所看区域的间距。",
    ),
    "explain.seen_before": ("the weights of its first use", "与第一次使用时共享权值"),
}
