"""Build a package anew from what it holds. Run as a script: `package_again.py PACKAGE INPUTS KEY TARGET`; prints two digests."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from mrv.files import hash_file
from mrv.package.build import build
from mrv.package.keys import load_key
from mrv.stages.package_contents import package_contents
from mrv.stages.reperform import remade


def again(package: Path, inputs: Path, key: Path, target: Path) -> dict[str, str]:
    """Make every table and file of a package anew, with the files that it withholds, and sign it with the same key."""
    frozen = json.loads((package / "data/package.json").read_text(encoding="utf-8"))
    with remade(package, folders=[inputs]) as made:
        contents = package_contents(
            made.context, made.snapshot, made.inputs.artifacts, made.tables, version=frozen["version"]
        )
        # The moment at which the figures were frozen is one of the package's facts, not of the clock.
        built = build(replace(contents, created_at=frozen["created_at"]), folder=target, key=load_key(key))
    return {"manifest": built.manifest_sha512, "archive": hash_file(built.path.with_name(f"{built.path.name}.zip"))}


if __name__ == "__main__":
    os.umask(int(sys.argv[5], 8))
    sys.stdout.write(json.dumps(again(*(Path(word) for word in sys.argv[1:5]))))
