"""Settings come from the environment; what a real portal lacks is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import identity_provider
from tests.run import IN_USE

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = ["SECRET_KEY", "SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_HOST", "DEFAULT_FROM_EMAIL", "MFA_KEYS"]


def ask(expression: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a new process prints for an expression over the settings."""
    return subprocess.run(
        [sys.executable, "-c", f"from ecomwg import settings as s; print({expression})"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_real_portal_starts_with_what_is_required() -> None:
    done = ask("[s.DEMONSTRATION, s.SESSION_COOKIE_SECURE, *s.ALLOWED_HOSTS]", dict(IN_USE))
    assert done.stdout.strip() == "[False, True, 'portal.example']"


def test_a_second_factor_is_asked_of_some_except_in_a_demonstration() -> None:
    off = {"DEMONSTRATION": "on", "SITE_URL": "http://127.0.0.1:8000"}
    assert ask("s.SECOND_FACTOR_REQUIRED", dict(IN_USE)).stdout.strip() == "True"
    assert ask("s.SECOND_FACTOR_REQUIRED", {**IN_USE, **off}).stdout.strip() == "False"
    assert ask("s.SECOND_FACTOR_REQUIRED", {**IN_USE, **off, "SECOND_FACTOR_REQUIRED": "on"}).stdout.strip() == "True"


def test_a_key_that_is_none_is_named() -> None:
    assert "MFA_KEYS" in ask("s.MFA_KEYS", {**IN_USE, "MFA_KEYS": "no-key"}).stderr.splitlines()[-1]


PROVIDER = {
    "OIDC_ISSUER": "https://idp.example/",
    "OIDC_CLIENT_ID": "urn:example:portal",
    "OIDC_PRIVATE_KEY": identity_provider.pem(identity_provider.key("portal")),
}


def test_an_identity_provider_is_off_until_it_is_named() -> None:
    assert ask("s.IDENTITY_PROVIDER", dict(IN_USE)).stdout.strip() == "None"
    assert ask("s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']", dict(IN_USE)).stdout.strip() == "[\"'self'\"]"


def test_an_identity_provider_may_be_where_a_form_leads() -> None:
    more = {"OIDC_FORM_ORIGINS": "https://a.example https://b.example:8443"}
    done = ask("s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'][1:]", {**IN_USE, **PROVIDER, **more})
    assert done.stdout.strip() == "['https://idp.example', 'https://a.example', 'https://b.example:8443']"


def test_the_key_can_stand_in_a_file_or_on_one_line(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(PROVIDER["OIDC_PRIVATE_KEY"], encoding="utf-8")
    named = {name: value for name, value in PROVIDER.items() if name != "OIDC_PRIVATE_KEY"}
    for given in (
        {"OIDC_PRIVATE_KEY_FILE": str(key)},
        {"OIDC_PRIVATE_KEY": PROVIDER["OIDC_PRIVATE_KEY"].replace("\n", "\\n")},
    ):
        done = ask("s.IDENTITY_PROVIDER.signing_key.key_size", {**IN_USE, **named, **given})
        assert done.stdout.strip() == "2048", done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_ISSUER", "http://idp.example"),
        ("OIDC_ISSUER", "idp.example"),
        ("OIDC_ISSUER", "https://idp.example/?x=1"),
        ("OIDC_ISSUER", "https://me@idp.example/"),
        ("OIDC_CLIENT_ID", ""),
        ("OIDC_PRIVATE_KEY", ""),
        ("OIDC_PRIVATE_KEY", "no key"),
        ("OIDC_PRIVATE_KEY", identity_provider.pem(identity_provider.key("small", 1024))),
        ("OIDC_NAME", " "),
        ("OIDC_SIGNING_ALGORITHMS", "RS256 HS256"),
        ("OIDC_SIGNING_ALGORITHMS", "none"),
        ("OIDC_SIGNING_ALGORITHMS", ""),
        ("OIDC_SECOND_FACTOR_ACRS", "urn:never:asked"),
        ("OIDC_FORM_ORIGINS", "https://idp.example/path"),
        ("OIDC_FORM_ORIGINS", "*"),
    ],
)
def test_what_an_identity_provider_lacks_is_named(name: str, value: str) -> None:
    done = ask("s.IDENTITY_PROVIDER", {**IN_USE, **PROVIDER, name: value})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]
    assert "PRIVATE KEY-----" not in done.stderr


@pytest.mark.parametrize("name", REQUIRED)
def test_what_is_missing_is_named(name: str) -> None:
    done = ask("s.SECRET_KEY", {key: value for key, value in IN_USE.items() if key != name})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]


def test_a_value_can_stand_in_a_file_with_a_line_end(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n", encoding="utf-8")
    environment = {key: value for key, value in IN_USE.items() if key != "SECRET_KEY"}
    assert ask("s.SECRET_KEY", {**environment, "SECRET_KEY_FILE": str(secret)}).stdout.strip() == "from-a-file"


@pytest.mark.parametrize("address", ["portal.example", "ftp://portal.example", "https://"])
def test_an_address_that_is_none_is_named(address: str) -> None:
    done = ask("s.SITE_URL", {**IN_USE, "SITE_URL": address})
    assert "SITE_URL" in done.stderr.splitlines()[-1]


def test_every_variable_that_is_read_is_listed() -> None:
    listed = (ROOT / ".env.example").read_text(encoding="utf-8")
    source = (ROOT / "ecomwg" / "settings.py").read_text(encoding="utf-8")
    read = {
        part.split('"')[1] for part in source.split("env.")[1:] if part.split("(")[0].isidentifier() and '"' in part
    }
    assert len(read) > 20
    assert {name for name in read if name not in listed} == set()
