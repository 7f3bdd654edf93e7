"""Logs as one JSON object a line. They hold what a request was, never what it said: no query, cookie, token or form."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

FIELDS = ("request_id", "method", "route", "status", "ms", "bytes", "user_id", "decision", "address")
"""What a record may carry besides its message; anything else that somebody attaches is left out."""


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_configuration() -> dict[str, Any]:
    """Return the configuration of all logs (`logging.config`): ours, the server's and the libraries'."""
    quiet = {"handlers": ["stderr"], "level": "WARNING", "propagate": False}
    told = {**quiet, "level": "INFO"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "mrv.dataroom.structured_log.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"mrv": told, "_granian": told, "granian.access": quiet, "alembic": quiet},
    }
