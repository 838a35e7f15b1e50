"""Texts of the report of a run, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "report.title": ("{model} on {data}", "{model} 在 {data} 上的训练"),
    "report.kind": ("Training report", "训练报告"),
    "report.by": ("Made by konv {version} on {started}.", "由 konv {version} 生成于 {started}。"),
    "report.headline_label": ("test accuracy", "测试准确率"),
    "report.headline": (
        "{right} of {count} test images recognised.",
        "{count} 张测试图像中识别对了 {right} 张。",
    ),
    "report.nothing_learned": (
        "The run ended before the first epoch was complete, so there is no curve to show.",
        "运行在第一轮结束之前就停止了，因此没有曲线可看。",
    ),
    "report.interrupted": (
        "Interrupted after {epochs} of {planned} epochs. Everything below describes what was learned until then.",
        "在计划的 {planned} 轮中完成了 {epochs} 轮后被中断。以下内容描述的是到那时为止学到的结果。",
    ),
    "report.stopped": (
        "Stopped after {epochs} of {planned} epochs: {reason} The weights saved are the last good ones.",
        "在计划的 {planned} 轮中完成了 {epochs} 轮后停止：{reason}保存的是最后一组正常的权重。",
    ),
    "report.fact.time": ("training time", "训练用时"),
    "report.fact.speed": ("images per second", "每秒图像数"),
    "report.fact.epochs": ("epochs", "轮数"),
    "report.fact.parameters": ("parameters", "参数"),
    "report.fact.loss": ("test loss", "测试损失"),
    "report.seconds": ("{seconds} s", "{seconds} 秒"),
    "report.minutes": ("{minutes} min {seconds} s", "{minutes} 分 {seconds} 秒"),
    "report.nav": ("On this page", "本页内容"),
    "report.learning": ("How it learned", "学习过程"),
    "report.learning_note": (
        "Loss is the mean surprise, in nats, at the right class: lower is better. “train” is measured while learning, "
        "with dropout on, as a mean over the epoch; “test” on images it never learned from, after the epoch.",
        "损失是网络对正确类别的平均“意外程度”（单位 nat），越低越好。train 是学习时（开着 dropout）在整轮上的平均值；"
        "test 是每轮结束后在从未学过的图像上测得的值。",
    ),
    "report.gap_wide": (
        "On the images it learned from it is right {gap} points more often than on new ones: part of what it knows is "
        "learned by heart. More images, more dropout or fewer epochs narrow this gap.",
        "它在学过的图像上的准确率比在新图像上高 {gap} 个百分点：有一部分是“背”下来的（过拟合）。增加图像、"
        "加大 dropout 或减少轮数可以缩小这个差距。",
    ),
    "report.gap_narrow": (
        "It does about as well on new images as on those it learned from. If accuracy was still rising at the end, "
        "more epochs will help.",
        "它在新图像上的表现与在学过的图像上相差不大。如果最后准确率仍在上升，多训练几轮还会有提高。",
    ),
    "report.epochs_table": ("Every epoch in numbers", "每一轮的数字"),
    "report.column.epoch": ("epoch", "轮"),
    "report.column.loss": ("train loss", "训练损失"),
    "report.column.accuracy": ("train accuracy", "训练准确率"),
    "report.column.val_loss": ("test loss", "测试损失"),
    "report.column.val_accuracy": ("test accuracy", "测试准确率"),
    "report.column.learning_rate": ("learning rate", "学习率"),
    "report.column.seconds": ("seconds", "秒"),
    "report.column.images_per_second": ("images/s", "图像/秒"),
    "report.classes": ("What it recognises, what it mixes up", "认得准的与容易混淆的"),
    "report.classes_note": (
        "Each row is a true class, each column an answer: blue cells are right, orange ones are mistakes.",
        "每一行是真实类别，每一列是网络的回答：蓝色格子是答对的，橙色格子是答错的。",
    ),
    "report.commonest": (
        "The commonest mistake: “{true}” taken for “{answer}”, {times} times.",
        "最常见的错误：把“{true}”当成“{answer}”，共 {times} 次。",
    ),
    "report.no_mistake": ("It made no mistake on the test images.", "它在测试图像上没有出错。"),
    "report.column.number": ("no.", "编号"),
    "report.column.class": ("class", "类别"),
    "report.column.images": ("test images", "测试图像"),
    "report.column.precision": ("precision", "精确率"),
    "report.column.recall": ("recall", "召回率"),
    "report.precision_note": (
        "Precision: of the times it answered with this class, how often it was right. Recall: of the images of this "
        "class, how many it recognised.",
        "精确率：在它回答为该类别的图像中，答对的比例。召回率：在该类别的图像中，被认出的比例。",
    ),
    "report.mistakes": ("Its surest mistakes", "最自信的错误"),
    "report.mistakes_note": (
        "Test images it got wrong while most certain: the true class, then its answer and the probability it gave. "
        "Some are labelled doubtfully; some show what it has not understood.",
        "它最有把握却答错的测试图像：上面是真实类别，下面是它的回答和给出的概率。有些标注本身就值得商榷，"
        "有些则暴露了它还没有学会的东西。",
    ),
    "report.filters": ("What its first layer looks for", "第一层在寻找什么"),
    "report.filters_note": (
        "The {count} filters of “{layer}”, {size} each. Blue weights are positive, orange ones negative: a filter "
        "responds most where the image is bright under blue and dark under orange.",
        "“{layer}”的 {count} 个滤波器，每个 {size}。蓝色为正权值，橙色为负权值：图像在蓝色处亮、橙色处暗的地方，"
        "滤波器响应最强。",
    ),
    "report.network": ("The network, layer by layer", "逐层看网络"),
    "report.network_note": (
        "For one image. Multiply-adds are the multiplications by weights in one forward pass: the work of the layer.",
        "以一张图像计。乘加次数是一次前向计算中与权值相乘的次数，也就是这一层的计算量。",
    ),
    "report.column.layer": ("layer", "层"),
    "report.column.purpose": ("what it is for", "作用"),
    "report.column.output": ("output", "输出"),
    "report.column.parameters": ("parameters", "参数"),
    "report.column.macs": ("multiply-adds", "乘加次数"),
    "report.same_purpose": ("As “{layer}”.", "同“{layer}”。"),
    "report.total": ("total", "合计"),
    "report.settings": ("Settings", "设置"),
    "report.data": ("Data", "数据"),
    "report.machine": ("Machine and versions", "机器与版本"),
    "report.setting.epochs": ("epochs", "轮数"),
    "report.setting.batch_size": ("batch size", "批大小"),
    "report.setting.optimizer": ("optimizer", "优化器"),
    "report.setting.learning_rate": ("learning rate", "学习率"),
    "report.setting.loss": ("loss", "损失函数"),
    "report.setting.seed": ("seed", "随机种子"),
    "report.setting.scaling": ("scaling of pixels", "像素缩放"),
    "report.setting.activation": ("activation", "激活函数"),
    "report.setting.pooling": ("pooling", "池化"),
    "report.setting.kernel": ("kernel size", "卷积核大小"),
    "report.setting.filters": ("filters of the first convolution", "第一层卷积的滤波器数"),
    "report.setting.image_size": ("image size asked for", "指定的图像尺寸"),
    "report.data.name": ("name", "名称"),
    "report.data.source": ("source", "来源"),
    "report.data.shape": ("one image", "单张图像"),
    "report.data.classes": ("classes", "类别数"),
    "report.data.train": ("trained on", "训练用"),
    "report.data.test": ("tested on", "测试用"),
    "report.data.images": ("{count} images", "{count} 张图像"),
    "report.data.held_out": (
        "{count} images, held out of the training images class by class",
        "{count} 张图像，按类别从训练图像中留出",
    ),
    "report.data.fingerprint": ("fingerprint (SHA-256)", "指纹（SHA-256）"),
    "report.data.unreadable": ("left out as unreadable", "无法读取而略去"),
    "report.processor.cpu": ("processor", "处理器"),
    "report.processor.vector_bits": ("vector length", "向量长度"),
    "report.processor.bits": ("{bits} bits", "{bits} 位"),
    "report.processor.threads": ("threads", "线程"),
    "report.processor.because": ("why that many", "为何是这个数"),
    "report.processor.engine": ("engine", "引擎"),
    "report.processor.system": ("system", "系统"),
    "report.because.KONV_THREADS": ("the variable KONV_THREADS", "环境变量 KONV_THREADS"),
    "report.because.OMP_NUM_THREADS": ("the variable OMP_NUM_THREADS", "环境变量 OMP_NUM_THREADS"),
    "report.because.affinity": ("the processors this process may use (affinity)", "本进程可用的处理器（亲和性）"),
    "report.because.container quota": ("the container's quota", "容器的配额"),
    "report.because.processors": ("the processors there are", "机器的处理器数"),
    "report.repeat": ("Repeat it", "重现这次训练"),
    "report.repeat_note": (
        "The same command, data and konv version on the same kind of processor give the same bits, whatever the "
        "number of threads.",
        "在同类处理器上，相同的命令、数据和 konv 版本会得到逐位相同的结果，与线程数无关。",
    ),
    "report.use_note": ("Try the model on pictures of your own:", "用自己的图片试试这个模型："),
    "report.alt.curves": (
        "Learning curves: train loss from {first} to {last} over {epochs} epochs, test accuracy {accuracy} at the end.",
        "学习曲线：{epochs} 轮中训练损失从 {first} 变为 {last}，最后测试准确率为 {accuracy}。",
    ),
    "report.alt.confusion": (
        "Confusion matrix of {classes} classes; the table beside it has each class's figures.",
        "{classes} 个类别的混淆矩阵；旁边的表格列出了每个类别的数字。",
    ),
    "report.alt.mistakes": ("{count} test images that were taken for another class.", "{count} 张被认错的测试图像。"),
    "report.alt.filters": (
        "The weights of {count} filters as coloured squares.",
        "用彩色方格表示的 {count} 个滤波器的权值。",
    ),
}
