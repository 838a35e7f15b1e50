"""Texts of optimisers, schedules, metrics, callbacks and resumed runs; see `konv.messages`."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "several_clips": (
        "Pass one of clipnorm, clipvalue and global_clipnorm.",
        "clipnorm、clipvalue、global_clipnorm 三者只能给一个。",
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
}
