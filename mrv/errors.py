"""The one family of errors. Each says what was expected, what was found, where, and what to do."""

from __future__ import annotations


class MrvError(Exception):
    """Base of every error this project raises on purpose.

    Args:
        message: One sentence that names the problem.
        expected: What should have been there.
        found: What was there instead.
        where: File, row and key, as precisely as known.
        remedy: What the reader can do about it.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        where: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.found = found
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [self.message]
        for label in ("where", "expected", "found", "remedy"):
            value = getattr(self, label)
            if value:
                parts.append(f"  {label}: {value}")
        return "\n".join(parts)


class UsageError(MrvError):
    """The command was asked for something it does not offer."""

    exit_code = 2


class ProjectError(MrvError):
    """The project definition, its boundaries or its parameters do not hold."""


class SourceError(MrvError):
    """An outside source could not be reached or sent something unusable."""

    exit_code = 3


class InputError(MrvError):
    """A file that was received cannot be used as it is."""


class GridError(InputError):
    """Rasters that must share one grid do not."""


class CheckError(MrvError):
    """A critical check failed: the batch is stopped at the door."""


class StoreError(MrvError):
    """A file could not be written or read back as it was written."""


class LedgerError(MrvError):
    """The ledger holds something that contradicts what is being done."""


class WarehouseError(MrvError):
    """dbt or DuckDB could not build or publish the tables."""


class PackageError(MrvError):
    """A package could not be built, or does not hold what it declares."""


class DataRoomError(MrvError):
    """The data room cannot do what was asked of it."""
