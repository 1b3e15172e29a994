"""The room of the people who sign in and the organizations they come from."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Room `accounts`."""

    name = "teams.accounts"
    label = "accounts"
    verbose_name = "People and organizations"
