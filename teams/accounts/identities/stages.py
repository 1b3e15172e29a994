"""The step of a sign-in that asks for the portal's own second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.models import Login
from allauth.mfa.stages import AuthenticateStage

# In the `signal_kwargs` of a sign-in, which go with it through all its steps: what counts as its second factor.
SECOND_FACTOR = "second_factor"


def second_factor_of(login: Login) -> dict[str, Any] | None:
    """The identity and the acr that count as second factor of the sign-in; None where none does."""
    found: dict[str, Any] | None = (login.signal_kwargs or {}).get(SECOND_FACTOR)
    return found


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Asks for it, unless the identity provider has asked for one already."""

    def handle(self) -> tuple[Any, bool]:
        """allauth's answer: a response or None, and whether the sign-in goes on."""
        if second_factor_of(self.login) is not None:
            return None, True
        answer: tuple[Any, bool] = super().handle()
        return answer
