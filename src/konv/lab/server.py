"""The lab's server: files of the page, answers of the session, and news of the training as they come."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from functools import partial
from importlib.resources import files
from typing import Any

import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from konv.errors import ConfigurationError, KonvError
from konv.lab.guard import Door, Guard
from konv.lab.session import Asked, Session
from konv.messages import LANGUAGES, in_language, language, text, texts_under

__all__ = ["application", "open_lab"]

LOG = logging.getLogger("konv.lab")
WORKERS = 2
"""Answers computed at once; the others wait their turn."""
NEWS_EVERY = 0.5
"""Seconds between two looks for news of a training."""
ALIVE_EVERY = 5.0
"""Seconds after which a connection without news says that it is there."""
KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
GET = ("state", "network", "thumbs", "maps", "neuron", "strongest", "weight", "cam", "whatif", "mistakes", "cell",
       "progress", "training", "earlier")  # fmt: skip
POST = ("look", "start", "tell", "open")


def application(session: Session, door: Door, stopping: Callable[[], bool] = lambda: False) -> Guard:
    """The lab of `session` as an ASGI application behind its `door`; `stopping` says when the server wants to end."""
    limiter: list[CapacityLimiter] = []

    async def answered(request: Request, work: Callable[[Asked], Any]) -> Response:
        asked_language = request.query_params.get("lang", language())
        with in_language(asked_language if asked_language in LANGUAGES else "en"):
            try:
                asked = Asked(request.query_params, await request.body())
                if not limiter:
                    limiter.append(CapacityLimiter(WORKERS))
                found = await to_thread.run_sync(partial(work, asked), limiter=limiter[0])
            except KonvError as error:
                return JSONResponse({"error": str(error)}, 400)
            except ClientDisconnect:
                return JSONResponse({"error": text("lab.too_large")}, 413)
            except Exception:  # whatever it is: the page gets an answer, the log the trace
                LOG.exception("%s", request.url.path)
                return JSONResponse({"error": text("lab.server_error")}, 500)
        if isinstance(found, bytes):
            return Response(found, media_type="application/octet-stream")
        return JSONResponse(found)

    def route(name: str, method: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answered(request, getattr(session, name))

        return Route(f"/api/{name}", endpoint, methods=[method])

    async def news(request: Request) -> Response:
        return StreamingResponse(_news(session, request, stopping), media_type="text/event-stream")

    routes = [
        Route("/", _page),
        Route("/{name:str}", _page),
        Route("/api/texts", _texts),
        Route("/api/news", news),
        *(route(name, "GET") for name in GET),
        *(route(name, "POST") for name in POST),
    ]
    return Guard(Starlette(routes=routes), door)


async def _page(request: Request) -> Response:
    """A file of the page."""
    name = request.path_params.get("name") or "index.html"
    kind = KINDS.get(name.rpartition(".")[2])
    known = {entry.name for entry in files("konv.lab").joinpath("page").iterdir()}
    if kind is None or name not in known:
        return Response("", 404)
    return Response(files("konv.lab").joinpath("page").joinpath(name).read_bytes(), media_type=kind)


async def _texts(request: Request) -> Response:
    """Every text of the page in the language under `lang`, and which languages there are."""
    asked = request.query_params.get("lang", "")
    chosen = asked if asked in LANGUAGES else language()
    return JSONResponse({"language": chosen, "texts": texts_under("lab.", chosen)})


async def _news(session: Session, request: Request, stopping: Callable[[], bool]) -> AsyncIterator[str]:
    """The state of the training, whenever it has changed, as server-sent events."""
    version, silent = -1, 0.0
    while not stopping() and not await request.is_disconnected():
        if session.runs.version != version:
            version, silent = session.runs.version, 0.0
            yield f"data: {json.dumps(session.runs.state(), allow_nan=False)}\n\n"
        elif silent >= ALIVE_EVERY:
            silent = 0.0
            yield ": alive\n\n"
        await asyncio.sleep(NEWS_EVERY)
        silent += NEWS_EVERY


class _Server(uvicorn.Server):
    """A server that says when it is ready, and leaves Ctrl-C to whoever runs it."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()


def open_lab(
    session: Session,
    host: str = "127.0.0.1",
    port: int = 0,
    base_url: str = "",
    ready: Callable[[str], None] = lambda address: None,
    token: str | None = None,
) -> None:
    """Serve the lab of `session` until it is interrupted; a training that is going on then saves what it learned.

    Arguments: `host` and `port` to listen on (0 for a free one); `base_url`, the address or path at which a proxy has
    it; `ready`, called with the address to open once it answers; `token`, by default a random one.
    Raises: ConfigurationError where it cannot listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP, so that asyncio lets no answer wait for the acknowledgement of its head (40 ms).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(text("lab.cannot_listen", host=host, port=port, reason=reason)) from error
    number = listening.getsockname()[1]
    door = Door.of(token or secrets.token_urlsafe(16), host, base_url)
    address = _address(door, host, number, base_url)
    running: list[_Server] = []
    app = application(session, door, lambda: bool(running) and running[0].should_exit)
    config = uvicorn.Config(
        app, log_level="error", access_log=False, timeout_graceful_shutdown=2, backlog=1024, server_header=False
    )
    running.append(_Server(config, lambda: ready(address)))
    try:
        running[0].run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
        session.runs.close()


def _address(door: Door, host: str, port: int, base_url: str) -> str:
    """The address to open in a browser."""
    if "//" in base_url:
        return f"{base_url.rstrip('/')}/{door.token}/"
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{door.base}/{door.token}/"
