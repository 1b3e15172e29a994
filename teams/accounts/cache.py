"""The cache in the database, made safe for what sign-in keeps in it: codes that were used, and rate limits."""

from __future__ import annotations

import base64
import pickle
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.utils import timezone


class KeepingCache(DatabaseCache):
    """Django's database cache with two differences.

    `add` is one statement. Django's own looks first and writes afterwards, so that two that find the same expired row
    both believe that they were first; a code could then be used twice.

    What has not expired is never thrown out. Django's own drops a third of the rows when there are many, so that
    anybody could have a used code forgotten by filling the cache with failed sign-ins.
    """

    _table: str  # set by Django's class

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep `value` for `timeout` seconds unless the key is there already; returns whether it was kept."""
        key = self.make_and_validate_key(key, version=version)
        ends = self.get_backend_timeout(timeout)
        expires = datetime.max.replace(tzinfo=UTC) if ends is None else datetime.fromtimestamp(ends, tz=UTC)
        connection = connections[router.db_for_write(self.cache_model_class)]
        table = connection.ops.quote_name(self._table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608 - quoted above
                " ON CONFLICT (cache_key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires"
                f" WHERE {table}.expires < %s",
                [
                    key,
                    base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("ascii"),
                    expires,
                    timezone.now(),
                ],
            )
            return bool(cursor.rowcount == 1)

    def _cull(self, db: str, cursor: Any, now: datetime, num: int) -> None:
        table = connections[db].ops.quote_name(self._table)
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 - quoted above
