"""Texts that say what each op is for, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "purpose.concatenate": (
        "Puts {count} feature maps side by side: what each of them found is kept as it is, and the next layer can use "
        "all of it at once.",
        "把 {count} 组特征并排放在一起：各自找到的内容原样保留，下一层可以同时用到全部特征。",
    ),
    "purpose.add": (
        "Adds feature maps element by element: a layer on one of the ways has only to learn what is to be changed, and "
        "the gradient flows back past it undiminished.",
        "把特征逐元素相加：支路上的层只需学习要改变的部分（残差），梯度也能不经衰减地绕过它往回传。",
    ),
    "purpose.multiply": (
        "Multiplies feature maps element by element: one of them says how much of the other passes, like a gate.",
        "把特征逐元素相乘：其中一个决定另一个能通过多少，就像一道门。",
    ),
    "purpose.arrangement": (
        "Puts the same numbers into another order or repeats them, so that the next operation finds them where it "
        "looks.",
        "把同样的数换一种排列或重复排列，使下一个运算能在它读取的位置找到它们。",
    ),
    "purpose.slice": (
        "Takes a part of shape {shape} out of {received} and leaves the rest.",
        "从 {received} 中取出形状为 {shape} 的一部分，其余不用。",
    ),
    "purpose.pad": (
        "Puts a margin of {value} around the input, so that what follows finds room at the edges.",
        "在输入周围加一圈 {value}，给后面的运算在边缘留出空间。",
    ),
    "purpose.reduce": (
        "Makes one number of {count}, by {function}: what all of them say together is kept, which of them said it is "
        "not.",
        "用 {function} 把 {count} 个数合成一个：保留它们共同的信息，不再区分是哪一个。",
    ),
    "purpose.batch_sum": (
        "Takes the {function} over all samples of the batch, which then count together.",
        "对批次中的所有样本求 {function}，使它们共同起作用。",
    ),
    "purpose.random": (
        "Draws random numbers ({distribution}) for each sample: what follows has to make do with what chance gives.",
        "为每个样本抽取随机数（{distribution}）：后面的部分要能应对随机性。",
    ),
    "purpose.gaussian_noise": (
        "While training, adds noise of standard deviation {stddev} to every number: what follows learns not to rest on "
        "the last digits. In prediction nothing changes.",
        "训练时给每个数加上标准差为 {stddev} 的高斯噪声，使后面的层不依赖细微的数值；预测时不作任何改变。",
    ),
    "purpose.gaussian_dropout": (
        "While training, multiplies every number by a random one around 1, spread as dropout of {percent} % would: no "
        "feature can be relied on exactly. In prediction nothing changes.",
        "训练时把每个数乘以一个均值为 1 的随机数，方差与丢弃率 {percent} % 的 Dropout 相同，"
        "使网络不依赖任何单个特征的精确值；预测时不作任何改变。",
    ),
    "purpose.alpha_dropout": (
        "While training, sets {percent} % of the numbers to the lower end of a SELU, and keeps mean 0 and variance 1. "
        "In prediction nothing changes.",
        "训练时把 {percent} % 的数置为 SELU 的下界，同时保持均值为 0、方差为 1；预测时不作任何改变。",
    ),
    "purpose.prelu": (
        "A rectifier whose slope for negative numbers is learned, {count} of them: what would be cut off may still say "
        "something.",
        "负半轴斜率由学习得到（共 {count} 个）的整流器：原本会被截断的负值仍能传递信息。",
    ),
    "purpose.layer_normalization": (
        "Brings the {count} features of each sample to mean 0 and variance 1, then to a mean and a spread that are "
        "learned: layers behind it see numbers of one size, whatever the batch.",
        "把每个样本的 {count} 个特征变为均值 0、方差 1，再缩放、平移到学到的尺度："
        "后面的层看到的数值大小稳定，且与批次无关。",
    ),
    "purpose.rms_normalization": (
        "Brings the {count} features of each sample to mean square 1, then to a size that is learned: layers behind it "
        "see numbers of one size, whatever the batch.",
        "把每个样本的 {count} 个特征缩放到均方值为 1，再乘以学到的系数：后面的层看到的数值大小稳定，且与批次无关。",
    ),
    "purpose.unit_normalization": (
        "Brings the {count} features of each sample to length 1: only their direction is left, so that products of two "
        "of them are cosines.",
        "把每个样本的 {count} 个特征缩放成长度为 1 的向量：只保留方向，两个这样的向量的点积就是夹角的余弦。",
    ),
    "purpose.group_normalization": (
        "In each sample, brings {groups} groups of the {channels} channels to mean 0 and variance 1, then to what is "
        "learned: as batch normalisation does, but for batches of any size.",
        "在每个样本内把 {channels} 个通道分成 {groups} 组，各组变为均值 0、方差 1，再缩放、平移："
        "作用类似批归一化，但不受批次大小影响。",
    ),
    "purpose.adaptive_mean": (
        "Averages {received} down to {output} places, whatever the size of the image: what follows needs one size.",
        "不论输入大小（这里是 {received}），都平均到 {output} 个位置：后面的层只接受固定尺寸。",
    ),
    "purpose.adaptive_max": (
        "Keeps the strongest of {received} in {output} places, whatever the size of the image: what follows needs one "
        "size.",
        "不论输入大小（这里是 {received}），都在 {output} 个位置上取最大值：后面的层只接受固定尺寸。",
    ),
    "purpose.constant": (
        "Numbers that were known when the network was made: the same for every sample, and never learned.",
        "构建网络时就已确定的数：对每个样本都相同，也不参与学习。",
    ),
    "purpose.parameter": (
        "A weight that is used as it is, the same for every sample: training adjusts it.",
        "直接参与运算的权重：对每个样本都相同，由训练来调整。",
    ),
    "purpose.phase": (
        "Takes one way while the network is trained and another in prediction, as the layer's own `call` asks for.",
        "按层自己的 `call` 的要求，训练时走一条路，预测时走另一条路。",
    ),
    "purpose.stop_gradient": (
        "Passes numbers on and lets no gradient back: what is before it is taken for fixed.",
        "数值照常通过，但梯度不再往回传：它前面的部分被当作固定不变。",
    ),
    "purpose.matmul": (
        "Multiplies two matrices of each sample, sums of {inner} products: how much every row of one has to do with "
        "every column of the other.",
        "把每个样本的两个矩阵相乘，每个结果是 {inner} 个乘积之和：衡量一个矩阵的各行与另一个的各列有多大关系。",
    ),
    "purpose.elementwise": (
        "Computes {function} of its inputs, element by element: it has no weights and learns nothing itself, but "
        "gradients flow through it.",
        "对输入逐元素计算 {function}：它没有权重，自己不学习，但梯度可以从中流过。",
    ),
    "purpose.input": (
        "Where the data enters: it computes nothing and only fixes the shape every sample must have.",
        "数据从这里进入网络：它不做计算，只规定每个样本必须有的形状。",
    ),
    "purpose.conv2d": (
        "Looks for {filters} local patterns: each filter is a template of {kernel}×{channels} numbers (height, width, "
        "channels), and the same template is tried at every place of the image, so a pattern is found wherever it "
        "appears.",
        "寻找 {filters} 种局部模式：每个滤波器是一块覆盖 {channels} 个通道的 {kernel} 模板，"
        "同一块模板在图像的每个位置上都比对一次（权值共享），所以模式出现在哪里都能找到。",
    ),
    "purpose.conv2d_1x1": (
        "Mixes the {channels} channels of each pixel into {filters} new ones without looking at its neighbours: the "
        "cheap way to combine features and to change the number of channels.",
        "在每个像素处把 {channels} 个通道重新组合成 {filters} 个，不看周围的像素："
        "以很小的代价实现跨通道的信息整合，并升高或降低通道数。",
    ),
    "purpose.conv2d_depthwise": (
        "Filters every channel on its own with a {kernel} template, {filters} of them in all: spatial patterns are "
        "found at a small fraction of the cost, and mixing the channels is left to another layer.",
        "用 {filters} 块 {kernel} 的模板，各自只对一个通道滤波：只花很小一部分计算量就能找到空间上的模式，"
        "通道之间的组合则留给别的层。",
    ),
    "purpose.conv1d": (
        "Looks for {filters} local patterns along a sequence: each filter is a template of {kernel} steps × {channels} "
        "channels, and the same template is tried at every step, so a pattern is found whenever it occurs.",
        "沿着序列寻找 {filters} 种局部模式：每个滤波器是一块 {kernel} 步、{channels} 个通道的模板，"
        "同一块模板在每一步上都比对一次，所以模式出现在何时都能找到。",
    ),
    "purpose.conv2d_transpose": (
        "Paints a larger image, {size}: every place of its input lays down {filters} {kernel} templates, times its own "
        "value, and where they overlap they add up; it is the way back through a convolution.",
        "画出一幅更大的图像（{size}）：输入的每个位置把 {filters} 块 {kernel} 的模板乘上自己的值铺到输出上，"
        "重叠处相加；相当于沿着卷积反向走一遍。",
    ),
    "purpose.locally_connected": (
        "Looks for {filters} local patterns at each of {places} places, with {kernel} filters that belong to that "
        "place alone: for images in which what matters is always at the same spot.",
        "在 {places} 个位置上各用自己的 {filters} 个 {kernel} 滤波器寻找局部模式，权值不共享："
        "适合关键内容总出现在固定位置的图像。",
    ),
    "purpose.resize": (
        "Brings images of {before} to {after}, each place a weighted mean of those around it: so that what follows "
        "meets the size it was made for.",
        "把 {before} 的图像调整为 {after}，每个位置是其周围的加权平均：让后面的层得到它所需要的大小。",
    ),
    "purpose.up_sampling": (
        "Enlarges its input to {size} without weights: the plain way back to a finer grid, where a convolution after "
        "it may add detail.",
        "不用权重，把输入放大到 {size}：回到更细网格的朴素做法，细节由后面的卷积补上。",
    ),
    "purpose.repeat_vector": (
        "Repeats a vector {times} times, as the steps of a sequence: one summary handed to every step that follows.",
        "把一个向量重复 {times} 次，排成序列的各步：同一份概括交给后面的每一步。",
    ),
    "purpose.dense": (
        "Weighs all {features} features together: each of its {units} neurons is connected to every one of them, so "
        "it can judge the input as a whole.",
        "综合全部 {features} 个特征：{units} 个神经元中的每一个都与所有特征相连，因此能从整体上作出判断。",
    ),
    "purpose.max_pooling2d": (
        "Keeps only the strongest response of each {pool} window: whether a pattern is there stays known, its exact "
        "place is forgotten, and the layers after it have fewer numbers to deal with.",
        "在每个 {pool} 窗口里只留下最强的响应：模式是否出现仍然知道，准确位置则不再计较，"
        "后面各层要处理的数也随之减少。",
    ),
    "purpose.average_pooling2d": (
        "Replaces each {pool} window by its mean: the feature map becomes smaller and smoother, and every one of the "
        "{count} values keeps an equal say.",
        "用每个 {pool} 窗口的平均值代替整个窗口：特征图变小、变平滑，而窗口里的 {count} 个值所占的分量相同。",
    ),
    "purpose.global_average_pooling2d": (
        "Replaces each channel's whole {map} feature map by its mean, one number of {count}: what a channel looks for "
        "counts wherever it appears, and no weights are needed to go from maps to classes.",
        "把每个通道的整张 {map} 特征图换成它的平均值，{count} 个数变成一个：通道所寻找的模式出现在哪里都算数，"
        "而且从特征图到类别不需要任何权重。",
    ),
    "purpose.global_max_pooling2d": (
        "Keeps of each channel's whole {map} feature map only the strongest of {count} responses: whether a pattern "
        "appears anywhere, not where or how often.",
        "每个通道的整张 {map} 特征图只留下 {count} 个响应中最强的一个：只看模式是否出现过，不管位置和次数。",
    ),
    "purpose.relu": (
        "Lets positive values pass and sets the others to 0: wit"
        "hout such a bend any stack of layers would be no more "
        "than one linear layer, and where it passes, gradients come back undiminished.",
        "正值原样通过，其余置为 0：若没有这样的非线性，再多的层叠起来也只相当于一个线性层；而在它放行的地方，"
        "梯度会原封不动地传回来。",
    ),
    "purpose.sigmoid": (
        "Squeezes any number into 0…1, so that it can be read as the probability of a yes; far from 0 it is flat and "
        "gradients fade.",
        "把任意数压到 0 与 1 之间，可以理解为“是”的概率；离 0 很远时曲线变平，梯度会逐渐消失。",
    ),
    "purpose.tanh": (
        "Squeezes any number into −1…1 and keeps its sign: a bend whose outputs stay centred on 0.",
        "把任意数压到 −1 与 1 之间并保留正负号：一种输出以 0 为中心的非线性。",
    ),
    "purpose.leaky_relu": (
        "Lets values above {threshold} pass and those below through at {slope} of their size: like ReLU, but no "
        "neuron can fall silent for good, because some gradient always comes back.",
        "大于 {threshold} 的值原样通过，其余按斜率 {slope} 缩小：与 ReLU 相似，但总有一点梯度传回来，"
        "神经元不会永久“死亡”。",
    ),
    "purpose.clipped_relu": (
        "Lets values between {threshold} and {most} pass and cuts off what is beyond: a ReLU with a ceiling, so that "
        "no response grows without bound and few bits are enough to keep it.",
        "只让 {threshold} 与 {most} 之间的值原样通过，超出的部分截断：有上限的 ReLU，响应不会无限增大，"
        "用较少的位数就能表示（便于低精度推理）。",
    ),
    "purpose.elu": (
        "Lets positive values pass and bends negative ones towards {least}: outputs stay nearer to mean 0 than those "
        "of ReLU, and negative inputs still learn.",
        "正值原样通过，负值平滑地趋向 {least}：输出的均值比 ReLU 更接近 0，负输入也仍能学习。",
    ),
    "purpose.selu": (
        "An exponential linear unit scaled so that values keep mean 0 and variance 1 from layer to layer by "
        "themselves; negative ones bend towards {least}.",
        "经过缩放的指数线性单元：数值逐层自动保持均值 0、方差 1（自归一化）；负值趋向 {least}。",
    ),
    "purpose.silu": (
        "Weighs each value by its own sigmoid: a ReLU without a corner, which dips a little below 0 before it rises.",
        "用每个值自己的 sigmoid 给它加权：没有折角的 ReLU，上升之前会略微低于 0。",
    ),
    "purpose.gelu": (
        "Weighs each value by the share of a normal distribution that lies below it: a smooth ReLU that lets a value "
        "pass the more, the larger it is against the others.",
        "用标准正态分布中小于该值的概率给它加权：一种平滑的 ReLU，值相对越大，通过得越多。",
    ),
    "purpose.hard_sigmoid": (
        "A straight line from 0 to 1 in place of the sigmoid's curve: a gate that costs no exponential.",
        "用一段从 0 到 1 的直线代替 sigmoid 曲线：不必计算指数的门。",
    ),
    "purpose.hard_silu": (
        "Weighs each value by its hard sigmoid: nearly SiLU, without its exponential, for networks that must be fast.",
        "用 hard sigmoid 给每个值加权：近似 SiLU 而不必计算指数，适合要求速度的网络。",
    ),
    "purpose.softplus": (
        "A ReLU with its corner rounded off: always positive, so that it can stand for a scale or a variance.",
        "把折角磨圆的 ReLU：输出恒为正，可用来表示尺度或方差。",
    ),
    "purpose.softsign": (
        "Squeezes any number into −1…1 as tanh does, but flattens more slowly, so that gradients fade later.",
        "和 tanh 一样把任意数压到 −1 与 1 之间，但变平得更慢，梯度消失得更晚。",
    ),
    "purpose.exponential": (
        "Makes of any number a positive one: what is added before becomes a factor, as a rate or a scale needs it.",
        "把任意数变成正数：之前的相加变成相乘，适合表示速率或尺度。",
    ),
    "purpose.softmax": (
        "Turns {classes} scores into probabilities that sum to 1: the larger a score against the others, the more of "
        "the whole it gets.",
        "把 {classes} 个得分变成总和为 1 的概率：某个得分比其他得分高得越多，分到的概率就越大。",
    ),
    "purpose.linear": (
        "Passes its input on unchanged: a layer without an activation.",
        "原样输出：表示这一层不用激活函数。",
    ),
    "purpose.dropout": (
        "While training, silences {percent} % of the values at random, so that no neuron can lean on a few others "
        "and the network learns features that hold up on new images; in prediction it does nothing.",
        "训练时随机让 {percent} % 的值归零，使神经元不能只依赖少数几个同伴，从而学到在新图像上也靠得住的特征，"
        "减轻过拟合；"
        "预测时不起作用。",
    ),
    "purpose.joint_dropout": (
        "While training, silences {percent} % of the values at random, each at all places of the first axes at once; "
        "in prediction it does nothing.",
        "训练时随机让 {percent} % 的值归零，每个值在前面各轴的所有位置上一起归零；预测时不起作用。",
    ),
    "purpose.stochastic_depth": (
        "While training, silences {percent} % of the samples whole: beside a shortcut, these do without the layers of "
        "this branch, as if the network were shallower (stochastic depth); in prediction it does nothing.",
        "训练时随机让 {percent} % 的样本整个归零：旁边若有捷径，这些样本就绕过本分支的各层，"
        "好像网络变浅了（随机深度）；预测时不起作用。",
    ),
    "purpose.spatial_dropout": (
        "While training, silences {percent} % of the {channels} channels at random, each over its whole map: nearby "
        "places tell nearly the same, so that only a channel that is gone altogether makes the others do without it.",
        "训练时随机让 {channels} 个通道中的 {percent} % 整张归零：相邻位置的信息几乎相同，"
        "只有整个通道消失，其余通道才会学着不依赖它；预测时不起作用。",
    ),
    "purpose.batch_normalization": (
        "Brings each of the {channels} channels to mean 0 and variance 1 over the batch, then to a mean and a "
        "scale that are learned: whatever earlier layers do, the next one finds its inputs in a steady range, so that "
        "larger learning rates work.",
        "把 {channels} 个通道各自在整个批次上归一化为均值 0、方差 1，再换成学习得到的均值和尺度："
        "无论前面各层怎样变化，后一层看到的输入范围都保持稳定，因此可以用更大的学习率。",
    ),
    "purpose.local_response_normalization": (
        "Divides every number by a power of the squares of the {size} channels around it at the same place: a strong "
        "response damps its neighbours', so that channels compete and come to look for different things.",
        "把每个数除以同一位置上相邻 {size} 个通道平方和的某次幂：强响应会抑制邻近通道的响应，"
        "通道之间由此相互竞争，学会寻找不同的模式。",
    ),
    "purpose.flatten": (
        "Lays the {shape} numbers of a sample out as one row of "
        "{count}, because fully connected layers take vectors; "
        "nothing is computed.",
        "把一个样本的 {shape} 个数排成一行，共 {count} 个，因为全连接层接收的是向量；不做任何计算。",
    ),
    "purpose.reshape": (
        "Arranges the same numbers, in the same order, in another shape; nothing is computed.",
        "同样的数、同样的顺序，换一种形状排列；不做任何计算。",
    ),
}
