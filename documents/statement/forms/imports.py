"""A file to take into a draft."""

from __future__ import annotations

from django import forms


class FileForm(forms.Form):
    """The file that somebody sends."""

    file = forms.FileField(
        label="File",
        help_text="Word (.docx) or Markdown (.md), at most 5 MB. You see first what it would change.",
        widget=forms.FileInput(attrs={"accept": ".docx,.md,.markdown,.txt"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )
