"""Serve the application with granian."""

from __future__ import annotations

import logging.config
import socket
from collections.abc import Callable

from fastapi import FastAPI
from granian import Granian
from granian.constants import Interfaces

from mrv.dataroom.structured_log import log_configuration
from mrv.settings import Settings, read_settings

log = logging.getLogger(__name__)
BACKLOG = 1024
END_SECONDS = 60
"""Longest that running downloads may take to end after the request to stop."""


def application() -> FastAPI:
    """Return the application of the settings in the environment; the serving process calls it."""
    from mrv.dataroom.app import create_app

    return create_app(read_settings())


def free_port(host: str) -> int:
    """Return a port that nothing listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def serve(settings: Settings, *, host: str, port: int, workers: int, told: Callable[[str], None]) -> None:
    """Serve until asked to end.

    Args:
        settings: Where things live.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        workers: Processes that answer.
        told: Is given the lines for the terminal: `listening on <address>` first.

    Raises:
        MrvError: A setting or the database cannot be used.
    """
    from mrv.dataroom import first_start
    from mrv.dataroom.database import Database
    from mrv.dataroom.security import base_of, networks

    logging.config.dictConfig(log_configuration())
    # Said here, once and in words; the processes that answer would only end and be started again.
    base_of(settings)
    networks(settings.dataroom_trusted_proxies)
    database = Database(settings.dataroom_address)
    database.migrate()
    port = port or free_port(host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    told(f"listening on {address}")
    link = first_start.link(database, settings.dataroom_base_url or address)
    database.close()
    if link:
        told(f"nobody has an account yet; become the first administrator, once and within a day, at {link}")
    log.info("the data room of home %s starts on %s", settings.root, address)
    Granian(
        "mrv.dataroom.serving:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        websockets=False,
        workers=workers,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=END_SECONDS,
        log_dictconfig=log_configuration(),
    ).serve()
