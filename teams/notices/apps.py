"""The outbox: what is to be mailed to whom, was mailed, or failed."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Room `notices`."""

    name = "teams.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        """Quiet hours are hours of the person's own zone."""
        from teams.accounts import services as accounts

        from . import services

        accounts.after_a_new_zone(services.plan_again_for)
