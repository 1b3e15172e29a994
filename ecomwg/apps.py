"""The project's own pages and commands."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The project itself, for its templates' tags and its management commands."""

    name = "ecomwg"
    label = "portal"
    verbose_name = "Portal"
