"""The demo's home, and mrv as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MRV = Path(sys.executable).with_name("mrv")
PROJECT = "biocorredor_martin_sagrado"


@dataclass(frozen=True)
class Demo:
    """A finished demo. Others look at the same home: copy what you change."""

    home: Path
    stdout: str

    @property
    def package(self) -> Path:
        """Folder of its package."""
        return self.home / "packages" / PROJECT / "mp4" / f"VP-{PROJECT}-mp4-v1"


def mrv(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MRV_HOME": str(home)}
    return subprocess.run([str(MRV), *words], env=environment, capture_output=True, text=True, check=False, timeout=900)
