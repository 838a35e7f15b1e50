"""Texts of networks as graphs, of operations on symbolic tensors, and of layers of one's own; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "one_input": (
        "{layer} takes one input. Received: {received}. A layer of konv that takes several is, for instance, "
        "Concatenate or Add.",
        "{layer} 只接受一个输入。收到的是 {received} 个。需要多个输入时可用 Concatenate、Add 等层。",
    ),
    "several_inputs": (
        "{layer} combines several symbolic tensors, given as one list: two or more, for Subtract exactly two. "
        "Received: {received}.",
        "{layer} 把多个符号张量合成一个，应以一个列表传入：至少两个，Subtract 恰好两个。收到的是 {received} 个。",
    ),
    "always_training": (
        "{layer}: training=True, the behaviour of training in prediction too, is not available. Leave the argument "
        "out: fit trains and predict predicts.",
        "{layer}：不支持 training=True，即预测时也按训练方式计算。请去掉这个参数：fit 用于训练，predict 用于预测。",
    ),
    "bad_concatenate_axis": (
        "{layer}: axis is an integer: the batch axis counts and is axis 0, which cannot be joined along; -1 is the "
        "last one. Received: {received!r}.",
        "{layer}：axis 必须是整数，批次轴算作第 0 轴，不能沿它拼接；-1 表示最后一个轴。收到的是：{received!r}。",
    ),
    "cannot_concatenate": (
        "shapes to be joined along axis {axis} must be alike along all the others (the batch axis left out). "
        "Received: {received}.",
        "沿第 {axis} 轴拼接时，其余各轴的大小必须相同（不计批次轴）。收到的是：{received}。",
    ),
    "shapes_do_not_meet": (
        "{function}: shapes must be alike, axes of one element aside (the batch axis left out). Received: {received}.",
        "{function}：除了大小为 1 的轴以外，形状必须相同（不计批次轴）。收到的是：{received}。",
    ),
    "operand_count": (
        "The function {function} has {expected} operands. Received: {received}.",
        "函数 {function} 有 {expected} 个操作数。收到的是：{received} 个。",
    ),
    "not_connected_inputs": (
        "{model}: its outputs do not depend on the input {names}. Leave it out, or connect it.",
        "{model}：输出与输入 {names} 无关。请去掉这个输入，或把它连上。",
    ),
    "foreign_input": (
        "{model}: its outputs depend on {name}, of shape {shape}, which is not among its inputs. Add it to inputs, or "
        "use the tensor of this network.",
        "{model}：输出依赖于 {name}（形状 {shape}），而它不在 inputs 之中。请把它加入 inputs，或改用本网络中的张量。",
    ),
    "input_twice": (
        "{model}: the input {name} is given twice.",
        "{model}：输入 {name} 出现了两次。",
    ),
    "not_a_tensor": (
        "{model}: {part} are symbolic tensors, what Input or a layer returned: one, a list, or a dictionary of them. "
        "Received: {received}.",
        "{model}：{part} 应为符号张量，即 Input 或层的返回值：一个、一个列表或一个字典。收到的是：{received}。",
    ),
    "two_of_one_name": (
        "{model}: two layers are named {name}: {first} and {second}. Give one of them another name: name='…'.",
        "{model}：有两个层都叫 {name}：{first} 和 {second}。请用 name='…' 给其中一个改名。",
    ),
    "input_count": (
        "{model} has {expected} inputs ({names}). Received: {received}.",
        "{model} 有 {expected} 个输入（{names}）。收到的是 {received} 个。",
    ),
    "part_count": (
        "{model}: {part} needs one entry for each of {names}. Received: {received}.",
        "{model}：{part} 要为 {names} 各给一项。收到的是：{received}。",
    ),
    "part_names": (
        "{model}: {part} names {received}, but the names are {names}.",
        "{model}：{part} 中的名字是 {received}，而可用的名字是 {names}。",
    ),
    "nested_shape": (
        "{model} takes inputs of shape {expected}. Received: {received}.",
        "{model} 的输入形状是 {expected}。收到的是：{received}。",
    ),
    "cycle": (
        "{model}: the layers {names} wait for each other, or for a layer there is not: a network has no cycles.",
        "{model}：层 {names} 互相等待，或在等待不存在的层：网络中不能有环。",
    ),
    "class_weight_outputs": (
        "class_weight is for networks with one output; this one has {count}. Use sample_weight: one array an output.",
        "class_weight 只适用于单输出网络；这个网络有 {count} 个输出。请改用 sample_weight，每个输出一个数组。",
    ),
    "no_own_weights": (
        "{layer}: the operation {operation} uses a weight of another layer; a model made of it can be used, not made "
        "again from its configuration. Put the operation into the call of a layer.",
        "{layer}：运算 {operation} 用到了别的层的权重；这样的模型可以使用，但不能由配置重建。"
        "请把该运算写进某个层的 call 中。",
    ),
    "bad_operation": (
        "The operation {operation} does not have these attributes: {received}.",
        "运算 {operation} 没有这样的属性：{received}。",
    ),
    "one_output": (
        "{model}: a Sequential model needs layers with one output. {layer} has {received}. Use Model(inputs, outputs).",
        "{model}：Sequential 模型中的层只能有一个输出，而 {layer} 有 {received} 个。请改用 Model(inputs, outputs)。",
    ),
    "summary.connected": ("Connected to", "连接自"),
}
