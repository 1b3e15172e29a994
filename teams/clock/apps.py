"""The room that knows what day it is."""

from django.apps import AppConfig


class ClockConfig(AppConfig):
    """Room `clock`."""

    name = "teams.clock"
    label = "clock"
    verbose_name = "Clock"
