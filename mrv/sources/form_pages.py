"""What the servers of forms have in common: pages that must be whole, links that stay at home, and attachments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from mrv.errors import SourceError
from mrv.ledger import Artifact
from mrv.sources.addresses import Base, host_of
from mrv.sources.fetch import Wanted

LICENCE = "The project's own field data"
ATTACHMENT = "attachment"
"""Dataset of pictures and files of submissions: kept with their hash, never parsed and never published."""
MAX_PAGES = 10_000


def path_at_home(link: object, *, base: Base, own: str, what: str, where: str) -> str:
    """Return the path of a link that the server gave, to be asked at the base: the key goes nowhere else.

    Args:
        link: The whole address.
        base: Where the source is read from.
        own: Address of the source itself.
        what: What the link leads to, for the error.
        where: File and source, for the error.

    Raises:
        SourceError: It leads to another host.
    """
    path = base.path_of(str(link), own=own)
    if path is None:
        raise SourceError(
            f"{what} is at another host",
            expected=host_of(own),
            found=_host(str(link)) or "no address",
            where=where,
            remedy="check base_url of the source in project.yaml",
        )
    return path


def _host(link: str) -> str:
    try:
        return host_of(link)
    except ValueError:
        return ""


def check_page(page: Sequence[Any], *, total: int, received: int, pages: int, where: str) -> None:
    """Refuse an empty page before all submissions came: paging would never end.

    Raises:
        SourceError: It is empty, or there are more pages than any form has.
    """
    if (not page and received < total) or pages > MAX_PAGES:
        raise SourceError(
            "the form sent an empty page before all its submissions",
            expected=f"{total} submissions",
            found=f"{received} submissions, then an empty page",
            where=where,
            remedy="pull again; if it stays so, lower page_size in project.yaml or look at the form on its server",
        )


def check_whole(counts: Sequence[int], ids: Sequence[object], *, where: str) -> None:
    """Make sure that all pages together hold what each of them says that the form has.

    Args:
        counts: Number of submissions that each page told.
        ids: The submissions that came.
        where: Last file and source, for the error.

    Raises:
        SourceError: They do not: somebody submitted while the form was read.
    """
    if set(counts) == {len(ids)} and len(set(ids)) == len(ids):
        return
    raise SourceError(
        "the form changed while it was read, or its pages do not fit together",
        expected=f"{counts[-1]} different submissions",
        found=f"{len(ids)} submissions, {len(set(ids))} of them different; counts told: {sorted(set(counts))}",
        where=where,
        remedy="pull again when nobody is submitting",
    )


def attachment(*, form: str, address: str, name: str, path: str, citation: str) -> Wanted:
    """Return how to ask for a picture or file of a submission.

    Phones and people give names such as those of whom a picture shows, and addresses are published: a name becomes the
    beginning of its hash, with its ending.
    """
    ending = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
    code = hashlib.sha256(name.encode()).hexdigest()[:16]
    return Wanted(
        dataset=ATTACHMENT,
        product=form,
        address=f"{address}/{code}{ending[0].lower() if ending else ''}",
        path=path,
        kind="any",
        licence=LICENCE,
        citation=citation,
    )


def pages_of(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return the artifacts that hold submissions."""
    return [artifact for artifact in artifacts if artifact.dataset != ATTACHMENT]
