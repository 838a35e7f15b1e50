"""Callbacks under Keras's names; see `konv.train.callbacks`."""

from konv.train.callbacks import Callback, CallbackList, History, LambdaCallback

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback"]
