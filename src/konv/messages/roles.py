"""Texts that say what a layer is for at its place, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "role.conv.first": (
        "Looks at the pixels: {filters} templates of {kernel}×{channels} numbers are laid on every place in turn and "
        "come to answer to edges, colours and simple textures.",
        "直接看像素：{filters} 块 {kernel}×{channels} 的模板依次贴在每个位置上比对，训练后会对边缘、颜色和简单纹理作出"
        "响应。",
    ),
    "role.conv.deeper": (
        "Combines what the {channels} maps before it have found, within {kernel} places, into {filters} new features.",
        "把前面 {channels} 张特征图在 {kernel} 邻域内的发现组合成 {filters} 种新特征。",
    ),
    "role.sees.part": ("Each number now sees {field} pixels of the image.", "此时每个数能看到图像上 {field} 的区域。"),
    "role.sees.all": (
        "Each number now sees the whole image (its field, {field}, reaches beyond it).",
        "此时每个数能看到整幅图像（感受野 {field} 已超出图像）。",
    ),
    "role.conv.groups": (
        "In {groups} groups, each of which sees only {seen} of the {channels} channels: 1/{groups} of the weights and "
        "of the work (AlexNet so spread over two graphics cards).",
        "分成 {groups} 组，每组只看 {channels} 个通道中的 {seen} 个：权值和计算量都降为 1/{groups}（AlexNet 借此分布到"
        "两块显卡上）。",
    ),
    "role.stride": (
        "Steps of {strides} take the map from {from} to {to}: the layers after it have about 1/{share} of the places "
        "to deal with.",
        "步长 {strides} 把特征图从 {from} 缩小到 {to}：后面各层要处理的位置约为原来的 1/{share}。",
    ),
    "role.unpadded": (
        "Without padding the map shrinks at its edges, {from} to {to}.",
        "不做填充，特征图的边缘缩小：{from} 变为 {to}。",
    ),
    "role.dilation": (
        "Its taps stand apart, so that {kernel} numbers reach over {span} places at no cost.",
        "采样点之间留有间隔（空洞），{kernel} 个权值就能覆盖 {span} 的范围，不增加计算。",
    ),
    "role.conv.depthwise": (
        "Filters each of the channels by itself with a {kernel} template, {filters} of them: finds spatial patterns "
        "at 1/{times} of a full convolution's work and leaves mixing to the 1×1 convolution behind.",
        "每个通道各用一块 {kernel} 的模板单独滤波，共 {filters} 块：只用完整卷积 1/{times} 的计算量就能找到空间模式，"
        "通道的组合交给后面的 1×1 卷积。",
    ),
    "role.conv1x1.reduce_before": (
        "Mixes the {taken} channels of each place and reduces them to {made}, so that the {kernel} convolution behind "
        "it has {times} times fewer channels to read.",
        "在每个位置上把 {taken} 个通道混合并降到 {made} 个（降维），使后面的 {kernel} 卷积要读的通道减少到 1/{times}。",
    ),
    "role.conv1x1.reduce": (
        "Mixes the {taken} channels of each place and reduces them to {made}: what they have in common is kept in "
        "fewer numbers.",
        "在每个位置上把 {taken} 个通道混合并降到 {made} 个（降维）：用更少的数保留它们共有的信息。",
    ),
    "role.conv1x1.dense": (
        "Mixes all {taken} channels that the dense block has gathered so far into {made}, so that the 3×3 convolution "
        "behind it has the same number to read in every layer.",
        "把稠密块到目前为止积累的 {taken} 个通道混合成 {made} 个，使后面的 3×3 卷积在每一层要读的通道数都相同。",
    ),
    "role.conv1x1.expand": (
        "Mixes the {taken} channels of each place into {made}, without looking at neighbours: more features, each a "
        "combination across channels.",
        "在每个位置上把 {taken} 个通道组合成 {made} 个（升维），不看周围像素：得到更多的跨通道组合特征。",
    ),
    "role.conv1x1.expand_for_depthwise": (
        "Widens {taken} channels to {made} at each place, so that the depthwise filters behind it, which see one "
        "channel each, have many mixtures to work on.",
        "在每个位置上把 {taken} 个通道扩展到 {made} 个，让后面只看单个通道的深度卷积有足够多的组合可用。",
    ),
    "role.conv1x1.linear": (
        "Squeezes the {taken} channels back into {made}; no activation follows, because in so narrow a place a ReLU "
        "would lose what it cuts off for good.",
        "把 {taken} 个通道压回 {made} 个；后面不接激活函数，因为在这么窄的地方被 ReLU 截掉的信息就再也找不回来了（线性"
        "瓶颈）。",
    ),
    "role.conv1x1.mix": (
        "Mixes the {made} channels of each place among themselves without looking at neighbours: a small network of "
        "its own at every pixel.",
        "在每个位置上让 {made} 个通道相互组合，不看周围像素：相当于每个像素处都有一个小网络，实现跨通道的信息整合。",
    ),
    "role.conv1x1.scores": (
        "Makes {made} maps of the {taken} channels, one for each class: at every place a score of how much it looks "
        "like that class.",
        "把 {taken} 个通道变成 {made} 张图，每个类别一张：给每个位置打分，看它有多像该类别。",
    ),
    "role.conv1x1.shortcut": (
        "Brings the way past the block from {taken} to {made} channels, so that it can be added to what the block "
        "makes.",
        "让绕过残差块的捷径从 {taken} 个通道变为 {made} 个，以便与残差块的输出相加。",
    ),
    "role.conv1x1.shortcut_strided": (
        "Brings the way past the block from {taken} to {made} channels and from {from} to {to} places, so that it can "
        "be added to what the block makes.",
        "让绕过残差块的捷径从 {taken} 个通道变为 {made} 个、从 {from} 变为 {to}，以便与残差块的输出相加。",
    ),
    "role.pool.max.overlapping": (
        "Shrinks the map from {from} to {to} and keeps the strongest response of overlapping {pool} windows, "
        "{strides} apart: a feature may shift a little without being lost, and what overlaps is seen twice, so less "
        "detail goes.",
        "把特征图从 {from} 缩小到 {to}，在相互重叠的 {pool} 窗口（间隔 {strides}）中保留最强的响应：特征稍有移动也不会"
        "丢失，重叠使相邻窗口共享信息，保留的细节更丰富。",
    ),
    "role.pool.max.plain": (
        "Shrinks the map from {from} to {to}: of each {pool} window only the strongest of {count} responses stays, so "
        "that it counts that a feature is there, not where exactly.",
        "把特征图从 {from} 缩小到 {to}：每个 {pool} 窗口的 {count} 个响应只留最强的一个，看重特征是否出现而不是确切位"
        "置。",
    ),
    "role.pool.max.in_place": (
        "Keeps the map's size and gives each place the strongest response within {pool}: another kind of feature "
        "beside the convolutions, without a weight.",
        "不改变特征图大小，让每个位置取 {pool} 邻域内最强的响应：不用权值，为并列的卷积补充另一种特征。",
    ),
    "role.pool.mean.transition": (
        "Between two dense blocks, from {from} to {to}: the mean of each {pool} window passes every feature on to the "
        "next block in its share, where the strongest alone would drop the other {rest}.",
        "位于两个稠密块之间，把 {from} 缩小到 {to}：取每个 {pool} 窗口的平均值，让所有特征都按比例传给下一块，降维的同"
        "时有利于信息的完整传递；若取最大值，其余 {rest} 个值就都丢掉了。",
    ),
    "role.pool.mean.overlapping": (
        "Shrinks the map from {from} to {to} by the mean of overlapping {pool} windows, {strides} apart: smoother "
        "than the strongest response, with every value counting.",
        "用相互重叠的 {pool} 窗口（间隔 {strides}）的平均值把特征图从 {from} 缩小到 {to}：比取最大值更平滑，每个值都起"
        "作用。",
    ),
    "role.pool.mean.plain": (
        "Shrinks the map from {from} to {to} by the mean of each {pool} window: where a feature lies exactly matters "
        "less, and every one of the {count} values has an equal say.",
        "用每个 {pool} 窗口的平均值把特征图从 {from} 缩小到 {to}：特征的确切位置不再那么重要，窗口里的 {count} 个值分"
        "量相同。",
    ),
    "role.pool.mean.in_place": (
        "Smooths the map: each place becomes the mean of {pool} around it.",
        "平滑特征图：每个位置取其 {pool} 邻域的平均值。",
    ),
    "role.global.mean": (
        "Replaces each of the {channels} {map} maps by its mean: what a channel has found counts wherever it was, and "
        "the layer behind needs {count} times fewer weights than for the flattened maps.",
        "把 {channels} 张 {map} 的特征图各换成一个平均值：特征出现在哪里都算数，后一层的权值也只有展平后的 1/{count}。",
    ),
    "role.global.scores": (
        "Takes the mean of each of the {channels} maps of scores: a class's score is how much the {map} places speak "
        "for it together, without a single weight.",
        "取 {channels} 张得分图各自的平均值：某类别的总分就是 {map} 个位置对它的共同支持，不需要任何权值。",
    ),
    "role.dense.after_map": (
        "Weighs all {features} numbers of the {map} map together for the first time: each of its {units} neurons sees "
        "the whole image and can tell how parts lie to each other.",
        "第一次把 {map} 特征图的全部 {features} 个数放在一起考虑：{units} 个神经元都能看到整幅图像，能判断各部分之间的"
        "关系。",
    ),
    "role.dense.deeper": (
        "Combines {features} features of the whole image into {units}: by now they stand for things, not for places.",
        "把描述整幅图像的 {features} 个特征组合成 {units} 个：到这里，特征代表的是内容而不再是位置。",
    ),
    "role.dense.scores": (
        "Gives each of {units} classes its score: a weighted sum of {features} features, what speaks for the class "
        "and what against it.",
        "给 {units} 个类别各打一个分：对 {features} 个特征加权求和，权衡支持和反对该类别的证据。",
    ),
    "role.dense.last": (
        "The answer: {units} weighted sums of {features} features.",
        "给出最终结果：对 {features} 个特征做 {units} 组加权求和。",
    ),
    "role.sum.residual": (
        "Adds what the block has computed to what came in, {channels} channels: the block has only to learn the "
        "change, and the gradient flows back past it undiminished.",
        "把残差块的计算结果加回它的输入（{channels} 个通道）：残差块只需学习要改变的部分，梯度也能不经衰减地绕过它往回"
        "传。",
    ),
    "role.join.dense": (
        "Hands on all {old} channels there were and {new} new ones beside them: every later layer of the block can "
        "read every earlier one, so few new channels are enough.",
        "保留已有的 {old} 个通道，再并上新的 {new} 个：块内后面的每一层都能直接读到前面的每一层，所以每次只需新增少量"
        "通道。",
    ),
    "role.join.sizes": (
        "Puts the findings of {count} ways side by side, {channels} = {made} channels: windows of several sizes look "
        "at the same place, and the next layer picks what it needs.",
        "把 {count} 条支路的结果并排放在一起，{channels} = {made} 个通道：不同大小的窗口看同一位置，由下一层取其所需。",
    ),
    "role.join.skip": (
        "Puts the fine map of the way down beside the enlarged one, {channels} = {made} channels: one knows where "
        "things are to the pixel, the other what they are.",
        "把下行路径上的精细特征与放大后的特征并排放在一起，{channels} = {made} 个通道：前者知道每个像素上的位置，后者"
        "知道那是什么。",
    ),
    "role.flatten": (
        "Lays the {shape} map out as one row of {count} numbers, because the dense layer behind it takes a vector; "
        "nothing is computed.",
        "把 {shape} 的特征图排成一行，共 {count} 个数，因为后面的全连接层接收向量；不做任何计算。",
    ),
    "role.softmax.places": (
        "Turns the {classes} scores of every one of the {places} places into probabilities that sum to 1: a class for "
        "each pixel.",
        "在 {places} 的每个位置上把 {classes} 个得分变成总和为 1 的概率：给每个像素一个类别。",
    ),
    "role.slice.every": (
        "Takes every {step}nd place, {from} to {to}: the way past the block on the block's coarser map, without a "
        "weight.",
        "每隔 {step} 个位置取一个，{from} 变为 {to}：让捷径与残差块较粗的特征图对齐，不用权值。",
    ),
    "role.slice.crop": (
        "Cuts the edges off, {from} to {to}, so that the map fits the one it is joined with.",
        "裁掉边缘，{from} 变为 {to}，使它与要合并的特征图大小一致。",
    ),
    "role.pad.channels": (
        "Adds channels of zeros, {taken} to {made}, so that the way past the block fits the block's output without a "
        "weight.",
        "补上全零的通道，从 {taken} 个到 {made} 个，让捷径不用权值就能与残差块的输出对齐。",
    ),
    "role.then": ("Then {activation}.", "随后经过 {activation}。"),
}
