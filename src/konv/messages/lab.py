"""Texts of the lab's server and of its first view, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # Errors of the server
    "lab.foreign_host": (
        "This is konv lab, but the request names a host it does not serve. Open the address that konv lab printed; "
        "behind a proxy, start it with --base-url.",
        "这里是 konv lab，但请求中的主机名不是它服务的主机。请打开 konv lab 打印的地址；若在代理之后，请用 "
        "--base-url 启动。",
    ),
    "lab.foreign_origin": (
        "konv lab answers its own page alone, and this request comes from another site.",
        "konv lab 只回应自己的页面，而这个请求来自其他网站。",
    ),
    "lab.wrong_token": (
        "This address lacks the right token. Copy the whole address that konv lab printed; each start makes a new one.",
        "地址中的令牌不正确。请完整复制 konv lab 打印的地址；每次启动都会生成新的令牌。",
    ),
    "lab.too_large": ("The file is too large: 32 MB at most.", "文件太大：最多 32 MB。"),
    "lab.busy": ("Too many requests at once; try again in a moment.", "同时到达的请求太多，请稍后再试。"),
    "lab.server_error": (
        "Something went wrong in the lab itself; the terminal it runs in says more.",
        "lab 自身出了错；运行它的终端里有更多信息。",
    ),
    "lab.bad_request": (
        "The request has no usable {name}. Received: {received!r}.",
        "请求中的 {name} 不可用。收到的是：{received!r}。",
    ),
    "lab.bad_number": (
        "{name} must be a number from {least} to {most}. Received: {received!r}.",
        "{name} 必须是 {least} 到 {most} 之间的数。收到的是：{received!r}。",
    ),
    "lab.takes_no_image": (
        "{name} takes {received}, not one image of 1 or 3 channels, so the lab cannot show it anything.",
        "{name} 的输入是 {received}，不是一张 1 或 3 通道的图像，因此 lab 无法给它看图。",
    ),
    "lab.no_such_sample": (
        "There is no image number {received}; there are {count}.",
        "没有编号为 {received} 的图像；共有 {count} 张。",
    ),
    "lab.no_such_place": (
        "There is no number at {received} in an output of {shape}.",
        "在 {shape} 的输出中没有位置 {received}。",
    ),
    "lab.no_loss": (
        "This network does not end in a softmax, so there is no cross-entropy to learn from here.",
        "这个网络的末端不是 softmax，因此这里没有可供学习的交叉熵损失。",
    ),
    "lab.forgotten": (
        "The lab keeps the last few images only, and this one is no longer among them. Choose it again.",
        "lab 只保留最近的几张图像，这一张已不在其中。请重新选择。",
    ),
    "lab.nothing_to_compare": (
        "The images at hand have other classes than this network, so there is nothing to compare its answers with.",
        "现有图像的类别与这个网络不同，没有可以对照的答案。",
    ),
    "lab.untrained": (
        "This network has not been trained: its weights are random, and so are its answers.",
        "这个网络尚未训练：权重是随机的，回答也是随机的。",
    ),
    "lab.already_training": ("A training is going on already. Stop it first.", "已有训练正在进行，请先停止它。"),
    "lab.not_training": ("No training is going on.", "没有正在进行的训练。"),
    "lab.process_died": (
        "The training process ended without a word; it may have run out of memory.",
        "训练进程意外终止，可能是内存不足。",
    ),
    "lab.cannot_listen": (
        "The lab cannot listen on {host}, port {port}: {reason}. Choose another with --port, 0 for any that is free.",
        "lab 无法监听 {host} 的端口 {port}：{reason}。请用 --port 另选一个，0 表示任意空闲端口。",
    ),
    "lab.clothes": ("a small network for clothes", "识别衣物的小网络"),
    # The frame
    "lab.skip": ("Skip to the content", "跳到正文"),
    "lab.nav": ("Views", "视图"),
    "lab.nav.look": ("Look", "观察"),
    "lab.nav.whatif": ("What if", "如果"),
    "lab.nav.train": ("Train", "训练"),
    "lab.nav.network": ("Network", "网络"),
    "lab.nav.mistakes": ("Mistakes", "错误"),
    "lab.scheme": ("Colours", "配色"),
    "lab.scheme.auto": ("Auto", "自动"),
    "lab.scheme.light": ("Light", "浅色"),
    "lab.scheme.dark": ("Dark", "深色"),
    "lab.loading": ("One moment …", "请稍候……"),
    "lab.again": ("Try again", "重试"),
    "lab.gone": ("The lab does not answer.", "lab 没有响应。"),
    "lab.gone_note": (
        "It has been stopped, or the connection is gone. What you see stays; nothing new can be computed. Start "
        "konv lab again and open the address it prints.",
        "它已停止，或连接已断开。眼前的内容会保留，但无法再计算新的内容。请重新启动 konv lab 并打开它打印的地址。",
    ),
    # Choosing an image
    "lab.pick": ("Choose a picture", "选择图片"),
    "lab.samples": ("Sample pictures", "示例图片"),
    "lab.sample": ("Picture {number}, {name}", "图片 {number}，{name}"),
    "lab.other_samples": ("Others", "换一批"),
    "lab.own_picture": ("Your picture", "自己的图片"),
    "lab.draw": ("Draw", "手绘"),
    "lab.camera": ("Camera", "摄像头"),
    "lab.board": ("Drawing board", "画板"),
    "lab.draw_note": (
        "Draw with the mouse or a finger: white on black, as the pictures it learned from. It looks after each stroke.",
        "用鼠标或手指画：黑底白线，和它学过的图片一样。每画一笔，它就看一次。",
    ),
    "lab.drawing": ("drawing", "手绘"),
    "lab.clear": ("Clear", "清空"),
    "lab.close": ("Close", "关闭"),
    "lab.take": ("Take the picture", "拍照"),
    "lab.photo": ("photo", "照片"),
    "lab.camera_asking": (
        "Waiting for the camera. Your browser may ask for permission.",
        "正在等待摄像头，浏览器可能会请求许可。",
    ),
    "lab.camera_note": ("The picture stays on this machine.", "图像不会离开这台机器。"),
    "lab.no_camera": (
        "There is no camera, or the browser may not use it. A file or a drawing works as well.",
        "没有摄像头，或浏览器无权使用它。也可以用文件或手绘。",
    ),
    # Look
    "lab.look.title": ("One picture through the network", "一张图片穿过网络"),
    "lab.look.intro": (
        "From left to right: the picture, what every layer makes of it, the answer. Point at any pixel of any map "
        "to see which part of the picture it was computed from, and how.",
        "从左到右：图片、每一层的结果、最后的回答。把鼠标移到任何特征图的任何像素上，就能看到它由图片的哪一部分、怎"
        "样算出。",
    ),
    "lab.untrained_note": (
        "This network has not been trained: its weights are random, and so are its answers. The arithmetic is the "
        "same.",
        "这个网络尚未训练：权重是随机的，回答也是随机的。但计算过程是一样的。",
    ),
    "lab.answer": ("The network's answer", "网络的回答"),
    "lab.right": ("right", "正确"),
    "lab.truth": ("In truth: {name}", "实际是：{name}"),
    "lab.spoken_answer": ("The network's answer: {name}, {share}.", "网络的回答：{name}，{share}。"),
    "lab.strip": ("The network's feature maps", "网络的特征图"),
    "lab.input": ("image", "图像"),
    "lab.hint": ("Point at a pixel. A click holds it.", "指向一个像素；点击即可固定。"),
    "lab.below_zero": ("below zero", "小于零"),
    "lab.above_zero": ("above zero", "大于零"),
    "lab.pinned": ("Held. Click it again, or press Esc, to let go.", "已固定。再次点击或按 Esc 解除。"),
    "lab.keys": (
        "Keys: arrows move by a pixel; with Shift, to the next map and the next layer; Enter holds, Esc lets go.",
        "按键：方向键移动一个像素；加 Shift 换特征图或换层；Enter 固定，Esc 解除。",
    ),
    "lab.more_maps": ("{count} more", "另有 {count} 张"),
    "lab.spoken": (
        "{layer}, map {map}, row {row}, column {column}: {value}",
        "{layer}，特征图 {map}，第 {row} 行第 {column} 列：{value}",
    ),
    "lab.where": ("map {map} · row {row}, column {column}", "特征图 {map} · 第 {row} 行，第 {column} 列"),
    "lab.unit": ("unit {number}", "单元 {number}"),
    "lab.number_of": ("number {number}", "第 {number} 个数"),
    "lab.map": ("map", "特征图"),
    # Arithmetic
    "lab.say.product": (
        "The neuron looks through a window of {window} on each of the {count} maps of {from}, multiplies each of "
        "the {numbers} numbers it sees by a weight, and adds everything up. Every place of this map uses the same "
        "weights.",
        "这个神经元透过 {window} 的窗口看 {from} 的 {count} 张图，把看到的 {numbers} 个数各乘一个权重，再全部相加。"
        "同一张特征图的每个位置都用同一组权重。",
    ),
    "lab.say.product_one": (
        "The neuron looks through a window of {window} on {from}, multiplies each of the {numbers} numbers it sees "
        "by a weight, and adds everything up. Every place of this map uses the same weights.",
        "这个神经元透过 {window} 的窗口看 {from}，把看到的 {numbers} 个数各乘一个权重，再全部相加。同一张特征图的每"
        "个位置都用同一组权重。",
    ),
    "lab.say.template": (
        "The neuron holds a template of {numbers} weights against all {count} maps of {from}: where both agree in "
        "sign it gains, where they differ it loses.",
        "这个神经元把含 {numbers} 个权重的模板与 {from} 的全部 {count} 张图相比：符号一致处加分，相反处减分。",
    ),
    "lab.say.dense": (
        "The neuron multiplies each of the {numbers} numbers of {from} by a weight of its own and adds everything up.",
        "这个神经元把 {from} 的 {numbers} 个数各乘一个自己的权重，再全部相加。",
    ),
    "lab.say.max": (
        "Of the {count} numbers in the window the largest stays: that the pattern is there counts, not where exactly.",
        "窗口内的 {count} 个数中只留最大的：要紧的是模式在不在，而不是精确地在哪里。",
    ),
    "lab.say.average": (
        "The mean of the {count} numbers in the window: how much of the pattern there is, over the whole window.",
        "窗口内 {count} 个数的平均值：整个窗口里这种模式有多少。",
    ),
    "lab.say.softmax": (
        "Scores become shares of one: each is raised to a power of e, then divided by the sum of all. For {name}:",
        "把得分变成总和为一的份额：先取 e 的幂，再除以所有类别之和。对“{name}”：",
    ),
    "lab.say.batchnorm": (
        "The number is shifted and scaled by the mean and variance of its map over the training images, then to "
        "the best range that was learned.",
        "先用这张特征图在训练图像上的均值和方差平移、缩放，再变换到学到的最佳范围。",
    ),
    "lab.say.lrn": (
        "The number is divided by a power of the sum of squares of its {count} neighbours in other maps at the "
        "same place: strong responses quieten each other.",
        "用同一位置上相邻 {count} 张图的数的平方和的幂去除它：强的响应会互相抑制。",
    ),
    "lab.say.flatten": (
        "Nothing is computed: the {shape} numbers are put into one row.",
        "不做计算：只是把 {shape} 个数排成一行。",
    ),
    "lab.say.join": (
        "Nothing is computed: this is map {map} of {layer}.",
        "不做计算：这就是 {layer} 的第 {map} 张图。",
    ),
    "lab.say.pointwise": ("Each number is changed by itself.", "每个数各自变换，互不影响。"),
    "lab.say.relu": (
        "What is negative becomes 0, what is positive stays: without such a bend many layers could do no more than "
        "one.",
        "负数变成 0，正数不变：没有这样的转折，再多层也只相当于一层。",
    ),
    "lab.say.sigmoid": (
        "Squeezed between 0 and 1; far from 0 it hardly changes any more, and hardly any gradient comes back.",
        "压缩到 0 与 1 之间；离 0 很远时几乎不再变化，梯度也几乎传不回来。",
    ),
    "lab.say.tanh": (
        "Squeezed between −1 and 1; far from 0 it hardly changes any more.",
        "压缩到 −1 与 1 之间；离 0 很远时几乎不再变化。",
    ),
    "lab.say.add": (
        "Two ways through the network are added: what was learned here is a change to what came before.",
        "把网络中的两条支路相加：这里学到的是对前面结果的修正。",
    ),
    "lab.op.conv2d": ("convolution", "卷积"),
    "lab.op.depthwise_conv2d": ("depthwise convolution", "深度卷积"),
    "lab.op.locally_connected2d": ("locally connected", "局部连接"),
    "lab.op.dense": ("dense", "全连接"),
    "lab.op.relu": ("ReLU", "ReLU"),
    "lab.op.sigmoid": ("sigmoid", "sigmoid"),
    "lab.op.tanh": ("tanh", "tanh"),
    "lab.op.softmax": ("softmax", "softmax"),
    "lab.op.max_pooling2d": ("max pooling", "最大池化"),
    "lab.op.average_pooling2d": ("average pooling", "平均池化"),
    "lab.op.global_average_pooling2d": ("global average pooling", "全局平均池化"),
    "lab.op.global_max_pooling2d": ("global max pooling", "全局最大池化"),
    "lab.op.flatten": ("flatten", "展平"),
    "lab.op.batch_normalization": ("batch normalisation", "批归一化"),
    "lab.op.local_response_normalization": ("local response normalisation", "局部响应归一化"),
    "lab.op.concatenate": ("concatenate", "拼接"),
    "lab.op.elementwise": ("element by element", "逐元素运算"),
    "lab.patch": ("what it sees", "看到的数"),
    "lab.kernel": ("its weights", "权重"),
    "lab.products": ("products", "乘积"),
    "lab.of_map": ("map {map} of {layer}", "{layer} 的第 {map} 张图"),
    "lab.point_at_weight": ("point at one to see it learn", "指向一个权重，看它如何学习"),
    "lab.weight_at": ("weight at row {row}, column {column}: {value}", "第 {row} 行第 {column} 列的权重：{value}"),
    "lab.sum_of": ("sum of {count} products", "{count} 个乘积之和"),
    "lab.bias": ("bias", "偏置"),
    "lab.before": ("before the activation", "激活之前"),
    "lab.after": ("after it", "激活之后"),
    "lab.every_map": (
        "Every map adds its part: what is seen, the weights, the products",
        "每张图各加一份：看到的、权重、乘积",
    ),
    "lab.map_sum": ("map {map}: its products sum to {sum}", "特征图 {map}：乘积之和为 {sum}"),
    "lab.others": ("{count} more maps: {sum}", "另外 {count} 张图：{sum}"),
    "lab.window": ("the window", "窗口"),
    "lab.numbers": ("numbers", "个数"),
    "lab.largest": ("the largest", "最大值"),
    "lab.mean": ("mean", "平均值"),
    "lab.sum_of_window": ("sum of the window", "窗口之和"),
    "lab.pool.max": ("Max", "最大"),
    "lab.pool.average": ("Average", "平均"),
    "lab.pool.choose": ("Kind of pooling", "池化方式"),
    "lab.pool.other": (
        "The network uses “{how}”, which gives {value} here; this would give {here}.",
        "网络用的是“{how}”，在这里得到 {value}；换成这种则得到 {here}。",
    ),
    "lab.class": ("class", "类别"),
    "lab.score": ("score", "得分"),
    "lab.share": ("share", "份额"),
    "lab.sum_of_all": ("sum over all classes", "所有类别之和"),
    "lab.moving_mean": ("mean", "均值"),
    "lab.moving_variance": ("variance", "方差"),
    # Learning
    "lab.learn.title": ("How a weight learns", "权重怎样学习"),
    "lab.learn.hint": (
        "Point at a weight of a convolution or a dense layer, on the left, to follow it from the loss to its new "
        "value.",
        "在左侧指向卷积层或全连接层的一个权重，就能跟着它从损失一路走到新的值。",
    ),
    "lab.learn.which": (
        "{layer}, map {map}, weight at row {row}, column {column}",
        "{layer}，特征图 {map}，第 {row} 行第 {column} 列的权重",
    ),
    "lab.learn.walk": ("Step by step", "逐步观看"),
    "lab.learn.back": ("Back", "上一步"),
    "lab.learn.next": ("Next", "下一步"),
    "lab.learn.class": ("right answer", "正确答案"),
    "lab.learn.rate": ("learning rate", "学习率"),
    "lab.learn.loss_title": ("1 · Loss", "1 · 损失"),
    "lab.learn.dy_title": ("2 · What comes back, ∂y", "2 · 传回来的 ∂y"),
    "lab.learn.gradient_title": ("3 · Gradient, ∂w", "3 · 梯度 ∂w"),
    "lab.learn.step_title": ("4 · New weight", "4 · 新的权重"),
    "lab.learn.loss": (
        "The network gives the right answer a probability of {probability}. The loss is the surprise at it.",
        "网络给正确答案的概率是 {probability}。损失就是对它的“意外程度”。",
    ),
    "lab.learn.dy": (
        "For every pixel of map {map}: how the loss would change if it grew a little.",
        "特征图 {map} 的每个像素：它稍微变大时损失会怎样变化。",
    ),
    "lab.learn.dy_range": ("up to ±{most}", "最大 ±{most}"),
    "lab.learn.gradient": (
        "What the weight saw at each of {count} places, times what came back there; the sum is its gradient.",
        "权重在 {count} 个位置上各自看到的数，乘以那里传回来的数；总和就是它的梯度。",
    ),
    "lab.learn.step": (
        "A small step against the gradient makes the loss smaller: w′ = w − η · ∂w.",
        "沿梯度的反方向走一小步，损失就会变小：w′ = w − η · ∂w。",
    ),
    # Fashion-MNIST's classes
    "lab.clothes.0": ("T-shirt/top", "T 恤/上衣"),
    "lab.clothes.1": ("Trouser", "裤子"),
    "lab.clothes.2": ("Pullover", "套头衫"),
    "lab.clothes.3": ("Dress", "连衣裙"),
    "lab.clothes.4": ("Coat", "外套"),
    "lab.clothes.5": ("Sandal", "凉鞋"),
    "lab.clothes.6": ("Shirt", "衬衫"),
    "lab.clothes.7": ("Sneaker", "运动鞋"),
    "lab.clothes.8": ("Bag", "包"),
    "lab.clothes.9": ("Ankle boot", "短靴"),
}
