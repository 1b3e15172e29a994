"""What the reader chose to see of the mailbox, as it stands in the address."""

from __future__ import annotations

from django import forms

from teams.filters import AddressForm


class MailboxFilter(AddressForm):
    """Part of an address or of a subject."""

    q = forms.CharField(label="Address or subject", max_length=200)

    @property
    def words(self) -> str:
        """What is looked for; empty where nothing is."""
        return self.chosen("q") or ""
