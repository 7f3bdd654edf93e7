"""Tables of the data room's database. Moments are ISO 8601 text in UTC with microseconds, so that their order is that of the text."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_text = sa.Text
_USER = "users.user_id"

users = sa.Table(
    "users",
    metadata,
    sa.Column("user_id", _text, primary_key=True),
    sa.Column("email", _text, nullable=False, unique=True),  # lower case
    sa.Column("name", _text, nullable=False),
    sa.Column("organisation", _text, nullable=False, server_default=""),
    sa.Column("language", _text, nullable=False, server_default="es"),
    sa.Column("is_administrator", sa.Boolean, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("password_hash", _text),  # argon2id; null: signs in elsewhere
    sa.Column("totp_secret", _text),  # encrypted with the secret of the installation
    sa.Column("totp_confirmed_at", _text),
    sa.Column("totp_last_step", sa.BigInteger),  # a code counts once
    sa.Column("oidc_issuer", _text),
    sa.Column("oidc_subject", _text),
    sa.Column("created_at", _text, nullable=False),
    sa.UniqueConstraint("oidc_issuer", "oidc_subject"),
)
grants = sa.Table(
    "grants",
    metadata,
    sa.Column("grant_id", _text, primary_key=True),
    sa.Column("user_id", _text, sa.ForeignKey(_USER), nullable=False, index=True),
    sa.Column("project", _text, nullable=False, index=True),
    sa.Column("period", _text),  # null: every period of the project
    sa.Column("role", _text, nullable=False),
    sa.Column("starts_on", _text, nullable=False),
    sa.Column("ends_on", _text),  # the last day; null only where the role needs no end
    sa.Column("granted_by", _text, nullable=False),
    sa.Column("granted_at", _text, nullable=False),
    sa.Column("revoked_at", _text),
)
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("invitation_id", _text, primary_key=True),
    sa.Column("secret_hash", _text, nullable=False, unique=True),
    sa.Column("email", _text),  # null: the first administrator's link
    sa.Column("is_administrator", sa.Boolean, nullable=False),
    sa.Column("grants", _text, nullable=False),  # JSON: project, period, role, starts_on, ends_on
    sa.Column("invited_by", _text, nullable=False),
    sa.Column("created_at", _text, nullable=False),
    sa.Column("expires_at", _text, nullable=False),
    sa.Column("used_at", _text),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("session_hash", _text, primary_key=True),
    sa.Column("session_id", _text, nullable=False, unique=True),  # what people and the log may see
    sa.Column("user_id", _text, sa.ForeignKey(_USER), nullable=False, index=True),
    sa.Column("is_complete", sa.Boolean, nullable=False),  # false: the second factor is missing
    sa.Column("created_at", _text, nullable=False),
    sa.Column("last_seen_at", _text, nullable=False),
    sa.Column("expires_at", _text, nullable=False),
    sa.Column("address", _text, nullable=False),
    sa.Column("agent", _text, nullable=False),
    sa.Column("revoked_at", _text),
)
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("token_id", _text, primary_key=True),  # the token's open prefix
    sa.Column("secret_hash", _text, nullable=False),
    sa.Column("user_id", _text, sa.ForeignKey(_USER), nullable=False, index=True),
    sa.Column("name", _text, nullable=False),
    sa.Column("scopes", _text, nullable=False),  # actions, separated by spaces
    sa.Column("created_at", _text, nullable=False),
    sa.Column("expires_at", _text, nullable=False),
    sa.Column("last_used_at", _text),
    sa.Column("revoked_at", _text),
)
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("attempt_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", _text, nullable=False),  # "account" or "address"
    sa.Column("subject", _text, nullable=False),
    sa.Column("failed_at", _text, nullable=False),
    sa.Index(None, "kind", "subject", "failed_at"),
)
oidc_requests = sa.Table(
    "oidc_requests",
    metadata,
    sa.Column("state_hash", _text, primary_key=True),
    sa.Column("nonce", _text, nullable=False),
    sa.Column("code_verifier", _text, nullable=False),
    sa.Column("next_path", _text, nullable=False),
    sa.Column("expires_at", _text, nullable=False),
)
public_projects = sa.Table(
    "public_projects",
    metadata,
    sa.Column("project", _text, primary_key=True),
    sa.Column("opened_by", _text, nullable=False),
    sa.Column("opened_at", _text, nullable=False),
)
access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("entry_no", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", _text, nullable=False, index=True),
    sa.Column("user_id", _text, index=True),
    sa.Column("actor", _text, nullable=False),  # the address of the user, "public" or "system"
    sa.Column("session_id", _text, index=True),
    sa.Column("token_id", _text, index=True),
    sa.Column("address", _text, nullable=False),
    sa.Column("action", _text, nullable=False),
    sa.Column("project", _text, index=True),
    sa.Column("period", _text),
    sa.Column("object", _text, nullable=False),
    sa.Column("outcome", _text, nullable=False),  # "done" or "refused"
    sa.Column("detail", _text, nullable=False),  # JSON
    sa.Column("salt", _text, nullable=False),  # random: an entry that is shown by its hash only cannot be guessed
    sa.Column("previous_hash", _text, nullable=False),
    sa.Column("entry_hash", _text, nullable=False),
)
checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("entry_no", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entry_hash", _text, nullable=False),
    sa.Column("at", _text, nullable=False),
    sa.Column("signature", _text, nullable=False),  # SSHSIG, armoured
)
visits = sa.Table(
    "visits",
    metadata,
    sa.Column("user_id", _text, sa.ForeignKey(_USER), primary_key=True),
    sa.Column("project", _text, primary_key=True),
    sa.Column("previous_at", _text),  # end of the visit before this one
    sa.Column("last_at", _text, nullable=False),
)
findings = sa.Table(
    "findings",
    metadata,
    sa.Column("finding_id", _text, primary_key=True),
    sa.Column("project", _text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # CAR-3 is number 3 of its type in the project
    sa.Column("type", _text, nullable=False),  # CL, CAR, FAR, observation
    sa.Column("period", _text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("manifest_sha512", _text, nullable=False),
    sa.Column("bound_kind", _text, nullable=False),  # figure, file, section, package
    sa.Column("bound_to", _text, nullable=False),
    sa.Column("title", _text, nullable=False),
    sa.Column("state", _text, nullable=False),  # open, answered, closed
    sa.Column("due_on", _text),
    sa.Column("raised_by", _text, sa.ForeignKey(_USER), nullable=False),
    sa.Column("raised_at", _text, nullable=False),
    sa.Column("closed_by", _text, sa.ForeignKey(_USER)),
    sa.Column("closed_at", _text),
    sa.Column("reminded_for", _text),  # the due day that people were reminded of
    sa.Column("resolved_version", sa.Integer),  # the version that a correction was published in
    sa.UniqueConstraint("project", "type", "number"),
    sa.Index(None, "project", "period", "version"),
)
finding_entries = sa.Table(
    "finding_entries",
    metadata,
    sa.Column("entry_id", _text, primary_key=True),
    sa.Column("finding_id", _text, sa.ForeignKey("findings.finding_id"), nullable=False, index=True),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("kind", _text, nullable=False),  # raised, answered, commented, closed, reopened, due
    sa.Column("author", _text, sa.ForeignKey(_USER), nullable=False),
    sa.Column("at", _text, nullable=False),
    sa.Column("body", _text, nullable=False),
    sa.Column("linked_version", sa.Integer),
)
attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("attachment_id", _text, primary_key=True),
    sa.Column("entry_id", _text, sa.ForeignKey("finding_entries.entry_id"), nullable=False, index=True),
    sa.Column("name", _text, nullable=False),
    sa.Column("media_type", _text, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", _text, nullable=False),
)
mails = sa.Table(
    "mails",
    metadata,
    sa.Column("mail_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("recipient", _text, nullable=False),
    sa.Column("subject", _text, nullable=False),
    sa.Column("body", _text, nullable=False),
    sa.Column("created_at", _text, nullable=False),
    sa.Column("sent_at", _text),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", _text),  # not to be tried before
    sa.Column("last_error", _text),
)
