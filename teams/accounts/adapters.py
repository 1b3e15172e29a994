"""How django-allauth behaves here: nobody signs up by themselves, and an identity provider's sign-in is one."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from .identities import services as identities
from .identities.stages import SECOND_FACTOR
from .models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: people come in by being made a member of a group."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_login_stages(self) -> list[str]:
        """allauth's steps, with ours in place of the one that asks for a second factor."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "teams.accounts.identities.stages.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def post_login(
        self, request: HttpRequest, user: User, *, signal_kwargs: dict[str, Any] | None, **said: Any
    ) -> HttpResponse:
        """allauth's answer; what counted as second factor is noted in the session that has just begun."""
        if shown := (signal_kwargs or {}).get(SECOND_FACTOR):
            identities.note_second_factor(request.session, **shown)
        answer: HttpResponse = super().post_login(request, user, signal_kwargs=signal_kwargs, **said)
        return answer
