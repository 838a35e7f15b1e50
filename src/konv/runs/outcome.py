"""From a trained network to what is left of the run: the measured result, the pictures, `run.json`, the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from konv.data import DataSet
from konv.errors import NonFiniteError
from konv.explain import pictures as draw
from konv.explain.cost import layer_costs
from konv.explain.evaluation import Evaluation, class_probabilities
from konv.explain.record import Epoch, RunRecord
from konv.explain.report import Findings, Picture, report
from konv.explain.style import DARK, LIGHT, Theme
from konv.io.run_folder import RunFolder
from konv.models import Model
from konv.runs.sources import prepared

__all__ = ["evaluated", "leave"]

Kernel = tuple[str, draw.Array]


def evaluated(model: Model, data: DataSet, batch: int) -> Evaluation:
    """The answers of `model` to the images of `data`, `batch` at a time.

    Raises: NonFiniteError where an output is not finite; ConfigurationError where the network is no classifier.
    """
    outputs = model.predict(prepared(model, data), batch_size=batch, verbose=0)
    return Evaluation(class_probabilities(outputs, model.graph), data.y)


def leave(
    folder: RunFolder, model: Model, test: DataSet, record: RunRecord, epochs: Sequence[Epoch], batch: int
) -> tuple[RunRecord, Evaluation | None]:
    """Measure `model` on `test` and write all but the model itself into `folder`.

    Returns: the record with the result, and the evaluation, None where the network gives nothing finite.
    """
    try:
        evaluation = evaluated(model, test, batch)
    except NonFiniteError:  # the run ended in overflow: the record says so, and there is no result to show
        evaluation = None
    if evaluation is not None:
        record = replace(record, test_loss=evaluation.loss, test_accuracy=evaluation.accuracy)
    folder.write_history(epochs)
    folder.write_record(record)
    first = _first_kernel(model)
    pictures = _pictures(epochs, evaluation, test, first)
    for name, picture in pictures.items():
        folder.write(f"{name}.png", picture.light)
    shape = (first[0], first[1].shape) if first else None
    findings = Findings(record, epochs, layer_costs(model.graph), evaluation, pictures, shape)
    folder.write("report.html", report(findings))
    return record, evaluation


def _first_kernel(model: Model) -> Kernel | None:
    """The name of the first convolution and its kernel, None in a network without one."""
    for node in model.graph.nodes:
        if node.op.name == "conv2d":
            return node.layer, node.variables[0].value
    return None


def _pictures(
    epochs: Sequence[Epoch], evaluation: Evaluation | None, test: DataSet, first: Kernel | None
) -> dict[str, Picture]:
    """The pictures of the run, as far as there is something to draw."""
    found: dict[str, Picture] = {}
    if epochs:
        numbers = [e.epoch for e in epochs]
        loss, accuracy = [e.loss for e in epochs], [e.accuracy for e in epochs]
        val_loss, val_accuracy = [e.val_loss for e in epochs], [e.val_accuracy for e in epochs]
        found["curves"] = _both(lambda theme: draw.curves(numbers, loss, accuracy, val_loss, val_accuracy, theme))
    if evaluation is not None:
        matrix, names = evaluation.matrix, test.classes
        found["confusion"] = _both(lambda theme: draw.confusion(matrix, names, theme))
        worst = evaluation.surest_mistakes()
        if len(worst):
            images, true, answers = test.x[worst], test.y[worst], evaluation.answers[worst]
            sure = evaluation.probabilities[worst, answers]
            found["mistakes"] = _both(lambda theme: draw.mistakes(images, true, answers, sure, names, theme))
    if first is not None:
        found["filters"] = _both(lambda theme: draw.filters(first[1], theme))
    return found


def _both(drawn: Callable[[Theme], bytes]) -> Picture:
    """The picture that `drawn` makes, in both its colourings."""
    return Picture(drawn(LIGHT), drawn(DARK))
