"""`keras.wrappers.scikit_learn`: models as estimators of scikit-learn, which may be absent.

An estimator holds a function that builds the model and the arguments it and `fit` shall be given; each `fit` builds a
new one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.messages import text
from konv.models import Model
from konv.ops.record import Array
from konv.train.callbacks import History
from konv.utils import to_categorical

__all__ = ["KerasClassifier", "KerasRegressor"]

VERBS = ("fit", "predict", "evaluate")


class Wrapper:
    """What both estimators are.

    Arguments: `build_fn`, a function that returns a compiled model, or an object that is called to; `model`, the name
    that newer wrappers have for it; `parameters`, arguments of `build_fn`, of `fit`, `predict` and `evaluate`.
    Raises: ConfigurationError for a parameter that none of these takes.
    """

    _estimator_type = ""

    def __init__(self, build_fn: Callable[..., Model] | None = None, model: Any = None, **parameters: Any) -> None:
        self.build_fn = model if build_fn is None else build_fn
        self.sk_params = parameters
        self.model: Model | None = None
        known = {name for verb in VERBS for name in inspect.signature(getattr(Model, verb)).parameters}
        known |= set(inspect.signature(self._builder).parameters) | {"nb_epoch"}
        for name in parameters:
            if name not in known:
                said = text(
                    "unknown_argument", layer=type(self).__name__, received=name, known=", ".join(sorted(known))
                )
                raise ConfigurationError(said)

    @property
    def _builder(self) -> Callable[..., Model]:
        own: Any = self.build_fn if callable(self.build_fn) else getattr(self, "__call__", None)  # noqa: B004
        found: Callable[..., Model] = own
        return found

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of this estimator, for scikit-learn. Arguments: `deep`, taken for its sake."""
        return {"build_fn": self.build_fn, **self.sk_params}

    def set_params(self, **parameters: Any) -> Wrapper:
        """Change arguments of this estimator, to `parameters`; it is returned."""
        self.build_fn = parameters.pop("build_fn", self.build_fn)
        self.sk_params.update(parameters)
        return self

    def _given(self, function: Callable[..., Any], more: dict[str, Any]) -> dict[str, Any]:
        """Those of the arguments that `function` takes, and `more`."""
        names = inspect.signature(function).parameters
        given = {{"nb_epoch": "epochs"}.get(k, k): v for k, v in self.sk_params.items()}
        return {**{k: v for k, v in given.items() if k in names}, **more}

    def fit(self, x: Any, y: Any, **options: Any) -> History:
        """Build a model and train it on samples `x` and targets `y`; `options` as of `Model.fit`."""
        self.model = self._builder(**self._given(self._builder, {}))
        self.history_ = self.model.fit(x, self._targets(y), **self._given(Model.fit, options))
        return self.history_

    def _targets(self, y: Any) -> Any:
        return y

    def _trained(self) -> Model:
        if self.model is None:
            raise ConfigurationError(text("script.not_fitted", estimator=type(self).__name__))
        return self.model

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of its estimators since version 1.6."""
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=self._estimator_type or None, target_tags=TargetTags(required=True))


class KerasClassifier(Wrapper):
    """A model as a classifier of scikit-learn; see `Wrapper`. `classes_` are the classes it has met."""

    _estimator_type = "classifier"

    def _targets(self, y: Any) -> Any:
        rows = np.asarray(y)
        if rows.ndim == 2 and rows.shape[1] > 1:
            self.classes_ = np.arange(rows.shape[1])
            return rows
        self.classes_ = np.unique(rows)
        numbers = np.searchsorted(self.classes_, rows)
        loss = self._trained().loss
        return to_categorical(numbers) if getattr(loss, "name", "") == "categorical_crossentropy" else numbers

    def predict(self, x: Any, **options: Any) -> Array:
        """The class of each of the samples `x`; `options` as of `Model.predict`."""
        found = self.predict_proba(x, **options)
        return np.asarray(self.classes_[found.argmax(-1)])

    def predict_proba(self, x: Any, **options: Any) -> Array:
        """The probability of each class for each sample of `x`, `(n, classes)`; `options` as of `Model.predict`."""
        found = np.asarray(self._trained().predict(x, **self._given(Model.predict, options)))
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def score(self, x: Any, y: Any, **options: Any) -> float:
        """The share of samples `x` whose class is that in `y`; `options` as of `Model.predict`."""
        rows = np.asarray(y)
        expected = self.classes_[rows.argmax(1)] if rows.ndim == 2 and rows.shape[1] > 1 else rows.ravel()
        return float((self.predict(x, **options) == expected).mean())


class KerasRegressor(Wrapper):
    """A model as a regressor of scikit-learn; see `Wrapper`."""

    _estimator_type = "regressor"

    def predict(self, x: Any, **options: Any) -> Array:
        """The output for each of the samples `x`; `options` as of `Model.predict`."""
        return np.asarray(self._trained().predict(x, **self._given(Model.predict, options)))[..., 0]

    def score(self, x: Any, y: Any, **options: Any) -> float:
        """Minus the loss on samples `x` with targets `y`, so that greater is better; `options` as of `evaluate`."""
        found = self._trained().evaluate(x, y, **self._given(Model.evaluate, options))
        return -float(found[0] if isinstance(found, list) else found)  # type: ignore[arg-type]
