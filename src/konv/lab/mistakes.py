"""Where a network is wrong: its confusion matrix on the images it is shown."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.evaluation import Evaluation, class_probabilities
from konv.lab.subject import Subject
from konv.messages import text

__all__ = ["Mistakes"]

MOST = 1000
"""Images that are looked at: enough for a picture of the mistakes, few enough for a large network."""
SHOWN = 60


class Mistakes:
    """The answers of `subject` to its images, computed when first asked for, a share of them at a time."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._lock = Lock()
        self._found: Evaluation | None = None
        self._numbers = np.arange(0)

    def evaluation(self) -> Evaluation:
        """The answers. Raises: ConfigurationError where the images' classes are not the network's."""
        with self._lock:
            if self._found is None:
                subject = self._subject
                labels = [subject.label(i) for i in range(len(subject.data))]
                known = [i for i, label in enumerate(labels) if label is not None]
                if not known or not subject.trained:
                    raise ConfigurationError(text("lab.nothing_to_compare" if subject.trained else "lab.untrained"))
                size = float(np.prod(subject.shape))
                most = int(min(MOST, max(64, 3e7 // size)))
                self._numbers = np.array(known)[
                    np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).astype(int))
                ]
                rows = []
                for start in range(0, len(self._numbers), 64):
                    some = np.stack([subject.pixels(int(i)) for i in self._numbers[start : start + 64]])
                    rows.append(subject.model.predict(subject.prepare(some), batch_size=64, verbose=0))
                probabilities = class_probabilities(np.concatenate(rows), subject.model.graph)
                self._found = Evaluation(probabilities, np.array([labels[i] for i in self._numbers]))
            return self._found

    def matrix(self) -> dict[str, Any]:
        """The confusion matrix, a row for each true class, and how many answers were right."""
        found = self.evaluation()
        return {"matrix": found.matrix.tolist(), "right": found.right, "count": len(found.labels),
                "classes": list(self._subject.classes)}  # fmt: skip

    def cell(self, true: int, answer: int) -> list[dict[str, Any]]:
        """The images of class `true` that were taken for `answer`, the surest first."""
        found = self.evaluation()
        which = np.flatnonzero((found.labels == true) & (found.answers == answer))
        which = which[np.argsort(-found.probabilities[which, answer], kind="stable")][:SHOWN]
        return [
            {"sample": int(self._numbers[i]), "probability": float(found.probabilities[i, answer]),
             "own": float(found.probabilities[i, true])}
            for i in which
        ]  # fmt: skip
