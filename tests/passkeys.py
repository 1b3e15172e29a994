"""A device that makes passkeys, for tests without a browser: it answers WebAuthn's options as a browser would."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

ORIGIN = "https://testserver"
FLAG = AuthenticatorData.FLAG


def answer_to(options: dict[str, Any], *, origin: str = ORIGIN, is_verified: bool = True) -> str:
    """The new passkey as the browser's script sends it (JSON); `is_verified`: whether the device asked who it is."""
    wanted = options["publicKey"]
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())  # type: ignore[no-untyped-call]
    number = secrets.token_bytes(16)
    flags = FLAG.UP | FLAG.AT | (FLAG.UV if is_verified else FLAG(0))
    about = AuthenticatorData.create(
        hashlib.sha256(wanted["rp"]["id"].encode()).digest(),
        flags,
        0,
        AttestedCredentialData.create(Aaguid.NONE, number, key),
    )
    said = {"type": "webauthn.create", "challenge": wanted["challenge"], "origin": origin, "crossOrigin": False}
    return json.dumps(
        {
            "type": "public-key",
            "id": websafe_encode(number),
            "rawId": websafe_encode(number),
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": websafe_encode(json.dumps(said).encode()),
                "attestationObject": websafe_encode(bytes(AttestationObject.create("none", about, {}))),
                "transports": ["internal"],
            },
            "clientExtensionResults": {"credProps": {"rk": True}},
        }
    )
