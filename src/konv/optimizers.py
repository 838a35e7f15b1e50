"""Optimisers under Keras's names, Keras 2's lower-case ones too; see `konv.train.optimizers` for the formulas."""

from konv.train.optimizers import SGD, Adam, Optimizer, RMSprop, deserialize, get, serialize

__all__ = [
    "Adam",
    "Optimizer",
    "RMSprop",
    "SGD",
    "adam",
    "deserialize",
    "get",
    "rmsprop",
    "serialize",
    "sgd",
]

adam, rmsprop, sgd = Adam, RMSprop, SGD
