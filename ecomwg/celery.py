"""The Celery application, configured from Django's settings (names that start with CELERY_)."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecomwg.settings")


class RecordedTask(Task):  # type: ignore[type-arg]
    """A task whose changes stand in the history as its own, on the date of the portal's clock."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        # Imported here, since they need the applications, which this module is there before.
        from teams.clock import selectors as clock
        from teams.reasons import made_by

        with made_by(self.name.rpartition(".")[2], at=clock.now()):
            return super().__call__(*args, **kwargs)


app: Celery[Task[Any, Any]] = Celery("ecomwg", task_cls=RecordedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)
