"""Texts of `konv bench`, `konv tune` and `konv warm`, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "cli.bench": ("Measure how fast a network trains and predicts.", "测量网络训练和预测的速度。"),
    "cli.bench.page": (
        "Measure MODEL on random images: training and prediction in images a second and milliseconds a step, the share "
        "of the processor's multiply-add peak measured in the same run, and how long the first step takes with an "
        "empty and with a filled kernel cache. MODEL is the name of a network, a run folder or a model file, which is "
        "not changed.",
        "用随机图像测量 MODEL：训练和预测每秒多少张图像、每步多少毫秒，占同一次运行中实测的处理器乘加峰值的多少，"
        "以及内核缓存为空和已填好时第一步各要多久。MODEL 是网络名称、结果文件夹或模型文件；文件不会被改动。",
    ),
    "cli.bench.seconds": (
        "How long to measure training, prediction and the profile, each.",
        "训练、预测和剖析各测多少秒。",
    ),
    "cli.bench.profile": (
        "Add a table of the training step, kernel by kernel, and draw a roofline picture.",
        "另外逐个内核列出训练的一步，并画出 roofline 图。",
    ),
    "cli.bench.out": (
        "File for the picture, replaced if it is there; implies --profile [default: roofline.png]",
        "图片文件，已存在则替换；给出时即包含 --profile（默认：roofline.png）",
    ),
    "cli.model.input": (
        "Shape of an image, for a network by name; by default that of its paper or script.",
        "图像的形状，用于按名称给出的网络；默认取其论文或脚本里的。",
    ),
    "cli.model.classes": (
        "Number of classes, for a network by name; by default that of its paper or script.",
        "类别数，用于按名称给出的网络；默认取其论文或脚本里的。",
    ),
    "cli.model.optimizer": (
        "adam, rmsprop or sgd; by default the file's own, else adam.",
        "adam、rmsprop 或 sgd；默认用文件自带的，没有则用 adam。",
    ),
    "cli.tune": (
        "Measure which plans of a network are fastest here, and remember them.",
        "实测网络的哪些执行方案在本机最快，并记住它们。",
    ),
    "cli.tune.page": (
        "Try the plans that training and predicting with MODEL can follow and that give the same bits: how many rows "
        "and vectors of a result a kernel holds in registers, how many rows of an image it works through at a time, "
        "how many images go through the layers together. What is clearly faster here is remembered beside the kernel "
        "cache, for this processor, and used by later runs. MODEL is the name of a network, a run folder or a model "
        "file, which is not changed. Let nothing else run meanwhile.",
        "逐一测试用 MODEL 训练和预测时结果逐位相同的各种执行方案：内核在寄存器中保存结果的多少行、多少个向量，"
        "一次处理图像的多少行，多少张图像一起通过各层。在本机明显更快的方案按处理器记在内核缓存旁边，以后运行时使用。"
        "MODEL 是网络名称、结果文件夹或模型文件；文件不会被改动。测量期间请不要运行其他程序。",
    ),
    "cli.tune.batch": (
        "Images a step: remembered plans are for steps of this size.",
        "每步的图像数：记住的方案用于这种大小的步。",
    ),
    "cli.tune.seconds": ("How long to measure each round of plans.", "每一轮方案测多少秒。"),
    "cli.tune.predict_only": ("Only the plans of prediction.", "只测试预测的方案。"),
    "cli.tune.forget": (
        "Measure nothing; forget all that is remembered for this processor, for any network.",
        "不测量；忘掉为本处理器记住的一切方案，不论是哪个网络的。",
    ),
    "tune.no_cache": (
        "KONV_CACHE is off, so there is nowhere to remember plans. Set it to a folder.",
        "KONV_CACHE 设为 off，方案无处保存。请把它设为一个文件夹。",
    ),
    "tune.no_kernels": (
        "KONV_ENGINE is reference, which has no plans to choose among. Unset it.",
        "KONV_ENGINE 设为 reference，没有可供选择的方案。请取消这个设置。",
    ),
    "tune.forgotten": ("Forgotten: plans are as planned for {cpu}.", "已忘掉：{cpu} 使用原定的方案。"),
    "tune.column.layer": ("layer", "层"),
    "tune.column.kernel": ("kernel", "内核"),
    "tune.column.planned": ("planned", "原定"),
    "tune.column.chosen": ("chosen", "选定"),
    "tune.column.before": ("ms before", "之前毫秒"),
    "tune.column.after": ("ms after", "之后毫秒"),
    "tune.column.ratio": ("speed", "速度"),
    "tune.step": (
        "{name}, batch {batch}: {before} ms a step as planned, {after} ms as chosen, {ratio} times as fast.",
        "{name}，每步 {batch} 张：原定方案每步 {before} 毫秒，选定方案 {after} 毫秒，速度为 {ratio} 倍。",
    ),
    "tune.kept": (
        "{name}, batch {batch}: {decisions} decisions, and nothing is clearly faster than planned.",
        "{name}，每步 {batch} 张：共 {decisions} 项，没有明显快于原定方案的。",
    ),
    "tune.slower": (
        "{name}, batch {batch}: kernels one by one were faster, the step was not ({before} ms as planned, {after} ms), "
        "so it stays as planned.",
        "{name}，每步 {batch} 张：单个内核变快，整步没有变快（原定 {before} 毫秒，选定 {after} 毫秒），"
        "因此保持原定方案。",
    ),
    "tune.explained": (
        "Rows × vectors of a tile, then rows of an image at a time; of a group, images at once. Milliseconds are those "
        "of one core in a step. Results are the same, bit for bit.",
        "分别为分块的行数 × 向量数，以及一次处理的图像行数；“group” 为一起处理的图像数。毫秒数是一步中单个核心的用时。"
        "结果逐位相同。",
    ),
    "tune.remembered": ("Remembered in {path}.", "已记入 {path}。"),
    "cli.warm": ("Compile a network's kernels ahead, for containers.", "提前编译网络的内核，供容器使用。"),
    "cli.warm.page": (
        "Compile the kernels that training, evaluating and predicting with MODEL will need, and keep them. MODEL is "
        "the name of a network, a run folder or a model file. With --cpu the kernels are for other processors; where "
        "they are to be used, set KONV_CPU to one of these names and KONV_CACHE to the folder. Run it as the user who "
        "will use them: a cache that others can write is not trusted.",
        "提前编译用 MODEL 训练、评测和预测所需的内核，并保存下来。MODEL 是网络名称、结果文件夹或模型文件。"
        "加上 --cpu 可为其他处理器编译；使用时把 KONV_CPU 设为其中一个名称，把 KONV_CACHE 设为该文件夹。"
        "请用将来使用它们的用户身份运行：其他用户可写的缓存不会被信任。",
    ),
    "cli.warm.cpu": (
        "Processors, separated by commas: x86-64-v3, x86-64-v4 or LLVM's names; by default the one in use.",
        "处理器，用逗号分隔：x86-64-v3、x86-64-v4 或 LLVM 的名称；默认是当前使用的。",
    ),
    "cli.warm.cache": (
        "Folder to keep kernels in; by default that of KONV_CACHE.",
        "保存内核的文件夹；默认同 KONV_CACHE。",
    ),
    "cli.warm.batch": (
        "Images a step, several sizes separated by commas: some kernels are for one size.",
        "每步的图像数，多个值用逗号分隔：有些内核只适用于一种大小。",
    ),
    "cli.warm.predict_only": ("Only what prediction needs.", "只编译预测所需的内核。"),
    "warm.processor": ("processor", "处理器"),
    "warm.kernels": ("kernels", "内核"),
    "warm.size": ("MB", "MB"),
    "warm.seconds": ("seconds", "秒"),
    "warm.done": (
        "They are in {folder}. Where they are to be used: KONV_CACHE={folder} KONV_CPU={cpu}",
        "内核在 {folder} 里。使用时请设置：KONV_CACHE={folder} KONV_CPU={cpu}",
    ),
    "warm.done_here": ("They are in {folder}.", "内核在 {folder} 里。"),
    "warm.no_cache": (
        "KONV_CACHE is off, so there is nowhere to keep kernels. Name a folder with --cache.",
        "KONV_CACHE 设为 off，内核无处保存。请用 --cache 指定一个文件夹。",
    ),
    "bench.introduction": (
        "{model}: {parameters} parameters, images {shape}, {batch} a step, {threads} threads, {engine} engine, {cpu}",
        "{model}：{parameters} 个参数，图像 {shape}，每步 {batch} 张，{threads} 个线程，{engine} 引擎，{cpu}",
    ),
    "bench.training": ("training", "训练"),
    "bench.prediction": ("prediction", "预测"),
    "bench.column.images": ("images/s", "每秒图像数"),
    "bench.column.median": ("ms a step, median", "每步毫秒，中位数"),
    "bench.column.range": ("min – max", "最小 – 最大"),
    "bench.column.steps": ("steps", "步数"),
    "bench.column.share": ("share of peak", "占峰值"),
    "bench.peak": (
        "Peak measured in this run: {peak} GFLOP/s in multiply-adds, all threads; those over padding are not made and "
        "not counted.",
        "本次运行实测峰值：全部线程的乘加共 {peak} GFLOP/s；填充处的乘加不做，也不计。",
    ),
    "bench.first": (
        "The first training step in a new process is done {cold} s after the imports with an empty kernel cache, "
        "{warm} s with a filled one.",
        "在新进程中，导入完成后到第一步训练结束：内核缓存为空时 {cold} 秒，已填好时 {warm} 秒。",
    ),
    "bench.first_failed": (
        "The first step could not be measured in a process of its own: {error}",
        "无法在单独的进程中测量第一步：{error}",
    ),
    "bench.not_finite": (
        "Layer {layer} gave something that is not finite on random images between 0 and 1, which makes steps longer, "
        "so the measurement was stopped. Are the network's weights good?",
        "层 {layer} 在 0 到 1 之间的随机图像上给出了非有限的值，这会使每一步变长，因此测量已停止。"
        "请检查网络的权重是否正常。",
    ),
    "bench.no_kernels": (
        "KONV_ENGINE is reference, which has no kernels to profile. Unset it.",
        "KONV_ENGINE 设为 reference，没有内核可供剖析。请取消这个设置。",
    ),
    "bench.no_folder": (
        "There is no folder to write {path} in. Name another file with --out.",
        "没有可写入 {path} 的文件夹。请用 --out 另选一个文件。",
    ),
    "bench.column.number": ("no.", "编号"),
    "bench.column.stage": ("stage", "阶段"),
    "bench.column.layer": ("layer", "层"),
    "bench.column.kernel": ("kernel", "内核"),
    "bench.column.part": ("part", "部分"),
    "bench.column.milliseconds": ("ms", "毫秒"),
    "bench.column.of_step": ("of step", "占一步"),
    "bench.column.macs": ("multiply-adds", "乘加次数"),
    "bench.column.gflops": ("GFLOP/s", "GFLOP/s"),
    "bench.column.of_peak": ("of peak", "占峰值"),
    "bench.column.bandwidth": ("GB/s", "GB/s"),
    "bench.sum.forward": ("forward", "前向"),
    "bench.sum.backward": ("backward", "反向"),
    "bench.sum.weights": ("weights: packing, updates", "权重：打包与更新"),
    "bench.sum.kernels": ("all kernels", "全部内核"),
    "bench.sum.outside": ("outside kernels", "内核之外"),
    "bench.sum.step": ("step: {seconds} ms × {threads} threads", "一步：{seconds} 毫秒 × {threads} 个线程"),
    "bench.explained": (
        "Milliseconds are those of one core, medians of the steps; a core does {peak} GFLOP/s at most while all work. "
        "GB/s count each array a call reads or writes once, wherever it is: most are in a cache. With NumPy, a "
        "core reads and writes {memory} GB/s in arrays of {size} MiB (memory) and {cache} GB/s in arrays of {part} KiB "
        "(second-level cache). What is outside kernels is waiting at barriers, handing out work, and Python; what "
        "other programs take is counted wherever it falls. Behind a convolution's kernel stands why it was chosen: "
        "direct sums (and what speaks against the other way: taps, channels, a setting or the model), or Winograd's "
        "F(outputs, taps) with the part of the direct sums' cycles that a model expects. "
        "Its multiply-adds are those of direct sums, so it may exceed the peak.",
        "毫秒数按单个核心计，取各步的中位数；全部核心同时工作时，一个核心最多 {peak} GFLOP/s。GB/s 把一次调用"
        "读写的每个数组计一次，不论它在哪里：多数在缓存中。用 NumPy 时，一个核心每秒读写 {memory} GB"
        "（{size} MiB 的数组，内存）和 {cache} GB（{part} KiB 的数组，二级缓存）。"
        "内核之外的是：在栅栏处等待、分派工作和 Python；被其他程序占去的时间落在哪里就计在哪里。"
        "卷积内核名之后是选择它的理由：直接求和（direct，其后是不用另一种方法的原因：核、通道数、设置或模型），"
        "或 Winograd 的 F(输出, 核)，"
        "以及模型预计它占直接求和周期数的比例。它的乘加次数按直接求和计，所以可能超过峰值。",
    ),
    "bench.picture": (
        "Picture: {path}. A dot is a call that multiplies, numbered as above, its area its time; dots above the "
        "slanted line of the memory live on caches.",
        "图：{path}。每个点是一次做乘法的调用，编号同上表，面积表示用时；位于内存斜线之上的点依靠缓存。",
    ),
}
