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
        "Received: {received}. Cropping2D, ZeroPadding2D or padding='same' in front make heights and widths alike.",
        "沿第 {axis} 轴拼接时，其余各轴的大小必须相同（不计批次轴）。收到的是：{received}。"
        "可在前面用 Cropping2D、ZeroPadding2D 或 padding='same' 使高和宽相同。",
    ),
    "shapes_do_not_meet": (
        "{function}: shapes must be alike, axes of one element aside (the batch axis left out). Received: {received}. "
        "Padding, cropping or pooling make heights and widths alike, a 1×1 convolution channels.",
        "{function}：除了大小为 1 的轴以外，形状必须相同（不计批次轴）。收到的是：{received}。"
        "可用填充、裁剪或池化使高和宽相同，用 1×1 卷积使通道数相同。",
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
    "other_dtype": (
        "The weight {weight} is {received}, but its network ends in {expected}, and a network is computed in one type. "
        "Give all layers the same dtype, or set it for all: konv.config.set_floatx({expected!r}).",
        "权重 {weight} 是 {received}，而它所在网络的输出是 {expected}；一个网络只用一种类型计算。"
        "请给所有层相同的 dtype，或统一设置：konv.config.set_floatx({expected!r})。",
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
        "{model}: the layers {names} wait for each other: a network has no cycles. Let one of them read a layer that "
        "does not depend on it.",
        "{model}：层 {names} 互相等待：网络中不能有环。请让其中一层改为读取不依赖于它的层。",
    ),
    "no_such_source": (
        "{model}: the layer {layer} reads the output of {source}, and there is no such layer.",
        "{model}：层 {layer} 要读取 {source} 的输出，而没有这个层。",
    ),
    "inside_itself": (
        "{layer} is called within itself: a network has no cycles. Make another layer of the kind for inside.",
        "{layer} 在自身内部又被调用：网络中不能有环。请另建一个同类的层放在里面。",
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
    "bad_axes": (
        "axes name every axis of {shape} at most once, the batch axis left out. Received: {received}.",
        "axes 只能使用 {shape} 的各轴，且每个轴至多一次（不计批次轴）。收到的是：{received}。",
    ),
    "bad_axis": (
        "There is no such axis: {axes} axes are counted from 0, the batch axis. Received: {received}.",
        "没有这个轴：共 {axes} 个轴，从批次轴 0 开始计数。收到的是：{received}。",
    ),
    "batch_axis": (
        "Axis 0 is the batch axis: every sample is computed by itself, so what a network gives cannot be joined, "
        "stacked, cut or turned along it. Join arrays before the model is called on them, or call the model on each "
        "part and add up the losses. Received: {received}, of {axes} axes.",
        "第 0 轴是批次轴：每个样本各自计算，因此网络的结果不能沿该轴拼接、堆叠、切分或翻转。请在调用模型之前拼接数组，"
        "或对每一部分分别调用模型，再把损失相加。收到的是：{received}（共 {axes} 个轴）。",
    ),
    "bad_slice": (
        "A part of {shape} has (start, count, step) for each axis, inside it, the batch axis left out. "
        "Received: {received}.",
        "从 {shape} 中取一部分时，每个轴都要有（起点, 个数, 步长），并且不能超出范围（不计批次轴）。"
        "收到的是：{received}。",
    ),
    "bad_index": (
        "An index is an integer of an axis with {size} elements, a slice, ... or None. Received: {received!r}.",
        "索引应为不超出范围的整数（该轴有 {size} 个元素）、切片、... 或 None。收到的是：{received!r}。",
    ),
    "bad_margins": (
        "A margin of {shape} is (before, after), not negative, for each axis, the batch axis left out. "
        "Received: {received}.",
        "给 {shape} 加边时，每个轴都要有不为负的（前, 后），不计批次轴。收到的是：{received}。",
    ),
    "bad_reduction": (
        "A reduction is one of sum, mean, max, min. Received: {received!r}.",
        "归约方式只能是 sum、mean、max、min 之一。收到的是：{received!r}。",
    ),
    "cannot_multiply": (
        "Matrices (…, I, K) and (…, K, J) are multiplied, alike in front of their last two axes. Received: {received}.",
        "矩阵相乘要求形状为（…, I, K）和（…, K, J），前面各轴相同。收到的是：{received}。",
    ),
    "not_an_operand": (
        "Operations take symbolic tensors, weights, arrays and numbers. Received: {received}.",
        "运算的操作数可以是符号张量、权重、数组和数。收到的是：{received}。",
    ),
    "phases_differ": (
        "A call gives the shape {training} in training and {prediction} in prediction; both must be alike.",
        "call 在训练时得到形状 {training}，在预测时得到 {prediction}；两者必须相同。",
    ),
    "constant_with_batch": (
        "An array in an expression is the same for every sample, so it has no batch axis, or one of one element: up to "
        "the axes of {shape}. Received: {received}. What differs from sample to sample is an Input.",
        "表达式中的数组对每个样本都相同，因此不能有批次轴（或批次轴为 1），最多有 {shape} 那么多轴。"
        "收到的是：{received}。随样本变化的数据请用 Input。",
    ),
    "not_a_total": (
        "A loss is a symbolic tensor, a sum or mean over a batch, or a number. Received: {received}.",
        "损失应为符号张量、整个批次的和或平均值，或一个数。收到的是：{received}。",
    ),
    "over_the_batch": (
        "{function} of a symbolic tensor {shape} over the batch axis: only sum and mean can be had. "
        "Pass axis=1, 2, … or -1 for one result a sample.",
        "对符号张量 {shape} 沿批次轴求 {function}：只支持 sum 和 mean。"
        "要对每个样本各得一个结果，请传入 axis=1、2、… 或 -1。",
    ),
    "batch_axis_first": (
        "The batch axis of a symbolic tensor stays first and whole: every sample is computed by itself. "
        "Received: {received}.",
        "符号张量的批次轴必须保持在最前面，且不能改动：每个样本各自计算。收到的是：{received}。",
    ),
    "two_of_three": (
        "{function}: of each axis give two of three, none negative: what is at its beginning, what is at its end, and "
        "the size that is made. Received: {received} for {size} places.",
        "{function}：每个轴要给出三项中的两项，且不能为负：开头的量、结尾的量、得到的大小。"
        "收到的是：{received}，该轴有 {size} 个位置。",
    ),
    "bad_subscripts": (
        "einsum: the subscripts {received!r} do not fit the axes {shapes} (? is the batch axis). Each operand has a "
        "letter an axis, the batch axis too, equal letters equal sizes, and the result letters of the operands.",
        "einsum：下标 {received!r} 与各操作数的轴 {shapes} 不符（? 表示批次轴）。每个操作数的每个轴（包括批次轴）都要有"
        "一个字母，相同的字母表示相同的大小，结果中的字母必须出现在操作数中。",
    ),
    "uneven_split": (
        "{size} elements cannot be cut into {received} equal parts.",
        "{size} 个元素不能平均分成 {received} 份。",
    ),
    "bad_cast": (
        "cast takes a type of numbers, such as 'float32', 'int32' or 'bool'. Received: {received!r}.",
        "cast 需要数值类型，例如 'float32'、'int32'、'bool'。收到的是：{received!r}。",
    ),
    "kernel_is_no_weight": (
        "{function}: the kernel is a weight, what add_weight returned. Received: {received}.",
        "{function}：卷积核必须是权重，即 add_weight 的返回值。收到的是：{received}。",
    ),
    "axes_do_not_meet": (
        "{function}: tensors need as many axes, the batch axis (?) among them; ops.expand_dims adds one. "
        "Received: {received}.",
        "{function}：各张量的轴数必须相同（? 为批次轴），可用 ops.expand_dims 增加轴。收到的是：{received}。",
    ),
    "registered_twice": (
        "{name} is registered already, for another class or function. Choose another name.",
        "{name} 已被另一个类或函数注册。请换一个名字。",
    ),
    "unknown_function": (
        "{layer}: a Lambda layer needs a function, or the name of one registered with register_serializable. Received: "
        "{received!r}. Files keep names, never code: import the function's module, or pass custom_objects, before "
        "loading.",
        "{layer}：Lambda 层需要一个函数，或用 register_serializable 注册过的函数名。收到的是：{received!r}。"
        "文件中只有名字，没有代码：加载前请先导入函数所在的模块，或传入 custom_objects。",
    ),
    "lambda_not_registered": (
        "{layer}: a file cannot hold code, only the name of a registered function. Received: {received}. Put "
        "@register_serializable() above a named function.",
        "{layer}：文件中不能保存代码，只能保存已注册函数的名字。收到的是：{received}。"
        "请给有名字的函数加上 @register_serializable()。",
    ),
    "truth_of_tensor": (
        "Python cannot ask whether a comparison of symbolic tensors is true: it has no numbers yet. Write both ways "
        "and choose with konv.ops.where(condition, a, b).",
        "Python 无法判断符号张量的比较是否为真：此时还没有数值。请把两种结果都写出来，再用 "
        "konv.ops.where(condition, a, b) 选择。",
    ),
    "numpy_in_call": (
        "{layer}: NumPy's functions compute with arrays, but call gets symbolic tensors. Use those of konv.ops, which "
        "have the same names.",
        "{layer}：NumPy 的函数只能计算数组，而 call 得到的是符号张量。请改用 konv.ops 中的同名函数。",
    ),
    "call_gave": (
        "{layer}: call must return symbolic tensors made of its inputs by konv.ops and layers. Received: {received}.",
        "{layer}：call 必须返回由输入经 konv.ops 和层得到的符号张量。收到的是：{received}。",
    ),
    "other_graph": (
        "{layer}: what call returned depends on {other}, which is not among its inputs: tensors of different networks "
        "cannot meet. Pass it to the layer as an input.",
        "{layer}：call 的返回值依赖于 {other}，而它不在该层的输入之中：不同网络的张量不能混用。"
        "请把它作为输入传给该层。",
    ),
    "not_a_scalar": (
        "A gradient is taken of what konv.ops.sum or mean over all axes gives, of a symbolic tensor, or of a function "
        "that returns one of them. Received: {received}.",
        "求梯度的对象应为 konv.ops.sum 或 mean 对所有轴的结果、符号张量，或返回它们的函数。收到的是：{received}。",
    ),
    "inputs_of_gradient": (
        "The expression depends on {missing}, which is not among inputs. List every Input it depends on.",
        "表达式依赖于 {missing}，而它不在 inputs 之中。请列出它所依赖的全部 Input。",
    ),
    "not_differentiable": (
        "Gradients are taken by weights, and by those inputs (what konv.layers.Input returned) that the expression "
        "depends on: {known}. Received: {received}.",
        "只能对权重，以及表达式所依赖的输入（konv.layers.Input 的返回值）求梯度：{known}。收到的是：{received}。",
    ),
    "gradient_arrays": (
        "This gradient takes {expected} arrays, one for each input. Received: {received}.",
        "这个梯度函数需要 {expected} 个数组，每个输入一个。收到的是：{received} 个。",
    ),
    "summary.connected": ("Connected to", "连接自"),
    "no_value": (
        "{layer}: a symbolic tensor has no numbers yet. Make a Model of it and call predict.",
        "{layer}：符号张量还没有数值。请用它建立 Model 再调用 predict。",
    ),
    "batch_unknown": (
        "The size of the batch is not known while a network is made. Received the shape: {received}. "
        "konv.ops.zeros_like, ones_like and full_like make tensors like another.",
        "构建网络时批次大小还是未知的。收到的形状是：{received}。"
        "可用 konv.ops.zeros_like、ones_like 或 full_like 按另一个张量的形状生成。",
    ),
    "bad_norm": (
        "norm: ord is 1, 2, 'fro' or infinity. Received: {received!r}.",
        "norm：ord 只能是 1、2、'fro' 或无穷大。收到的是：{received!r}。",
    ),
    "take_needs_axis": (
        "take: give the axis along which to pick from a symbolic tensor: take(x, indices, axis=…).",
        "take：从符号张量中取元素要指明轴：take(x, indices, axis=…)。",
    ),
    "take_computed": (
        "take: computed indices pick rows of a weight or an array, along axis 0. To pick from a symbolic tensor use "
        "take_along_axis.",
        "take：由网络算出的下标只能从权重或数组中沿第 0 轴取行。要从符号张量中取元素，请用 take_along_axis。",
    ),
}
