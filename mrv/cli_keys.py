"""The commands `mrv keys ...` and `mrv stamp`: thin, and each imports what it needs only when it runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click


@click.group()
def keys() -> None:
    """Make, show, trust and revoke the keys that sign packages; they lie in MRV_HOME/keys."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@keys.command()
@click.option(
    "--principal", help="Name of the signer, one word such as an e-mail address; default: that of the key before."
)
@click.option("--passphrase-prompt", is_flag=True, help="Ask for a passphrase; without it MRV_SIGNING_KEY_PASSPHRASE.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def new(principal: str | None, passphrase_prompt: bool, as_json: bool) -> None:
    """Make the key that signs from now on. One that did so before is set aside; what it signed still verifies."""
    from mrv.package.keyring import new_signing_key
    from mrv.settings import read_settings

    settings = read_settings()
    passphrase = settings.passphrase
    if passphrase_prompt:
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True).encode()
    key, before = new_signing_key(settings.keys_dir, principal=principal, passphrase=passphrase, moment=_now())
    if as_json:
        click.echo(
            json.dumps({"fingerprint": key.fingerprint, "public_key": key.public_line, "before": before}, indent=1)
        )
        return
    click.echo(f"{key.fingerprint}\n{key.public_line}\n\nTell verifiers this line by another way than the packages.")
    if before:
        click.echo(
            f"{before} signs no more; what it signed still verifies. If somebody else has it: mrv keys revoke {before}"
        )
    if passphrase_prompt:
        click.echo("Set MRV_SIGNING_KEY_PASSPHRASE where packages are published.")
    if settings.signing_key is not None:
        click.echo(
            f"warning: packages are signed with MRV_SIGNING_KEY, {settings.signing_key}, not with this key", err=True
        )


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the keys as JSON.")
def list_(as_json: bool) -> None:
    """Show the keys that are known: own, former and trusted ones, since when, until when, revoked why."""
    from dataclasses import asdict

    from mrv.package.keyring import known_keys
    from mrv.settings import read_settings
    from mrv.terminal import print_table

    rows = [asdict(key) for key in known_keys(read_settings().keys_dir)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif rows:
        print_table(rows)
    else:
        click.echo("No key is known: mrv keys new makes one, mrv keys allow enters that of a publisher.")


@keys.command()
@click.argument("principal")
@click.argument("public_key")
def allow(principal: str, public_key: str) -> None:
    """Trust a publisher: PUBLIC_KEY is the line `ssh-ed25519 AAAA...`, or a file with it, told by another way than a package."""
    from mrv.package.keyring import trust
    from mrv.settings import read_settings

    given = Path(public_key) if not public_key.startswith("ssh-") else None
    line = given.read_text(encoding="utf-8") if given else public_key
    short = trust(read_settings().keys_dir, principal=principal, public_line=line, moment=_now())
    click.echo(f"{principal} may sign packages with {short}")


@keys.command()
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why; it is kept beside the key.")
def revoke(fingerprint: str, reason: str) -> None:
    """Accept nothing more that the key FINGERPRINT has signed, whenever that was."""
    from mrv.package.keyring import revoke_key
    from mrv.settings import read_settings

    folder = read_settings().keys_dir
    revoke_key(folder, fingerprint=fingerprint, reason=reason, moment=_now())
    click.echo(f"revoked {fingerprint}: nothing that it ever signed is accepted here any more")
    click.echo(
        f"Hand {folder / 'revoked_keys'} to everybody who verifies. If the key is yours: mrv keys new, and publish again."
    )


@click.command()
@click.argument("package", type=click.Path(path_type=Path))
@click.option("--url", help="Time stamping authority; default: MRV_TIMESTAMP_URL.")
def stamp(package: Path, url: str | None) -> None:
    """Ask an authority for a time stamp (RFC 3161) of the finished PACKAGE; nothing that was signed changes."""
    from mrv.errors import UsageError
    from mrv.package.timestamp import stamp_package
    from mrv.settings import read_settings

    settings = read_settings()
    authority = url or settings.timestamp_url
    if authority is None:
        raise UsageError("no authority was named", remedy="give --url, or set MRV_TIMESTAMP_URL")
    made = stamp_package(package, authority, timeout_s=settings.http_timeout_s, roots=settings.timestamp_roots)
    checked = "" if made.trusted else "; its authority was not checked, set MRV_TIMESTAMP_ROOTS"
    click.echo(f"stamped {package.name}: {made.moment.isoformat()} by {made.authority}{checked}")
