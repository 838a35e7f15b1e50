"""Training in the lab, in a browser: two epochs with a pause, a tab that is closed, a server that is stopped."""

from __future__ import annotations

import csv
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from konv.cli import app
from konv.lab.recipe import Recipe, network
from konv.lab.trainer import Job, work
from konv.models import load_model
from tests.lab.conftest import Open, Served
from tests.lab.test_server import huge_png


def begin(page: Any, epochs: int) -> None:
    page.locator('input[name="epochs"]').fill(str(epochs))
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("[data-state=running]").wait_for()


def progress(page: Any) -> str:
    return str(page.locator("[data-figure=loss]").get_attribute("data-exact"))


EPOCHS = 12
"""So many that a fast machine is not done before the page's pause reaches it."""


def test_epochs_with_a_pause(open_page: Open, lab: Served):
    page = open_page("train")
    page.locator('input[name="epochs"]').wait_for()
    begin(page, EPOCHS)
    page.get_by_role("button", name="Pause").click()
    page.locator("[data-state=paused]").wait_for()
    page.wait_for_timeout(300)
    held = progress(page)
    page.wait_for_timeout(400)
    assert progress(page) == held, "a paused training stands still"
    page.get_by_role("button", name="Go on").click()
    page.locator("[data-state=done]").wait_for(timeout=180_000)
    assert page.locator("[data-figure=epoch]").get_attribute("data-exact") == str(EPOCHS)
    folder = Path(page.locator("small.saved").inner_text().removeprefix("Saved in "))
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(1, EPOCHS + 1)]
    assert float(rows[-1]["val_accuracy"]) > 0.6
    assert page.locator(".curve polyline").count() >= 3
    page.locator(".tiles canvas").nth(20).wait_for()

    page.locator(".actions").get_by_role("button", name="Look into it").click()
    page.locator(".verdict .big").wait_for()
    _, body, _ = lab.ask("GET", "api/state")
    lab.ask("POST", "api/open?name=")  # for the other tests
    assert json.loads(body)["name"] == folder.name
    assert load_model(folder / "model.konv").count_params() == 4550
    assert {path.name for path in folder.iterdir()} >= {"run.json", "report.html", "curves.png", "checkpoints"}


RECIPES = {
    "lenet5": Recipe(network="lenet5", epochs=1, batch_size=64),
    "varied": Recipe(network="lenet5", activation="relu", pooling="max", epochs=1, batch_size=64),
    "small": Recipe(kernel=3, filters=4, activation="sigmoid", epochs=1, batch_size=128),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_lab_learns_as_the_terminal_does(recipe: Recipe, tmp_path: Path):
    """The recorded command gives the same bits: history and weights."""
    ours, theirs = Connected(), tmp_path / "theirs"
    work(ours, Job((recipe,), folder=str(tmp_path / "runs")))
    assert [m["kind"] for m in ours.sent if m["kind"] in ("begin", "epoch", "saved", "done")] == [
        "begin", "epoch", "saved", "done"
    ]  # fmt: skip
    (folder,) = (tmp_path / "runs").iterdir()
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["command"][:2] == ["konv", "train"]
    assert {name: str(value) for name, value in record["settings"].items() if name in recipe.variant.choices} == {
        name: record["command"][record["command"].index(f"--{name}") + 1] for name in recipe.variant.choices
    }
    assert app.run([*record["command"][1:], "--out", str(theirs), "-q"]) == 0
    measured = [
        [{k: v for k, v in row.items() if k not in ("seconds", "images_per_second")} for row in csv.DictReader(lines)]
        for lines in ((run / "history.csv").read_text().splitlines() for run in (folder, theirs))
    ]
    assert measured[0] == measured[1] != []
    weights = [load_model(run / "model.konv").named_weights() for run in (folder, theirs)]
    for name, variable in weights[0].items():
        assert np.array_equal(variable.value, weights[1][name].value), name


class Connected:
    """A server that listens, and says nothing."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def poll(self) -> bool:
        return False

    def close(self) -> None:
        pass


@pytest.mark.parametrize("name", ["notes", "squeezenet", "densenet_bc"])
def test_another_pooling_and_activation(name: str):
    model = network(Recipe(network=name, pooling="average", activation="sigmoid"), (32, 32, 3), "abc")
    ops = {type(node.op).__name__ for node in model.graph.nodes}
    assert "MaxPool2D" not in ops
    assert {"AveragePool2D", "Softmax"} <= ops
    functions = {getattr(n.op, "function", n.op.name) for n in model.graph.nodes}
    assert "sigmoid" in functions
    assert "relu" not in functions


@pytest.fixture
def training(own_lab: Served) -> Served:
    """A lab in which a long training has begun."""
    served = own_lab
    status, body, _ = served.ask("POST", "api/start", b'{"runs": [{"epochs": 100}]}')
    assert status == 200, body
    for _ in range(200):
        found = json.loads(served.ask("GET", "api/training")[1])
        if found["runs"] and found["runs"][0].get("now"):
            break
        time.sleep(0.1)
    assert found["state"] == "running"
    return served


def test_training_survives_its_page_and_ends_with_its_server(training: Served, open_page: Open):
    page = open_page("train", served=training)
    page.locator("[data-state=running]").wait_for()
    page.close()

    def seen() -> float:
        now = json.loads(training.ask("GET", "api/training")[1])["runs"][0]["now"]
        return float(now["epoch"] + now["batch"] / now["steps"])

    before = seen()
    time.sleep(0.6)
    assert seen() > before, "it goes on without a page"
    with ThreadPoolExecutor(200) as pool:
        asked = list(pool.map(lambda i: training.ask("GET", f"api/thumbs?numbers={i}")[0], range(200)))
    assert set(asked) == {200}
    assert training.ask("POST", "api/look?name=bomb.png", huge_png(30_000))[0] == 400
    before = seen()
    time.sleep(0.6)
    assert seen() > before, "two hundred requests and a bad picture do it no harm"
    status, body, _ = training.ask("POST", "api/start", b'{"runs": [{}]}')
    assert status == 400
    assert "already" in json.loads(body)["error"]
    page = open_page("look", served=training)
    page.expect_refusals()
    page.locator('.map:not(.blank)[data-layer="conv2"][data-channel="0"]').wait_for()
    written = training.stop()
    page.locator('.map[data-layer="conv2"][data-channel="1"]').hover()
    page.locator("#banner", has_text="does not answer").wait_for()
    assert page.locator(".sum .equation").count() > 0, "what was seen stays"
    assert page.locator("#banner button").is_visible()
    assert "closed" in written
    assert training.process.returncode == 0
    (folder,) = (training.folder / "runs").iterdir()
    assert load_model(folder / "model.konv").epochs_trained >= 0, "what was learned is saved"


def test_training_saves_itself_when_the_server_is_killed(training: Served):
    training.process.kill()
    training.process.communicate()
    for _ in range(200):
        found = list((training.folder / "runs").glob("*/history.csv")) if (training.folder / "runs").exists() else []
        if found:
            break
        time.sleep(0.1)
    assert found
    assert load_model(found[0].parent / "model.konv").count_params() == 4550


def test_folder_that_is_not_there(open_page: Open):
    page = open_page("train")
    page.expect_refusals()
    page.locator("input[name=data]").fill("no/such/folder")
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(".wrong", has_text="no/such/folder").wait_for()


def test_folder_of_one_class(lab: Served, tmp_path: Path):
    (tmp_path / "only").mkdir()
    Image.new("L", (28, 28)).save(tmp_path / "only" / "a.png")
    status, body, _ = lab.ask("POST", "api/start", json.dumps({"runs": [{}], "data": str(tmp_path)}).encode())
    assert status == 200, body
    for _ in range(600):
        found = json.loads(lab.ask("GET", "api/training")[1])
        if found["state"] not in ("starting", "running"):
            break
        time.sleep(0.1)
    assert found["state"] == "failed"
    assert "only" in found["error"]
