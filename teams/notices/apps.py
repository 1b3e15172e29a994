"""The outbox: what is to be mailed to whom, was mailed, or failed."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Room `notices`."""

    name = "teams.notices"
    label = "notices"
    verbose_name = "Notices"
