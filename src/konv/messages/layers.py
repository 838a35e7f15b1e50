"""Texts of layers that normalise, activate, regularise and prepare data; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "smaller_than_crop": (
        "CenterCrop: a {received} image has no part of {crop}. Use Resizing first, or a smaller crop.",
        "CenterCrop：{received} 的图像中取不出 {crop} 的部分。请先用 Resizing，或减小裁剪尺寸。",
    ),
    "activation_gave": (
        "The activation {name} must return a symbolic tensor, made of its input by konv.ops or a layer. Received: "
        "{received}.",
        "激活函数 {name} 必须返回由输入经 konv.ops 或层得到的符号张量。收到的是：{received}。",
    ),
    "activation_with_weights": (
        "The activation {name} has weights ({weight}), which belong to a layer. Put it behind as a layer of its own.",
        "激活函数 {name} 带有权重（{weight}），而权重属于层。请把它作为单独的一层放在后面。",
    ),
    "scores_and_mask": (
        "{layer} takes scores and, where some do not count, a mask. Received: {received} inputs.",
        "{layer} 接受得分；若有些得分不计入，再加一个 mask。收到的是 {received} 个输入。",
    ),
    "mask_shape": (
        "{layer}: the mask must be as large as the scores, {shape}, axes of one element aside. Received: {received}.",
        "{layer}：除长度为 1 的轴外，mask 的形状必须与得分 {shape} 相同。收到的是：{received}。",
    ),
    "no_renorm": (
        "{layer}: renorm=True is not available: statistics are always those of the whole batch. Where batches are too "
        "small for them, use GroupNormalization.",
        "{layer}：不支持 renorm=True：统计量总是取自整个批次。批次太小时请改用 GroupNormalization。",
    ),
    "no_rms_scaling": (
        "{layer}: rms_scaling=True is not available: it divides by the standard deviation, not the root mean square. "
        "Use RMSNormalization.",
        "{layer}：不支持 rms_scaling=True：它除以的是标准差，而不是均方根。请改用 RMSNormalization。",
    ),
    "not_one_axis": (
        "{layer}: axis must be one integer, −1: the last one, that of the channels. Received: {received!r}.",
        "{layer}：axis 必须是一个整数 −1，即最后一个轴（通道轴）。收到的是：{received!r}。",
    ),
    "layer_of_ones_own": (
        "A class of your own: pass custom_objects={{'Name': Name}}, or put @konv.register_serializable() above it and "
        "import its module first.",
        "如果是自定义的类：请传入 custom_objects={{'Name': Name}}，或在类定义上方加上 @konv.register_serializable()，"
        "并先导入它所在的模块。",
    ),
    "not_the_last_axis": (
        "{layer}: axis must be the last one, that of the channels: −1 (or {last}). Received: {received!r}. Images are "
        "(N, height, width, channels) here.",
        "{layer}：axis 只能是最后一个轴，即通道轴：−1（或 {last}）。收到的是：{received!r}。"
        "这里的图像按（N, 高, 宽, 通道）排列。",
    ),
    "number_out_of_range": (
        "{layer}: {name} must be a number from {low:g} to {high:g}. Received: {received!r}.",
        "{layer}：{name} 必须是 {low:g} 到 {high:g} 之间的数。收到的是：{received!r}。",
    ),
    "not_from_zero": (
        "{layer}: {argument} must be a finite number, at least 0. Received: {received}.",
        "{layer}：{argument} 必须是不小于 0 的有限数。收到的是：{received}。",
    ),
    "slope_above_zero": (
        "hard_sigmoid: the slope a must be a finite number above 0: 1/6 in Keras 3, 1/5 in Keras 1 and 2. "
        "Received: {received!r}.",
        "hard_sigmoid：斜率 a 必须是大于 0 的有限数：Keras 3 中是 1/6，Keras 1 和 2 中是 1/5。收到的是：{received!r}。",
    ),
    "not_a_matrix": (
        "OrthogonalRegularizer is for weights that are matrices (2 axes), as those of Dense. Received the shape: "
        "{received}.",
        "OrthogonalRegularizer 只用于矩阵形式（2 个轴）的权重，例如 Dense 的权重。收到的形状是：{received}。",
    ),
    "bad_norm_bounds": (
        "MinMaxNorm: 0 ≤ min_value ≤ max_value, and rate from 0 to 1. Received: min_value={low!r}, max_value={high!r}, "
        "rate={rate!r}.",
        "MinMaxNorm：要求 0 ≤ min_value ≤ max_value，且 rate 在 0 到 1 之间。"
        "收到的是：min_value={low!r}，max_value={high!r}，rate={rate!r}。",
    ),
    "bad_axis_of_norm": (
        "axis, along which lengths are measured, is an integer or a list of integers. Received: {received!r}.",
        "axis 是计算长度所沿的轴，应为一个整数或整数列表。收到的是：{received!r}。",
    ),
    "own_not_registered": (
        "{received!r} cannot be kept in a file, which holds names and never code. Put "
        "@konv.register_serializable() above its definition.",
        "{received!r} 无法存入文件：文件只保存名字，从不保存代码。请在它的定义上方加上 @konv.register_serializable()。",
    ),
    "loss_of_no_network": (
        "{layer}: add_loss takes what konv.ops.sum or mean over all axes gives, or a symbolic tensor with one number a "
        "sample. Received: {received}.",
        "{layer}：add_loss 接受 konv.ops.sum 或 mean 对所有轴计算的结果，或每个样本一个数的符号张量。"
        "收到的是：{received}。",
    ),
    "add_loss_outside": (
        "{layer}: call add_loss and add_metric in the layer's own `call`, or on a model with tensors of its network.",
        "{layer}：add_loss 和 add_metric 要在该层自己的 call 中调用，或者对模型调用并传入其网络中的张量。",
    ),
    "dot_axes": (
        "{layer}: axes is the axis that is summed over, counting the batch axis as 0, or one of the first and one of "
        "the second input. Received: {received!r}.",
        "{layer}：axes 是求和所沿的轴（批次轴算作第 0 轴），或两个输入各一个轴。收到的是：{received!r}。",
    ),
    "dot_shapes": (
        "{layer} sums over axes {axes} of both inputs, which have to be there and of one length. Received: {first} and "
        "{second}.",
        "{layer} 沿两个输入的轴 {axes} 求和，这两个轴必须存在且长度相同。收到的是：{first} 和 {second}。",
    ),
    "no_masks": (
        "{layer}: konv has no masks. Leave mask_zero out.",
        "{layer}：konv 没有掩码。请去掉 mask_zero。",
    ),
    "no_layer_inside": (
        "{layer} takes the layer that it is to apply to each step. Received: {received}.",
        "{layer} 需要一个层，并把它应用于每一步。收到的是：{received}。",
    ),
    "no_steps": (
        "{layer} needs samples with an axis of steps before the others. Received: {received}.",
        "{layer} 需要样本的第一个轴是步数，其后还有别的轴。收到的是：{received}。",
    ),
    "statistics_of_steps": (
        "{layer}: the statistics of {inner} would follow one step after the other, where Keras takes all steps "
        "together. Set {inner}.trainable = False, or take LayerNormalization or GroupNormalization.",
        "{layer}：{inner} 的统计量会逐步更新，而 Keras 是把所有步合在一起计算。请设 {inner}.trainable = False，"
        "或改用 LayerNormalization、GroupNormalization。",
    ),
    "bad_feature_axes": (
        "{layer}: axis is an integer or a list of integers: the batch axis counts and is axis 0, which samples are not "
        "normalised along; -1 is the last one. Received: {received!r}.",
        "{layer}：axis 应为整数或整数列表：批次轴算作第 0 轴，不能沿它归一化；-1 表示最后一个轴。"
        "收到的是：{received!r}。",
    ),
}
