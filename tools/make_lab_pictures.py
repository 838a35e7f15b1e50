"""Makes the pictures of the lab in the READMEs: `docs/lab.png`, `docs/lab-network.png`, `docs/lab-train.png`.

Run in a checkout: `python -m tools.make_lab_pictures`. Needs `konv[lab]`, playwright and Chromium. It trains for a
minute, so that there is something to see.
"""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.served import lab

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH, COLOURS, WAIT = 1280, 256, 300_000
SOME_EPOCHS = """() => { const done = [...document.querySelectorAll("[data-figure=epoch]")];
  return done.length > 1 && done.every((figure) => figure.dataset.exact >= 12); }"""


def keep(page: Any, name: str, height: int) -> None:
    """Write the top of the page as `name`, in few colours."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.mouse.move(WIDTH - 5, height - 5)
    page.wait_for_timeout(1000)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(DOCS / name, optimize=True)
    print(f"{name}: {(DOCS / name).stat().st_size:,} bytes")


def main() -> None:
    """Look at the small network, draw a branching one, and compare two in training."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, color_scheme="light")
        page.set_default_timeout(WAIT)
        with tempfile.TemporaryDirectory() as folder, lab(folder) as address:
            page.goto(address)
            page.locator("[data-step=gradient]").wait_for()
            keep(page, "lab.png", 1130)
            assert page.request.post(f"{address}api/open?name=googlenet").ok
            page.goto("about:blank")
            page.goto(f"{address}#network")
            page.locator('.solid[data-layer="inception3a_3x3"]').click()
            keep(page, "lab-network.png", 960)
            page.goto(f"{address}#train")
            page.get_by_role("button", name="Max against average pooling").click()
            page.locator("input[name=epochs]").fill("60")
            page.locator(".actions button.primary").click()
            page.wait_for_function(SOME_EPOCHS)
            page.locator(".inside canvas").first.wait_for()
            keep(page, "lab-train.png", 1130)
            page.goto("about:blank")
        browser.close()


if __name__ == "__main__":
    main()
