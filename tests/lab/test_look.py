"""The Look view in a browser: what it shows is what NumPy computes."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from konv.lab.subject import Subject
from konv.ops import Conv2D
from konv.ops.record import Run
from tests.lab.conftest import Open, until


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def hover(page: Any, layer: str, channel: int, row: int, column: int) -> None:
    """Point at a pixel of a feature map, and wait until its arithmetic stands below."""
    map_ = page.locator(f'.map:not(.blank)[data-layer="{layer}"][data-channel="{channel}"]')
    map_.wait_for()
    box = map_.bounding_box()
    rows, columns = map_.evaluate("m => [Number(m.dataset.rows), Number(m.dataset.columns)]")
    map_.hover(position={"x": (column + 0.5) * box["width"] / columns, "y": (row + 0.5) * box["height"] / rows})
    where = f"map {channel + 1} · row {row + 1}, column {column + 1}"
    page.locator(".sum h2 small", has_text=where).wait_for()
    until(page, "l => document.querySelector('.sum h2').firstChild.textContent === l", arg=layer)


def framed(page: Any, selector: str) -> list[list[float]]:
    """The frames within an element of the strip: top, left, bottom, right as shares of it."""
    path, area, root = page.evaluate(
        """selector => {
        const found = name => document.querySelector(name);
        const rect = name => { const r = found(name).getBoundingClientRect();
            return [r.left, r.top, r.width, r.height]; };
        return [found(".over .boxes").getAttribute("d") ?? "", rect(selector), rect(".over")]; }""",
        selector,
    )
    left, top, wide, tall = area[0] - root[0], area[1] - root[1], area[2], area[3]
    found = []
    for box in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)", path):
        x, y, w, h = map(float, box)
        shares = [(y - top) / tall, (x - left) / wide, (y + h - top) / tall, (x + w - left) / wide]
        if min(shares) >= -0.01 and max(shares) <= 1.01:
            found.append(shares)
    return found


def arrays(subject: Subject, sample: int) -> dict[str, Any]:
    """Every layer's output for a sample, by the NumPy references, and what each reads."""
    graph = subject.model.graph
    values = {graph.inputs[0]: subject.prepare(subject.pixels(sample)[None])}
    for node in graph.nodes:
        if node.inputs:
            x = tuple(values[t] for t in node.inputs)
            values[node.output] = node.op.forward(x, tuple(v.value for v in node.variables), Run())
    return {node.layer: (node, values[node.output][0], [values[t][0] for t in node.inputs]) for node in graph.nodes}


def test_first_screen_shows_a_trained_network_at_work(open_page: Open, subject: Subject):
    page = open_page()
    page.locator(".verdict .big").wait_for()
    output = subject.model.predict(subject.prepare(subject.pixels(0)[None]), verbose=0)[0]
    assert page.locator(".verdict .big").inner_text() == subject.classes[int(output.argmax())]
    page.locator('.map:not(.blank)[data-layer="pool2"][data-channel="11"]').wait_for()
    assert page.locator(".sum .equation").count() >= 1, "something is worked out before anything is pointed at"
    until(page, "document.querySelector('.over .boxes').getAttribute('d')")
    assert framed(page, ".map.image"), "the receptive field is outlined on the image"
    page.locator("[data-step=gradient]").wait_for()


def test_arithmetic_of_a_convolution(open_page: Open, subject: Subject):
    page = open_page()
    hover(page, "conv2", 4, 2, 5)
    node, y, (x,) = arrays(subject, 0)["conv2"]
    kernel, bias = (v.value.astype(np.float64) for v in node.variables)
    patch = x[2:7, 5:10].astype(np.float64)
    products = patch * kernel[..., 4]
    total, b, value = (
        float(t) for t in page.locator(".sum .equation b").evaluate_all("e => e.map(x => x.dataset.exact)")
    )
    assert total == pytest.approx(products.sum(), abs=1e-4)
    assert b == pytest.approx(bias[4], abs=1e-6)
    assert value == pytest.approx(y[2, 5, 4], abs=1e-4)
    shown = [number(t) for t in page.locator(".sum .equation b").all_inner_texts()]
    assert shown == pytest.approx([products.sum(), bias[4], y[2, 5, 4]], abs=6e-4)

    heaviest = int(np.abs(products.sum((0, 1))).argmax())
    grids = page.locator(".sum .product .grid").evaluate_all(
        "g => g.map(x => [...x.children].map(c => Number(c.dataset.value)))"
    )
    expected = (patch[..., heaviest], kernel[..., heaviest, 4], products[..., heaviest])
    for cells, array in zip(grids, expected, strict=True):
        assert cells == pytest.approx(array.ravel().tolist(), abs=1e-5)
    sums = [number(t) for t in page.locator(".triple b").all_inner_texts()]
    assert sorted(sums) == pytest.approx(sorted(products.sum((0, 1))), abs=6e-3)


def test_maps_are_drawn_in_their_places(open_page: Open, subject: Subject):
    page = open_page()
    page.locator('.map:not(.blank)[data-layer="relu2"][data-channel="11"]').wait_for()
    shown = page.evaluate(
        """() => [...document.querySelectorAll('.map[data-layer="relu2"]')].map(map => {
        const canvas = map.parentElement.querySelector("canvas"), image = canvas.getContext("2d");
        const area = map.getBoundingClientRect(), from = canvas.getBoundingClientRect();
        return Array.from({ length: 64 }, (_, i) => [...image.getImageData(
            area.left - from.left + (i % 8 + .5) * area.width / 8,
            area.top - from.top + (Math.floor(i / 8) + .5) * area.height / 8, 1, 1).data]); }) """
    )
    values = arrays(subject, 0)["relu2"][1]
    shades = np.array(shown)
    assert np.array_equal((shades == 255).all(-1), np.round(values / values.max() * 127).reshape(64, 12).T == 0)
    order = values.reshape(64, 12).T.ravel().argsort()
    brightness = shades[..., :3].sum(-1).ravel()[order]
    assert (np.diff(brightness) <= 0).all(), "the larger, the darker"


def test_receptive_field_is_outlined(open_page: Open):
    page = open_page()
    hover(page, "conv2", 0, 1, 3)
    page.wait_for_timeout(50)

    # Through 5×5, 2×2 pooling and 5×5 again: 14 rows from 2, 14 columns from 6 of the image's 28; 5×5 of pool1's 12.
    (box,) = framed(page, ".map.image")
    assert box == pytest.approx([2 / 28, 6 / 28, 16 / 28, 20 / 28], abs=0.01)
    (box,) = framed(page, '.map[data-layer="pool1"][data-channel="2"]')
    assert box == pytest.approx([1 / 12, 3 / 12, 6 / 12, 8 / 12], abs=0.01)
    assert framed(page, '.map[data-layer="relu2"][data-channel="0"]') == [], "what comes later was not needed"


def test_gradient_of_a_weight(open_page: Open, subject: Subject):
    page = open_page()
    hover(page, "conv2", 4, 2, 5)
    page.locator(".sum .product button.cell").nth(7).hover()
    page.locator(".learn .walk .sub", has_text="conv2, map 5, weight at row 2, column 3").wait_for()
    heaviest = int(page.locator(".triple[aria-pressed=true] small").inner_text()) - 1

    found = arrays(subject, 0)
    label = subject.label(0)
    assert label is not None
    p = found["softmax"][1].astype(np.float64)
    dy = p - np.eye(10)[label]
    for layer in ("dense", "flatten", "pool2", "relu2", "conv2"):
        node, y, x = found[layer]
        inputs, weights = tuple(a[None] for a in x), tuple(v.value for v in node.variables)
        gradients = node.op.backward(dy[None].astype(np.float32), inputs, weights, y[None], Run())
        coming, dy = dy, gradients.inputs[0][0]
    assert isinstance(node.op, Conv2D)
    gradient = gradients.weights[0][1, 2, heaviest, 4]
    exact = {e["figure"]: float(e["exact"]) for e in page.locator(".learn [data-figure]").evaluate_all(
        "e => e.map(x => ({ ...x.dataset }))")}  # fmt: skip
    weight = node.variables[0].value[1, 2, heaviest, 4]
    assert exact["loss"] == pytest.approx(-np.log(p[label]), rel=1e-3)
    assert exact["gradient"] == pytest.approx(gradient, rel=1e-3, abs=1e-7)
    seen = found["pool1"][1][1:9, 2:10, heaviest].astype(np.float64)
    assert exact["gradient"] == pytest.approx((seen * coming[..., 4]).sum(), rel=1e-3, abs=1e-7)
    assert exact["after"] == pytest.approx(weight - 0.1 * gradient, abs=1e-6)


def test_steps_of_learning_one_by_one(open_page: Open):
    page = open_page()
    page.locator("[data-step=loss]").wait_for()
    for step in ("loss", "dy", "gradient", "step"):
        page.get_by_role("button", name="Next").click()
        assert page.locator("[aria-current=step]").get_attribute("data-step") == step


def test_another_right_answer(open_page: Open):
    page = open_page()
    loss = page.locator("[data-figure=loss]")
    loss.wait_for()
    before = loss.get_attribute("data-exact")
    page.locator(".learn select").select_option(label="Trouser")
    until(page, "v => document.querySelector('[data-figure=loss]').dataset.exact !== v", arg=before)
    assert float(loss.get_attribute("data-exact") or 0) > float(before or 0)


def test_pooling_switch(open_page: Open, subject: Subject):
    page = open_page()
    hover(page, "pool1", 3, 6, 6)
    window = arrays(subject, 0)["relu1"][1][12:14, 12:14, 3].astype(np.float64)
    result = page.locator(".sum .term.result b")
    assert float(result.get_attribute("data-exact") or "nan") == pytest.approx(window.max(), abs=1e-5)
    page.get_by_role("button", name="Average", exact=True).click()
    assert float(result.get_attribute("data-exact") or "nan") == pytest.approx(window.mean(), abs=1e-5)
    assert "Max" in page.locator(".sum .note").inner_text(), "what the network does is said"


def test_dropped_image(open_page: Open, subject: Subject, tmp_path: Any):
    page = open_page()
    page.locator(".verdict .big").wait_for()
    picture = Image.new("RGB", (300, 200), "black")
    picture.paste((255, 255, 255), (120, 20, 180, 180))
    written = BytesIO()
    picture.save(written, "PNG")
    page.evaluate(
        """bytes => { const moved = new DataTransfer();
        moved.items.add(new File([new Uint8Array(bytes)], "bar.png", { type: "image/png" }));
        document.dispatchEvent(new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true })); }""",
        list(written.getvalue()),
    )
    until(page, "() => document.querySelectorAll('.thumb[aria-pressed=true]').length === 0")
    pixels = subject.read(written.getvalue(), "bar.png")
    output = subject.model.predict(subject.prepare(pixels[None]), verbose=0)[0]
    assert page.locator(".verdict .big").inner_text() == subject.classes[int(output.argmax())]
    shown = page.locator(".map.image canvas").evaluate("c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data]")
    assert shown[::4] == pixels.ravel().tolist()


def test_file_that_is_no_image_is_named(open_page: Open):
    page = open_page()
    page.expect_refusals()
    page.locator(".verdict .big").wait_for()
    before = page.locator(".verdict .big").inner_text()
    page.locator("input[type=file]").set_input_files({"name": "song.mp3", "mimeType": "audio/mpeg", "buffer": b"no"})
    page.locator(".pick .wrong", has_text="song.mp3").wait_for()
    assert page.locator(".verdict .big").inner_text() == before, "what was there stays"


def test_drawing_and_camera(open_page: Open):
    page = open_page(permissions=["camera"])
    page.get_by_role("button", name="Draw").click()
    board = page.locator("canvas.board")
    box = board.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 220, steps=4)
    with page.expect_response("**/api/look**") as answer:
        page.mouse.up()
    assert answer.value.status == 200
    page.get_by_role("button", name="Camera").click()
    take = page.get_by_role("button", name="Take the picture")
    until(page, "document.querySelector('video')?.videoWidth > 0")
    with page.expect_response("**/api/look**") as answer:
        take.click()
    assert answer.value.status == 200


def test_keyboard_walks_through_maps_and_layers(open_page: Open):
    page = open_page()
    page.locator(".sum h2").wait_for()
    strip = page.locator(".strip")
    strip.focus()
    title = page.locator(".sum h2")
    before = title.inner_text()
    page.keyboard.press("ArrowUp")
    until(page, "b => document.querySelector('.sum h2').innerText !== b", arg=before)
    page.keyboard.press("Shift+ArrowRight")
    until(page, "document.querySelector('.sum h2').innerText.startsWith('relu2')")
    until(page, "document.getElementById('announcer').textContent.includes('relu2')")
    page.keyboard.press("Enter")
    assert "Held" in page.locator("#strip-hint").inner_text()
    page.keyboard.press("Escape")
    assert "Held" not in page.locator("#strip-hint").inner_text()


def test_dense_neuron_is_a_template(open_page: Open, subject: Subject):
    page = open_page()
    page.locator('.unit[data-layer="dense"][data-channel="2"]').hover()
    until(page, "document.querySelector('.sum h2').innerText.includes('Pullover')")
    _, y, _ = arrays(subject, 0)["dense"]
    values = page.locator(".sum .equation b").evaluate_all("e => e.map(x => Number(x.dataset.exact))")
    assert values[0] + values[1] == pytest.approx(values[2], abs=1e-3)
    assert values[2] == pytest.approx(y[2], abs=1e-3)
    assert page.locator(".triple").count() == 12
