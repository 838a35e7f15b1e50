"""Who may talk to the lab: the door that every request goes through before anything else sees it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from konv.messages import LANGUAGES, text

__all__ = ["Door", "Guard"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST_BODY = 32 * 2**20
"""Bytes of a request at most: photographs as cameras make them are smaller."""
MOST_WAITING = 512
"""Requests at once at most; more are told to come back."""
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
"""What every answer carries: the page may load nothing from elsewhere, and nobody may frame it or keep it."""


@dataclass(frozen=True)
class Door:
    """What a request must know: the `token` in its address, and one of the `hosts` in its Host and Origin; `base` is
    the path before the token, "" or as `/user/me/proxy/8000`."""

    token: str
    hosts: frozenset[str]
    base: str = ""

    @classmethod
    def of(cls, token: str, host: str, base_url: str = "") -> Door:
        """The door for a server listening on `host`, reached through `base_url` (an address or a path) where given."""
        address = urlsplit(base_url if "//" in base_url else f"///{base_url.strip('/')}")
        named = [address.hostname, None if host in ("0.0.0.0", "::") else host]
        return cls(token, LOOPBACK | {h.lower() for h in named if h}, address.path.rstrip("/"))

    def knows(self, authority: str) -> bool:
        """Whether `authority`, the `host:port` of a header, is one of the hosts."""
        try:
            name = urlsplit(f"//{authority}").hostname
        except ValueError:
            return False
        return name in self.hosts

    def inside(self, path: str) -> str | None:
        """What of `path` is behind the token, from its slash; "" for the token alone; None where it is wrong."""
        if self.base and path.startswith(f"{self.base}/"):
            path = path[len(self.base) :]
        first, slash, rest = path.removeprefix("/").partition("/")
        return slash + rest if hmac.compare_digest(first.encode(), self.token.encode()) else None


class Guard:
    """Lets through to `app` what comes by the `door`, and puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door, self._waiting = app, door, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._refusal(headers, scope)
        if refusal is not None:
            status, key = refusal
            await PlainTextResponse(_both(key), status)(scope, receive, dressed)
            return
        path = self._door.inside(scope["path"])
        if path == "":
            await RedirectResponse(f"{self._door.base}/{self._door.token}/")(scope, receive, dressed)
            return
        self._waiting += 1
        try:
            inner = {**scope, "path": path, "raw_path": None, "root_path": ""}
            await self._app(inner, _limited(receive), dressed)
        finally:
            self._waiting -= 1

    def _refusal(self, headers: Headers, scope: Scope) -> tuple[HTTPStatus, str] | None:
        """Why a request may not pass: a status, and the text that says so; None where it may."""
        origin = headers.get("origin")
        if not self._door.knows(headers.get("host", "")):
            return HTTPStatus.MISDIRECTED_REQUEST, "lab.foreign_host"
        if origin is not None and not self._door.knows(urlsplit(origin).netloc):
            return HTTPStatus.FORBIDDEN, "lab.foreign_origin"
        if self._door.inside(scope["path"]) is None:
            return HTTPStatus.FORBIDDEN, "lab.wrong_token"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "lab.too_large"
        if self._waiting >= MOST_WAITING:
            return HTTPStatus.SERVICE_UNAVAILABLE, "lab.busy"
        return None


def _both(key: str) -> str:
    """A text in both languages: whoever knocks at a wrong door has no language yet."""
    return "\n".join(text(key, lang) for lang in LANGUAGES) + "\n"


def _limited(receive: Receive) -> Receive:
    """`receive` that ends a body which grows beyond what it may, whatever its header promised."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > LARGEST_BODY else message

    return limited
