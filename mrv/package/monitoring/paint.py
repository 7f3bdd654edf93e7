"""Draws one PDF in a process of its own: HTML on standard input, PDF on standard output. Run by `pdf.py`, by its path.

It imports nothing of this project, so that the drawing depends on its input, the locked libraries and Pango alone.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import warnings

NO_LIBRARY = 3
"""Exit code: a library of the system is missing; its name is on standard error."""


def main() -> int:
    """Draw, and return the exit code."""
    warnings.simplefilter("ignore")
    try:
        from weasyprint import HTML
        from weasyprint.text.ffi import harfbuzz_subset
        from weasyprint.urls import URLFetcher
    except OSError as error:
        sys.stderr.write(str(error))
        return NO_LIBRARY
    if harfbuzz_subset is None:
        # Without it the fonts are cut to size another way, and the bytes differ between machines.
        sys.stderr.write("libharfbuzz-subset")
        return NO_LIBRARY
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    source = sys.stdin.buffer.read()
    # Everything is inside the page: no text in it can make the drawing read a file or the network.
    fetcher = URLFetcher(allowed_protocols=("data",))
    HTML(string=source.decode(), url_fetcher=fetcher).write_pdf(
        sys.stdout.buffer, pdf_variant="pdf/ua-1", pdf_identifier=hashlib.sha256(source).hexdigest()[:32].encode()
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
