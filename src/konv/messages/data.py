"""Texts of data, as pairs of English and Chinese; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "two_ends": (
        "{name} must be two numbers, the lower first. Received: {received!r}.",
        "{name} 必须是两个数，小的在前。收到的是：{received!r}。",
    ),
    "not_images": (
        "Images have four axes: (images, height, width, channels). Received: {received}.",
        "图像数组应有四个轴：（张数, 高, 宽, 通道）。收到的是：{received}。",
    ),
    "not_one_image": (
        "One image has the axes (height, width, channels), with 1, 3 or 4 channels. Received: {received}.",
        "一张图像应是（高, 宽, 通道），通道数为 1、3 或 4。收到的是：{received}。",
    ),
    "crop_and_pad": (
        "Images are either cropped or padded to the proportions asked for: set one of crop_to_aspect_ratio and "
        "pad_to_aspect_ratio.",
        "要么裁剪、要么填充到所需的宽高比：crop_to_aspect_ratio 和 pad_to_aspect_ratio 只能设一个。",
    ),
    "labels_of_files": (
        "{path}: labels must be {expected} integers, one for each image file. Received: shape {received}.",
        "{path}：labels 必须是 {expected} 个整数，每个图像文件一个。收到的形状是：{received}。",
    ),
    "class_folders_missing": (
        "{path} has no folder for these classes: {names}. The folders there are: {known}.",
        "{path} 中没有这些类别的文件夹：{names}。现有的文件夹：{known}。",
    ),
    "not_two_classes": (
        'label_mode or class_mode "binary" is for two classes; {path} has {count}. Use "int" or "categorical".',
        'label_mode 或 class_mode 为 "binary" 时只能有两类；{path} 有 {count} 类。请用 "int" 或 "categorical"。',
    ),
    "files_found": ("Found {count} images of {classes} classes.", "找到 {count} 张图像，共 {classes} 类。"),
    "not_fitted": (
        "{setting} needs statistics of the training images: call fit(x) of the ImageDataGenerator before.",
        "{setting} 需要训练图像的统计量：请先调用 ImageDataGenerator 的 fit(x)。",
    ),
    "classes_of_halves": (
        "Training and validation images would have different classes: they are split in their order, so shuffle them "
        "before, or say ignore_class_split=True.",
        "训练和验证部分的类别不同：划分按顺序进行，请先打乱数据，或设 ignore_class_split=True。",
    ),
    "classes_differ": (
        "The training data have the classes {training}, the validation data {validation}: their numbers would not mean "
        "the same. Give both the same class_names (or classes).",
        "训练数据的类别是 {training}，验证数据的类别是 {validation}：两边的类别编号含义不同。"
        "请给两边相同的 class_names（或 classes）。",
    ),
    "bad_seed": (
        "A seed must be an integer from 0 to 4294967295 (2³² − 1). Received: {received!r}.",
        "随机种子必须是 0 到 4294967295（2³² − 1）之间的整数。收到的是：{received!r}。",
    ),
    "images_need_four_axes": (
        "{name}: images must have the axes (images, height, width, channels). Received: {received}. "
        "Grey images need a channel axis: x[..., None].",
        "{name}：图像数组必须是（张数, 高, 宽, 通道）四个轴。收到的是：{received}。灰度图请补上通道轴：x[..., None]。",
    ),
    "no_images": ("{name}: there is no image in this set.", "{name}：这个数据集里一张图像也没有。"),
    "labels_need_one_axis": (
        "{name}: labels must be {count} integers, one for each image. Received: {dtype}, {received}.",
        "{name}：标签必须是 {count} 个整数，每张图像一个。收到的是：{dtype}，{received}。",
    ),
    "label_without_class": (
        "{name}: there are {count} classes, so labels go from 0 to {count} − 1. Received: {received}.",
        "{name}：共有 {count} 个类别，标签应在 0 到 {count} − 1 之间。收到的是：{received}。",
    ),
    "bad_fraction": (
        "The fraction held out must be above 0 and below 1. Received: {received!r}.",
        "留出的比例必须大于 0 且小于 1。收到的是：{received!r}。",
    ),
    "too_few_to_split": (
        "{name}: {count} images, one of each class, are too few to hold any out. Add images, or give a test set.",
        "{name}：只有 {count} 张图像，每类一张，无法再留出一部分。请增加图像，或另给一个测试集。",
    ),
    "foreign_classes": (
        "{name} has images of classes the model does not know: {received}. It knows: {known}.",
        "{name} 里有模型不认识的类别：{received}。模型认识的类别：{known}。",
    ),
    "image_too_large": (
        "{name}: {width}×{height} pixels are more than the {most} allowed, so it was not decoded. "
        "Make it smaller first.",
        "{name}：{width}×{height} 像素超过了上限 {most}，因此没有解码。请先把它缩小。",
    ),
    "image_unreadable": ("{name} cannot be read as an image: {reason}.", "{name} 无法作为图像读取：{reason}。"),
    "image_unknown": (
        "{name} cannot be read as an image: its content is none of {known}.",
        "{name} 无法作为图像读取：其内容不是 {known} 中的任何一种。",
    ),
    "bad_image_shape": (
        "An image is fitted to (height, width, channels) with 1 or 3 channels. Received: {received!r}.",
        "图像只能调整为（高, 宽, 通道），通道数为 1 或 3。收到的是：{received!r}。",
    ),
    "no_such_path": ("There is no file or folder {path}.", "找不到文件或文件夹 {path}。"),
    "not_a_folder": (
        "{path} is neither a folder nor a zip file. Images must lie in one folder for each class: "
        "class_name/image.jpg.",
        "{path} 既不是文件夹，也不是 zip 文件。图像应按类别放在各自的文件夹里：类别名/图像.jpg。",
    ),
    "folder_unreadable": ("The folder {path} cannot be read: {reason}.", "无法读取文件夹 {path}：{reason}。"),
    "no_images_found": (
        "There is no image in {path}. Images are files ending in {suffixes}, in one folder for each class.",
        "{path} 里没有图像。图像文件的扩展名应是 {suffixes}，并按类别放在各自的文件夹里。",
    ),
    "loose_images": (
        "{path}: {count} images are not in a class folder: {names}. Put each into the folder of its class: "
        "class_name/image.jpg.",
        "{path}：有 {count} 张图像不在类别文件夹里：{names}。请把每张放进它所属类别的文件夹：类别名/图像.jpg。",
    ),
    "classes_not_in_train": (
        "{path}: these classes have test or validation images but none to train on: {names}.",
        "{path}：这些类别有测试或验证图像，却没有训练图像：{names}。",
    ),
    "one_class_only": (
        "{name} has images of one class only ({only}); telling classes apart takes at least two. "
        "Put each class into a folder of its own.",
        "{name} 只有一个类别（{only}）的图像；要学会区分，至少需要两个类别。请把每个类别放进各自的文件夹。",
    ),
    "empty_classes": (
        "{path}: these folders hold no image and are no class: {names}.",
        "{path}：这些文件夹里没有图像，不算作类别：{names}。",
    ),
    "classes_without_images": (
        "{path}: these class folders hold no image: {names}. They keep their numbers, and nothing can be learned of "
        "them. Fill or remove them.",
        "{path}：这些类别文件夹里没有图像：{names}。它们仍占用类别编号，却无从学习。请补充图像或删除它们。",
    ),
    "images_beside": (
        "{path}: {count} images lie beside the class folders and are left out: {names}.",
        "{path}：有 {count} 张图像不在类别文件夹里，已略去：{names}。",
    ),
    "part_without_class": (
        "{path}: there are no {part} images of these classes: {names}.",
        "{path}：这些类别没有{part}图像：{names}。",
    ),
    "part.validation": ("validation", "验证"),
    "part.test": ("test", "测试"),
    "nested_folders": (
        "{path}: there are folders within class folders: {names}. Their images count as the class of the outer folder.",
        "{path}：类别文件夹里还有文件夹：{names}。其中的图像按外层文件夹的类别计算。",
    ),
    "unreadable_images": (
        "{path}: {count} images cannot be read and are left out:\n{names}",
        "{path}：有 {count} 张图像无法读取，已略去：\n{names}",
    ),
    "no_readable_image": (
        "{path}: no image of these classes can be read: {names}.",
        "{path}：这些类别没有一张图像能够读取：{names}。",
    ),
    "pickled_archive": (
        "{path} holds pickles, which can run code: konv opens none. Get the same data as {name}.",
        "{path} 中是 pickle 文件，打开它可能执行任意代码，konv 一律不打开。请改用内容相同的 {name}。",
    ),
    "data_file_broken": (
        "{path} is damaged or not of the expected format ({reason}). Replace it; a downloaded file may be deleted to "
        "fetch it again.",
        "{path} 已损坏，或不是预期的格式（{reason}）。请换上正确的文件；若是下载来的，删除后会重新下载。",
    ),
    "npz_array_missing": (
        "{path} has no array {name}; it has {held}. A data set in this form has the arrays {known}, or x and y.",
        "{path} 里没有数组 {name}，只有 {held}。这种形式的数据集应包含数组 {known}，或 x 和 y。",
    ),
    "idx_part_missing": (
        "{path}: the data set {name} has no file of training {kind}. Its files are called "
        "NAME-train-images-idx3-ubyte and NAME-train-labels-idx1-ubyte, with .gz where compressed.",
        "{path}：数据集 {name} 没有训练{kind}文件。文件名应为 NAME-train-images-idx3-ubyte 和 "
        "NAME-train-labels-idx1-ubyte，压缩时带 .gz。",
    ),
    "idx_kind.images": ("images", "图像"),
    "idx_kind.labels": ("labels", "标签"),
    "idx_several": (
        "{path} holds several data sets: {names}. Name one of them, as in {example}.",
        "{path} 里有多个数据集：{names}。请指定其中一个，例如 {example}。",
    ),
    "idx_lengths": (
        "{path}: the {part} part of {name} has {images} images and {labels} labels. There must be as many of both.",
        "{path}：{name} 的 {part} 部分有 {images} 张图像和 {labels} 个标签，二者数目应相同。",
    ),
    "idx_label": (
        "{path}: the labels of {name} have a class {received} that {name}-mapping.txt does not name.",
        "{path}：{name} 的标签中有类别 {received}，但 {name}-mapping.txt 没有列出它。",
    ),
    "no_such_column": (
        "The table has no column {received!r}. It has: {known}.",
        "表中没有列 {received!r}。现有的列：{known}。",
    ),
    "column_lengths": (
        "The columns of the table differ in length: {name} has {count} rows, another one {other}.",
        "表中各列长度不同：{name} 有 {count} 行，另一列有 {other} 行。",
    ),
    "column_no_numbers": (
        "The column {name} must hold finite numbers. Received: {received}.",
        "列 {name} 必须是有限的数。收到的是：{received}。",
    ),
    "column_missing": (
        "The column {name} has no class in the rows {rows} (counted from 0). Fill them, or leave the rows out.",
        "列 {name} 的第 {rows} 行（从 0 数起）没有类别。请补上，或去掉这些行。",
    ),
    "files_of_table_missing": (
        "{count} files that the table names are no images in {path}, and are left out: {names}",
        "表中有 {count} 个文件不是 {path} 中的图像，已略去：{names}",
    ),
    "no_rows": (
        "No row is left: none of the files that the column {name} names is an image in {path} of a class that counts.",
        "没有剩下任何一行：列 {name} 给出的文件都不是 {path} 中属于所选类别的图像。",
    ),
    "labels_one_hot": (
        "{name}: labels must be class numbers; these are rows of {classes} numbers. Use y.argmax(axis=1).",
        "{name}：标签必须是类别编号，收到的却是每行 {classes} 个数。请改用 y.argmax(axis=1)。",
    ),
    "not_this_set": (
        "{path} does not hold {name}: {images} images, {labels} labels, or a label out of range. Replace the file.",
        "{path} 里的不是 {name}：{images} 张图像、{labels} 个标签，或标签超出范围。请换上正确的文件。",
    ),
    "folder_not_writable": (
        "Data sets cannot be kept in {path}: {reason}. Set KONV_DATA to a folder you may write to.",
        "无法把数据集保存到 {path}：{reason}。请把 KONV_DATA 设为一个可以写入的文件夹。",
    ),
    "download_failed": (
        "{name} could not be downloaded:\n{reasons}\nCheck the network, or put the file at {path} yourself.",
        "无法下载 {name}：\n{reasons}\n请检查网络，或自行把该文件放到 {path}。",
    ),
    "wrong_checksum": (
        "what came has the SHA-256 {received}, not {expected}",
        "收到的内容的 SHA-256 是 {received}，而不是 {expected}",
    ),
    "truncated": ("{received} bytes of {expected} came", "只收到 {expected} 字节中的 {received} 字节"),
    "input_shape": (
        "{name} does not have the shape this model takes. Received: {received}. Expected: {expected}.",
        "{name} 的形状与模型的输入不符。收到的是：{received}。应为：{expected}。",
    ),
    "fix_channel_axis": (
        " Grey images need a channel axis: pass {name}[..., None].",
        "灰度图需要一个通道轴：请传入 {name}[..., None]。",
    ),
    "fix_batch_axis": (
        " This is one sample without a batch axis: pass {name}[None].",
        "这是没有批次轴的单个样本：请传入 {name}[None]。",
    ),
    "fix_channels_first": (
        " The channels come first here; konv takes them last: pass np.moveaxis({name}, 1, -1).",
        "这里通道在前，而 konv 要求通道在最后：请传入 np.moveaxis({name}, 1, -1)。",
    ),
    "input_empty": ("{name} has no samples.", "{name} 里没有样本。"),
    "input_ragged": (
        "{name} cannot be made an array: its rows have different lengths or shapes. Bring all samples to one shape.",
        "{name} 无法变成数组：各行的长度或形状不同。请把所有样本统一成同一形状。",
    ),
    "input_not_numbers": (
        "{name} must hold numbers. Received an array of type {received}.",
        "{name} 必须由数字组成。收到的是 {received} 类型的数组。",
    ),
    "input_not_scaled": (
        "{name} holds integers up to {most}: images train best scaled to [0, 1]. Divide by 255: {name} / 255.",
        "{name} 是整数，最大为 {most}：图像缩放到 [0, 1] 才容易训练。请除以 255：{name} / 255。",
    ),
    "floats_not_scaled": (
        "{name} holds numbers from 0 to {most:g}: images train best scaled to [0, 1]. Divide by 255: {name} / 255.",
        "{name} 的取值从 0 到 {most:g}：图像缩放到 [0, 1] 才容易训练。请除以 255：{name} / 255。",
    ),
    "input_not_finite": (
        "{name} holds {value} in sample {index} (counting from 0). Remove or repair that sample.",
        "{name} 的第 {index} 个样本（从 0 数起）里有 {value}。请删除或修正这个样本。",
    ),
    "lengths_differ": (
        "These must have one entry for each sample, but their lengths differ: {received}.",
        "它们应当每个样本一项，但长度不同：{received}。",
    ),
}
