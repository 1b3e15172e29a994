"""Make the table of the database cache, which keeps the rate limits of the sign-in pages."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import migrations


def make_table(apps: Any, schema_editor: Any) -> None:
    """Make it where it is missing."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """No model stands behind the cache's table, so Django would not make it by itself."""

    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
