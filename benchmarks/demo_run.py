"""How long the demo's whole run takes from an empty home, and again when nothing changed; where the time goes.

The simulated world is made beforehand: it stands for the outside. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MRV = Path(sys.executable).with_name("mrv")


def main() -> None:
    """Run the demo twice in one home and print how long each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="Home to use; default: a temporary one.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = arguments.home or Path(folder) / "home"
        first_s, first = _demo(home)
        print(f"from an empty home: {first_s:.1f} s", file=sys.stderr)
        again_s, again = _demo(home)
        print(f"unchanged: {again_s:.1f} s, changed {again['changed']}", file=sys.stderr)
    steps = sum(first["seconds"].values())
    figures = {
        "first_run_s": round(first_s, 1),
        "unchanged_run_s": round(again_s, 1),
        "first_steps_s": first["seconds"],
        "unchanged_steps_s": again["seconds"],
        "first_python_prefect_and_simulator_s": round(first_s - steps, 1),
        "unchanged_python_prefect_and_simulator_s": round(again_s - sum(again["seconds"].values()), 1),
        "unchanged_steps_changed": again["changed"],
        "cores": os.cpu_count(),
    }
    print(json.dumps(figures))


def _demo(home: Path) -> tuple[float, dict]:
    start = time.perf_counter()
    done = subprocess.run(
        [str(MRV), "demo", "--json"],
        env={**os.environ, "MRV_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, json.loads(done.stdout)


if __name__ == "__main__":
    main()
