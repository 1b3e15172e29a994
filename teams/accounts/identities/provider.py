"""The identity provider that the settings name. Knows no models, so that the settings themselves can make one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

SMALLEST_KEY: Final = 2048  # bits; what Login.gov asks for, and NIST SP 800-131A
# How a provider may sign: with a key of its own that others only verify by. Never HS256 (the key would be a shared
# secret) and never "none".
KNOWN_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")


@dataclass(frozen=True)
class Provider:
    """One provider, as registered with it. Raises ValueError, which names the setting, for what can't be right.

    `acr_values` are asked for, and one of them must be in the answer; with none, none is asked for. A sign-in with one
    of `second_factor_acrs` counts as second factor. `form_origins` are further origins that the provider sends a
    browser on to.
    """

    issuer: str
    client_id: str
    private_key: str = field(repr=False)
    name: str = "Login.gov"
    key_id: str = ""
    acr_values: tuple[str, ...] = ()
    second_factor_acrs: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ("RS256",)
    form_origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if not self.may_be_asked(self.issuer) or parts.query or parts.fragment:
            raise ValueError(f"OIDC_ISSUER must be an address that begins with https://; it is {self.issuer!r}")
        if not self.client_id:
            raise ValueError("OIDC_CLIENT_ID is missing; it is needed with OIDC_ISSUER")
        if not self.name.strip():
            raise ValueError("OIDC_NAME is empty; it stands on the button of the sign-in page")
        unknown = set(self.algorithms) - set(KNOWN_ALGORITHMS)
        if unknown or not self.algorithms:
            raise ValueError(f"OIDC_SIGNING_ALGORITHMS may hold {', '.join(KNOWN_ALGORITHMS)}")
        if set(self.second_factor_acrs) - set(self.acr_values):
            raise ValueError("OIDC_SECOND_FACTOR_ACRS must be among OIDC_ACR_VALUES, which are asked for")
        if any(origin != _origin(origin) for origin in self.form_origins):
            raise ValueError("OIDC_FORM_ORIGINS must be origins such as https://idp.example, without a path")
        _ = self.signing_key

    @cached_property
    def signing_key(self) -> RSAPrivateKey:
        """The portal's own key, by which the provider knows it."""
        try:
            key = load_pem_private_key(self.private_key.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise ValueError("OIDC_PRIVATE_KEY must be a private key in PEM, without a password") from error
        if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_KEY:
            raise ValueError(f"OIDC_PRIVATE_KEY must be an RSA key of {SMALLEST_KEY} bits or more")
        return key

    @property
    def origins(self) -> list[str]:
        """Where a form of ours may lead to: the content security policy's `form-action` names them."""
        return list(dict.fromkeys([_origin(self.issuer), *self.form_origins]))

    def counts_as_second_factor(self, acr: str) -> bool:
        """Whether a sign-in with this authentication context is more than a password."""
        return acr != "" and acr in self.second_factor_acrs

    def may_be_asked(self, address: str) -> bool:
        """Whether the address is safe to talk to: by TLS, or on this very machine where the issuer is there too."""
        try:
            parts = urlsplit(address)
            is_local = parts.scheme == "http" and is_loopback(address) and is_loopback(self.issuer)
        except ValueError:
            return False
        return bool(parts.hostname) and parts.username is None and (parts.scheme == "https" or is_local)


def configured() -> Provider | None:
    """The provider of the settings; None where sign-in by one is off."""
    provider: Provider | None = settings.IDENTITY_PROVIDER
    return provider


def is_loopback(address: str) -> bool:
    """Whether the address is one of this machine. Raises ValueError for what is no address."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
