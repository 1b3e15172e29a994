"""The room of the people who sign in and the organizations they come from."""

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest


class AccountsConfig(AppConfig):
    """Room `accounts`."""

    name = "teams.accounts"
    label = "accounts"
    verbose_name = "People and organizations"

    def ready(self) -> None:
        """Let each session know when it began, however its person signed in."""
        from django.contrib.auth.signals import user_logged_in

        user_logged_in.connect(_session_begins, dispatch_uid="accounts.session_begins")


def _session_begins(sender: object, request: HttpRequest, **_: Any) -> None:
    from teams.clock import selectors as clock

    from .sessions import limits

    limits.begin(request.session, at=clock.real_now())
