"""Serve the application with granian."""

from __future__ import annotations

import logging
import socket

from fastapi import FastAPI
from granian import Granian
from granian.constants import Interfaces

from mrv.settings import Settings, read_settings

log = logging.getLogger(__name__)


def application() -> FastAPI:
    """Return the application of the settings in the environment; the serving process calls it."""
    from mrv.dataroom.app import create_app

    return create_app(read_settings())


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Serve until asked to end.

    Args:
        settings: Where things live.
        host: Address to listen on.
        port: Port; 0 takes a free one, which is told in the log.
    """
    if port == 0:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
    log.info("the data room listens on http://%s:%d, home %s", host, port, settings.root)
    Granian(
        "mrv.dataroom.serving:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        websockets=False,
    ).serve()
