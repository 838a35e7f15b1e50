"""How quickly the lab answers, measured in the browser, and what it leaves of a training's speed.

    python benchmarks/lab.py

Starts `konv lab` with its own small network and with AlexNet (random weights: the arithmetic is the same), opens each
in headless Chromium, and prints milliseconds: from the navigation to the first screen with maps and arithmetic, and
from a pointer's move over a map to the arithmetic of that pixel on the page, layer by layer. Then networks are trained
in turns by `konv train` and in the lab with its page open: images a second, as their `history.csv` has them, the first
epoch left out. Needs `konv[lab]`, playwright, Chromium.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import machine, spread, write
from served import lab

HOVERS = 30
LOOKED_AT = (None, "alexnet")
TRAINED = {"lenet5": 50, "notes": 5}
"""Epochs of each network, on the images inside konv: a turn takes a quarter of a minute."""
FIRST = """() => new Promise(done => { const look = () => document.querySelector(".sum .equation") &&
  document.querySelector('.map[data-layer="conv1"]:not(.blank)') ? done(performance.now()) : setTimeout(look, 2);
  look(); })"""
LAYERS = "() => [...document.querySelectorAll('.column[data-layer]')].map(c => c.dataset.layer)"
SHOW = "layer => document.querySelector(`.column[data-layer='${layer}']`).scrollIntoView({ inline: 'center' })"
HOVER = """([layer, turn]) => new Promise(done => {
  const units = [...document.querySelectorAll(`.unit[data-layer="${layer}"]`)];
  const map = document.querySelector(`.map[data-layer="${layer}"]`) ?? units[turn % units.length];
  const area = map.getBoundingClientRect(), width = map.dataset.columns ?? 1, height = map.dataset.rows ?? 1;
  const row = Math.floor(turn / width) % Math.max(height - 1, 1), column = turn % width;  // the last may not be full
  const began = performance.now(), title = document.querySelector(".sum");
  new MutationObserver((_, own) => { own.disconnect(); requestAnimationFrame(() => done(performance.now() - began)); })
    .observe(title, { childList: true, characterData: true, subtree: true });
  map.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse",
    clientX: area.left + (column + .5) * area.width / width, clientY: area.top + (row + .5) * area.height / height }));
})"""


def measured(network: str | None, browser: Any) -> dict[str, Any]:
    """The first screen and the hovers of one network, over every layer that has maps."""
    screens, hovers = [], {}
    with tempfile.TemporaryDirectory() as folder, lab(folder, *([network] if network else [])) as address:
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(address, wait_until="commit")
            screens.append(page.evaluate(FIRST))
            if len(screens) < 5:
                page.close()
        page.wait_for_timeout(4000)  # the weight shown first has learned
        for layer in page.evaluate(LAYERS):
            page.evaluate(SHOW, layer)
            page.locator(f'[data-layer="{layer}"]:is(.map:not(.blank), .unit)').first.wait_for()
            times = [page.evaluate(HOVER, [layer, 7 * turn + 3]) for turn in range(HOVERS)]
            hovers[layer] = spread(times[5:])
        page.close()
    return {"first_screen_ms": spread(screens), "hover_ms": hovers}


def in_terminal(network: str, folder: str) -> None:
    """Train by `konv train`."""
    command = [sys.executable, "-m", "konv", "train", "--model", network, "--epochs", str(TRAINED[network])]
    subprocess.run([*command, "--out", f"{folder}/runs/terminal"], stdout=subprocess.DEVNULL, check=True)


def in_lab(network: str, folder: str, browser: Any) -> None:
    """Train in the lab, its page open."""
    with lab(folder) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{address}#train")
        page.locator("select[name=network]").select_option(network)
        page.locator("input[name=epochs]").fill(str(TRAINED[network]))
        page.locator(".actions button.primary").click()
        page.locator("[data-state=done]").wait_for(timeout=600_000)
        page.close()


def speed(folder: str) -> float:
    """Images a second of the run in `folder`, the first epoch left out."""
    (path,) = Path(folder).glob("runs/*/history.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))[1:]
    seconds = sum(float(row["seconds"]) for row in rows)
    return sum(float(row["seconds"]) * float(row["images_per_second"]) for row in rows) / seconds


def trained(network: str, browser: Any, turns: int) -> dict[str, Any]:
    """Both speeds of a network, and the share of the terminal's that the lab keeps: the median over the turns."""
    speeds: dict[str, list[float]] = {"terminal": [], "lab": []}
    for _ in range(turns):
        for name, rates in speeds.items():
            with tempfile.TemporaryDirectory() as folder:
                in_terminal(network, folder) if name == "terminal" else in_lab(network, folder, browser)
                rates.append(speed(folder))
    shares = [lab / terminal for lab, terminal in zip(speeds["lab"], speeds["terminal"], strict=True)]
    return {"images_per_second": speeds, "share": round(statistics.median(shares), 3), "shares": shares}


def main() -> None:
    """Measure, print, and write `results/lab.json`."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--no-write", action="store_true", help="print only")
    parser.add_argument("--turns", type=int, default=3, help="of each training (default 3)")
    asked = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    result: dict[str, Any] = {"machine": machine(), "networks": {}, "training": {}}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for network in LOOKED_AT:
            found = measured(network, browser)
            result["networks"][network or "clothes"] = found
            print(f"{network or 'clothes'}: first screen {found['first_screen_ms']['median']:.0f} ms")
            for layer, times in found["hover_ms"].items():
                print(f"  hover over {layer}: median {times['median']:.1f} ms, longest {times['max']:.1f} ms")
        for network in TRAINED:
            result["training"][network] = kept = trained(network, browser, asked.turns)
            rates = {name: statistics.median(rates) for name, rates in kept["images_per_second"].items()}
            print(f"training {network}: {rates['terminal']:,.0f} images/s in the terminal, {rates['lab']:,.0f} in the "
                  f"lab: {kept['share']:.2f}")  # fmt: skip
        browser.close()
    if not asked.no_write:
        write("lab", result)


if __name__ == "__main__":
    main()
