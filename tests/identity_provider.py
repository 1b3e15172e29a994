"""Identity providers for tests: a real one in a process of its own, and an issuer that signs whatever it is told."""

from __future__ import annotations

import http.cookiejar
import json
import re
import shutil
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from ecomwg.embedded.node import npm
from ecomwg.embedded.processes import free_port
from teams.accounts.identities.provider import Provider

ROOT: Final = Path(__file__).resolve().parents[1]
CLIENT: Final = "urn:gov:gsa:openidconnect.profiles:sp:sso:example:portal"
STRONG: Final = "http://idmanagement.gov/ns/assurance/aal/2"
PLAIN: Final = "urn:acr.login.gov:auth-only"
SIGN_IN: Final = "/accounts/identities/sign-in/"
ANSWER: Final = "/accounts/identities/answer/"
LINK: Final = "/accounts/identities/link/"
PAGE: Final = "/accounts/identities/"


@cache
def key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of that name, the same for all tests of a process."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(of: rsa.RSAPrivateKey) -> str:
    """The key as the setting takes it."""
    return of.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public(of: rsa.RSAPrivateKey, name: str) -> dict[str, Any]:
    """Its public half as a JSON Web Key."""
    return {**RSAAlgorithm.to_jwk(of.public_key(), as_dict=True), "kid": name, "use": "sig", "alg": "RS256"}


def provider_of(issuer: str, **said: Any) -> Provider:
    """The settings for an issuer: two contexts are asked for, and the stronger one counts as second factor."""
    return Provider(
        **{
            "issuer": issuer,
            "client_id": CLIENT,
            "private_key": pem(key("portal")),
            "acr_values": (PLAIN, STRONG),
            "second_factor_acrs": (STRONG,),
            **said,
        }
    )


# --- The real one -----------------------------------------------------------------------------------------------------


@dataclass
class RealProvider:
    """The certified provider, running."""

    issuer: str

    def walk(self, address: str, *, account: str, acr: str = PLAIN) -> str:
        """Sign in there without a browser, from where the portal sends people to; returns where it leads back to."""
        browser = build_opener(ProxyHandler({}), _Stops, HTTPCookieProcessor(http.cookiejar.CookieJar()))
        where, form = address, None
        for _ in range(10):
            try:
                answer = browser.open(where, data=form, timeout=10)
            except HTTPError as redirect:
                answer = redirect
            with answer:
                page, to = answer.read().decode(), answer.headers["Location"]
            if to is None:
                action = re.search(r'action="([^"]+)"', page)
                assert action is not None, page
                where, form = f"{self.issuer}{action[1]}", urlencode({"account": account, "acr": acr}).encode()
            else:
                where, form = (to if "://" in to else f"{self.issuer}{to}"), None
            if urlsplit(where).path == ANSWER:
                return where
        raise AssertionError(f"it goes on and on, now at {where}")


class _Stops(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


@contextmanager
def real_provider(*sites: str) -> Iterator[RealProvider]:
    """Runs it for portals at these addresses."""
    _, environment = npm()
    node = shutil.which("node", path=environment["PATH"])
    assert node is not None
    port = free_port()
    signing = json.loads(RSAAlgorithm.to_jwk(key("provider")))
    asked = {
        "port": port,
        "acr_values": [PLAIN, STRONG],
        "signing_key": {**signing, "kid": "provider", "use": "sig", "alg": "RS256"},
        "client": {
            "id": CLIENT,
            "key": public(key("portal"), "portal"),
            "redirect_uris": [f"{site}{ANSWER}" for site in sites],
        },
    }
    process = subprocess.Popen(
        [node, str(ROOT / "tests" / "identity_provider.mjs")],
        cwd=ROOT,
        env=environment | {"NODE_ENV": "production"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
        if said != "ready\n":
            process.kill()
            raise AssertionError(f"the provider does not start: {said}{process.communicate()[1]}")
        yield RealProvider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.communicate(timeout=10)


# --- The one that signs whatever it is told ---------------------------------------------------------------------------


@dataclass
class Issuer:
    """An issuer on this machine. Its answers are right until a test changes what they are made of."""

    address: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=lambda: {"one": key("issuer")})
    signs_with: str = "one"
    claims: dict[str, Any] = field(default_factory=dict)  # in place of the right ones; None leaves one out
    header: dict[str, Any] = field(default_factory=dict)
    token: str | None = None  # in place of a signed one
    metadata: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""
    status: int = 200
    waits: float = 0
    nonce: str = ""
    subject: str = "subject-1"
    acr: str | None = PLAIN
    asked: list[str] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)

    def right_claims(self) -> dict[str, Any]:
        """What the portal should believe."""
        now = int(time.time())
        return {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": self.nonce,
            "acr": self.acr,
        }

    def id_token(self) -> str:
        """The token as it is answered with."""
        if self.token is not None:
            return self.token
        claims = {name: value for name, value in (self.right_claims() | self.claims).items() if value is not None}
        with warnings.catch_warnings(action="ignore", category=jwt.InsecureKeyLengthWarning):  # a test wants one
            return jwt.encode(claims, key_of(self), algorithm="RS256", headers={"kid": self.signs_with, **self.header})

    def answer(self, path: str) -> dict[str, Any]:
        """What a question gets."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                **self.metadata,
            }
        if path == "/keys":
            return {"keys": [public(of, name) for name, of in self.keys.items()]}
        if self.refusal:
            return {"error": self.refusal}
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token()}

    # The two halves of a sign-in as the browser does them.

    def leave(self, client: Client, path: str = SIGN_IN, **fields: str) -> dict[str, str]:
        """Press the button; returns what the portal asks the issuer, whose next token answers that."""
        answer = client.post(path, fields)
        assert answer.status_code == 302, answer.content
        assert answer["Location"].startswith(f"{self.address}/authorize?"), answer["Location"]
        asked = {name: value[0] for name, value in parse_qs(urlsplit(answer["Location"]).query).items()}
        self.nonce = asked["nonce"]
        return asked

    def come_back(self, client: Client, asked: dict[str, str], **fields: str) -> Any:
        """Be sent back with a code for what was asked."""
        return client.get(ANSWER, {"code": "a-code", "state": asked["state"], **fields})

    def sign_in(self, client: Client, **fields: str) -> Any:
        """Both."""
        return self.come_back(client, self.leave(client, **fields))


def key_of(issuer: Issuer) -> rsa.RSAPrivateKey:
    """The key that the issuer signs with, whether it shows it or not."""
    return issuer.keys.get(issuer.signs_with) or key("one that is not shown")


@contextmanager
def signing_issuer() -> Iterator[Issuer]:
    """Runs one in a thread."""
    issuer = Issuer()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            issuer.sent = {name: value[0] for name, value in parse_qs(body).items()}
            self._answer()

        def _answer(self) -> None:
            issuer.asked.append(self.path)
            time.sleep(issuer.waits)
            status = 400 if issuer.refusal and self.path == "/token" else issuer.status
            body = json.dumps(issuer.answer(self.path)).encode()
            try:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{issuer.address}{self.path}?again")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # the portal has stopped waiting

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the class's own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    issuer.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
