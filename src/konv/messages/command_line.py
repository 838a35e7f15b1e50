"""Texts of the command line, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "cli.konv": (
        "Convolutional networks on the processor you already have. Begin with `konv train`.",
        "用现有的处理器训练卷积神经网络。从 `konv train` 开始。",
    ),
    "cli.usage": ("Usage: ", "用法："),
    "cli.options": ("Options", "选项"),
    "cli.commands": ("Commands", "命令"),
    "cli.options_metavar": ("[OPTIONS]", "[选项]"),
    "cli.command_metavar": ("COMMAND …", "命令 …"),
    "cli.default": ("{help} [default: {value}]", "{help}（默认：{value}）"),
    "cli.help": ("Show this page.", "显示本页。"),
    "cli.version": ("Show the version.", "显示版本。"),
    "cli.lang": ("Language of texts.", "文字所用的语言。"),
    "cli.traceback": ("Show where in the code an error arose.", "显示错误出自代码何处。"),
    "cli.json": ("Print the answer as JSON.", "以 JSON 输出结果。"),
    "cli.train": (
        "Train a network and leave a folder with it, pictures and a report.",
        "训练网络，留下一个包含模型、图片和报告的文件夹。",
    ),
    "cli.train.page": (
        "Train a network on DATA and leave a folder with the network, pictures and a report. DATA is fashion_mnist, "
        "mnist, cifar10 or cifar100; a folder or zip file of class_name/image.jpg; a folder of IDX files as MNIST and "
        "EMNIST have; or an .npz file with x_train and y_train, or x and y. Without DATA the images of "
        "clothes that come with konv are used. Ctrl-C ends the training and keeps what was learned; --resume goes on "
        "with it, or with a run that was killed, to the same bits as if it had not stopped.",
        "用 DATA 训练网络，留下一个包含模型、图片和报告的文件夹。DATA 可以是 fashion_mnist、mnist、cifar10 或 "
        "cifar100，按“类别名/图像.jpg”存放的文件夹或 zip 文件，MNIST、EMNIST 那样的 IDX 文件所在的文件夹，或含 "
        "x_train 和 y_train（或 x 和 y）的 .npz 文件；不给出时使用 konv 自带的服装图像。按 Ctrl-C "
        "结束训练，已学到的会保存下来；--resume 可以继续它，或继续被杀掉的训练，结果与从未中断时逐位相同。",
    ),
    "cli.train.model": (
        "Network, by name; small is the lab's, of two convolutions.",
        "网络的名称；small 是 lab 里两层卷积的小网络。",
    ),
    "cli.train.activation": (
        "Activation between the layers: relu, sigmoid or tanh; the network's own by default.",
        "各层之间的激活函数：relu、sigmoid 或 tanh；默认用网络自己的。",
    ),
    "cli.train.pooling": (
        "Pooling of windows: max or average; the network's own by default.",
        "窗口池化的方式：max 或 average；默认用网络自己的。",
    ),
    "cli.train.kernel": ("Kernel size of the network small (default 5).", "small 网络的卷积核大小（默认 5）。"),
    "cli.train.filters": (
        "Filters of the first convolution of the network small (default 8).",
        "small 网络第一层卷积的滤波器数（默认 8）。",
    ),
    "cli.train.epochs": ("How often every image is learned from.", "每张图像学习多少遍（轮数）。"),
    "cli.train.batch_size": ("Images a step.", "每一步用多少张图像。"),
    "cli.train.optimizer": (
        "adam, adamw, nadam, adamax, rmsprop, sgd, adagrad or adadelta.",
        "adam、adamw、nadam、adamax、rmsprop、sgd、adagrad 或 adadelta。",
    ),
    "cli.train.learning_rate": ("How long a step is; the optimizer's own by default.", "步长；默认用优化器自己的值。"),
    "cli.train.seed": (
        "Number that all chance follows from: the same seed gives the same bits.",
        "一切随机性的来源：相同的种子得到逐位相同的结果。",
    ),
    "cli.train.image_size": ("Size to bring image files to.", "把图像文件统一成多大。"),
    "cli.train.out": ("Folder to leave; by default a new one in runs/.", "结果文件夹；默认在 runs/ 里新建一个。"),
    "cli.train.resume": (
        "Go on with the run in this folder, as it was begun; --epochs may ask for more.",
        "继续该文件夹中的训练，设置不变；可用 --epochs 增加轮数。",
    ),
    "cli.train.strict": ("Stop at the first unreadable image.", "遇到无法读取的图像就停止。"),
    "cli.train.quiet": ("Print nothing but the folder.", "只输出结果文件夹的路径。"),
    "cli.run": ("Run a Keras script, unchanged.", "直接运行 Keras 脚本，无需修改。"),
    "cli.run.page": (
        "Run SCRIPT with ARGUMENTS as python would, its imports of keras and tensorflow.keras answered by konv: "
        "scripts for Keras 1.2 to 3, unchanged. A name konv lacks is one error at the script's own line, with what "
        "konv offers instead. Nothing of an installed Keras or TensorFlow is imported. The exit code is the script's.",
        "像 python 一样带 ARGUMENTS 运行 SCRIPT，其中对 keras 和 tensorflow.keras 的导入由 konv 提供：Keras 1.2 到 3 的"
        "脚本无需修改。konv 没有的名字，会在脚本的那一行报一个错，并说明有什么可以代替。已安装的 Keras 或 TensorFlow "
        "不会被导入。退出码就是脚本的退出码。",
    ),
    "cli.run.arguments": ("[ARGUMENTS]…", "[参数]…"),
    "cli.evaluate": ("Measure a network on labelled images.", "用带标注的图像评测网络。"),
    "cli.evaluate.page": (
        "Measure the network of RUN, a run folder or a model file, on DATA (as for konv train): its test part, if it "
        "has one, else all of it. Without DATA: on the images the run itself was tested on.",
        "用 DATA（同 konv train）评测 RUN（结果文件夹或模型文件）里的网络：有测试部分就用测试部分，否则用全部。"
        "不给出 DATA 时，用该次训练自己的测试图像。",
    ),
    "cli.predict": ("Say what is in pictures, with probabilities.", "识别图片，并给出概率。"),
    "cli.predict.page": (
        "Say what the network of RUN, a run folder or a model file, sees in each IMAGE: the likeliest classes with "
        "their probabilities.",
        "用 RUN（结果文件夹或模型文件）里的网络识别每张 IMAGE：给出最可能的类别及其概率。",
    ),
    "cli.predict.top": ("Classes to name for each image.", "每张图像列出几个类别。"),
    "cli.summary": ("Show a network layer by layer: purpose and cost.", "逐层显示网络：作用与代价。"),
    "cli.summary.page": (
        "Show MODEL layer by layer: shapes, parameters with the arithmetic, multiply-adds for one image, and what each "
        "layer is for. MODEL is the name of a network, a run folder or a model file.",
        "逐层显示 MODEL：形状、参数及其算式、一张图像的乘加次数，以及每一层的作用。"
        "MODEL 是网络名称、结果文件夹或模型文件。",
    ),
    "cli.summary.kind": ("kind", "种类"),
    "cli.show": ("Show the mathematics and the NumPy of an operation.", "显示一种运算的数学和 NumPy 代码。"),
    "cli.show.page": (
        "Show the equation, the shapes and the NumPy reference of OP: an operation, a loss or an update rule. Without "
        "OP: list them all.",
        "显示 OP（运算、损失函数或更新规则）的公式、形状和 NumPy 参考实现。不给出 OP 时列出全部。",
    ),
    "cli.show.reference": ("Reference, in NumPy", "NumPy 参考实现"),
    "cli.doctor": ("Check this machine: processor, threads, kernel cache.", "检查本机：处理器、线程、内核缓存。"),
    "cli.doctor.page": (
        "Check that konv works on this machine and how well: processor, threads and why that many, kernel cache, "
        "measured multiply-add peak, versions. Ends with 1 if something is wrong, and says what to do.",
        "检查 konv 能否在本机工作、性能如何：处理器、线程数及其原因、内核缓存、实测乘加峰值、版本。"
        "若有问题，会说明怎么办，并以 1 退出。",
    ),
    "cli.no_such_option": (
        "There is no option {received}. See {place} --help.",
        "没有选项 {received}。请看 {place} --help。",
    ),
    "cli.no_such_option_near": (
        "There is no option {received}. Did you mean: {known}? See {place} --help.",
        "没有选项 {received}。是不是想写：{known}？请看 {place} --help。",
    ),
    "cli.no_such_command": (
        "There is no command {received}. See {place} --help.",
        "没有命令 {received}。请看 {place} --help。",
    ),
    "cli.no_such_command_near": (
        "There is no command {received}. Did you mean: {known}? See {place} --help.",
        "没有命令 {received}。是不是想写：{known}？请看 {place} --help。",
    ),
    "cli.missing": ("{name} is missing. See {place} --help.", "缺少 {name}。请看 {place} --help。"),
    "cli.bad_choice": (
        "{name} must be one of: {known}. See {place} --help.",
        "{name} 只能是：{known}。请看 {place} --help。",
    ),
    "cli.other_usage": ("{message}. See {place} --help.", "命令写法有误（{message}）。请看 {place} --help。"),
    "cli.not_whole": (
        "{name} must be a whole number from {least} to {most}. Received: {received!r}.",
        "{name} 必须是 {least} 到 {most} 之间的整数。收到的是：{received!r}。",
    ),
    "cli.not_positive": (
        "{name} must be a number above 0. Received: {received!r}.",
        "{name} 必须是大于 0 的数。收到的是：{received!r}。",
    ),
    "cli.not_a_size": (
        "{name} must be one number of pixels, or height and width such as 48x64. Received: {received!r}.",
        "{name} 必须是一个像素数，或“高x宽”，例如 48x64。收到的是：{received!r}。",
    ),
    "cli.not_a_shape": (
        "{name} must be height, width and channels, such as 32x32x3. Received: {received!r}.",
        "{name} 必须是“高x宽x通道数”，例如 32x32x3。收到的是：{received!r}。",
    ),
    "cli.own_shape": (
        "The network in {path} takes {input} and tells {classes} classes apart; --input and --classes choose these "
        "only for a network by name. Leave them out.",
        "{path} 里的网络接收 {input}，区分 {classes} 个类别；--input 和 --classes 只用于按名称给出的网络。请去掉它们。",
    ),
    "cli.system_error": ("The system refused: {error}.", "系统报错：{error}。"),
    "cli.note": ("note: {message}", "提示：{message}"),
    "cli.stopped_at_once": ("Stopped at once.", "已立即停止。"),
    "cli.stopping": (
        "Ending after this batch and saving; Ctrl-C again stops at once.",
        "这一批结束后停止并保存；再按一次 Ctrl-C 立即停止。",
    ),
    "cli.reading": ("Reading {data} …", "正在读取 {data} ……"),
    "cli.introduction": (
        "konv {version} ({engine}) trains {model}, {parameters} parameters, on {data}: {train} images {shape} of "
        "{classes} classes, {test} more to test on.",
        "konv {version}（{engine}）在 {data} 上训练 {model}（{parameters} 个参数）：{train} 张 {shape} 图像，"
        "{classes} 个类别，另有 {test} 张用于测试。",
    ),
    "cli.going_on": ("Going on with epoch {epoch} of {epochs}.", "从第 {epoch} 轮继续，共 {epochs} 轮。"),
    "cli.resume.not_by_train": (
        "The run {run} was not made by konv train but by {command}: its network is none that konv train builds, so it "
        "cannot go on from here.",
        "运行 {run} 不是由 konv train 产生的，而是由 {command} 产生的：konv train 不会构建这样的网络，因此无法从这里"
        "继续。",
    ),
    "cli.resume.no_run": (
        "{run} is no run folder: there is no run.json in it. Name a folder that konv train has begun.",
        "{run} 不是结果文件夹：里面没有 run.json。请给出 konv train 开始过的文件夹。",
    ),
    "cli.resume.damaged": (
        "{path} does not say how the run was begun ({error}), so it cannot go on. Begin a new run.",
        "{path} 没有说明这次训练是怎样开始的（{error}），因此无法继续。请重新训练。",
    ),
    "cli.resume.differs": (
        "The run {run} was begun with {option} {before}, and goes on as it was begun. Received: {option} {received}. "
        "Leave {option} out, or begin a new run without --resume.",
        "训练 {run} 开始时用的是 {option} {before}，继续时不能改变。收到的是：{option} {received}。"
        "请去掉 {option}，或不用 --resume 重新训练。",
    ),
    "cli.resume.out": (
        "A run goes on in its own folder, {run}. Leave --out out.",
        "训练在它自己的文件夹 {run} 中继续。请去掉 --out。",
    ),
    "cli.resume.stopped": (
        "The run {run} cannot go on: {reason} It would stop at the same batch again. Begin a new run, with a smaller "
        "--learning-rate for example.",
        "训练 {run} 无法继续：{reason}继续只会停在同一批。请重新训练，例如减小 --learning-rate。",
    ),
    "cli.resume.done": (
        "The run {run} has its {epochs} epochs behind it. Ask for more of them: {command}",
        "训练 {run} 已完成 {epochs} 轮。若要继续，请增加轮数：{command}",
    ),
    "cli.resume.data_gone": (
        "The images of the run {run} are no longer at {source}. Say where they are: konv train DATA --resume {run}",
        "训练 {run} 的图像已不在 {source}。请指明它们的位置：konv train DATA --resume {run}",
    ),
    "cli.resume.other_data": (
        "{data} is not what the run {run} was begun with: it had {train} images to learn from and {test} to test on, "
        "and there are {now} and {now_test} now, of another content. Bring back the same images, or begin a new run.",
        "{data} 与训练 {run} 开始时的数据不同：当时有 {train} 张用于学习、{test} 张用于测试，现在是 {now} 张和 "
        "{now_test} 张，内容也不同。请恢复原来的图像，或重新训练。",
    ),
    "cli.resume.other_bits": (
        "This run was begun with {name} {before}, and goes on with {now}: its last digits may differ from those of a "
        "run that was never stopped.",
        "这次训练开始时的 {name} 是 {before}，现在是 {now}：结果的末几位可能与从未中断的训练不同。",
    ),
    "cli.epoch": ("epoch {epoch}/{epochs}", "第 {epoch}/{epochs} 轮"),
    "cli.figures": (
        "loss {loss}  accuracy {accuracy}  {speed} images/s  {left} left",
        "损失 {loss}  准确率 {accuracy}  每秒 {speed} 张  还剩 {left}",
    ),
    "cli.interrupted": ("Interrupted; what was learned until then is saved.", "已中断；到那时为止学到的已经保存。"),
    "cli.result": (
        "Test accuracy {accuracy}: {right} of {count} images, after {seconds} s.",
        "测试准确率 {accuracy}：{count} 张图像对了 {right} 张，共用 {seconds} 秒。",
    ),
    "cli.next.look": (
        "  see what happened  open {run}/report.html in a browser",
        "  看结果    用浏览器打开 {run}/report.html",
    ),
    "cli.next.predict": ("  use the network    konv predict {run} IMAGE…", "  用模型    konv predict {run} IMAGE…"),
    "cli.next.evaluate": ("  measure it again   konv evaluate {run} [DATA]", "  再评测    konv evaluate {run} [DATA]"),
    "cli.next.resume": ("  go on              konv train --resume {run}", "  继续训练  konv train --resume {run}"),
    "cli.evaluated": (
        "Accuracy {accuracy} on {data}: {right} of {count} images; loss {loss}.",
        "{data} 上的准确率 {accuracy}：{count} 张图像对了 {right} 张；损失 {loss}。",
    ),
    "cli.takes_no_images": (
        "The network in {path} does not take images: its input is {received}, not height × width × 1 or 3 channels.",
        "{path} 里的网络不接收图像：它的输入是 {received}，而不是 高 × 宽 × 1 或 3 个通道。",
    ),
    "cli.data_needed": (
        "There is no run.json beside {path}, so it is not known what it was tested on. Name the data: "
        "konv evaluate RUN DATA.",
        "{path} 旁边没有 run.json，不知道它是用什么测试的。请指明数据：konv evaluate RUN DATA。",
    ),
    "cli.damaged_record": (
        "{path} is damaged. Name the data instead: konv evaluate RUN DATA.",
        "{path} 已损坏。请直接指明数据：konv evaluate RUN DATA。",
    ),
    "cli.data_changed": (
        "{source} has changed since this network was trained on it, so images it learned from may be among those it is "
        "tested on.",
        "{source} 在训练之后有了变化，因此测试图像中可能混有它学过的图像。",
    ),
    "cli.classes_differ": (
        "{name} has {received} classes, the network tells {expected} apart, and its file does not name them. They must "
        "be equal.",
        "{name} 有 {received} 个类别，网络区分 {expected} 个，而模型文件里没有类别名。两者必须相同。",
    ),
    "cli.size_differs": (
        "{name} has images of {received}, the network takes {expected}. Image files are fitted by themselves; arrays "
        "must have the right size.",
        "{name} 的图像是 {received}，网络需要 {expected}。图像文件会自动调整，数组则必须大小正确。",
    ),
    "doctor.system": ("Versions and settings", "版本与设置"),
    "doctor.processor": ("Processor", "处理器"),
    "doctor.threads": ("Threads", "线程"),
    "doctor.cache": ("Kernel cache", "内核缓存"),
    "doctor.kernels": ("Compiled kernels against NumPy, sum by sum", "编译内核与 NumPy 逐一对照"),
    "doctor.speed": ("Speed: measured peak of fused multiply-adds", "速度：实测乘加峰值"),
    "doctor.fact.system": ("system", "系统"),
    "doctor.fact.engine": ("engine", "引擎"),
    "doctor.fact.name": ("name", "名称"),
    "doctor.fact.cpu": ("kernels are compiled for", "内核的编译目标"),
    "doctor.fact.vector_bits": ("vector length, bits", "向量长度（位）"),
    "doctor.fact.registers": ("vector registers", "向量寄存器"),
    "doctor.fact.fused_multiply_add": ("fused multiply-add", "融合乘加指令"),
    "doctor.fact.l1_bytes": ("first-level cache", "一级缓存"),
    "doctor.fact.l2_bytes": ("second-level cache", "二级缓存"),
    "doctor.fact.threads": ("worker threads", "工作线程"),
    "doctor.fact.reason": ("why that many", "为何是这个数"),
    "doctor.fact.processors": ("processors of the machine", "机器的处理器数"),
    "doctor.fact.available": ("of them for this process", "本进程可用"),
    "doctor.fact.limited_by": ("limited by", "受限于"),
    "doctor.fact.folder": ("folder", "文件夹"),
    "doctor.fact.writable": ("can be written", "可写"),
    "cli.lab": ("look inside a network, on a web page of this machine", "在本机网页中观察网络内部"),
    "cli.lab.page": (
        "Open a web page for looking inside a network: every feature map of a picture, the arithmetic of every number, "
        "how weights learn, what another stride would change, training as it happens, and mistakes.\n\nRUN is a run "
        "folder or a model file, or MODEL the name of a network, which is then not trained; without either, a small "
        "trained network is shown. Nothing leaves this machine. Needs: pip install 'konv[lab]'.",
        "打开一个网页来观察网络内部：一张图片的所有特征图、每个数的计算过程、权重怎样学习、换一个步长会怎样、"
        "正在进行的训练，以及它的错误。\n\nRUN 是结果文件夹或模型文件，MODEL 是网络名称（此时尚未训练）；"
        "都不给出时展示一个训练好的小网络。数据不会离开这台机器。需要：pip install 'konv[lab]'。",
    ),
    "cli.lab.host": ("address to listen on", "监听的地址"),
    "cli.lab.port": ("port to listen on, 0 for any that is free", "监听的端口，0 表示任意空闲端口"),
    "cli.lab.no_browser": ("open no browser", "不打开浏览器"),
    "cli.lab.base_url": (
        "address or path at which a proxy has the lab, as in notebook servers",
        "代理（如笔记本服务器）提供 lab 的地址或路径",
    ),
    "cli.lab.extra": (
        "The lab needs the package {name}, which is not installed. Run: pip install 'konv[lab]'",
        "lab 需要软件包 {name}，但尚未安装。请运行：pip install 'konv[lab]'",
    ),
    "cli.lab.loading": ("Preparing the network …", "正在准备网络……"),
    "cli.lab.ready": ("The lab is open: {address}\nCtrl-C closes it.", "lab 已打开：{address}\n按 Ctrl-C 关闭。"),
    "cli.lab.closed": ("The lab is closed.", "lab 已关闭。"),
    "doctor.fact.kernels": ("kernels kept", "已保存的内核"),
    "doctor.fact.bytes": ("size", "大小"),
    "doctor.fact.exact": ("equal to the last bit", "逐位相同"),
    "doctor.fact.peak_one_thread": ("one thread", "单线程"),
    "doctor.fact.peak_all_threads": ("all threads", "全部线程"),
    "doctor.yes": ("yes", "是"),
    "doctor.no": ("no", "否"),
    "doctor.off": (
        "none: kernels are kept in memory only (KONV_CACHE=off)",
        "无：内核只保存在内存里（KONV_CACHE=off）",
    ),
    "doctor.well": ("Nothing is wrong.", "一切正常。"),
    "doctor.slow_engine": (
        "KONV_ENGINE is {engine}, which is for checking, not for work: it is many times slower. Unset it.",
        "KONV_ENGINE 设为 {engine}，它用于检查而不是工作，要慢许多倍。请取消这个设置。",
    ),
    "doctor.no_fma": (
        "{cpu} has no fused multiply-add with wide vectors, so konv runs far below what today's processors do. Unset "
        "KONV_CPU if it is set; a virtual machine may need its processor passed through.",
        "{cpu} 没有配合宽向量的融合乘加指令，konv 的速度会远低于现今的处理器。若设置了 KONV_CPU 请取消；"
        "虚拟机可能需要直通宿主机的处理器。",
    ),
    "doctor.too_many_threads": (
        "{threads} threads share {available} processors, which slows every step down. Set KONV_THREADS to "
        "{available} or less.",
        "{threads} 个线程共用 {available} 个处理器，每一步都会变慢。请把 KONV_THREADS 设为不超过 {available}。",
    ),
    "doctor.wrong_sums": (
        "Compiled kernels do not give what NumPy gives. Set KONV_ENGINE=reference until this is solved, and report it "
        "with the output of konv doctor --json.",
        "编译内核的结果与 NumPy 不一致。在问题解决之前请设置 KONV_ENGINE=reference，"
        "并附上 konv doctor --json 的输出报告此问题。",
    ),
    "no_such_run": (
        "There is no run folder or model file {path}.",
        "找不到结果文件夹或模型文件 {path}。",
    ),
    "no_model_in_folder": (
        "The folder {path} holds no model.konv, so it is no run folder. Name a folder that konv train has left, or a "
        "model file.",
        "文件夹 {path} 里没有 model.konv，不是结果文件夹。请给出 konv train 留下的文件夹，或模型文件。",
    ),
    "run_not_done": (
        "The run in {path} has not ended, so there is no model yet. If nothing works on it any more, go on with "
        "konv train --resume {path}",
        "{path} 中的训练尚未结束，还没有模型。如果没有进程在处理它，请用 konv train --resume {path} 继续。",
    ),
    "cannot_write_run": (
        "The folder {path} cannot be written to: {reason}. Choose another with --out.",
        "无法写入文件夹 {path}：{reason}。请用 --out 另选一个。",
    ),
    "run_folder_taken": (
        "The folder {path} is not empty, and nothing in it is overwritten. Choose another with --out.",
        "文件夹 {path} 不是空的，其中的内容不会被覆盖。请用 --out 另选一个。",
    ),
    "run_folder_locked": (
        "Another process (number {process}) is writing to the folder {path}. Choose another with --out.",
        "另一个进程（编号 {process}）正在写入文件夹 {path}。请用 --out 另选一个。",
    ),
    "not_a_classifier": (
        "This network gives {received} a sample, not one row with a number for each class, so it cannot be measured as "
        "a classifier.",
        "这个网络对每个样本输出 {received}，而不是每类一个数的一行，因此不能当作分类器来评测。",
    ),
}
