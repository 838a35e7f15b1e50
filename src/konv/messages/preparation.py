"""Texts of the input stage and of augmentation; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "purpose.rescaling": (
        "Multiplies every number by {scale} and adds {offset}: networks learn best from numbers near zero, and files "
        "hold pixels from 0 to 255.",
        "把每个数乘以 {scale} 再加 {offset}：网络最适合学习零附近的数，而文件里的像素是 0 到 255。",
    ),
    "purpose.normalization": (
        "Brings {count} features to mean 0 and variance 1, by the mean and variance of the training data: so that none "
        "outweighs the others merely by its unit.",
        "用训练数据的均值和方差，把 {count} 个特征变为均值 0、方差 1：不让某个特征仅仅因为单位大就压过其他特征。",
    ),
    "purpose.normalization_back": (
        "Brings {count} features back from mean 0 and variance 1 to the mean and variance of the training data.",
        "把 {count} 个特征从均值 0、方差 1 还原为训练数据的均值和方差。",
    ),
    "purpose.mean_subtraction": (
        "Subtracts {count} means of the training data: what all images share tells nothing of any.",
        "减去训练数据的 {count} 个均值：所有图像共有的部分对区分它们毫无帮助。",
    ),
    "purpose.whitening": (
        "Turns and scales {count} features until they are uncorrelated and of equal variance, as the training data "
        "have shown: neighbouring pixels tell nearly the same, and this takes away what they share.",
        "按训练数据的统计，把 {count} 个特征旋转并缩放到互不相关、方差相等（白化）："
        "相邻像素几乎相同，白化去掉它们共有的部分。",
    ),
    "purpose.patch_whitening": (
        "Whitens patches of {count} numbers: a convolution with filters that the covariance of the training images "
        "gave, after which neighbouring pixels are uncorrelated.",
        "对 {count} 个数的图像块做白化：用训练图像的协方差求出的滤波器做卷积，使相邻像素互不相关。",
    ),
    "purpose.random_flip": (
        "Mirrors images at random while training: what is to be recognised stays the same, and the network sees twice "
        "as many of it.",
        "训练时随机翻转图像：要识别的东西不变，网络却见到了成倍的样本。",
    ),
    "purpose.random_translation": (
        "Shifts images at random while training, so that the network does not rely on where in the image a thing is.",
        "训练时随机平移图像，使网络不依赖物体在图像中的位置。",
    ),
    "purpose.random_rotation": (
        "Turns images at random while training, so that the network does not rely on a thing standing upright.",
        "训练时随机旋转图像，使网络不依赖物体的朝向。",
    ),
    "purpose.random_zoom": (
        "Makes images larger or smaller at random while training, so that the network does not rely on a thing's size.",
        "训练时随机缩放图像，使网络不依赖物体的大小。",
    ),
    "purpose.random_shear": (
        "Shears images at random while training, as if things were seen from another side.",
        "训练时随机错切图像，好像从另一个角度看物体。",
    ),
    "purpose.random_crop": (
        "Takes a part of {size} of each image, another one in every epoch, the middle one in prediction: the network "
        "sees many images where there is one.",
        "从每幅图像中取 {size} 的一块，每轮训练各不相同，预测时取正中：一幅图像成了许多幅。",
    ),
    "purpose.random_brightness": (
        "Makes images darker or brighter at random while training, by {low} to {high} of the range, so that the "
        "network does not rely on the light.",
        "训练时随机改变图像亮度（取值范围的 {low} 到 {high}），使网络不依赖光照。",
    ),
    "purpose.random_contrast": (
        "Gives images {low} to {high} times their contrast at random while training, so that the network does not rely "
        "on the light.",
        "训练时随机把图像对比度变为 {low} 到 {high} 倍，使网络不依赖光照。",
    ),
    "purpose.random_erasing": (
        "Covers a rectangle of {percent} % of the images while training, so that the network learns to recognise a "
        "thing by any of its parts.",
        "训练时在 {percent} % 的图像上遮住一个矩形，使网络学会凭任何一部分认出物体。",
    ),
    "purpose.cutout": (
        "Covers {size} pixels of each image while training, somewhere else every time, so that the network learns to "
        "recognise a thing by any of its parts.",
        "训练时在每幅图像上随机遮住 {size} 个像素的矩形，使网络学会凭任何一部分认出物体。",
    ),
    "bad_value_range": (
        "{layer}: value_range must be the lowest and the highest number of an image, as (0, 1) or (0, 255). Received: "
        "{received!r}.",
        "{layer}：value_range 必须是图像取值的下限和上限，例如 (0, 1) 或 (0, 255)。收到的是：{received!r}。",
    ),
    "crop_too_large": (
        "A part of {size} cannot be cut out of {received} pixels (padding counted). Choose a smaller one, or a larger "
        "padding.",
        "无法从 {received} 像素（含填充）中裁出 {size}。请选更小的尺寸，或增大 padding。",
    ),
    "cutout_too_large": (
        "A rectangle of {received} does not fit into an image of {shape}. Choose a smaller size.",
        "{received} 的矩形放不进 {shape} 的图像。请选更小的尺寸。",
    ),
    "mixup_in_graph": (
        "MixUp mixes labels too, so it cannot be a layer within a network: call it on batches before they are trained "
        "on, as in model.fit((mix(x, y) for x, y in batches), steps_per_epoch=…).",
        "MixUp 还要混合标签，因此不能作为网络中的层：请在训练前对批次调用它，例如 "
        "model.fit((mix(x, y) for x, y in batches), steps_per_epoch=…)。",
    ),
    "mixup_labels": (
        "MixUp mixes labels that are one-hot rows (konv.utils.to_categorical), {count} of them. Received: {received}.",
        "MixUp 需要 {count} 行 one-hot 标签（konv.utils.to_categorical）。收到的是：{received}。",
    ),
    "adapt_not_called": (
        "{layer} has not seen the training data: call its adapt(x) with them before the model is trained or used.",
        "{layer} 还没有见过训练数据：请在训练或使用模型之前，用训练数据调用它的 adapt(x)。",
    ),
    "adapt_no_data": (
        "{layer}: adapt got no data. Give an array (N, …), or an iterable that still has batches.",
        "{layer}：adapt 没有得到任何数据。请给一个（N, …）数组，或还有批次可取的可迭代对象。",
    ),
    "adapt_no_numbers": (
        "{layer}: batch {batch} of what adapt was given holds no array of numbers. Received: {received}.",
        "{layer}：adapt 收到的第 {batch} 个批次不是数值数组。收到的是：{received}。",
    ),
    "adapt_shapes": (
        "{layer}: batch {batch} of what adapt was given has samples of {received}; those before it had {expected}.",
        "{layer}：adapt 收到的第 {batch} 个批次的样本形状为 {received}，之前的批次为 {expected}。",
    ),
    "adapt_not_finite": (
        "{layer}: batch {batch} of what adapt was given has a NaN or an infinity. Remove or replace such samples.",
        "{layer}：adapt 收到的第 {batch} 个批次中有 NaN 或无穷大。请去掉或替换这样的样本。",
    ),
    "covariance_too_large": (
        "{layer}: {features:,} features together are too many to whiten: their covariance alone takes {size}; at most "
        "{most:,} are taken. Whiten patches (patch_size=5), make the images smaller, or subtract the mean "
        "(MeanSubtraction) instead.",
        "{layer}：{features:,} 个特征一起白化太多：仅协方差矩阵就要 {size}；最多 {most:,} 个。"
        "请按图像块白化（patch_size=5）、缩小图像，或改为只减均值（MeanSubtraction）。",
    ),
    "covariance_of_one": (
        "{layer}: whitening needs two samples at least: one has no covariance.",
        "{layer}：白化至少需要两个样本：只有一个样本时没有协方差。",
    ),
    "patch_without_middle": (
        "{layer}: ZCA of patches makes their middle pixel, so patch_size must be odd. Received: {received!r}.",
        "{layer}：按图像块做 ZCA 时求的是块中央的像素，因此 patch_size 必须是奇数。收到的是：{received!r}。",
    ),
    "components_of_zca": (
        '{layer}: components can be chosen with method="pca" alone: ZCA gives an image back.',
        '{layer}：只有 method="pca" 时才能指定 components：ZCA 的结果仍是整幅图像。',
    ),
    "too_many_components": (
        "{layer}: there are {features} features, so components must be at most {features}. Received: {received}.",
        "{layer}：只有 {features} 个特征，components 不能超过 {features}。收到的是：{received}。",
    ),
    "one_of": (
        "{layer}: {name} must be one of: {known}. Received: {received!r}.",
        "{layer}：{name} 只能是以下之一：{known}。收到的是：{received!r}。",
    ),
    "not_numbers": (
        "{layer}: {name} must be a finite number, or one for each channel; a variance is never negative. Received: "
        "{received!r}.",
        "{layer}：{name} 必须是有限数，或每个通道一个有限数；方差不能为负。收到的是：{received!r}。",
    ),
    "not_a_number_each": (
        "{received} numbers do not fit the input {shape}: give one number, or one for each place of its last axis.",
        "{received} 个数与输入 {shape} 不符：请给一个数，或最后一个轴的每个位置各一个数。",
    ),
    "mean_and_variance": (
        "{layer}: mean and variance are given together, or neither is, and adapt finds both.",
        "{layer}：mean 和 variance 要么都给，要么都不给、由 adapt 求出。",
    ),
    "statistics_axes": (
        "{layer}: axis must be an integer, several, or None; the batch axis 0 is none of them. Received: {received!r}.",
        "{layer}：axis 必须是一个整数、几个整数或 None，且不能是批次轴 0。收到的是：{received!r}。",
    ),
    "axes_of_shape": (
        "{layer}: axis {received!r} is no axis of a sample of the input {shape}.",
        "{layer}：axis {received!r} 不是输入 {shape} 的样本轴。",
    ),
}
