"""Texts of Keras scripts and Keras's files, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "script.no_name": (
        "konv has no {module}.{name}. {instead}",
        "konv 没有 {module}.{name}。{instead}",
    ),
    "script.no_module": (
        "konv has no module {module}. {instead}",
        "konv 没有模块 {module}。{instead}",
    ),
    "script.near": ("It has: {known}.", "可用的有：{known}。"),
    "script.page": (
        "Of Keras and TensorFlow it offers what convolutional networks need; dir({module}) lists what is here.",
        "Keras 和 TensorFlow 中，konv 只提供卷积网络所需的部分；dir({module}) 可列出这里有什么。",
    ),
    "script.recurrent": (
        "konv is for convolutional networks and has no recurrent, attention or text layers.",
        "konv 面向卷积网络，没有循环层、注意力层和文本处理层。",
    ),
    "script.pipeline": (
        "Of tf.data konv has Dataset.from_tensor_slices, from_tensors, from_generator, range, zip, list_files, and "
        "map, filter, flat_map, shuffle, batch, repeat, take, skip, shard, concatenate, cache, prefetch. Folders of "
        "images are read by image_dataset_from_directory; anything else can be given as arrays or by from_generator.",
        "tf.data 中，konv 有 Dataset.from_tensor_slices、from_tensors、from_generator、range、zip、list_files，以及 "
        "map、filter、flat_map、shuffle、batch、repeat、take、skip、shard、concatenate、cache、prefetch。图像文件夹"
        "可用 image_dataset_from_directory 读取；其他数据请以数组或 from_generator 给出。",
    ),
    "script.no_files": (
        "No file is called {received}.",
        "没有名为 {received} 的文件。",
    ),
    "script.uneven": (
        "A batch is stacked of elements of one shape. Received: {received}. Bring them to one shape in map, images by "
        "tf.image.resize.",
        "同一批中的元素必须形状相同。收到的是：{received}。请在 map 中统一形状，图像可用 tf.image.resize。",
    ),
    "script.saved_model": (
        "konv keeps models as files that hold no code: model.save('NAME.keras'), 'NAME.h5' (both read by Keras, which "
        "can export them) or 'NAME.konv'.",
        "konv 把模型存为不含代码的文件：model.save('NAME.keras')、'NAME.h5'（Keras 都能读取并导出）或 'NAME.konv'。",
    ),
    "script.distribute": (
        "konv trains on all cores of one processor by itself: leave out the strategy and its `with strategy.scope():`.",
        "konv 会自动使用单个处理器的所有核心训练：请去掉分布策略和 `with strategy.scope():`。",
    ),
    "script.train": (
        "Optimisers are in keras.optimizers; model.save_weights('NAME.weights.h5') keeps weights, the callback "
        "BackupAndRestore all that a training needs to go on.",
        "优化器在 keras.optimizers 中；model.save_weights('NAME.weights.h5') 保存权重，回调 BackupAndRestore "
        "保存继续训练所需的一切。",
    ),
    "script.three_axes": (
        "konv has layers for images and sequences: Conv2D, Conv1D and their like, none for volumes. TimeDistributed "
        "applies a layer to each image of a film.",
        "konv 的层面向图像和序列，即 Conv2D、Conv1D 等，没有用于体数据的层。"
        "TimeDistributed 可把一个层应用于影片的每幅图像。",
    ),
    "script.spectral": (
        "konv has no layer that divides the weights of another by their spectral norm; kernel_constraint='max_norm' of "
        "the layer bounds them otherwise.",
        "konv 没有按谱范数缩放其他层权重的层；可以用该层的 kernel_constraint='max_norm' 来限制权重。",
    ),
    "script.application": (
        "Of keras.applications konv has VGG, ResNet and ResNetV2, InceptionV3, Xception, MobileNet and MobileNetV2, "
        "DenseNet, EfficientNetB0 to B7.",
        "keras.applications 中，konv 有 VGG、ResNet 和 ResNetV2、InceptionV3、Xception、MobileNet 和 MobileNetV2、"
        "DenseNet、EfficientNetB0 至 B7。",
    ),
    "script.mixed": (
        "konv computes in float32, by Winograd's transforms where they pay; leave mixed precision out.",
        "konv 以 float32 计算（合适时使用 Winograd 变换）；请去掉混合精度设置。",
    ),
    "script.session": (
        "konv has no sessions and no graph of TensorFlow's: models run with fit, predict and konv.grad.",
        "konv 没有 TensorFlow 的会话和计算图：模型用 fit、predict 和 konv.grad 运行。",
    ),
    "script.channels_first": (
        "konv keeps images as (N, height, width, channels): 'channels_last', Theano's 'th' is not available. "
        "Received: {received!r}. Turn the data with x.transpose(0, 2, 3, 1) and leave this setting out.",
        "konv 的图像按（N, 高, 宽, 通道）排列，即 'channels_last'，不支持 Theano 的 'th'。收到的是：{received!r}。"
        "请用 x.transpose(0, 2, 3, 1) 转换数据，并去掉这个设置。",
    ),
    "script.learning_phase": (
        "The learning phase cannot be set to {received!r}: konv trains in fit and predicts in predict. 0 makes layers "
        "called from then on behave as in prediction always.",
        "学习阶段不能设为 {received!r}：konv 在 fit 中训练，在 predict 中预测。设为 0 时，此后调用的层总按预测方式"
        "工作。",
    ),
    "script.phase_in_if": (
        "konv traces call once, for training and prediction alike, so Python cannot ask whether `training` is true. "
        "Hand `training` on to layers such as Dropout, which know.",
        "konv 只对 call 追踪一次，训练和预测共用，因此不能在 Python 中判断 `training` 是否为真。"
        "请把 `training` 传给 Dropout 等层，由它们自行区分。",
    ),
    "script.batchnorm_mode": (
        "BatchNormalization(mode={received!r}) of Keras 1 is not available; mode=0, statistics of each channel, is.",
        "不支持 Keras 1 的 BatchNormalization(mode={received!r})；可用的是 mode=0，即按通道统计。",
    ),
    "script.merge_mode": (
        "merge knows the modes {known}. Received: {received!r}.",
        "merge 支持的 mode 有：{known}。收到的是：{received!r}。",
    ),
    "script.not_downloaded": (
        "{file} could not be fetched from {origin}: {error}. Put the file at {path} by hand.",
        "无法从 {origin} 取得 {file}：{error}。请手动把文件放到 {path}。",
    ),
    "script.wrong_hash": (
        "{path} has another checksum than the script expects ({expected}). Received: {received}. Delete it and fetch "
        "it again.",
        "{path} 的校验和与脚本的要求（{expected}）不符。收到的是：{received}。请删除后重新下载。",
    ),
    "script.missing": (
        "There is no script {path}.",
        "没有脚本 {path}。",
    ),
    "script.symbolic_value": (
        "K.get_value and K.eval give the values of weights and arrays. Received the symbolic tensor of {layer}; "
        "predict with a Model that ends in it, or use K.function.",
        "K.get_value 和 K.eval 只能取权重和数组的值。收到的是 {layer} 的符号张量；请用以它为输出的 Model 来预测，"
        "或使用 K.function。",
    ),
    "not_a_keras_file": (
        "{path} is not a model or weights file of Keras: {reason}.",
        "{path} 不是 Keras 的模型文件或权重文件：{reason}。",
    ),
    "keras_file.part": (
        "{path} is damaged, or no file of Keras: its part {name} is missing or not as it should be.",
        "{path} 已损坏，或不是 Keras 的文件：其中的 {name} 缺失或不正确。",
    ),
    "keras_file.weights_only": (
        "{path} holds weights without a model. Build the model and call its load_weights({path!r}).",
        "{path} 只有权重，没有模型。请先构建模型，再调用它的 load_weights({path!r})。",
    ),
    "keras_file.no_layer": (
        "konv has no layer {layer} ({name}). A class of your own goes into custom_objects.",
        "konv 没有层 {layer}（{name}）。自己写的类请放进 custom_objects。",
    ),
    "keras_file.argument": (
        "{layer} has no argument {name} in konv. Received: {received!r}.",
        "konv 的 {layer} 没有参数 {name}。收到的是：{received!r}。",
    ),
    "keras_file.code": (
        "{layer}: the file keeps the function of this Lambda as code, which konv never runs. Give the function by its "
        "name in custom_objects where the file names it, or build the model in Python and call load_weights.",
        "{layer}：文件以代码形式保存了这个 Lambda 的函数，konv 从不运行文件中的代码。如果文件中有函数名，请通过 "
        "custom_objects 给出该函数；否则请在 Python 中构建模型，再调用 load_weights。",
    ),
    "keras_file.operation": (
        "{layer} is an operation that Keras applied outside any layer; konv reads layers. Build the model in Python "
        "and call load_weights.",
        "{layer} 是 Keras 在层以外进行的运算，而 konv 只读取层。请在 Python 中构建模型，再调用 load_weights。",
    ),
    "keras_file.not_in_keras": (
        "{layer}: Keras has no layer {kind}, so its files cannot hold this model. Save it as NAME.konv.",
        "{layer}：Keras 没有 {kind} 层，其文件无法保存这个模型。请保存为 NAME.konv。",
    ),
    "keras_file.masked": (
        "{layer}: files of Keras 2's form do not keep a Softmax called with a mask. Save the model as NAME.keras or "
        "NAME.konv.",
        "{layer}：Keras 2 格式的文件无法保存带 mask 调用的 Softmax。请保存为 NAME.keras 或 NAME.konv。",
    ),
    "keras_file.padding": (
        "{layer}: Keras's files know the paddings 'valid' and 'same'. Received: {received}. Put a ZeroPadding2D layer "
        "before it, or save the model as NAME.konv.",
        "{layer}：Keras 的文件只有 'valid' 和 'same' 两种填充。收到的是：{received}。请在前面加 ZeroPadding2D 层，"
        "或保存为 NAME.konv。",
    ),
    "keras_file.by_name": (
        "{path} is a file of Keras 3, which names no layers: leave by_name out.",
        "{path} 是 Keras 3 的文件，其中没有层名：请去掉 by_name。",
    ),
    "keras_file.optimizer": (
        "The state of the optimizer {optimizer} in this file does not fit; training begins with a new one.",
        "文件中优化器 {optimizer} 的状态不匹配；训练将从新的状态开始。",
    ),
    "script.no_extra": (
        "{name} needs {package}: pip install 'konv[{extra}]'.",
        "{name} 需要 {package}：请运行 pip install 'konv[{extra}]'。",
    ),
    "script.not_fitted": (
        "This {estimator} has not been trained yet. Call fit first.",
        "这个 {estimator} 还没有训练。请先调用 fit。",
    ),
    "script.not_recorded": (
        "GradientTape.gradient takes a loss that was computed from a model's output within the tape's `with` "
        "statement, with konv.ops, tf or keras functions. Received: {received}. Of a batch of several samples, parts "
        "such as y[0] or y[:4] are plain numbers: multiply by zeros and ones instead, and sum.",
        "GradientTape.gradient 需要在 with 语句内由模型输出、用 konv.ops、tf 或 keras 的函数算出的损失。"
        "收到的是：{received}。多个样本的批次中，y[0]、y[:4] 这样的部分只是数值：请改为乘以 0 和 1 再求和。",
    ),
    "script.no_image": (
        "These bytes are no image that Pillow can read: {error}.",
        "这些字节不是 Pillow 能读取的图像：{error}。",
    ),
    "script.resize": (
        "tf.image.resize takes arrays of images and the methods bilinear and nearest. Received: {received}. Resize "
        "images before they reach the network.",
        "tf.image.resize 接受图像数组，方法为 bilinear 或 nearest。收到的是：{received}。请在送入网络前调整图像大小。",
    ),
    "script.no_length": (
        "This Dataset does not know how many elements it has; iterate over it instead.",
        "这个 Dataset 不知道有多少个元素；请直接迭代。",
    ),
    "script.no_weights": (
        "The trained weights {received!r} of {name} are not at hand, and konv downloads none. Fetch Keras's "
        "file {file} once where there is a network and put it into {folder}/models, or pass its path as weights=…; "
        "weights=None begins anew.",
        "手头没有 {name} 的预训练权重 {received!r}，而 konv 不会下载权重。请在能联网的地方取得 Keras 的文件 {file}，"
        "放到 {folder}/models，或把路径传给 weights=…；weights=None 则从头训练。",
    ),
    "script.not_imagenet": (
        "decode_predictions takes predictions for ImageNet's 1000 classes, (n, 1000). Received: {received}.",
        "decode_predictions 需要对 ImageNet 1000 个类别的预测，形状为 (n, 1000)。收到的是：{received}。",
    ),
    "script.no_class_names": (
        "The names of ImageNet's classes are not at hand. Put Keras's file {file} into {folder}.",
        "手头没有 ImageNet 的类别名称。请把 Keras 的文件 {file} 放到 {folder}。",
    ),
    "script.step_gave": (
        "A train_step or test_step of one's own returns a dictionary of measurements by name, as of {model}. Received: "
        "{received}.",
        "自己写的 train_step 或 test_step 应返回以名称为键的度量字典（{model}）。收到的是：{received}。",
    ),
}
