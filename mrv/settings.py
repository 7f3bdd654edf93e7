"""Where things live and which services are used. Every value can be set by an environment variable `MRV_<NAME>`."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from mrv.errors import UsageError

REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one installation; secrets are never shown or logged."""

    model_config = SettingsConfigDict(env_prefix="MRV_", extra="forbid", frozen=True)

    home: Path = Field(Path("var"), description="Folder of everything the platform keeps.")
    projects_dir: Path = Field(REPOSITORY / "projects", description="Folder in which projects are found by name.")
    ledger_url: str | None = Field(None, description="SQLAlchemy URL of the ledger; default: SQLite in the home.")
    mirrors: dict[str, str] = Field(
        default_factory=dict,
        description="Source name to another base URL or folder, as JSON: a local mirror, or the simulator.",
    )
    firms_map_key: SecretStr | None = Field(None, description="NASA FIRMS map key.")
    gfw_api_key: SecretStr | None = Field(None, description="Global Forest Watch data API key.")
    kobo_token: SecretStr | None = Field(None, description="KoboToolbox API token.")
    earthranger_token: SecretStr | None = Field(None, description="EarthRanger API token.")
    smart_token: SecretStr | None = Field(None, description="SMART Connect API token.")
    odk_email: str | None = Field(None, description="E-mail address of the ODK Central user that reads submissions.")
    odk_password: SecretStr | None = Field(None, description="Password of that ODK Central user.")
    s3_endpoint_url: str | None = Field(None, description="Address of object storage; default: that of AWS.")
    s3_region: str = Field("us-east-1", description="Region of object storage that requests are signed for.")
    s3_access_key_id: str | None = Field(None, description="Key of object storage; none: public buckets only.")
    s3_secret_access_key: SecretStr | None = Field(None, description="Secret half of the key of object storage.")
    http_timeout_s: float = Field(60.0, gt=0, description="Seconds without a byte before a request is given up.")
    http_attempts: int = Field(4, ge=1, le=10, description="Attempts per file before a source counts as unreachable.")
    workers: int = Field(os.cpu_count() or 1, ge=1, description="Threads for pixels.")
    dask_address: str | None = Field(None, description="Dask scheduler that tiles are measured on; default: threads.")
    parsed_dir: Path | None = Field(
        None, description="Folder for what dbt parsed of the models, so that it is parsed once; default: in the home."
    )
    signing_key: Path | None = Field(None, description="Ed25519 private key (OpenSSH) that signs packages.")
    # No file of a package may hold it, and a plain word may well stand in a report.
    signing_key_passphrase: SecretStr | None = Field(
        None, min_length=12, description="Passphrase of the signing key; at least 12 characters."
    )
    timestamp_url: str | None = Field(None, description="Time stamping authority (RFC 3161) that is asked for a stamp.")
    timestamp_roots: Path | None = Field(None, description="Certificates (PEM) of authorities whose stamps count.")
    dataroom_url: str | None = Field(
        None, description="SQLAlchemy URL of the data room's database; default: SQLite in the home."
    )
    sql_seconds: float = Field(20.0, gt=0, le=600, description="Seconds after which a query is ended.")
    sql_memory_bytes: int = Field(2**30, ge=2**27, description="Memory that one query may use.")
    dataroom_base_url: str | None = Field(
        None, description="Address that people reach the data room at; default: the one it listens on."
    )
    dataroom_trusted_proxies: list[str] = Field(
        default_factory=list,
        description="Addresses or networks of reverse proxies, as JSON; only their X-Forwarded headers count.",
    )
    packages_s3: str | None = Field(
        None, description="s3://bucket/prefix that the data room serves packages from; default: the home."
    )
    smtp_host: str | None = Field(None, description="Mail server that the data room sends by; none: no mail.")
    smtp_port: int = Field(587, gt=0, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is secured.")
    smtp_user: str | None = Field(None, description="User of the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password of that user.")
    smtp_sender: str | None = Field(None, description="Address that mail comes from.")
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect issuer of the organisation; none: local accounts."
    )
    oidc_client_id: str | None = Field(None, description="Name of the data room at that issuer.")
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret; none: a public client with PKCE.")
    oidc_label: str = Field("OpenID Connect", description="What the button to sign in there says.")
    max_file_bytes: int = Field(8 * 2**30, gt=0, description="Largest file that is accepted from a source.")

    @field_validator("dask_address")
    @classmethod
    def _scheduler(cls, address: str | None) -> str | None:
        if address is None:
            return None
        try:
            parts = urlsplit(address)
            whole = parts.scheme in {"tcp", "tls"} and bool(parts.hostname and parts.port)
        except ValueError:
            whole = False
        if not whole or parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ValueError("expected the address of a Dask scheduler, such as tcp://host:8786 or tls://host:8786")
        return address

    @cached_property
    def root(self) -> Path:
        """The home as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def raw_dir(self) -> Path:
        """Immutable files by sha256."""
        return self.root / "raw"

    @property
    def landed_dir(self) -> Path:
        """Parquet as parsed or measured."""
        return self.root / "landed"

    @property
    def quarantine_dir(self) -> Path:
        """Rows that failed a check."""
        return self.root / "quarantine"

    @property
    def build_dir(self) -> Path:
        """Private build databases; may be deleted at any time."""
        return self.root / "build"

    @property
    def models_dir(self) -> Path:
        """What dbt parsed of the models; may be deleted at any time."""
        return self.parsed_dir or self.build_dir / "parsed"

    @property
    def snapshots_dir(self) -> Path:
        """Published tables."""
        return self.root / "snapshots"

    @property
    def packages_dir(self) -> Path:
        """Signed packages."""
        return self.root / "packages"

    @property
    def passphrase(self) -> bytes | None:
        """Passphrase of the signing key."""
        return self.signing_key_passphrase.get_secret_value().encode() if self.signing_key_passphrase else None

    @property
    def keys_dir(self) -> Path:
        """Signing keys and the list of allowed signers."""
        return self.root / "keys"

    @property
    def dataroom_dir(self) -> Path:
        """What the data room keeps: its secret, attachments, what it has read of packages elsewhere."""
        return self.root / "dataroom"

    @property
    def findings_dir(self) -> Path:
        """Findings of the data room as files, `<project>/<period>/`, from which packages take them."""
        return self.root / "findings"

    @property
    def dataroom_address(self) -> str:
        """SQLAlchemy URL of the data room in force."""
        return self.dataroom_url or f"sqlite:///{self.dataroom_dir / 'dataroom.sqlite'}"

    @property
    def ledger_address(self) -> str:
        """SQLAlchemy URL in force."""
        return self.ledger_url or f"sqlite:///{self.root / 'ledger.sqlite'}"


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        UsageError: One is not valid.
    """
    try:
        return Settings()
    except SettingsError as error:
        raise UsageError("a setting is not valid", found=str(error), remedy="write JSON in MRV_MIRRORS") from error
    except ValidationError as error:
        found = "; ".join(f"MRV_{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors())
        raise UsageError("a setting is not valid", found=found, remedy="mend the environment variable") from error
