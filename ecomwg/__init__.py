"""The project: settings, addresses, the home page, and what belongs to no single room."""

from .celery import app as celery_app

__all__ = ("celery_app",)
