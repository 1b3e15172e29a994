"""The room of the people who sign in and the organizations they come from."""

import logging
from functools import partial
from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest

log = logging.getLogger(__name__)


class AccountsConfig(AppConfig):
    """Room `accounts`."""

    name = "teams.accounts"
    label = "accounts"
    verbose_name = "People and organizations"

    def ready(self) -> None:
        """Let each session know when it began, however its person signed in; log what failed, and what was changed."""
        from allauth.mfa import signals as second_factor
        from django.contrib.auth.signals import user_logged_in, user_login_failed

        user_logged_in.connect(_session_begins, dispatch_uid="accounts.session_begins")
        user_login_failed.connect(_password_failed, dispatch_uid="accounts.password_failed")
        second_factor.authentication_failed.connect(_second_factor_failed, dispatch_uid="accounts.second_factor_failed")
        for word, signal in (
            ("added", second_factor.authenticator_added),
            ("removed", second_factor.authenticator_removed),
            ("made anew", second_factor.authenticator_reset),
        ):
            signal.connect(partial(_second_factor_changed, word), weak=False, dispatch_uid=f"accounts.{word}")


def _session_begins(sender: object, request: HttpRequest, **_: Any) -> None:
    from teams.clock import selectors as clock

    from .sessions import limits

    limits.begin(request.session, at=clock.real_now())


def _password_failed(sender: object, request: HttpRequest | None = None, **_: Any) -> None:
    # Not what was typed: people write their password where the address belongs.
    log.warning("A sign-in failed: a wrong address or password, from %s", _from(request))


def _second_factor_failed(sender: object, request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    log.warning("A second factor failed: %s of person %s, from %s", authenticator.type, user.pk, _from(request))


def _second_factor_changed(
    word: str, sender: object, request: HttpRequest | None, user: Any, authenticator: Any, **_: Any
) -> None:
    log.info("A second factor was %s: %s of person %s, from %s", word, authenticator.type, user.pk, _from(request))


def _from(request: HttpRequest | None) -> str:
    from allauth.account.adapter import get_adapter

    return str(get_adapter().get_client_ip(request)) if request else "the command line"
