"""What a package of many bytes costs: seconds to build and to verify, and the most memory that either takes.

The tables are those of a small hand-made package; the bytes are inputs of random content, 8 MiB each. Building and verifying
run in processes of their own, so that the memory is theirs alone. The peer is plain hashing of the same inputs by sha256 and
sha512 in one thread. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILE_BYTES = 8 * 2**20
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Build and verify packages of each size, and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, nargs="+", default=[200, 2048], help="Bytes of inputs, in MiB.")
    parser.add_argument("--work", nargs=2, metavar=("ACT", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        act, folder = arguments.work
        {"build": _build, "verify": _verify}[act](Path(folder))
        return
    print(json.dumps({f"{mib}_mib": _measure(mib) for mib in arguments.mib} | {"cores": os.cpu_count()}))


def _measure(mib: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inputs").mkdir()
        for number in range(max(1, mib * 2**20 // FILE_BYTES)):
            (folder / "inputs" / str(number)).write_bytes(os.urandom(FILE_BYTES))
        hashing_s = _hashing(folder / "inputs")
        costs: dict[str, float] = {"hashing_s": round(hashing_s, 2)}
        for act in ("build", "verify"):
            seconds, memory = _run(act, folder)
            costs |= {
                f"{act}_s": round(seconds, 2),
                f"{act}_ratio_to_hashing": round(seconds / hashing_s, 2),
                f"{act}_peak_mb": memory,
            }
        alone = next((folder / "packages").glob("VP-*-v1"))
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-I", str(alone / "data" / "verify.py"), str(alone)],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        costs["standalone_verify_s"] = round(time.perf_counter() - start, 2)
        print(f"{mib} MiB: {costs}", file=sys.stderr)
        return costs


def _hashing(folder: Path) -> float:
    start = time.perf_counter()
    for path in folder.iterdir():
        content = path.read_bytes()
        hashlib.sha256(content).digest()
        hashlib.sha512(content).digest()
    return time.perf_counter() - start


def _run(act: str, folder: Path) -> tuple[float, int]:
    start = time.perf_counter()
    command = [sys.executable, __file__, "--work", act, str(folder)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return time.perf_counter() - start, int(done.stdout)


def _build(folder: Path) -> None:
    from dataclasses import replace

    from mrv.files import hash_file
    from mrv.package.build import build
    from tests.unit.package.package_samples import sample_contents, sample_key

    contents = sample_contents(folder / "sources")
    files = {hash_file(path): path for path in sorted((folder / "inputs").iterdir())}
    more = [
        replace(contents.inputs[0], address=f"bench/{number}", sha256=sha256, bytes=FILE_BYTES)
        for number, sha256 in enumerate(files)
    ]
    together = {"inputs": [*contents.inputs, *more], "input_files": {**contents.input_files, **files}}
    whole = replace(contents, **together, input_limit_bytes=2 * FILE_BYTES, withheld={})
    build(whole, folder=folder / "packages", key=sample_key())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def _verify(folder: Path) -> None:
    from mrv.package.verify import verify

    package = next((folder / "packages").glob("VP-*-v1"))
    if len([*(package / "data/inputs").iterdir()]) <= len([*(folder / "inputs").iterdir()]):
        raise SystemExit("the package does not hold its inputs")
    report = verify(package, any_signer=True)
    if report.failed:
        raise SystemExit("; ".join(check.detail for check in report.failed))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    main()
