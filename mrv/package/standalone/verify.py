#!/usr/bin/env python3
"""Verify a verification package offline, with nothing but Python (3.9 or newer) and its standard library.

    python3 verify.py [FOLDER] --fingerprint SHA256:...      FOLDER: the one that holds bagit.txt
    python3 verify.py [FOLDER] --allowed-signers FILE        an OpenSSH file of allowed signers; revoked_keys beside it counts

A package can bring along a program that says "ok" to anything: take this one from elsewhere, or read it first. It shares
no code with the platform that makes packages. Exit codes: 0 accepted, 1 refused, 2 usage. What was not checked is said.
"""

from __future__ import annotations

import argparse
import base64
import csv
import decimal
import hashlib
import io
import json
import os
import re
import struct
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote

NAMESPACE = b"redd-package"
M256, M512, TAGS = "manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt"
SIGNATURE, STAMP = f"{TAGS}.sig", "attestations/tagmanifest.tsr"
GRADES = ("passed", "warned", "failed")
PROVENANCE, CHECKS, HEADLINE = (f"attestations/{name}.dsse.json" for name in ("provenance", "checks", "figures"))
LISTED = (CHECKS, HEADLINE, PROVENANCE, "bag-info.txt", "bagit.txt", M256, M512)
SUMMARY, INPUTS, FETCH = "data/package.json", "data/provenance/inputs.csv", "data/inputs/fetch.csv"
RESULTS, DBT = "data/quality/check_results.csv", "data/quality/dbt_run_results.json"
CRATE, PREVIEW, CSV_FOLDER = "data/ro-crate-metadata.json", "data/ro-crate-preview.html", "data/tables/csv/"
FIGURES, CHANGES = f"{CSV_FOLDER}figures.csv", "data/changes/changes.json"
NEEDED = (
    SUMMARY, INPUTS, FETCH, RESULTS, DBT, CRATE, FIGURES, "data/tables/datapackage.json", "data/VERIFY.md", "data/verify.py",
    "data/calc/parameters.csv", "data/code/requirements.lock", "data/code/version.json", "data/project/project.yaml",
)  # fmt: skip
TYPES = {
    PROVENANCE: "https://slsa.dev/provenance/v1", CHECKS: "https://in-toto.io/attestation/test-result/v0.1",
    HEADLINE: "urn:redd-package:headline-figures:v1",
}  # fmt: skip
UTC = timezone.utc  # noqa: UP017 - Python 3.9
CONTENT = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, csv.Error, struct.error, OSError,
)  # fmt: skip
"""What goes wrong where content is not what it should be; all of it is a refusal."""

HASHED_ONLY = "hashed, not opened: Parquet, rasters, workbook, PDF, DOCX; `mrv verify` and `mrv reperform` do more"
SPANISH = {
    "ok": "bien", "failed": "FALLA", "not checked": "no revisado", "accepted": "aceptado", "REFUSED": "RECHAZADO",
    "layout": "disposición", "signature": "firma", "signer": "firmante", "tag files": "archivos de etiquetas",
    "completeness": "integridad", "hashes": "hashes", "identity": "identidad", "contents and inputs": "contenido e insumos",
    "attestations": "declaraciones firmadas", "crate": "descripciones", "figures": "cifras",
    "previous version": "versión anterior", "time stamp": "sello de tiempo", "other forms": "otras formas",
    "it builds on: {}": "depende de: {}", "missing or too large: {}": "falta o es demasiado grande: {}",
    "missing or empty: {}": "falta o está vacío: {}", "changed: {}": "cambiado: {}",
    "missing, added or not listed: {}": "falta, sobra o no está listado: {}",
    "does not belong here: {}; missing: {}": "no corresponde: {}; falta: {}",
    "cannot be read: {}": "no se puede leer: {}", "{} does not match {}": "{} no corresponde a {}",
    "{}: the key {} was revoked, or the list cannot be read": "{}: la clave {} fue revocada, o no se puede leer la lista",
    "{}: the key {} is not allowed": "{}: la clave {} no está permitida", "{}: the key is {}, not {}": "{}: la clave es {}, no {}",
    "the signer {} is not known: anybody may have made this": "no se conoce a quien firmó, {}: cualquiera pudo hacer esto",
    "{} does not list what it must": "{} no lista lo que debe", "{} files, no links": "{} archivos, sin enlaces",
    "{} was signed by {}": "{}: firmado por {}", "{} files as signed": "{} archivos como se firmaron",
    "{} files, none missing, none added": "{} archivos, ninguno falta, ninguno sobra",
    "sha256 and sha512, {} bytes": "sha256 y sha512, {} bytes", "differ: {}": "difieren: {}",
    "differ or lead nowhere: {}": "difieren o no llevan a nada: {}", "{}, no simulated data": "{}, sin datos simulados",
    "{}, SIMULATED DATA": "{}, DATOS SIMULADOS",
    "{} inputs: {} here, {} with the reason why not": "{} insumos: {} aquí, {} con el motivo de su ausencia",
    "{} says what the files do not": "{} dice lo que los archivos no",
    "{} is not signed by the signer of the package": "{} no lo firmó quien firmó el paquete",
    "{} is of another package": "{} es de otro paquete", "{} is of an unknown kind": "{} es de un tipo desconocido",
    "{} statements, checks {}": "{} declaraciones, controles {}",
    "{} files described as they are": "{} archivos descritos como son",
    "{} recomputed from the tables, {} of them attested": "{} recalculadas desde las tablas, {} de ellas declaradas",
    "the first version": "la primera versión", "{} does not follow {}": "{} no sigue a {}",
    "names {}, which is not here: not compared with it": "nombra a {}, que no está aquí: no se comparó",
    "{} is not the version that {} names": "{} no es la versión que nombra {}",
    "follows {}, which is here": "sigue a {}, que está aquí",
    "there is none: nobody else says when this was signed": "no hay: nadie más dice cuándo se firmó",
    "X.509 is not in the standard library; use: {}": "X.509 no está en la biblioteca estándar; use: {}",
    HASHED_ONLY: "solo su hash, sin abrir: Parquet, rásters, hoja de cálculo, PDF, DOCX; `mrv verify` y `mrv reperform` hacen más",
}  # fmt: skip

Said = tuple[Any, ...]  # a text of SPANISH, then what fills its gaps


class Failed(Exception):  # noqa: N818 - says how a check ended
    """A check failed."""


class NotChecked(Exception):  # noqa: N818 - the same
    """A check was not made, and why."""


# ed25519 by RFC 8032: verification only, nothing secret passes here.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]  # extended coordinates (X, Y, Z, T): x = X / Z, y = Y / Z, x * y = T / Z


def _add(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


def _decoded(raw: bytes) -> Point:
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if len(raw) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature is that of a message by a key (RFC 8032, 5.1.7)."""
    s = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    base = _decoded((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    x, y, z, t = _decoded(public)
    point = _add(_times(s, base), _times(k, (P - x, y, z, P - t)))
    inverse = pow(point[2], P - 2, P)
    encoded = (point[1] * inverse % P | (point[0] * inverse % P & 1) << 255).to_bytes(32, "little")
    return encoded == signature[:32]


def _strings(blob: bytes) -> list[bytes]:
    """Split a blob into its strings, each after its length."""
    found = []
    while blob:
        (length,) = struct.unpack(">I", blob[:4])
        if len(blob) < 4 + length:
            raise ValueError("a field of the signature ends early")
        found.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return found


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def ssh_signer(message: bytes, armoured: bytes) -> bytes:
    """Return the 32 bytes of the key that signed a message for packages; refuse every other signature."""
    begin, end = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
    body = armoured[len(begin) : -len(end)]
    blob = base64.b64decode(body.replace(b"\n", b""), validate=True)
    text = base64.b64encode(blob)
    lines = b"".join(text[start : start + 70] + b"\n" for start in range(0, len(text), 70))
    if armoured != begin + lines + end or blob[:10] != b"SSHSIG\x00\x00\x00\x01":
        raise ValueError("no SSH signature in its one spelling")
    key, namespace, reserved, kind, inner = _strings(blob[10:])
    (key_type, public), (signature_type, raw) = _strings(key), _strings(inner)
    if (namespace, reserved, kind, {key_type, signature_type}) != (NAMESPACE, b"", b"sha512", {b"ssh-ed25519"}):
        raise ValueError(f"expected ed25519, sha512 and {NAMESPACE!r}; found {key_type!r}, {kind!r} and {namespace!r}")
    digest = hashlib.sha512(message).digest()
    if not ed25519_holds(public, b"SSHSIG" + b"".join(map(_string, (namespace, b"", kind, digest))), raw):
        raise Failed("{} does not match {}", SIGNATURE, TAGS)
    return public


def _line_key(public: bytes) -> str:
    return base64.b64encode(_string(b"ssh-ed25519") + _string(public)).decode()


def fingerprint(public: bytes) -> str:
    """Return `SHA256:...` of a key, as ssh-keygen -l shows it."""
    digest = hashlib.sha256(base64.b64decode(_line_key(public))).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _key_lines(path: Path | None) -> list[tuple[str, str]]:
    text = path.read_text(encoding="utf-8") if path and path.exists() else ""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(line, (line.partition("ssh-ed25519")[2].split() or [""])[0]) for line in lines]


def _allows(line: str, claimed: str) -> bool:
    """Tell whether a line of allowed signers, whose key is the signer's, allows packages of a claimed date, now."""
    options = line.partition(" ")[2].partition("ssh-ed25519")[0].strip()
    if not re.fullmatch(r'((namespaces="[^"]*"|valid-(after|before)="?\d{8,14}Z?"?),?)*', options):
        return False
    spaces = re.search(r'namespaces="([^"]*)"', options)
    # Moments as fourteen digits, in UTC.
    now, said = datetime.now(UTC).strftime("%Y%m%d%H%M%S"), re.sub(r"\D", "", claimed).ljust(14, "0")
    bounds = {name: digits.ljust(14, "0") for name, digits in re.findall(r'valid-(after|before)="?(\d+)', options)}
    in_time = bounds.get("after", now) <= now and said <= bounds.get("before", said)
    return in_time and (not spaces or NAMESPACE.decode() in spaces[1].split(","))


def unsafe(name: str) -> bool:
    """Tell whether a path could mean another file on another system. Only what the walk below finds is ever opened."""
    forbidden = r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\\%:*?"<>|]|(^|/)(\.{0,2}|(?i:con|prn|aux|nul|com\d|lpt\d)(\..*)?| .*|.*[ .])(/|$)'
    return unicodedata.normalize("NFC", name) != name or re.search(forbidden, name) is not None


def _shown(names: Any) -> str:
    found = sorted(names)
    return ", ".join(found[:20]) + (f" (+{len(found) - 20})" if len(found) > 20 else "")


class Package:
    """What was read of a package so far. Each check is a method that returns what to say."""

    def __init__(self, root: Path, options: argparse.Namespace) -> None:
        self.root, self.options = root, options
        self.files: dict[str, int] = {}
        self.tags: dict[str, str] = {}
        self.manifests: dict[str, dict[str, str]] = {}
        self.signer, self.opened = b"", "bagit.txt"

    def open(self, name: str) -> Any:
        """Open a file that the walk found, following no link."""
        self.opened = name
        return os.fdopen(os.open(self.root / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")

    def read(self, name: str, most: int = 2**26) -> bytes:
        """Read a file of bearable size."""
        if name not in self.files or self.files[name] > most:
            raise Failed("missing or too large: {}", name)
        with self.open(name) as stream:
            return bytes(stream.read(most))

    def json(self, name: str, content: bytes | None = None) -> Any:
        """Read JSON, be it a part of the file; a name that stands twice in an object is refused."""

        def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            if len(dict(pairs)) != len(pairs):
                raise Failed("cannot be read: {}", name)
            return dict(pairs)

        return json.loads(self.read(name) if content is None else content, object_pairs_hook=once)

    def rows(self, name: str) -> list[dict[str, str]]:
        """Read a CSV file; a row of another length than the header is refused."""
        text = io.StringIO(self.read(name, 2**31).decode("utf-8"), newline="")
        header, *lines = csv.reader(text, strict=True)
        if any(len(line) != len(header) for line in lines):
            raise Failed("cannot be read: {}", name)
        return [dict(zip(header, line)) for line in lines]  # noqa: B905 - Python 3.9; lengths were compared

    def digests(self, name: str, *kinds: str) -> dict[str, str]:
        """Hash a file in pieces; one that is not there has no digests."""
        if name not in self.files:
            return {}
        made = {kind: hashlib.new(kind) for kind in kinds}
        with self.open(name) as stream:
            while piece := stream.read(2**20):
                for digest in made.values():
                    digest.update(piece)
        return {kind: digest.hexdigest() for kind, digest in made.items()}

    def info(self) -> dict[str, str]:
        """Read bag-info.txt."""
        lines = self.read("bag-info.txt").decode("utf-8").split("\n")
        return {label: value for label, _, value in (line.partition(": ") for line in lines)}

    def layout(self) -> Said:
        """Regular files with safe names only, and beside data/ what belongs there."""
        pending, strange = [""], []
        while pending:
            folder = pending.pop()
            items = list(os.scandir(self.root / folder))
            if folder and not items:
                strange.append(f"{folder}/")
            for item in items:
                name = f"{folder}/{item.name}" if folder else item.name
                if item.is_dir(follow_symlinks=False):
                    pending.append(name)
                elif item.is_file(follow_symlinks=False):
                    self.files[name] = item.stat(follow_symlinks=False).st_size
                else:
                    strange.append(name)
        beside, wanted = {name for name in self.files if not name.startswith("data/")}, {*LISTED, TAGS, SIGNATURE}
        strange += [*(beside - wanted - {STAMP}), *filter(unsafe, self.files)]
        if strange or wanted - beside:
            raise Failed("does not belong here: {}; missing: {}", _shown(strange), _shown(wanted - beside))
        return "{} files, no links", len(self.files)

    def signature(self) -> Said:
        """The tag manifest is what the holder of a key signed."""
        self.signer = ssh_signer(self.read(TAGS), self.read(SIGNATURE, 4096))
        return "{} was signed by {}", TAGS, fingerprint(self.signer)

    def known_signer(self) -> Said:
        """The key is one that the reader trusts, told by another way than the package."""
        key, short, trusted = _line_key(self.signer), fingerprint(self.signer), self.options.allowed_signers
        revoked = _key_lines(self.options.revoked) + _key_lines(trusted and trusted.with_name("revoked_keys"))
        if any(listed == key or not line.startswith("ssh-ed25519 ") for line, listed in revoked):
            raise Failed("{}: the key {} was revoked, or the list cannot be read", SIGNATURE, short)
        if wanted := self.options.fingerprint:
            if wanted != short:
                raise Failed("{}: the key is {}, not {}", SIGNATURE, short, wanted)
            return "{}", short
        if trusted:
            for line, listed in _key_lines(trusted):
                if listed == key and _allows(line, self.info()["Bagging-Date"]):
                    return "{}", line.split()[0]
            if not self.options.any_signer:
                raise Failed("{}: the key {} is not allowed", SIGNATURE, short)
        raise NotChecked("the signer {} is not known: anybody may have made this", short)

    def tag_files(self) -> Said:
        """Manifests and attestations are what the signed tag manifest lists."""
        self.tags = _manifest(self.read(TAGS), TAGS)
        if {*self.tags} != {*LISTED}:
            raise Failed("{} does not list what it must", TAGS)
        changed = [name for name, digest in self.tags.items() if self.digests(name, "sha512") != {"sha512": digest}]
        if changed:
            raise Failed("changed: {}", _shown(changed))
        return "{} files as signed", len(self.tags)

    def complete(self) -> Said:
        """Both manifests list the same files, and those are the files that are there."""
        problems = []
        payload = {name for name in self.files if name.startswith("data/")}
        for name in (M256, M512):
            try:
                self.manifests[name] = _manifest(self.read(name), name)
                problems += [f"{file} ({name})" for file in sorted(payload ^ {*self.manifests[name]})]
            except (Failed, ValueError) as error:
                problems.append(f"{name} ({error.args[-1]})")
        if problems:
            raise Failed("missing, added or not listed: {}", _shown(problems))
        return "{} files, none missing, none added", len(payload)

    def hashes(self) -> Said:
        """Every byte of every file is what the manifests say."""
        listed = {"sha256": self.manifests.get(M256, {}), "sha512": self.manifests.get(M512, {})}
        changed = []
        for name in sorted({*listed["sha256"], *listed["sha512"]} & {*self.files}):
            made = self.digests(name, *listed)
            if any(entries.get(name, made[kind]) != made[kind] for kind, entries in listed.items()):
                changed.append(name)
        if changed or len(self.manifests) != len(listed):
            raise Failed("changed: {}", _shown(changed or {M256, M512} - {*self.manifests}))
        return "sha256 and sha512, {} bytes", sum(self.files.values())

    def identity(self) -> Said:
        """Folder, bag-info.txt, summary and the table of the period say the same of what this is."""
        info, said, (row,) = self.info(), self.json(SUMMARY), self.rows(f"{CSV_FOLDER}project_period.csv")
        payload = [size for name, size in self.files.items() if name.startswith("data/")]
        project, period, name = said["project"], said["period"], said["name"]
        folder = Path(os.path.abspath(self.root)).name  # noqa: PTH100 - links are not followed
        pairs = [
            (info["Payload-Oxum"], f"{sum(payload)}.{len(payload)}"), (info["External-Identifier"], name),
            (name, f"VP-{project['id']}-{period['id']}-v{said['version']}"), (row["project_id"], project["id"]),
            *((row[f"period_{part}"], period[part]) for part in ("id", "start", "end")),
            (row["simulated"], json.dumps(project["simulated"])), (folder if folder.lower().startswith("vp-") else name, name),
        ]  # fmt: skip
        if wrong := [f"{one} / {other}" for one, other in pairs if one != other]:
            raise Failed("differ: {}", f"{SUMMARY}, bag-info.txt, project_period.csv: {_shown(wrong)}")
        return "{}, SIMULATED DATA" if project["simulated"] else "{}, no simulated data", name

    def contents(self) -> Said:
        """What every package holds is there, and each input is there or its absence has a reason."""
        if lacking := [name for name in NEEDED if not self.files.get(name)]:
            raise Failed("missing or empty: {}", _shown(lacking))
        digests, folder = self.manifests[M256], "data/inputs/"
        there = {name[len(folder) :] for name in digests if name.startswith(folder) and name != FETCH}
        used = {row["sha256"] for row in self.rows(INPUTS)}
        excused = {row["sha256"] for row in self.rows(FETCH) if row["reason"].strip()}
        wrong = {name for name in there if digests[folder + name] != name}
        wrong |= (there & excused) | (used ^ (there | excused))
        wrong |= {name for name in used if not re.fullmatch("[0-9a-f]{64}", name)}
        if wrong:
            raise Failed("differ: {}", f"{INPUTS}, {FETCH}, {folder}: {_shown(wrong)}")
        return "{} inputs: {} here, {} with the reason why not", len(used), len(there), len(excused)

    def attestations(self) -> Said:
        """The statements are signed by the package's signer, are of this package, and say what the files say."""
        said = {name: self._statement(name) for name in TYPES}
        summary, checks, built = self.json(SUMMARY), said[CHECKS], said[PROVENANCE]["buildDefinition"]
        sources = built["resolvedDependencies"]
        inputs = {(x["name"], x["digest"]["sha256"]) for x in sources if "dataset" in x.get("annotations", {})}
        files = {item["name"]: item["digest"]["sha256"] for item in sources if item["name"] in self.files}
        parameters = [built["externalParameters"][name] for name in ("project", "period", "version", "previous")]
        identity = [summary["project"]["id"], summary["period"]["id"], summary["version"], summary.get("previous")]
        kept = ("figure_id", "value", "unit", "reason")
        claims = [
            (PROVENANCE, inputs, {(row["address"], row["sha256"]) for row in self.rows(INPUTS)}),
            (PROVENANCE, files, {name: self.manifests[M256][name] for name in files}),
            (PROVENANCE, parameters, identity),
            (HEADLINE, said[HEADLINE]["figures"], [{key: item[key] for key in kept} for item in summary["headline"]]),
            (CHECKS, [checks["result"], *({*checks[f"{x}Tests"]} for x in GRADES)], self._grades()),
        ]
        if wrong := [name for name, claimed, found in claims if claimed != found]:
            raise Failed("{} says what the files do not", wrong[0])
        return "{} statements, checks {}", len(TYPES), checks["result"]

    def _statement(self, name: str) -> Any:
        found = self.json(name)
        (signature,), kind = found["signatures"], found["payloadType"].encode()
        payload, raw = (base64.b64decode(text, validate=True) for text in (found["payload"], signature["sig"]))
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        if signature["keyid"] != fingerprint(self.signer) or not ed25519_holds(self.signer, signed, raw):
            raise Failed("{} is not signed by the signer of the package", name)
        statement = self.json(name, payload)
        if statement["subject"] != [{"name": M512, "digest": {"sha512": self.tags[M512]}}]:
            raise Failed("{} is of another package", name)
        types = (found["payloadType"], statement["_type"], statement["predicateType"])
        if types != ("application/vnd.in-toto+json", "https://in-toto.io/Statement/v1", TYPES[name]):
            raise Failed("{} is of an unknown kind", name)
        return statement["predicate"]

    def _grades(self) -> list[Any]:
        worst: dict[str, int] = {}
        for row in self.rows(RESULTS):
            stopped = row["severity"] == "critical" and not row["waived_by"]
            name = f"{row['dataset']}: {row['rule']}"
            worst[name] = max(worst.get(name, 0), 0 if row["outcome"] == "passed" else 2 if stopped else 1)
        for item in self.json(DBT):
            worst[f"dbt: {item['unique_id']}"] = {"pass": 0, "success": 0, "no-op": 0, "warn": 1}.get(item["status"], 2)
        found = [{name for name, grade in worst.items() if grade == place} for place in range(3)]
        return ["FAILED" if found[2] else "WARNED" if found[1] else "PASSED", *found]

    def crate(self) -> Said:
        """The machine-readable descriptions list every file as it is."""
        sha256 = self.manifests[M256]
        described = {}
        for item in self.json(CRATE)["@graph"]:
            if "File" in item["@type"] and "://" not in item["@id"]:
                described["data/" + re.sub(r"^\./", "", unquote(item["@id"]))] = item
        # These two cannot hold their own digests.
        wrong = ({*described} ^ {*sha256}) - {CRATE, PREVIEW}
        for name in {*described} - wrong - {CRATE, PREVIEW}:
            found = described[name]
            if (str(found["contentSize"]), found["sha256"]) != (str(self.files[name]), sha256[name]):
                wrong.add(name)
        if wrong:
            raise Failed("differ: {}", f"{CRATE}: {_shown(wrong)}")
        return "{} files described as they are", len(described)

    def figures(self) -> Said:
        """Every figure is what the row says that it points to; the summary has the same ones."""
        rows = self.rows(FIGURES)
        figures = {row["figure_id"]: row for row in rows}
        if len(figures) != len(rows):
            raise Failed("cannot be read: {}", FIGURES)
        tables: dict[Any, dict[Any, list[str]]] = {}
        for name, figure in figures.items():
            pairs = [part.partition("=")[::2] for part in figure["row_key"].split(";")]
            columns, wanted = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
            index = (figure["mart"], figure["mart_column"], columns)
            if index not in tables:
                tables[index] = self._indexed(*index)
            if not _is_value(figure["value"], tables[index], wanted):
                place = f"{FIGURES} ({name}), {CSV_FOLDER}{index[0]}.csv ({figure['row_key']})"
                raise Failed("differ or lead nowhere: {}", place)
        summary = self.json(SUMMARY)["headline"]
        for said in summary:
            row = figures.get(said["figure_id"], {})
            if {key: value or "" for key, value in said.items()} != {key: row.get(key) for key in said}:
                raise Failed("differ: {}", f"{SUMMARY}, {FIGURES} ({said['figure_id']})")
        return "{} recomputed from the tables, {} of them attested", len(figures), len(summary)

    def _indexed(self, mart: str, column: str, keys: tuple[str, ...]) -> dict[Any, list[str]]:
        if not re.fullmatch("[a-z][a-z0-9_]*", mart):
            raise Failed("cannot be read: {}", f"{FIGURES} ({mart})")
        values: dict[Any, list[str]] = {}
        for row in self.rows(f"{CSV_FOLDER}{mart}.csv"):
            values.setdefault(tuple(row[key] for key in keys), []).append(row[column])
        return values

    def previous(self) -> Said:
        """A later version names the one before it, and says what changed."""
        summary = self.json(SUMMARY)
        version, before = summary["version"], summary.get("previous")
        if version == 1 and before is None:
            return ("the first version",)
        name = re.sub(r"\d+$", str(version - 1), summary["name"])
        if CHANGES not in self.files or (before["name"], before["version"]) != (name, version - 1):
            raise Failed("{} does not follow {}", f"{SUMMARY}, {CHANGES}", name)
        manifest = (self.options.previous or self.root.absolute().parent / name) / M512
        if not manifest.is_file():
            return "names {}, which is not here: not compared with it", name
        if hashlib.sha512(manifest.read_bytes()).hexdigest() != before["manifest_sha512"]:
            raise Failed("{} is not the version that {} names", manifest, SUMMARY)
        return "follows {}, which is here", name


def _is_value(said: str, values: dict[Any, list[str]], wanted: tuple[str, ...]) -> bool:
    """Tell whether a figure is the value at its address, or the sum over the rows that a `*` stands for."""
    star = not values.get(wanted) and "*" in wanted
    keys = [key for key in values if all(part in ("*", there) for part, there in zip(wanted, key))]  # noqa: B905 - of one length
    found = [value for key in (keys if star else [wanted]) for value in values.get(key, [])]
    if not found or (len(found) > 1 and not star):
        return False
    if "" in found or not said:
        # A sum with an unknown part is unknown.
        return "" in found and not said
    with decimal.localcontext() as context:
        context.prec = 100
        return sum(map(decimal.Decimal, found), decimal.Decimal(0)) == decimal.Decimal(said)


def _manifest(content: bytes, file: str) -> dict[str, str]:
    length = 64 if file == M256 else 128
    entries: dict[str, str] = {}
    for line in content.decode("utf-8").split("\n")[:-1]:
        digest, gap, name = line[:length], line[length : length + 2], line[length + 2 :]
        if not re.fullmatch(f"[0-9a-f]{{{length}}}", digest) or gap != "  " or unsafe(name) or name in entries:
            raise Failed("cannot be read: {}", f"{file}: {line[:300]}")
        entries[name] = digest
    return entries


def verify(package: Package, say: Callable[[str], object]) -> bool:
    """Make every check; return whether the package is accepted. `say` gets one line for each."""
    of_bytes = {
        "layout": package.layout, "signature": package.signature, "tag files": package.tag_files,
        "completeness": package.complete, "hashes": package.hashes,
    }  # fmt: skip
    of_content = {
        "identity": package.identity, "contents and inputs": package.contents, "attestations": package.attestations,
        "crate": package.crate, "figures": package.figures, "previous version": package.previous,
    }  # fmt: skip
    work: dict[str, Callable[[], Said]] = {**of_bytes, "signer": package.known_signer, **of_content}
    ended: dict[str, str] = {}

    def told(text: str, *gaps: object) -> str:
        line = (SPANISH.get(text, text) if package.options.lang == "es" else text).format(*gaps)
        return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)

    def end(name: str, outcome: str, *said: object) -> None:
        ended[name] = outcome
        say(f"{told(outcome):<12} {told(name)}: {told(*map(str, said))}")

    for name, made in work.items():
        needs = of_bytes if name in of_content else ["signature"] if name == "signer" else []
        try:
            if open_ones := [other for other in needs if ended[other] != "ok"]:
                raise NotChecked("it builds on: {}", ", ".join(map(told, open_ones)))
            end(name, "ok", *made())
        except Failed as error:
            end(name, "failed", *error.args)
        except NotChecked as error:
            end(name, "not checked", *error.args)
        except CONTENT as error:
            end(name, "failed", "cannot be read: {}", f"{package.opened} ({type(error).__name__}: {error})")
    if package.options.any_signer and ended["signer"] == "not checked":
        del ended["signer"]
    accepted = all(outcome == "ok" for outcome in ended.values())
    if STAMP in package.files:
        command = f"openssl ts -verify -in {STAMP} -data {TAGS} -CAfile ROOTS.pem"
        end("time stamp", "not checked", "X.509 is not in the standard library; use: {}", command)
    else:
        end("time stamp", "not checked", "there is none: nobody else says when this was signed")
    end("other forms", "not checked", HASHED_ONLY)
    say(f"\n{told('accepted' if accepted else 'REFUSED')}: {told('{}', str(package.root))}")
    return accepted


def main(arguments: list[str]) -> int:
    """Run the checks that are asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--fingerprint", help="SHA256:... of the publisher's key, told by another way than the package")
    parser.add_argument("--allowed-signers", type=Path, help="OpenSSH file of allowed signers")
    parser.add_argument("--revoked", type=Path, help="file of revoked keys, one public key a line")
    parser.add_argument("--any-signer", action="store_true", help="accept a signer who is not known; it is said")
    parser.add_argument("--previous", type=Path, help="folder of the version before, where it does not lie beside")
    parser.add_argument("--lang", choices=("en", "es"), default="en")
    options = parser.parse_args(arguments)
    for path in (options.allowed_signers, options.revoked):
        if path is not None and not path.is_file():
            parser.error(f"there is no file {path}")
    if not (options.folder / "bagit.txt").is_file():
        parser.error(f"there is no bagit.txt in {options.folder}")
    csv.field_size_limit(2**27)
    return not verify(Package(options.folder, options), lambda line: sys.stdout.buffer.write(f"{line}\n".encode()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
