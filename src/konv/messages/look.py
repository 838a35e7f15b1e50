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
    # The page
    "look.page.kind": ("A look inside", "网络内部"),
    "look.page.title": ("{image}, seen by {model}", "{model} 眼中的 {image}"),
    "look.page.sample": ("Test image {number} of {data}", "{data} 的第 {number} 张测试图像"),
    "look.page.by": ("Made by konv {version}.", "由 konv {version} 生成。"),
    "look.page.image": ("The image, as the network takes it.", "网络实际看到的图像。"),
    "look.page.class": ("class", "类别"),
    "look.page.probability": ("probability", "概率"),
    "look.page.right": ("It is {name}: the network is right.", "正确答案是 {name}：网络答对了。"),
    "look.page.wrong": ("It is {name}: the network is wrong.", "正确答案是 {name}：网络答错了。"),
    "look.page.explained": ("class explained", "所解释的类别"),
    "look.page.score": ("its score, before the softmax", "它的得分（softmax 之前）"),
    "look.page.size": ("size of the image", "图像大小"),
    "look.range": (
        "Values from {low} to {high}; colours are symmetric about zero and full at ±{limit}.",
        "数值范围 {low} 到 {high}；颜色以零为中心对称，到 ±{limit} 为最深。",
    ),
    "look.cam": ("Where it looked: Grad-CAM", "它看了哪里：Grad-CAM"),
    "look.cam.note": (
        "The {count} feature maps of layer {layer}, each weighed by how much the score of “{name}” rises with it, and "
        "added up. In the middle at the layer's own {size} places, on the right over the image: what is bright speaks "
        "for the class.",
        "把层 {layer} 的 {count} 张特征图按“{name}”得分随各图上升的程度加权相加。中间是该层自己的 {size} 个位置，"
        "右边叠加在图像上：亮处支持这个类别。",
    ),
    "look.cam.empty": (
        "The map is empty: at this layer nothing speaks for “{name}”, only against it.",
        "图是空的：在这一层，没有任何内容支持“{name}”，只有反对的。",
    ),
    "look.cam.alt": (
        "The image, the Grad-CAM map of “{name}”, and the map over the image.",
        "图像、“{name}”的 Grad-CAM 图，以及叠加在图像上的结果。",
    ),
    "look.saliency": ("What a change of a pixel would do: saliency", "改动一个像素会怎样：显著图"),
    "look.saliency.note": (
        "The gradient of the score of “{name}” by every pixel (channels added). Where it is blue, a brighter pixel "
        "would raise the score; where it is orange, lower it. It says what the score is sensitive to, not what made "
        "it.",
        "“{name}”的得分对每个像素的梯度（各通道相加）。蓝色处像素变亮会提高得分，橙色处则降低。"
        "它说明得分对什么敏感，而不是得分由什么构成。",
    ),
    "look.saliency.alt": (
        "The image, the gradient of the score of “{name}”, and the gradient over the image.",
        "图像、“{name}”得分的梯度，以及叠加在图像上的梯度。",
    ),
    "look.smooth": ("The same without accidents: SmoothGrad", "去掉偶然因素：SmoothGrad"),
    "look.smooth.note": (
        "The mean of the gradients at {count} copies of the image with noise of {percent} % of its range: what differs "
        "from copy to copy averages out.",
        "在图像的 {count} 份加噪副本（噪声为数值范围的 {percent} %）上求梯度再取平均：各副本之间不一致的部分被平均掉。",
    ),
    "look.smooth.alt": (
        "The image, the mean gradient of the score of “{name}”, and it over the image.",
        "图像、“{name}”得分的平均梯度，以及叠加在图像上的结果。",
    ),
    "look.integrated": ("What every pixel adds: integrated gradients", "每个像素贡献多少：积分梯度"),
    "look.integrated.note": (
        "The score of “{name}” shared out among the pixels, counted from a black image: the gradients on the straight "
        "way from there to the image, summed. Blue pixels add to the score, orange ones take away from it.",
        "以全黑图像为起点，把“{name}”的得分分摊到各像素：沿从全黑到该图像的直线累加梯度。蓝色像素增加得分，橙色像素减少得分。",
    ),
    "look.integrated.alt": (
        "The image, what its pixels add to the score of “{name}”, and it over the image.",
        "图像、各像素对“{name}”得分的贡献，以及叠加在图像上的结果。",
    ),
    "look.integrated.complete": (
        "Checked: the shares add up to {total}; the score rises by {rise}, from {before} to {after}. The difference of "
        "{gap} is {share} of all that is added and taken away ({steps} steps): complete.",
        "完备性检验：各像素之和为 {total}；得分从 {before} 升到 {after}，变化 {rise}。相差 {gap}，"
        "占全部增减量的 {share}（{steps} 步）：完备。",
    ),
    "look.integrated.incomplete": (
        "Checked: the shares add up to {total}; the score rises by {rise}, from {before} to {after}. The difference of "
        "{gap} is {share} of all that is added and taken away, even with {steps} steps: not complete, so read the map "
        "with care.",
        "完备性检验：各像素之和为 {total}；得分从 {before} 升到 {after}，变化 {rise}。相差 {gap}，"
        "占全部增减量的 {share}（已用 {steps} 步）：不完备，请谨慎解读。",
    ),
    "look.occlusion": ("What happens when a part is covered: occlusion", "遮住一部分会怎样：遮挡实验"),
    "look.occlusion.note": (
        "A window of {size} pixels of the image's mean colour covered it at {count} places. The score of “{name}” is "
        "{score} for the whole image, {least} where it falls most. Blue: it falls when this is covered, so this speaks "
        "for the class; orange: it rises.",
        "用图像平均颜色的 {size} 像素窗口依次遮住 {count} 个位置。“{name}”的得分：完整图像为 {score}，"
        "降得最多处为 {least}。蓝色：遮住后得分下降，说明这里支持该类别；橙色：遮住后得分上升。",
    ),
    "look.occlusion.alt": (
        "The image, how the score of “{name}” falls where it is covered, and it over the image.",
        "图像、遮住各处时“{name}”得分的下降，以及叠加在图像上的结果。",
    ),
    "look.maps": ("Layer by layer: feature maps", "逐层查看：特征图"),
    "look.maps.note": (
        "What every layer computes for this image. Blue is positive, orange negative, the paper zero; all maps of a "
        "layer have one scale. Layers that in prediction only hand on their numbers (dropout, flatten) are left out.",
        "每一层对这张图像的计算结果。蓝色为正，橙色为负，底色为零；同一层的各图使用同一标尺。"
        "预测时只是原样传递数值的层（dropout、flatten）略去。",
    ),
    "look.maps.all": ("{shape}. {range}", "{shape}。{range}"),
    "look.maps.some": (
        "{shape}; drawn: {count}, those with the strongest response. {range}",
        "{shape}；画出响应最强的 {count} 张。{range}",
    ),
    "look.maps.alt": ("The feature maps of layer {layer}.", "层 {layer} 的特征图。"),
    "look.filters": ("What a layer looks for: filters", "一层在找什么：卷积核"),
    "look.filters.note": (
        "Layer {layer} has {count} filters of {size} weights; {shown} are drawn, those over more than four channels as "
        "the mean over them.",
        "层 {layer} 有 {count} 个卷积核，每个 {size} 个权重；画出 {shown} 个，超过四个通道的画各通道的平均。",
    ),
    "look.filters.alt": ("The filters of layer {layer}.", "层 {layer} 的卷积核。"),
    "look.neuron": ("One number worked out", "把一个数算出来"),
    "look.neuron.note": (
        "Unit {unit} of layer {layer} ({kind}) at place ({place}), row and column from 0, where it answers most.",
        "层 {layer}（{kind}）的单元 {unit} 在位置（{place}）的值（行、列从 0 数起）；它在这里的响应最强。",
    ),
    "look.neuron.note.vector": (
        "Unit {unit} of layer {layer} ({kind}), the one that answers most or was asked for.",
        "层 {layer}（{kind}）的单元 {unit}（响应最强的，或指定的那个）。",
    ),
    "look.neuron.weighted": (
        "Each number that it sees (x) is multiplied by the weight that lies on it (w); the products are added up, then "
        "the bias. Drawn are the channels that add most.",
        "它看到的每个数（x）与盖在上面的权重（w）相乘，所有乘积相加，再加偏置。画出的是贡献最大的几个通道。",
    ),
    "look.neuron.alt": (
        "What unit {unit} of layer {layer} sees, its weights, and their products.",
        "层 {layer} 的单元 {unit} 看到的数、它的权重以及两者的乘积。",
    ),
    "look.neuron.window": ("sees of the layer's input", "在该层输入中看到"),
    "look.neuron.image": ("sees of the image", "在图像上看到"),
    "look.neuron.part": (
        "rows {top} to {bottom}, columns {left} to {right}",
        "第 {top} 到 {bottom} 行，第 {left} 到 {right} 列",
    ),
    "look.neuron.channels": ("sum of each channel", "各通道之和"),
    "look.neuron.others": ("{count} others: {total}", "其余 {count} 个：{total}"),
    "look.neuron.sum": ("sum of all products", "全部乘积之和"),
    "look.neuron.products": ("{count} products: {total}", "{count} 个乘积：{total}"),
    "look.neuron.bias": ("with the bias", "加上偏置"),
    "look.neuron.activation": ("activation", "激活函数"),
    "look.neuron.largest": ("largest number", "最大值"),
    "look.neuron.mean": ("mean", "平均值"),
    "look.neuron.takes.max": ("takes the largest", "取最大值"),
    "look.neuron.takes.mean": ("takes the mean", "取平均值"),
    "look.neuron.normal": ("(x − mean)/√(variance + ε)", "(x − 均值)/√(方差 + ε)"),
    "look.neuron.scaled": ("γ · that + β", "γ · 上值 + β"),
    "look.neuron.damped": ("x/(k + α · sum of squares)^β", "x/(k + α · 平方和)^β"),
    "look.neuron.takes": ("takes", "输入"),
    "look.neuron.gives": ("gives", "输出"),
    "look.excite": ("What units would like to see", "各单元最想看到什么"),
    "look.excite.classes": (
        "Images made from noise to raise the score of each class as far as they can.",
        "从噪声出发，使每个类别的得分尽量升高而得到的图像。",
    ),
    "look.excite.units": (
        "Images made from noise to excite units of layer {layer} as far as they can (the mean of the map, before the "
        "activation).",
        "从噪声出发，使层 {layer} 的各单元激活尽量升高（激活函数之前，整张特征图的平均）而得到的图像。",
    ),
    "look.excite.note": (
        "Below each the unit, and its value for the noise and for the image. Such images look like nothing in the "
        "world: they show what is enough to please the unit, not what it was shown.",
        "每张图下方是单元，以及它对噪声和对该图像的值。这样的图像不像任何真实事物：它们说明什么足以使单元兴奋，"
        "而不是它学过什么。",
    ),
    "look.excite.alt": ("Images made to excite units.", "为激活各单元而生成的图像。"),
    "look.strongest": ("The images that excite a unit most", "最能激活一个单元的图像"),
    "look.strongest.note": (
        "Unit {unit} of layer {layer}: of {whole} images the {count} with its largest values, its largest first. "
        "Outlined is what that place of the map sees. Below each its class and the value.",
        "层 {layer} 的单元 {unit}：{whole} 张图像中使它取值最大的 {count} 张，从大到小。"
        "框出的是该位置的感受野。下方是类别和取值。",
    ),
    "look.strongest.alt": (
        "The images that unit {unit} of layer {layer} answers most strongly.",
        "层 {layer} 的单元 {unit} 响应最强的图像。",
    ),
    "look.neighbours": ("What it takes for alike: neighbours", "它认为相似的图像：近邻"),
    "look.neighbours.note": (
        "Of {whole} images the {count} nearest to this one in what layer {layer} gives, the nearest first. Below each "
        "its class and the distance.",
        "{whole} 张图像中，按层 {layer} 的输出与本图最近的 {count} 张，从近到远。下方是类别和距离。",
    ),
    "look.neighbours.same": (
        "{same} of these {count} are {name}.",
        "这 {count} 张中有 {same} 张属于 {name}。",
    ),
    "look.neighbours.alt": ("The nearest images.", "最近的图像。"),
    "look.learning": ("How a weight learns from this image", "一个权重如何从这张图像学习"),
    "look.learning.note": (
        "The network should say “{name}”; its loss is {loss} nats. The gradient goes back to what layer {layer} gave "
        "(dL/dy). The weight at ({index}) of its kernel was multiplied by another number at every place (x), so its "
        "gradient is the sum of their products over all places; a step against it changes the weight.",
        "网络应当回答“{name}”，损失为 {loss} nat。梯度传回到层 {layer} 的输出（dL/dy）。权重 ({index}) 在每个位置"
        "与不同的输入（x）相乘，因此它的梯度是各位置乘积之和；沿梯度反方向走一步，权重就更新了。",
    ),
    "look.learning.loss": ("loss, nats", "损失（nat）"),
    "look.learning.places": ("places", "位置数"),
    "look.learning.sum": ("sum of the products over all places", "各位置乘积之和"),
    "look.learning.engine": ("gradient that the engine computes", "引擎算出的梯度"),
    "look.learning.update": ("weight − rate · gradient = new weight", "权重 − 学习率 · 梯度 = 新权重"),
    "look.learning.own_heading": ("The step of its own optimiser: {name}", "它自己的优化器 {name} 的一步"),
    "look.learning.own": (
        "The network is trained by {name}, which makes something else of the same gradient g: its step number "
        "{number}, with the learning rate η = {rate}.",
        "这个网络用 {name} 训练，它对同一个梯度 g 有另一种走法：这是第 {number} 步，学习率 η = {rate}。",
    ),
    "look.learning.remembers": ("remembers of this weight", "为该权重记住的量"),
    "look.learning.new": ("weight → new weight (change)", "权重 → 新权重（变化）"),
    "look.learning.alt": (
        "What a weight of layer {layer} saw, what came back, their products; its kernel, the gradient, the new kernel.",
        "层 {layer} 的一个权重所见的输入、传回的梯度及其乘积；它的卷积核、梯度和新卷积核。",
    ),
    # Notebooks
    "notebook.waits": (
        "It waits for the shape of its input: build it, or give it data.",
        "还不知道输入的形状：请先 build，或给它数据。",
    ),
    "notebook.model": (
        "From {inputs} to {outputs}; {parameters} parameters.",
        "输入 {inputs}，输出 {outputs}；{parameters} 个参数。",
    ),
    "notebook.settings": ("Settings", "设置"),
    "notebook.no_epochs": ("No epoch is complete yet.", "还没有完成一轮。"),
    "notebook.history": ("Epochs: {epochs}", "轮数：{epochs}"),
    "notebook.training": ("Training…", "训练中……"),
    # The command
    "cli.look": ("Look inside a network at work on an image.", "看网络如何处理一张图像。"),
    "cli.look.page": (
        "Look into the network of RUN, a run folder or a model file, while it works on IMAGE: an image file, or the "
        "number of a test image (0 by default). Leaves a folder with pictures and a page that explains them: what it "
        "answers, where it looked, and what every layer computes.",
        "看 RUN（结果文件夹或模型文件）里的网络如何处理 IMAGE：图像文件，或测试图像的编号（默认 0）。"
        "结果是一个文件夹，内有图片和讲解页面：它的回答、它看了哪里、每一层算出了什么。",
    ),
    "cli.look.what": (
        "What to look at, separated by commas: {known}; or all.",
        "看什么，用逗号分隔：{known}；或 all（全部）。",
    ),
    "cli.look.layer": ("Look at this layer.", "看这一层。"),
    "cli.look.unit": ("Look at this unit (feature map) of the layer.", "看该层的这个单元（特征图）。"),
    "cli.look.output": (
        "Of a network with several outputs, look at this one, by name or number; by default the first.",
        "网络有多个输出时看哪一个（名称或编号）；默认第一个。",
    ),
    "cli.look.outputs": (
        "the network has outputs {names}; this is {chosen}, --output takes another",
        "网络的输出有 {names}；这里看的是 {chosen}，可用 --output 换一个",
    ),
    "cli.look.class": (
        "Explain this class, by name or number; by default the network's answer.",
        "解释这个类别（名称或编号）；默认是网络的回答。",
    ),
    "cli.look.out": ("Folder to leave; by default a new one in looks/.", "结果文件夹；默认在 looks/ 里新建一个。"),
    "cli.look.done": ("Look at {page}", "请看 {page}"),
    "cli.look.number": (
        "There is no test image {received}: they are numbered from 0 to {last}.",
        "没有第 {received} 张测试图像：编号为 0 到 {last}。",
    ),
    "cli.look.left_out": ("left out: {reason}", "略过：{reason}"),
}
