"""Who may ask the lab, and what it answers to requests that are wrong, many, or too large."""

from __future__ import annotations

import http.client
import json
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from konv.lab.guard import LARGEST_BODY, Door
from tests.lab.conftest import Served


def huge_png(side: int) -> bytes:
    """A PNG file of a few bytes whose header promises `side` × `side` pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


def error(body: bytes) -> str:
    return str(json.loads(body)["error"])


def test_page_may_load_nothing_from_elsewhere(lab: Served):
    status, body, headers = lab.ask("GET", "")
    assert status == 200
    assert b'<script type="module" src="main.js">' in body
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/api/state", "/api/state", "/favicon.ico"])
def test_wrong_token(lab: Served, path: str):
    status, body, headers = lab.ask("GET", path, whole=True)
    assert status == 403
    assert "令牌".encode() in body
    assert b"Copy the whole address" in body
    assert "content-security-policy" in headers


def test_token_alone_leads_to_the_page(lab: Served):
    status, _, headers = lab.ask("GET", urlsplit(lab.address).path.rstrip("/"), whole=True)
    assert (status, headers["location"]) == (307, urlsplit(lab.address).path)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "127.0.0.1@evil.example"]
)
def test_foreign_host(lab: Served, host: str):
    status, body, _ = lab.ask("GET", "api/state", headers={"Host": host})
    assert status == 421
    assert b"--base-url" in body


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_foreign_origin(lab: Served, origin: str):
    status, body, _ = lab.ask("POST", "api/tell?word=stop", headers={"Origin": origin})
    assert status == 403
    assert b"another site" in body


def test_own_origin(lab: Served):
    status, body, _ = lab.ask("GET", "api/state", headers={"Origin": lab.address.rstrip("/")})
    assert status == 200
    assert json.loads(body)["classes"][9] == "Ankle boot"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_file_that_is_no_image(lab: Served, language: str):
    status, body, _ = lab.ask("POST", f"api/look?name=notes.txt&lang={language}", b"these are no pixels")
    assert status == 400
    assert "notes.txt" in error(body)
    assert ("不" in error(body)) == (language == "zh")


def test_image_that_would_fill_the_memory(lab: Served):
    status, body, _ = lab.ask("POST", "api/look?name=bomb.png", huge_png(30_000))
    assert status == 400
    assert "bomb.png" in error(body)
    assert "900000000" in error(body).replace(",", "")


def test_upload_that_is_too_large(lab: Served):
    status, body, _ = lab.ask("POST", "api/look", headers={"Content-Length": str(LARGEST_BODY + 1)})
    assert status == 413
    assert b"32 MB" in body


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("api/neuron?look=999&layer=conv1&row=0&column=0&channel=0", "no longer"),
        ("api/neuron?look=1&layer=conv9&row=0&column=0&channel=0", "conv1"),
        ("api/neuron?look=1&layer=conv1&row=24&column=0&channel=0", "24×24×8"),
        ("api/neuron?look=one&layer=conv1&row=0&column=0&channel=0", "look"),
        (
            "api/whatif?look=1&kernel=40&across=40&stride=1&dilation=1&pool=2&pool_stride=2&padding=valid&pooling=max",
            "40",
        ),
        ("api/whatif?look=1&kernel=3&stride=1&dilation=1&pool=2&pool_stride=2&padding=odd&pooling=max", "valid, same"),
        ("api/weight?look=1&layer=pool1&channel=0&u=0&v=0&i=0&label=1&rate=0.1", "pool1"),
        ("api/weight?look=1&layer=conv1&channel=0&u=0&v=0&i=0&label=1&rate=nan", "rate"),
        ("api/cam?look=1&label=77", "77"),
        ("api/progress?run=7", "run"),
    ],
)
def test_wrong_requests_are_answered(lab: Served, path: str, word: str):
    lab.ask("POST", "api/look?sample=0")
    status, body, _ = lab.ask("GET", path)
    assert status == 400
    assert word in error(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"runs": []}', b'{"runs": [{"epochs": 0}]}', b'{"runs": [{"kernel": 2.5}]}',
     b'{"runs": [{"pooling": "none"}]}', b'{"runs": [{"epochs": true}]}', b'{"runs": [{}], "data": 3}'],
)  # fmt: skip
def test_trainings_that_make_no_sense(lab: Served, body: bytes):
    status, answer, _ = lab.ask("POST", "api/start", body)
    assert status == 400
    assert error(answer)


def test_two_hundred_requests_at_once(lab: Served):
    number = _look(lab)
    paths = [
        f"api/neuron?look={number}&layer=conv2&row={i % 8}&column={i // 8 % 8}&channel={i % 12}" for i in range(200)
    ]
    with ThreadPoolExecutor(200) as pool:
        found = list(pool.map(lambda path: lab.ask("GET", path), paths))
    assert {status for status, _, _ in found} == {200}
    assert len({body for _, body, _ in found}) > 100


def _look(lab: Served) -> int:
    _, body, _ = lab.ask("POST", "api/look?sample=3")
    size = int.from_bytes(body[:4], "little")
    return int(json.loads(body[4 : 4 + size])["look"])


@pytest.mark.parametrize(
    ("base", "host", "path", "inside"),
    [
        ("", "localhost:80", "/t/api", "/api"),
        ("/user/me/proxy/8000", "127.0.0.1", "/user/me/proxy/8000/t/x", "/x"),
        ("/user/me/proxy/8000", "127.0.0.1", "/t/x", "/x"),
        ("https://hub.example/user/me", "hub.example", "/user/me/t/", "/"),
        ("user/me/", "[::1]:9", "/user/me/t", ""),
    ],
)
def test_door_behind_a_proxy(base: str, host: str, path: str, inside: str):
    door = Door.of("t", "127.0.0.1", base)
    assert door.knows(host)
    assert door.inside(path) == inside
    assert not door.knows("evil.example")
    assert door.inside("/u/t/") is None


def test_answers_do_not_wait_for_acknowledgements(lab: Served):
    """One connection that stays, as a browser's: with Nagle's algorithm each answer takes 40 ms at the least."""
    parts = urlsplit(lab.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        connection.request("GET", f"{parts.path}icon.svg")
        connection.getresponse().read()
        times.append(time.perf_counter() - began)
    connection.close()
    assert min(times) < 0.03
