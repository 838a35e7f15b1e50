"""Texts of layers, models, training and model files, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "in_layer": ("Layer {layer}: {error}", "层 {layer}：{error}"),
    "not_positive": ("{name} must be above 0. Received: {received!r}.", "{name} 必须大于 0。收到的是：{received!r}。"),
    "not_a_count": (
        "{layer}: {name} must be an integer, at least {least}. Received: {received!r}.",
        "{layer}：{name} 必须是不小于 {least} 的整数。收到的是：{received!r}。",
    ),
    "output_padding": (
        "{layer}: output_padding must be below the stride ({strides}) along each axis: a whole stride more is another "
        "place of the input. Received: {received!r}.",
        "{layer}：output_padding 沿每个轴都要小于步长（{strides}）：多出一整个步长就等于输入多了一个位置。"
        "收到的是：{received!r}。",
    ),
    "bad_sides": (
        "{layer}: {name} is one integer, or for each of {count} axes an integer or a (before, after) pair. "
        "Received: {received!r}.",
        "{layer}：{name} 要么是一个整数，要么对 {count} 个轴各给一个整数或一对（前, 后）。收到的是：{received!r}。",
    ),
    "channels_first": (
        "{layer}: data_format must be 'channels_last': images are (N, height, width, channels). Received: "
        "{received!r}. Turn images that have their channels first with x.transpose(0, 2, 3, 1), and drop data_format.",
        "{layer}：data_format 只能是 'channels_last'，即图像按（N, 高, 宽, 通道）排列。收到的是：{received!r}。"
        "通道在前的图像请先用 x.transpose(0, 2, 3, 1) 转换，并去掉 data_format 参数。",
    ),
    "bad_sample_shape": (
        "{layer}: the shape of one sample is one or more positive integers, without the batch axis, such as "
        "(28, 28, 1). Received: {received!r}.",
        "{layer}：单个样本的形状由一个或多个正整数组成，不含批次轴，例如 (28, 28, 1)。收到的是：{received!r}。",
    ),
    "unknown_argument": (
        "{layer} does not know the argument {received}. It takes: {known}.",
        "{layer} 没有参数 {received}。可用的参数有：{known}。",
    ),
    "bad_layer_name": (
        "The name of a layer or a model is a text without '/', and none of optimizer, random, callbacks. "
        "Received: {received!r}.",
        "层和模型的名字必须是不含 '/' 的文本，且不能是 optimizer、random、callbacks。收到的是：{received!r}。",
    ),
    "no_attribute": (
        "{kind} has no attribute or weight {name!r}. Its weights so far: {known}. (They are made when the layer first "
        "meets an input.)",
        "{kind} 没有名为 {name!r} 的属性或权重。目前的权重：{known}。（权重在层第一次接到输入时才建立。）",
    ),
    "not_begun": (
        "{kind} is not set up: its __init__ begins with super().__init__().",
        "{kind} 还没有初始化：它的 __init__ 要以 super().__init__() 开头。",
    ),
    "no_call": (
        "{layer}: {kind} has no call: define call(self, inputs), in konv.ops, which returns what the layer gives.",
        "{layer}：{kind} 没有 call：请用 konv.ops 定义 call(self, inputs)，返回这个层的输出。",
    ),
    "not_symbolic": (
        "{layer}: a layer is called on what konv.layers.Input or another layer returned, or on a NumPy array whose "
        "first axis counts the samples. Received: {received}.",
        "{layer}：层可以作用于 konv.layers.Input 或另一层返回的结果，"
        "也可以作用于第一轴为样本数的 NumPy 数组。收到的是：{received}。",
    ),
    "not_connected": (
        "{layer} is in no network yet, so it has no input and no output. Add it to a model whose input shape is known.",
        "{layer} 还不在任何网络里，因此没有输入和输出。请把它加入一个已知输入形状的模型。",
    ),
    "not_an_input": (
        "A model begins with what konv.layers.Input returned. Received the output of layer {received}.",
        "模型要从 konv.layers.Input 返回的张量开始。收到的是层 {received} 的输出。",
    ),
    "weight_shape": (
        "{layer}: the weight {name} has shape {expected}. Received: {received}.",
        "{layer}：权重 {name} 的形状是 {expected}。收到的是：{received}。",
    ),
    "weight_numbers": (
        "{layer}: the weight {name} takes an array of numbers, of shape {expected}. Received: {received}.",
        "{layer}：权重 {name} 需要一个形状为 {expected} 的数值数组。收到的是：{received}。",
    ),
    "weight_for_other_input": (
        "{layer}: an input of shape {input} needs a {name} of shape {needed}, and this layer was made for others: its "
        "{name} has shape {expected}. Use another layer for this input.",
        "{layer}：形状为 {input} 的输入需要形状为 {needed} 的 {name}，而这个层是为别的输入建立的：它的 {name} "
        "形状是 {expected}。请为这个输入另建一个层。",
    ),
    "weight_missing": (
        "{layer}: the weight {name} of shape {expected} is missing.",
        "{layer}：缺少形状为 {expected} 的权重 {name}。",
    ),
    "weight_count": (
        "{layer} has {expected} weights ({names}). Received: {received} arrays. Give one a weight, in the order of "
        "get_weights().",
        "{layer} 有 {expected} 个权重（{names}）。收到的是：{received} 个数组。"
        "请按 get_weights() 的顺序为每个权重各给一个数组。",
    ),
    "no_weights_yet": (
        "{layer} has no weights yet: they are made when the shape of its input is known. Call it on an input, or its "
        "build(input_shape), first.",
        "{layer} 还没有权重：知道输入的形状之后才会建立。请先在一个输入上调用它，或调用 build(input_shape)。",
    ),
    "no_noise_shape": (
        "{layer}: AlphaDropout draws for every number by itself: leave noise_shape out. Received: {received!r}. "
        "Dropout takes one.",
        "{layer}：AlphaDropout 对每个数单独抽取：请去掉 noise_shape。收到的是：{received!r}。Dropout 可以用它。",
    ),
    "noise_shape": (
        "{layer}: noise_shape is the input's shape, the batch axis None, with 1 for axes whose numbers are dropped "
        "together, before those that are not. Received: {received!r} for an input of {shape}.",
        "{layer}：noise_shape 是输入的形状，批次轴为 None，一起丢弃的轴写 1，并且排在其他轴之前。"
        "收到的是：{received!r}，输入为 {shape}。",
    ),
    "not_compiled_since": (
        "{model}: trainable has changed since compile (of {name} and perhaps others), which decides what is trained: "
        "nothing changes until compile is called again.",
        "{model}：compile 之后 trainable 又被改过（{name} 等）。训练哪些权重由 compile 决定："
        "在再次调用 compile 之前不会改变。",
    ),
    "cannot_be_saved": (
        "A file cannot hold code, so {received!r} cannot be saved. Use one of konv's own classes or names.",
        "文件中不能保存代码，因此无法保存 {received!r}。请使用 konv 自带的类或名字。",
    ),
    "not_a_layer": (
        "{model}: a Sequential model is made of layers (konv.layers). Received: {received}.",
        "{model}：Sequential 模型由层（konv.layers）组成。收到的是：{received}。",
    ),
    "name_taken": (
        "{model} already has a layer named {name}. Every layer needs a name of its own: pass name='…'.",
        "{model} 已经有名为 {name} 的层。每一层都要有自己的名字：请传入 name='…'。",
    ),
    "second_input": (
        "{model} already takes inputs of shape {expected}. Received another input layer of shape {received}; "
        "an input layer comes first, and once.",
        "{model} 的输入形状已经是 {expected}。又收到一个形状为 {received} 的输入层；输入层只能有一个，并且在最前面。",
    ),
    "no_layers": (
        "{model} has no layers. Add some with add(…) first.",
        "{model} 还没有任何层。请先用 add(…) 添加。",
    ),
    "not_built": (
        "{model} does not know the shape of its input yet. Give its first layer input_shape=…, call build((None, …)), "
        "or fit it to data.",
        "{model} 还不知道输入的形状。请给第一层传入 input_shape=…，或调用 build((None, …))，或直接用数据训练。",
    ),
    "no_such_layer": (
        "{model} has no layer {received!r}. Its layers are: {known}.",
        "{model} 没有层 {received!r}。它的层有：{known}。",
    ),
    "layer_or_index": (
        "get_layer takes a name or an index, one of the two.",
        "get_layer 要么按名字，要么按序号，只能给其中一个。",
    ),
    "not_compiled": (
        "{model} has no loss and no optimizer yet. Call compile(optimizer=…, loss=…) first.",
        "{model} 还没有损失函数和优化器。请先调用 compile(optimizer=…, loss=…)。",
    ),
    "no_loss": (
        "{model} was compiled without a loss, so it can only predict. Call compile(loss=…).",
        "{model} 编译时没有指定损失函数，只能用来预测。请调用 compile(loss=…)。",
    ),
    "no_targets": (
        "{model}: targets are missing. Pass y, one target for each sample of x.",
        "{model}：缺少目标值。请传入 y，x 的每个样本对应一个目标。",
    ),
    "bad_validation_split": (
        "validation_split is the share of samples, from the end, to validate on: at least 0, below 1, and leaving at "
        "least one sample on either side. Received: {received!r} of {count} samples.",
        "validation_split 是从末尾取出用于验证的样本比例：大于等于 0、小于 1，且两边各至少留一个样本。"
        "收到的是：{received!r}，样本数 {count}。",
    ),
    "bad_validation_data": (
        "validation_data is (x, y) or (x, y, sample_weight). Received: {received}.",
        "validation_data 应为 (x, y) 或 (x, y, sample_weight)。收到的是：{received}。",
    ),
    "bad_weights_of_samples": (
        "sample_weight is one finite number, not negative, for each of the {expected} samples. Received: {received}.",
        "sample_weight 要为 {expected} 个样本各给一个有限的非负数。收到的是：{received}。",
    ),
    "class_weight_labels": (
        "class_weight needs class numbers or one-hot rows as targets, and a weight for every class in them. "
        "Missing: {missing}.",
        "使用 class_weight 时，目标必须是类别编号或独热向量，并且每个出现的类别都要有权重。缺少：{missing}。",
    ),
    "custom_loss": (
        "A loss is a name, an object of konv.losses, or a function f(y_true, y_pred) written in konv.ops. Received: "
        "{received!r}.",
        "损失函数可以是名字、konv.losses 的对象，或用 konv.ops 编写的函数 f(y_true, y_pred)。收到的是：{received!r}。",
    ),
    "own_loss_missing": (
        "The file names the loss {loss}, which is a function of your own. Pass it: load_model(file, "
        "custom_objects={{'{loss}': …}}), or leave the training settings out: compile=False.",
        "文件中的损失函数 {loss} 是用户自定义的。请传入它：load_model(file, custom_objects={{'{loss}': …}})，"
        "或用 compile=False 不读取训练设置。",
    ),
    "loss_not_symbolic": (
        "{loss} cannot be used inside a loss of one's own. Write its formula in konv.ops.",
        "{loss} 不能用在自定义损失函数内部。请用 konv.ops 写出它的公式。",
    ),
    "bad_metric": (
        "A metric is a name, a function (y_true, y_pred), or an object of konv.metrics. Received: {received!r}.",
        "评价指标可以是名字、函数 (y_true, y_pred)，或 konv.metrics 的对象。收到的是：{received!r}。",
    ),
    "metric_shapes": (
        "For predictions of shape {prediction} this metric needs targets of shape {expected}. Received: {received}.",
        "预测的形状为 {prediction} 时，这个指标需要形状为 {expected} 的目标。收到的是：{received}。",
    ),
    "metric_classes": (
        "A metric of {classes} classes counts class numbers from 0, below {classes}. Received: {received}. Rows of "
        "predictions are taken with sparse_y_pred=False, one-hot targets with sparse_y_true=False.",
        "有 {classes} 个类别的指标统计从 0 开始、小于 {classes} 的类别编号。收到的是：{received}。"
        "若预测是每类一个数，请设 sparse_y_pred=False；若目标是独热编码，请设 sparse_y_true=False。",
    ),
    "not_class_numbers": (
        "to_categorical takes class numbers: integers from 0, below {classes}. Received: {received}.",
        "to_categorical 需要类别编号：从 0 开始、小于 {classes} 的整数。收到的是：{received}。",
    ),
    "bad_verbose": (
        "verbose is 0 (nothing), 1 or 'auto' (a progress bar) or 2 (one line an epoch). Received: {received!r}.",
        "verbose 只能是 0（不显示）、1 或 'auto'（进度条）、2（每轮一行）。收到的是：{received!r}。",
    ),
    "not_a_callback": (
        "callbacks are objects of konv.callbacks.Callback. Received: {received!r}.",
        "callbacks 必须是 konv.callbacks.Callback 的对象。收到的是：{received!r}。",
    ),
    "nonfinite_layer": (
        "{layer} gave a NaN or an infinity in batch {batch} of epoch {epoch}. No weight has been updated with it. "
        "A smaller learning rate, or inputs scaled to about 0…1, usually helps.",
        "第 {epoch} 轮第 {batch} 批中，{layer} 的输出出现了 NaN 或无穷大。权重没有因此被更新。"
        "通常减小学习率，或把输入缩放到 0…1 左右即可解决。",
    ),
    "nonfinite_input": (
        "The input holds a NaN or an infinity in batch {batch} of epoch {epoch}. No weight has been updated with it. "
        "numpy.argwhere(~numpy.isfinite(x)) shows where.",
        "第 {epoch} 轮第 {batch} 批的输入中有 NaN 或无穷大。权重没有因此被更新。"
        "可用 numpy.argwhere(~numpy.isfinite(x)) 查看位置。",
    ),
    "nonfinite_prediction": (
        "{layer} gave a NaN or an infinity in batch {batch}.",
        "第 {batch} 批中，{layer} 的输出出现了 NaN 或无穷大。",
    ),
    "nonfinite_prediction_input": (
        "The input holds a NaN or an infinity in batch {batch}. numpy.argwhere(~numpy.isfinite(x)) shows where.",
        "第 {batch} 批的输入中有 NaN 或无穷大。可用 numpy.argwhere(~numpy.isfinite(x)) 查看位置。",
    ),
    "momentum_range": (
        "{name} must be at least 0 and below 1. Received: {received!r}.",
        "{name} 必须大于等于 0 且小于 1。收到的是：{received!r}。",
    ),
    "not_negative": (
        "{name} must be a finite number, at least 0. Received: {received!r}.",
        "{name} 必须是大于等于 0 的有限数。收到的是：{received!r}。",
    ),
    "two_rates": (
        "lr is the old name of learning_rate. Pass one of the two.",
        "lr 是 learning_rate 的旧名字。两者只能给一个。",
    ),
    "optimizer_state": (
        "The optimizer's state does not fit the model: {name} is {expected} in the model, {received} in the state.",
        "优化器的状态与模型不符：{name} 在模型中是 {expected}，在状态中是 {received}。",
    ),
    "absent": ("absent", "没有"),
    "epoch_of": ("Epoch {epoch}/{epochs}", "第 {epoch}/{epochs} 轮"),
    "evaluating": ("Evaluating", "评估"),
    "predicting": ("Predicting", "预测"),
    "images_per_second": ("{count:,.0f} images/s", "{count:,.0f} 张/秒"),
    "summary.title": ('Model: "{model}"', "模型：“{model}”"),
    "summary.layer": ("Layer (type)", "层（类型）"),
    "summary.shape": ("Output shape", "输出形状"),
    "summary.parameters": ("Parameters", "参数"),
    "summary.total": ("Total parameters: {count:,} ({size})", "参数总数：{count:,}（{size}）"),
    "summary.trainable": ("Trainable: {count:,} ({size})", "可训练：{count:,}（{size}）"),
    "summary.fixed": ("Not trainable: {count:,} ({size})", "不可训练：{count:,}（{size}）"),
    "summary.multiply_adds": ("Multiply-adds", "乘加次数"),
    "summary.sees": ("Sees", "感受野"),
    "summary.macs": ("Multiply-adds for one sample: {count:,}", "单个样本的乘加次数：{count:,}"),
    "summary.unknown": ("?", "？"),
    "not_a_model_file": (
        "{path} is not a konv model file: {reason}.",
        "{path} 不是 konv 模型文件：{reason}。",
    ),
    "reason.missing": ("there is no such file", "文件不存在"),
    "reason.folder": ("it is a folder", "它是一个文件夹"),
    "reason.unreadable": ("it cannot be read ({error})", "无法读取（{error}）"),
    "reason.short": ("it is too short, only {size} bytes", "文件太短，只有 {size} 字节"),
    "reason.header_size": (
        "its header says it is {header} bytes long, in a file of {size}; it is truncated or of another format",
        "文件头声明的长度为 {header} 字节，而文件只有 {size} 字节；文件不完整，或是其他格式",
    ),
    "reason.header": (
        "its header is damaged, or its content is truncated or too long ({error})",
        "文件头已损坏，或内容不完整、有多余（{error}）",
    ),
    "reason.not_floats": (
        "its tensor {name} holds {received}; weights are floating-point numbers",
        "其中的张量 {name} 是 {received} 类型，而权重必须是浮点数",
    ),
    "reason.foreign": (
        "it is a safetensors file, but konv did not write it",
        "这是 safetensors 文件，但不是 konv 写出的",
    ),
    "reason.metadata": ("its metadata '{name}' is missing or not valid", "元数据 '{name}' 缺失或无效"),
    "newer_model_file": (
        "{path} has format version {received}; this konv reads up to version {known}. Update konv.",
        "{path} 的格式版本是 {received}；当前的 konv 最高支持版本 {known}。请升级 konv。",
    ),
    "bad_architecture": (
        "{path}: the network it describes cannot be built: {error}",
        "{path}：无法构建文件中描述的网络：{error}",
    ),
    "extra_tensors": (
        "{path}: tensors that belong to no layer: {names}.",
        "{path}：有不属于任何层的张量：{names}。",
    ),
    "bad_training_settings": (
        "{path}: the training settings cannot be used: {error} load_model(…, compile=False) leaves them out.",
        "{path}：无法使用其中的训练设置：{error} 可用 load_model(…, compile=False) 跳过。",
    ),
    "no_such_folder": (
        "There is no folder {path} to save the model in. Make it first.",
        "没有可以存放模型的文件夹 {path}。请先创建它。",
    ),
    "one_class_labels": (
        "All {count} targets are the same: a network that sees one class only learns to answer with it always.",
        "全部 {count} 个目标值都相同：只见过一个类别的网络，只会学到永远回答这一个类别。",
    ),
    "model_suffix": (
        "Files of models are named NAME.konv ({known} where Keras shall read them). Received: {received}. "
        "Use {suggestion}.",
        "模型文件名为 NAME.konv（要让 Keras 读取时可用 {known}）。收到的是：{received}。请改用 {suggestion}。",
    ),
    "saved_model.read": (
        "{path} is a SavedModel, a folder in which TensorFlow keeps a model as a program; konv reads descriptions and "
        "weights. Convert it once with the TensorFlow it is from: "
        "tf.keras.models.load_model({folder!r}).save({suggestion!r}) (from TensorFlow 2.16 on with tf_keras instead of "
        "tf.keras). konv reads that file.",
        "{path} 是 SavedModel，即 TensorFlow 以程序形式保存模型的文件夹；konv 只读取结构描述和权重。请在原来的 "
        "TensorFlow 中转换一次：tf.keras.models.load_model({folder!r}).save({suggestion!r})"
        "（TensorFlow 2.16 起请用 tf_keras 代替 tf.keras），konv 可以读取转换后的文件。",
    ),
    "saved_model.written": (
        "TensorFlow writes a SavedModel, a folder with a program in it, where a name has no suffix or with "
        "save_format='tf'; konv writes one file that holds no code. Received: {received}. Use {suggestion}, which "
        "Keras reads too, or NAME.konv.",
        "文件名没有后缀或指定 save_format='tf' 时，TensorFlow 会写出 SavedModel，即含有程序的文件夹；konv 只写不含代码"
        "的单个文件。收到的是：{received}。请改用 {suggestion}（Keras 也能读取）或 NAME.konv。",
    ),
    "tf_checkpoint.read": (
        "{path} is a checkpoint of TensorFlow's own format. Convert it once where TensorFlow is: load it into the "
        "model there with load_weights, then model.save_weights({suggestion!r}). konv reads that file.",
        "{path} 是 TensorFlow 自有格式的检查点。请在 TensorFlow 中转换一次：先用 load_weights 载入模型，再执行 "
        "model.save_weights({suggestion!r})，konv 可以读取转换后的文件。",
    ),
    "tf_checkpoint.written": (
        "TensorFlow writes a checkpoint of its own format under such a name; konv does not. Received: {received}. "
        "Use {suggestion}, which Keras reads too, or NAME.konv.",
        "这样的文件名在 TensorFlow 中表示其自有格式的检查点，konv 不写这种格式。收到的是：{received}。请改用 "
        "{suggestion}（Keras 也能读取）或 NAME.konv。",
    ),
    "file_exists": (
        "{path} exists already. Pass overwrite=True to replace it.",
        "{path} 已存在。如要覆盖，请传入 overwrite=True。",
    ),
}
