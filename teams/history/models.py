"""The seals of the history: for each day that is over, a hash that stands on that of the day before."""

from __future__ import annotations

from django.db import models


class HistoryDay(models.Model):
    """A day of real time (UTC) whose history is sealed. Rows are only added, never changed."""

    day = models.DateField(primary_key=True)
    previous = models.CharField(max_length=64, help_text="The hash of the day before; zeros for the first day.")
    hash = models.CharField(max_length=64, help_text="SHA-256 of `previous`, the day, and what its tables held.")
    sealed_at = models.DateTimeField(help_text="In real time.")

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.hash}"


class SealedTable(models.Model):
    """What one table of the history held of one day when the day was sealed; no row where it held nothing."""

    day = models.ForeignKey(HistoryDay, on_delete=models.PROTECT, related_name="tables")
    table = models.CharField(max_length=63)
    columns = models.JSONField(help_text="The columns that were read, in this order.")
    rows = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64, help_text="SHA-256 of the hashes of the rows, in order of their keys.")
    marks = models.JSONField(help_text="The start of each row's hash by its key, to name the row that does not fit.")

    class Meta:
        ordering = ["table"]
        constraints = [models.UniqueConstraint(fields=["day", "table"], name="sealed_table_once")]

    def __str__(self) -> str:
        return f"{self.table} on {self.day_id}"
