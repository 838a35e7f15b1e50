"""The other views, languages, schemes, small screens, and accessibility, in a browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from konv.lab.mistakes import Mistakes
from konv.lab.subject import Subject
from konv.messages import texts_under
from konv.shapes import axes
from tests.lab.conftest import Open, Served

VIEWS = ("look", "whatif", "train", "network", "mistakes")
READY = {"look": "[data-step=gradient]", "whatif": ".facts", "train": "button.primary", "network": ".solid",
         "mistakes": ".cams canvas"}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def set_range(page: Any, name: str, value: int) -> None:
    page.locator(f'input[name="{name}"]').evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", str(value)
    )


def fact(page: Any, name: str) -> str:
    return str(page.locator(f"[data-fact={name}]").inner_text())


def test_another_stride(open_page: Open):
    page = open_page("whatif")
    page.locator(".facts").wait_for()
    assert fact(page, "output") == "28×28×1 → 26×26×6 → 13×13×6"
    set_range(page, "stride", 2)
    rows, _ = axes((28, 28), (3, 3), (2, 2), "valid", (1, 1), "Conv2D")
    page.locator("[data-fact=shape]", has_text=rows.arithmetic).wait_for()
    assert fact(page, "output") == "28×28×1 → 13×13×6 → 6×6×6"
    assert fact(page, "field").startswith("5×5")
    assert fact(page, "parameters").endswith("= 60")
    assert page.locator("figure .map canvas").first.evaluate("c => [c.height, c.width]") == [13, 13]


def test_three_ways_to_connect(open_page: Open):
    page = open_page("whatif")
    weights = [
        page.locator(f"[data-count={name}] .big").inner_text().replace(",", "") for name in ("full", "local", "shared")
    ]
    outputs = 26 * 26 * 6
    assert [int(w) for w in weights] == [28 * 28 * outputs + outputs, 9 * outputs + outputs, 9 * 6 + 6]


def test_window_that_does_not_fit(open_page: Open):
    page = open_page("whatif")
    page.expect_refusals()
    page.locator(".facts").wait_for()
    set_range(page, "kernel", 11)
    set_range(page, "dilation", 4)
    page.locator(".wrong", has_text="does not fit").wait_for()
    set_range(page, "dilation", 1)
    page.locator("[data-fact=shape]", has_text="= 18").wait_for()


def test_layer_explains_itself(open_page: Open, subject: Subject):
    page = open_page("network")
    page.locator('.solid[data-layer="conv2"]').click()
    page.locator(".detail h2", has_text="conv2").wait_for()
    assert fact(page, "parameters").startswith("5·5·8·12 = 2,400, and 12 biases")
    assert fact(page, "field").startswith("14×14")
    assert "(12 − 5)/1 + 1 = 8" in fact(page, "sum")
    solid = page.locator('.solid[data-layer="dense"]')
    solid.focus()
    page.keyboard.press("Enter")
    page.locator(".detail h2", has_text="dense").wait_for()
    assert page.locator(".solid").count() == len(subject.shown) + 1


def test_repeated_blocks_are_folded(open_page: Open, lab: Served):
    assert lab.ask("POST", "api/open?name=resnet56")[0] == 200
    try:
        every = [x for x in json.loads(lab.ask("GET", "api/network")[1])["layers"] if not x["hidden"]]
        page = open_page("network")
        stacks = page.locator(".stack-of")
        stacks.first.wait_for()
        solids = page.locator(".solid").count() - 1  # without the image
        assert solids < len(every) / 3
        stacks.first.click()
        said = re.search(r"(\d+) layers, from (\S+) to (\S+):", page.locator(".detail").inner_text())
        assert said is not None
        first, last = ([x["name"] for x in every].index(said[i]) for i in (2, 3))
        assert last - first + 1 == int(said[1])
        hidden = every[first : last + 1]
        assert int(fact(page, "parameters").replace(",", "")) == sum(x["parameters"] for x in hidden)
        page.get_by_role("button", name="Unfold these blocks").click()
        assert page.locator(".solid").count() - 1 == solids + len(hidden) - 1
        assert page.evaluate("document.activeElement.dataset.layer") == said[2]
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.dataset.layer") == every[first + 1]["name"]
        page.get_by_role("button", name="Fold repeated blocks").click()
        page.get_by_role("button", name="Unfold all blocks").click()
        assert page.locator(".solid").count() - 1 == len(every)
        assert page.locator(".overview").is_visible()
        box = page.locator(".overview").bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
        seen = page.locator(".drawing").evaluate("v => (v.scrollLeft + v.clientWidth / 2) / v.scrollWidth")
        assert seen == pytest.approx(0.5, abs=0.02)
    finally:
        lab.ask("POST", "api/open?name=")


def test_mistakes_lead_to_their_images(open_page: Open, subject: Subject):
    page = open_page("mistakes")
    page.locator(".matrix").wait_for()
    found = Mistakes(subject).evaluation()
    true, answer, times = found.commonest_mistake() or (0, 0, 0)
    cell = page.locator(f'[data-cell="{true},{answer}"]')
    assert cell.inner_text() == str(times)
    page.locator(".gallery button").first.wait_for()
    assert page.locator(".gallery button").count() == times
    page.locator(".cams canvas").nth(2).wait_for()
    page.get_by_role("button", name="Look at it layer by layer").click()
    page.locator(".verdict .wrong", has_text=subject.classes[true]).wait_for()


@pytest.mark.parametrize("view", VIEWS)
def test_view_is_whole_and_accessible(open_page: Open, view: str):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(view)
    page.locator(READY[view]).first.wait_for()
    page.get_by_role("button", name="中文").click()
    chinese = texts_under("lab.", "zh")[f"lab.nav.{view}"]
    page.locator("nav a[aria-current]", has_text=chinese).wait_for()
    page.locator(READY[view]).first.wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    words = page.locator("main").inner_text()
    assert CHINESE.search(words)
    assert "lab." not in words, "a text is missing"
    assert not re.search(r"\{\w+\}|undefined|null|NaN", words)
    for scheme in ("浅色", "深色"):
        page.locator("#scheme").click()
        page.locator("#scheme", has_text=scheme).wait_for()
        page.locator(READY[view]).first.wait_for()
        page.wait_for_timeout(200)  # colours change over a tenth of a second
        found = axe.Axe().run(page).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(18, 22, 27)"


@pytest.mark.parametrize("view", VIEWS)
def test_narrow_screen(open_page: Open, view: str):
    page = open_page(view)
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator(READY[view]).first.wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "the page itself must not scroll sideways"


def test_language_and_scheme_are_remembered(open_page: Open):
    page = open_page("network")
    page.locator(".solid").first.wait_for()
    page.get_by_role("button", name="中文").click()
    page.locator("h1", has_text="网络").wait_for()
    page.locator("#scheme").click()
    page.reload()
    page.locator("h1", has_text="网络").wait_for()
    assert page.locator("html").get_attribute("data-scheme") == "light"
