"""Training in the lab, in a browser: two epochs with a pause, a tab that is closed, a server that is stopped."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from konv.models import load_model
from tests.lab.conftest import Open, Served, serve


def begin(page: Any, epochs: int) -> None:
    page.locator('input[name="epochs"]').fill(str(epochs))
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("[data-state=running]").wait_for()


def progress(page: Any) -> str:
    return str(page.locator("[data-figure=loss]").get_attribute("data-exact"))


def test_two_epochs_with_a_pause(open_page: Open, tmp_path: Path):
    served = serve(tmp_path)
    page = open_page("train", served=served)
    page.locator('input[name="epochs"]').wait_for()
    begin(page, 2)
    page.locator(".tiles canvas").first.wait_for()
    page.get_by_role("button", name="Pause").click()
    page.locator("[data-state=paused]").wait_for()
    page.wait_for_timeout(300)
    held = progress(page)
    page.wait_for_timeout(400)
    assert progress(page) == held, "a paused training stands still"
    page.get_by_role("button", name="Go on").click()
    page.locator("[data-state=done]").wait_for(timeout=180_000)
    assert page.locator("[data-figure=epoch]").get_attribute("data-exact") == "2"
    folder = Path(page.locator("small.saved").inner_text().removeprefix("Saved in "))
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["val_accuracy"]) > 0.6
    assert page.locator(".curve polyline").count() >= 3

    page.get_by_role("button", name="Look into it").click()
    page.locator(".verdict .big").wait_for()
    _, body, _ = served.ask("GET", "api/state")
    assert json.loads(body)["name"] == folder.name
    assert load_model(folder / "model.konv").count_params() == 4550
    assert {path.name for path in folder.iterdir()} >= {"run.json", "report.html", "curves.png", "checkpoints"}
    page.close()  # before its server goes, which it would complain of
    served.stop()


@pytest.fixture
def training(tmp_path: Path) -> Served:
    """A lab in which a long training has begun."""
    served = serve(tmp_path)
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
    status, body, _ = training.ask("POST", "api/start", b'{"runs": [{}]}')
    assert status == 400
    assert "already" in json.loads(body)["error"]
    written = training.stop()
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
