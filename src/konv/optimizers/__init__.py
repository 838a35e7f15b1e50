"""Optimisers under Keras's names, Keras 2's lower-case ones too; see `konv.train.optimizer` for what they share."""

from konv.optimizers import schedules
from konv.train.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Nadam,
    Optimizer,
    RMSprop,
    deserialize,
    get,
    serialize,
)

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "SGD",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "deserialize",
    "get",
    "nadam",
    "rmsprop",
    "schedules",
    "serialize",
    "sgd",
]

adadelta, adagrad, adam, adamax, nadam, rmsprop, sgd = Adadelta, Adagrad, Adam, Adamax, Nadam, RMSprop, SGD
