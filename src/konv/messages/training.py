"""Texts of optimisers, schedules, metrics, callbacks and resumed runs; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "several_clips": (
        "Pass one of clipnorm, clipvalue and global_clipnorm.",
        "clipnorm、clipvalue、global_clipnorm 三者只能给一个。",
    ),
    "usual_rate_has_changed": (
        "{optimizer} has the learning rate {rate:g} where none is given, as in Keras 3; up to Keras 2.3 it was "
        "{before:g}. A script of that time wants learning_rate={before:g}.",
        "未指定学习率时，{optimizer} 用 Keras 3 的 {rate:g}；在 Keras 2.3 及以前是 {before:g}。"
        "那个时期的脚本应写 learning_rate={before:g}。",
    ),
    "rate_is_scheduled": (
        "The learning rate is given by the schedule {schedule}, so it cannot be set. Pass another schedule, or make "
        "the optimizer with a number.",
        "学习率由 {schedule} 决定，不能另行设定。请传入另一个学习率调度，或用一个数来创建优化器。",
    ),
    "bad_boundaries": (
        "PiecewiseConstantDecay takes boundaries in growing order, and one value more than boundaries. "
        "Received: {boundaries} and {values}.",
        "PiecewiseConstantDecay 的 boundaries 必须递增，values 要比 boundaries 多一个。"
        "收到的是：{boundaries} 和 {values}。",
    ),
    "no_batches": (
        "There is no batch to train on or to test: the generator or sequence is empty.",
        "没有可用的批次：生成器或 Sequence 是空的。",
    ),
    "bad_batch": (
        "A batch is x, (x, y) or (x, y, sample_weight). Received: {received}.",
        "每一批应为 x、(x, y) 或 (x, y, sample_weight)。收到的是：{received}。",
    ),
    "in_batch": ("Batch {batch} of the generator: {error}", "生成器的第 {batch} 批：{error}"),
    "ended_early": (
        "The generator ended after {received} of the {expected} batches of this epoch. Let it go on for ever "
        "(while True: …), or ask for fewer steps_per_epoch (validation_steps, steps).",
        "生成器在本轮给出 {received} 批后就结束了，而应有 {expected} 批。请让它无限循环（while True: …），"
        "或减少 steps_per_epoch（validation_steps、steps）。",
    ),
    "ended_before": (
        "The generator has no more batches: it ended in an earlier epoch. Pass something that can begin again: a "
        "Sequence, a list of batches as an iterable, or a generator that goes on for ever, with steps_per_epoch.",
        "生成器已没有更多批次：它在前面的轮次中就结束了。请改用可以重新开始的数据：Sequence、可迭代的批次集合，"
        "或无限循环的生成器（并给出 steps_per_epoch）。",
    ),
    "split_of_batches": (
        "validation_split takes samples from the end of arrays; a generator has no end. Pass validation_data.",
        "validation_split 从数组末尾取样本，而生成器没有末尾。请改用 validation_data。",
    ),
    "targets_beside_batches": (
        "Where x gives whole batches, (x, y) or (x, y, sample_weight), y and sample_weight come with them. Leave them "
        "out.",
        "x 给出完整批次 (x, y) 或 (x, y, sample_weight) 时，y 和 sample_weight 随批次一起给出。请去掉这两个参数。",
    ),
    "steps_of_arrays": (
        "Arrays have as many steps as their samples make batches, here {steps}; steps are chosen for generators only. "
        "Received: {received}. Leave it out, or choose batch_size.",
        "数组的步数由样本数和批大小决定，这里是 {steps}；只有生成器才需要指定步数。收到的是：{received}。"
        "请去掉这个参数，或调整 batch_size。",
    ),
    "bad_mode": (
        "mode is one of {known}. Received: {received!r}.",
        "mode 只能是 {known} 之一。收到的是：{received!r}。",
    ),
    "no_such_monitor": (
        "{callback} watches {received!r}, which is not measured. Measured are: {known}.",
        "{callback} 监视的 {received!r} 并没有被测量。可监视的有：{known}。",
    ),
    "monitor_validation": (
        " Names with val_ need validation_data or validation_split.",
        "以 val_ 开头的指标需要 validation_data 或 validation_split。",
    ),
    "stopped_early": (
        "Epoch {epoch}: training ends, {monitor} has not got better; the best epoch was {best}.",
        "第 {epoch} 轮：{monitor} 不再改善，训练结束；最好的是第 {best} 轮。",
    ),
    "rate_reduced": (
        "Epoch {epoch}: the learning rate is now {rate:g}.",
        "第 {epoch} 轮：学习率降为 {rate:g}。",
    ),
    "rate_set": ("Epoch {epoch}: learning rate {rate:g}.", "第 {epoch} 轮：学习率 {rate:g}。"),
    "checkpoint_saved": ("Epoch {epoch}: saved to {path}.", "第 {epoch} 轮：已保存到 {path}。"),
    "of_classes": (
        "{mean:.4f} ({least:.2f}–{most:.2f} in {count} classes)",
        "{mean:.4f}（{count} 类，{least:.2f}–{most:.2f}）",
    ),
    "monitor_of_classes": (
        "{callback} watches {received!r}, which is {count} numbers, one for each class. Watch one number: "
        "give the metric an average ('macro', 'micro' or 'weighted').",
        "{callback} 监视的 {received!r} 是 {count} 个数，每类一个。只能监视一个数："
        "请给该指标指定 average（'macro'、'micro' 或 'weighted'）。",
    ),
    "bad_file_pattern": (
        "The file name {received!r} cannot be filled in ({error}). What can be: {known}.",
        "文件名 {received!r} 无法填写（{error}）。可以填写的有：{known}。",
    ),
    "backup_by_epoch": (
        "BackupAndRestore keeps the state after each epoch: save_freq='epoch'. Received: {received!r}.",
        "BackupAndRestore 在每轮结束后保存状态：save_freq='epoch'。收到的是：{received!r}。",
    ),
    "other_optimizer": (
        "{path} was written by {received}; this model has {expected}. Compile it as it was then.",
        "{path} 由 {received} 写出，而这个模型用的是 {expected}。请按当时的设置编译模型。",
    ),
    "not_a_state": (
        "{path} does not hold the state of a training ({error}).",
        "{path} 里没有训练状态（{error}）。",
    ),
    "other_weights": (
        "{path} holds weights of another architecture: {has} in {has_layers} layers, where the model has {wants} in "
        "{wants_layers}. The first layer that differs: {received} in the file, {expected} in the model.",
        "{path} 里是另一种结构的权重：文件中 {has_layers} 个层共 {has} 个权重，"
        "模型中 {wants_layers} 个层共 {wants} 个。"
        "第一个不同的层：文件中是 {received}，模型中是 {expected}。",
    ),
    "no_layer": ("none", "无"),
    "bad_rates": (
        "The learning rate is to grow from start to end: 0 < start < end. Received: {start!r} and {end!r}.",
        "学习率应从 start 增大到 end：0 < start < end。收到的是：{start!r} 和 {end!r}。",
    ),
    "too_few_rates": (
        "Training failed within three steps, from the learning rate {start:g} on. Begin with a smaller one.",
        "从学习率 {start:g} 开始，训练不到三步就失败了。请从更小的学习率开始。",
    ),
    "loss_not_traced": (
        "The loss {loss} could not be made part of the network: {error}. Write it in konv.ops, which takes symbolic "
        "tensors: f(y_true, y_pred) gives one number a sample, or one for the whole batch.",
        "无法把损失函数 {loss} 接入网络：{error}。请用接受符号张量的 konv.ops 编写："
        "f(y_true, y_pred) 给出每个样本一个数，或整个批次一个数。",
    ),
    "added_of_other_network": (
        "What is added to the loss depends on {name}, which is no input of this model. Use tensors of its own network.",
        "附加的损失依赖于 {name}，而它不是该模型的输入。请使用模型自身网络中的张量。",
    ),
    "added_not_kept": (
        "{model}: what add_loss was given from outside of layers is not kept in the file. Put it into a layer's call, "
        "or call add_loss again after loading.",
        "{model}：在层之外通过 add_loss 添加的损失不会存入文件。"
        "请把它放到某个层的 call 中，或在加载后重新调用 add_loss。",
    ),
}
