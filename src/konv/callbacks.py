"""Callbacks under Keras's names; see `konv.train.callbacks`."""

from konv.train.callbacks import Callback, CallbackList, History, LambdaCallback
from konv.train.finder import LearningRateFinder
from konv.train.keeping import BackupAndRestore, CSVLogger, ModelCheckpoint
from konv.train.monitors import EarlyStopping, LearningRateScheduler, ReduceLROnPlateau, TerminateOnNaN
from konv.train.progress import ProgressBar as ProgbarLogger
from konv.train.tensorboard import TensorBoard

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateFinder",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]
