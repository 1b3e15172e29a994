"""What is asked of who works on a draft, and of who comments on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms

from documents.statement.merging import Agreed, Clash
from documents.statement.selectors import DraftText

LONGEST_TEXT: Final = 100_000
MINE, THEIRS, BOTH = "mine", "theirs", "both"
Parts = Sequence[Agreed | Clash]


def _line(label: str, longest: int, hint: str = "", **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=hint,
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off", **attributes}),
    )


def _text(label: str, hint: str = "", rows: int = 12, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"class": "usa-textarea", "rows": rows}),
        **options,
    )


class TitleForm(forms.Form):
    """What a draft is to change."""

    title = _line("What it is to change", 200, "In a few words, such as “Process maps for the pilot”.")


class AbandonForm(forms.Form):
    """Why a draft is abandoned."""

    reason = _line("Reason", 500, "Everyone who may read the draft reads it.")


class ClauseForm(forms.Form):
    """Heading and text of a clause. `seen_revision` is the revision that was on the page."""

    heading = _line("Heading", 200)
    text = _text("Text", "Markdown: **bold**, *italic*, “- ” before each item of a list.", required=False)
    seen_revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class NewClauseForm(forms.Form):
    """A clause that is to be added."""

    heading = _line("Heading", 200)
    text = _text("Text", "Markdown: **bold**, *italic*, “- ” before each item of a list.", required=False)


class SplitForm(forms.Form):
    """What stays in a clause, and what becomes a clause of its own behind it."""

    kept = _text("What stays in the clause", "Take out of it what goes into the new one.", rows=8, required=False)
    heading = _line("Heading of the new clause", 200)
    text = _text("Text of the new clause", rows=8, required=False)
    seen_revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class OtherClauseForm(forms.Form):
    """Which other clause: the one that takes a clause in."""

    into = forms.TypedChoiceField(label="Into clause", coerce=int, widget=forms.Select(attrs={"class": "usa-select"}))

    def __init__(self, *args: Any, others: Iterable[DraftText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose"), *((each.clause_id, f"{each.number} {each.heading}") for each in others)]


class PlaceForm(forms.Form):
    """A place in the draft: behind or before another clause, or as the first one under it."""

    how = forms.ChoiceField(
        label="Place it",
        choices=[("after", "Behind"), ("before", "Before"), ("under", "First under")],
        widget=forms.Select(attrs={"class": "usa-select"}),
    )
    other = forms.TypedChoiceField(label="Clause", coerce=int, widget=forms.Select(attrs={"class": "usa-select"}))

    def __init__(self, *args: Any, others: Iterable[DraftText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["other"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose"), *((each.clause_id, f"{each.number} {each.heading}") for each in others)]


class CommentForm(forms.Form):
    """What somebody says of a clause. The mark is offered to those of the government alone."""

    text = forms.CharField(
        label="Comment", max_length=10_000, widget=forms.Textarea(attrs={"class": "usa-textarea", "rows": 4})
    )
    is_government_only = forms.BooleanField(
        label="For the government alone",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "usa-checkbox__input"}),
    )

    def __init__(self, *args: Any, is_government: bool, is_answer: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_answer:
            self.fields["text"].label = "Answer"
            self.fields["text"].widget.attrs["rows"] = 2
        if not is_government:
            del self.fields["is_government_only"]


class ClashForm(forms.Form):
    """For each place where two changes clash, whose words count: mine, theirs, or both.

    `mine_heading`, `mine_text` and `base_revision` carry what was typed, so that a conflict can be put again.
    """

    mine_heading = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    mine_text = forms.CharField(required=False, max_length=LONGEST_TEXT, strip=False, widget=forms.HiddenInput)
    base_revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    seen_revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, heading: Parts, text: Parts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = {"heading": heading, "text": text}
        clashes = [(f"{where}-{at}", part) for where, parts in self.parts.items() for at, part in enumerate(parts)]
        places = [(name, part) for name, part in clashes if isinstance(part, Clash)]
        for count, (name, _) in enumerate(places, 1):
            self.fields[name] = forms.ChoiceField(
                label=f"Place {count}: whose words?",
                choices=[(MINE, "Mine"), (THEIRS, "Theirs"), (BOTH, "Both, mine first")],
                widget=forms.RadioSelect,
            )

    def rows(self, where: str) -> list[tuple[Agreed | Clash, forms.BoundField | None]]:
        """The parts of heading or text in order; those that clash with their field."""
        return [
            (part, self[f"{where}-{at}"] if isinstance(part, Clash) else None)
            for at, part in enumerate(self.parts[where])
        ]

    @property
    def heading_rows(self) -> list[tuple[Agreed | Clash, forms.BoundField | None]]:
        """The parts of the heading."""
        return self.rows("heading")

    @property
    def text_rows(self) -> list[tuple[Agreed | Clash, forms.BoundField | None]]:
        """The parts of the text."""
        return self.rows("text")

    def chosen(self, where: str) -> str:
        """Heading or text as it was chosen."""
        return put_together(self.parts[where], lambda at: str(self.cleaned_data[f"{where}-{at}"]))


def put_together(parts: Parts, choice: Any) -> str:
    """The parts as one text; `choice` says for the place of each clash whose words count."""
    return "".join(part.text if isinstance(part, Agreed) else _words(part, choice(at)) for at, part in enumerate(parts))


def _words(clash: Clash, choice: str) -> str:
    if choice == BOTH:
        gap = "" if not clash.mine or not clash.theirs or clash.mine[-1].isspace() else " "
        return clash.mine + gap + clash.theirs
    return clash.mine if choice == MINE else clash.theirs
