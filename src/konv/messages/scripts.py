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
        "konv is for convolutional networks and has no recurrent, attention or embedding layers.",
        "konv 面向卷积网络，没有循环层、注意力层和嵌入层。",
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
    "script.merge_models": (
        "A Sequential model has one input in konv. In place of Merge([a, b]) write the branches with "
        "Input and Model: merge([a.output, b.output]), then Model([a.input, b.input], …).",
        "konv 的 Sequential 模型只有一个输入。请不要用 Merge([a, b])，而用 Input 和 Model 写分支："
        "merge([a.output, b.output])，再用 Model([a.input, b.input], …)。",
    ),
    "script.no_weights": (
        "The trained weights {received!r} of {name} are not at hand: konv downloads none. Fetch Keras's weights file "
        "{file} once where there is a network, and pass its path as weights=…, or weights=None to begin anew.",
        "手头没有 {name} 的预训练权重 {received!r}：konv 不会下载权重。请在能联网的地方取得 Keras 的权重文件 {file}，"
        "把路径传给 weights=…；或用 weights=None 从头训练。",
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
    "script.no_extra": (
        "{name} needs {package}: pip install 'konv[{extra}]'.",
        "{name} 需要 {package}：请运行 pip install 'konv[{extra}]'。",
    ),
    "script.symbolic_value": (
        "K.get_value and K.eval give the values of weights and arrays. Received the symbolic tensor of {layer}; "
        "predict with a Model that ends in it, or use K.function.",
        "K.get_value 和 K.eval 只能取权重和数组的值。收到的是 {layer} 的符号张量；请用以它为输出的 Model 来预测，"
        "或使用 K.function。",
    ),
    "script.bare_random": (
        "Random numbers in a network have the batch axis first: pass shape=(K.shape(x)[0], …). Received: {received}.",
        "网络中的随机数要以批次轴开头：请传入 shape=(K.shape(x)[0], …)。收到的是：{received}。",
    ),
}
