"""The report as PDF: accessible, with its letters inside, and the same bytes on every machine with the same Pango."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from mrv.errors import PackageError
from mrv.package.monitoring.blocks import Document
from mrv.package.monitoring.fonts import FAMILY, faces, stand_ins
from mrv.package.monitoring.html import to_html
from mrv.package.monitoring.paint import NO_LIBRARY

SYSTEM_LIBRARIES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
"""Debian packages of the libraries that lay out and cut the letters."""
_TIMEOUT_S = 600
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "WEASYPRINT_DLL_DIRECTORIES", "SYSTEMROOT", "TMPDIR", "HOME")
"""Variables of the environment that a process needs to find its libraries; no other one reaches the drawing."""


def to_pdf(document: Document) -> bytes:
    """Draw a report as tagged PDF (PDF/UA-1), A4.

    The drawing runs in a process of its own with its own time zone, locale and fonts.

    Raises:
        PackageError: Libraries of the system are missing, or the drawing failed.
    """
    sheet = files("mrv.package.monitoring").joinpath("report.css").read_text(encoding="utf-8")
    page = to_html(document, _font_faces() + sheet)
    with TemporaryDirectory(prefix="mrv-report-") as folder:
        return _painted(page.encode(), Path(folder))


def _painted(page: bytes, folder: Path) -> bytes:
    fonts = folder / "fonts.conf"
    fonts.write_text(_font_configuration(folder), encoding="utf-8")
    fixed = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "FONTCONFIG_FILE": str(fonts)}
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | fixed
    script = str(Path(__file__).with_name("paint.py"))
    try:
        # -P: the modules beside the script are not taken for libraries of the same name.
        done = subprocess.run(
            [sys.executable, "-P", "-s", script],
            input=page,
            capture_output=True,
            env=environment,
            cwd=folder,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PackageError(
            "the report could not be drawn as PDF in time",
            found=f"more than {_TIMEOUT_S} s",
            remedy="look for a table of thousands of rows in the report",
        ) from error
    told = done.stderr.decode(errors="replace").strip()
    if done.returncode == NO_LIBRARY:
        raise PackageError(
            "a library of the system that draws the PDF is missing",
            found=told[:400],
            remedy=f"install it (Debian: apt-get install {' '.join(SYSTEM_LIBRARIES)})",
        )
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise PackageError(
            "the report could not be drawn as PDF",
            found=f"exit code {done.returncode}: {told[-400:]}",
            remedy="read the last line of what was found; the other files of the package do not depend on it",
        )
    return done.stdout


def _font_faces() -> str:
    """Return the CSS that holds the letters themselves: a path would make the file's identifier that of a machine."""
    rule = '@font-face {{ font-family: "{}"; font-style: {}; font-weight: {}; src: url(data:font/ttf;base64,{}); }}\n'
    return "".join(
        rule.format(FAMILY, style, weight, b64encode(path.read_bytes()).decode())
        for (style, weight), path in faces().items()
    )


def _font_configuration(folder: Path) -> str:
    """Return a configuration that knows the fonts of the locked libraries only, none of the machine."""
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f"<dir>{escape(str(stand_ins()))}</dir><cachedir>{escape(str(folder / 'cache'))}</cachedir></fontconfig>"
    )
