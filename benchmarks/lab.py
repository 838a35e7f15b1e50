"""How quickly the lab answers, measured in the browser: the first screen, and hovering over AlexNet's feature maps.

    python benchmarks/lab.py

Starts `konv lab` with its own small network and with AlexNet (random weights: the arithmetic is the same), opens each
in headless Chromium, and prints milliseconds: from the navigation to the first screen with maps and arithmetic, and
from a pointer's move over a map to the arithmetic of that pixel on the page. Needs `konv[lab]`, playwright, Chromium.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any

from common import machine, spread, write

HOVERS = 45
LAYERS = {None: ("conv1", "conv2", "pool1"), "alexnet": ("conv1", "norm1", "conv2")}
FIRST = """() => new Promise(done => { const look = () => document.querySelector(".sum .equation") &&
  document.querySelector('.map[data-layer="conv1"] canvas') ? done(performance.now()) : setTimeout(look, 2);
  look(); })"""
HOVER = """([layer, row, column]) => new Promise(done => {
  const map = document.querySelector(`.map[data-layer="${layer}"] canvas`), area = map.getBoundingClientRect();
  const began = performance.now(), title = document.querySelector(".sum");
  new MutationObserver((_, own) => { own.disconnect(); requestAnimationFrame(() => done(performance.now() - began)); })
    .observe(title, { childList: true });
  map.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse",
    clientX: area.left + (column + .5) * area.width / map.width,
    clientY: area.top + (row + .5) * area.height / map.height }));
})"""


def measured(network: str | None, browser: Any) -> dict[str, Any]:
    """The first screen and the hovers of one network."""
    command = [sys.executable, "-m", "konv", "lab", *([network] if network else []), "--no-browser", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        address = next(found.group() for line in process.stdout if (found := re.search(r"http://\S+", line)))
        screens, hovers = [], {}
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(address, wait_until="commit")
            screens.append(page.evaluate(FIRST))
            if len(screens) < 5:
                page.close()
        page.wait_for_timeout(4000)  # the weight shown first has learned
        for layer in LAYERS[network]:
            times = [page.evaluate(HOVER, [layer, i % 7 + 1, i // 7 % 7 + 1]) for i in range(HOVERS)]
            hovers[layer] = spread(times[5:])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    return {"first_screen_ms": spread(screens), "hover_ms": hovers}


def main() -> None:
    """Measure, print, and write `results/lab.json`."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--no-write", action="store_true", help="print only")
    asked = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    result: dict[str, Any] = {"machine": machine(), "networks": {}}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for network in LAYERS:
            found = measured(network, browser)
            result["networks"][network or "clothes"] = found
            print(f"{network or 'clothes'}: first screen {found['first_screen_ms']['median']:.0f} ms")
            for layer, times in found["hover_ms"].items():
                print(f"  hover over {layer}: median {times['median']:.1f} ms, longest {times['max']:.1f} ms")
        browser.close()
    if not asked.no_write:
        write("lab", result)


if __name__ == "__main__":
    main()
