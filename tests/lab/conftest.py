"""A real lab in a process of its own, and a real browser to look at it with; both once for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.served import Served, serve
from konv import data
from konv.lab.subject import CLOTHES, Subject
from konv.models import load_model
from tests.conftest import in_ci

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WAIT = 60_000
"""Milliseconds a page gets to show what is waited for, on a busy machine."""


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The lab that most tests look at."""
    served = serve(tmp_path_factory.mktemp("lab"))
    yield served
    if served.process.poll() is None:
        served.stop()


@pytest.fixture
def own_lab(tmp_path: Path) -> Iterator[Served]:
    """A lab that a test may stop or kill."""
    served = serve(tmp_path)
    yield served
    if served.process.poll() is None:
        served.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; skips with the reason where it is missing, and fails in CI."""

    def missing(reason: str) -> None:
        if in_ci():
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    path = next((found for name in BROWSERS if (found := shutil.which(name))), "")
    if not path:
        missing(f"no browser: none of {', '.join(BROWSERS)} is installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        missing(f"no way to drive a browser: {error}")
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@dataclass
class Watched:
    """What a page did: errors on its console, and requests that left for elsewhere."""

    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


Open = Callable[..., Any]


def until(page: Any, expression: str, arg: object = None) -> None:
    """Wait until the JavaScript `expression` (or function of `arg`) is true; asked from outside, for the page's policy
    lets nothing evaluate strings inside it."""
    for _ in range(WAIT // 50):
        if page.evaluate(expression, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {expression}")


@pytest.fixture
def open_page(browser: Any, lab: Served) -> Iterator[Open]:
    """Opens the lab at a view: `open_page("look", language="zh", scheme="dark")`; complains of console errors at the
    end, other than refusals that the test has `expected`."""
    contexts, watched, expected = [], Watched(), []

    def begin(
        view: str = "look", language: str = "en", scheme: str = "light", served: Served = lab, **options: Any
    ) -> Any:
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 1000}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("console", lambda m: watched.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("request", lambda r: None if _own(r.url, served) else watched.strangers.append(r.url))
        page.add_init_script(
            f"localStorage.getItem('konv.language') ?? localStorage.setItem('konv.language', '{language}')"
        )
        page.goto(f"{served.address}#{view}")
        page.expect_refusals = lambda: expected.append("Failed to load resource")
        return page

    yield begin
    for context in contexts:
        context.close()
    assert [e for e in watched.errors if not any(word in e for word in expected)] == []
    assert watched.strangers == []


def _own(url: str, served: Served) -> bool:
    return url.startswith((served.address, "data:", "blob:", "chrome-error:"))


@pytest.fixture(scope="session")
def subject() -> Subject:
    """What the lab looks at, in this process, to compare with."""
    model = load_model(CLOTHES)
    images = data.embedded().for_testing()
    assert model.class_names is not None
    return Subject(model, images, lambda x: np.asarray(x / np.float32(255)), model.class_names)
