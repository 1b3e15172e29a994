"""The forms under a remark, and what becomes of what they send: edit, withdraw, mark. Rooms' pages stand on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.http import HttpRequest, QueryDict

from teams.accounts.access import SignedInRequest
from teams.accounts.models import User

from . import services
from .models import REASON_AT_MOST, TEXT_AT_MOST, Remark, new_key
from .services import AlreadyWithdrawn, ChangedMeanwhile
from .wording import Piece, difference

MARK: Final = "is_government_only"
CHANGED: Final = (
    "This was changed after you opened it. What is different stands below, and what you typed is kept: send it again "
    "to put it in place of what is there now."
)
WITHDRAWN: Final = "This was withdrawn meanwhile and can’t be changed any more. What you typed stands below."


def text_field(label: str, hint: str = "", *, required: bool = True, rows: int = 5) -> forms.CharField:
    """A long text in Markdown."""
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=TEXT_AT_MOST,
        widget=forms.Textarea(attrs={"class": "usa-textarea", "rows": rows}),
    )


def refuse_forged_mark(request: HttpRequest) -> None:
    """Raise PermissionDenied where someone of the trade sends the government-only mark, which no page offers them."""
    if MARK in request.POST and not (request.user.is_authenticated and request.user.is_government):
        raise PermissionDenied("the government-only mark is set and taken off by people of the government")


class RemarkForm(forms.Form):
    """The words of a remark. `key` makes that what is sent twice is written once, `revision` names what was seen."""

    key = forms.CharField(
        required=False,
        widget=forms.HiddenInput,
        validators=[RegexValidator(r"\A[0-9a-f]{16}\Z", "Open the form again.")],
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = text_field("Text", "Markdown: *emphasis*, lists, links.")

    # Offered to people of the government while the remark is new.
    HINT: Final = "People who work for the trade never see it, whatever their role."

    def __init__(self, data: Any = None, *, person: User, remark: Any = None, **kwargs: Any) -> None:
        self.remark = remark
        given = {name: getattr(remark, name) for name in self.words_of_form()} if remark else {"key": new_key()}
        super().__init__(data, initial={**given, "revision": getattr(remark, "revision", None)}, **kwargs)
        if person.is_government and self.offers_mark():
            self.fields[MARK] = forms.BooleanField(
                label="Government only",
                help_text=self.HINT,
                required=False,
                initial=getattr(remark, MARK, False),
                widget=forms.CheckboxInput(attrs={"class": "usa-checkbox__input"}),
            )

    @classmethod
    def words_of_form(cls) -> list[str]:
        """The names of the fields that the remark has too."""
        return [name for name in cls.base_fields if name not in ("key", "revision")]

    def offers_mark(self) -> bool:
        """Whether the mark is set here; later it is set by itself, with a reason."""
        return self.remark is None

    @property
    def said(self) -> dict[str, Any]:
        """The values that were sent, by field of the remark."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("key", "revision")}

    @property
    def visible(self) -> list[forms.BoundField]:
        """The fields without the mark, which is drawn as a box of its own."""
        return [field for field in self.visible_fields() if field.name != MARK]

    @property
    def box(self) -> forms.BoundField | None:
        """The mark, where it is offered."""
        return self[MARK] if MARK in self.fields else None


class ReasonForm(forms.Form):
    """Why a remark is withdrawn, marked or opened."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason",
        max_length=REASON_AT_MOST,
        help_text="Stands beside the change for everybody who may see it.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, remark: Remark, **kwargs: Any) -> None:
        super().__init__(data, initial={"revision": remark.revision}, **kwargs)


class Changing:
    """What the reader may change of one remark, as forms, and what was sent by one of them.

    `find` gives the remark anew as the reader may see it now (or raises Http404); `save_words` and `save_mark` are the
    services that edit and mark. A form that the reader may not have is None, and what is sent in its name is refused
    (PermissionDenied).
    """

    def __init__(
        self,
        request: SignedInRequest,
        remark: Any,
        *,
        find: Callable[[], Any],
        save_words: Callable[..., None],
        save_mark: Callable[..., None] = services.mark,
        form: type[RemarkForm] = RemarkForm,
        may_edit: bool,
        may_withdraw: bool,
    ) -> None:
        refuse_forged_mark(request)
        self.request, self.remark, self.find = request, remark, find
        self.save_words, self.save_mark = save_words, save_mark
        self.sent = request.POST.get("change", "") if request.method == "POST" else ""
        self.differences: list[tuple[str, list[Piece]]] = []
        person = request.user
        self.edit = (
            form(self._data("edit"), person=person, remark=remark, auto_id="edit-%s")
            if may_edit and not remark.is_withdrawn
            else None
        )
        self.withdraw = (
            ReasonForm(self._data("withdraw"), remark=remark, auto_id="withdraw-%s")
            if may_withdraw and not remark.is_withdrawn
            else None
        )
        self.mark = ReasonForm(self._data("mark"), remark=remark, auto_id="mark-%s") if person.is_government else None
        self.tried = {"edit": self.edit, "withdraw": self.withdraw, "mark": self.mark}.get(self.sent)
        if self.sent in ("edit", "withdraw", "mark") and self.tried is None and not remark.is_withdrawn:
            raise PermissionDenied("this is not yours to change")
        self.lost = request.POST.get("text", "") if self.sent == "edit" and remark.is_withdrawn else ""

    def _data(self, change: str) -> QueryDict | None:
        return self.request.POST if self.sent == change else None

    @property
    def opens(self) -> str:
        """The form that stands open: the one that was sent and has something to say."""
        return self.sent if self.tried is not None and self.tried.errors else ""

    def save(self) -> str:
        """Make the change that was sent. Returns what was done, in a sentence; nothing where it was not."""
        if self.tried is None or not self.tried.is_valid():
            return ""
        try:
            return self._make(self.tried)
        except AlreadyWithdrawn:
            self.tried.add_error(None, WITHDRAWN)
        except ChangedMeanwhile:
            current = self.find()
            if self.sent == "edit" and all(getattr(current, name) == value for name, value in self.edit_said.items()):
                return "Saved."
            self.remark = current
            self._again(current)
        return ""

    @property
    def edit_said(self) -> Mapping[str, Any]:
        """The words that were sent."""
        return self.edit.said if self.edit is not None else {}

    def _make(self, form: Any) -> str:
        by, seen = self.request.user, form.cleaned_data["revision"] or 0
        if self.sent == "edit":
            if form.has_changed():
                self.save_words(self.remark, by=by, seen=seen, said=form.said)
            return "Saved."
        reason = form.cleaned_data["reason"]
        if self.sent == "withdraw":
            services.withdraw(self.remark, by=by, seen=seen, reason=reason)
            return "Withdrawn. That it was there, and why it was taken back, stays on the record."
        is_marked = not self.remark.is_government_only
        self.save_mark(self.remark, by=by, seen=seen, is_government_only=is_marked, reason=reason)
        return "Marked: only people of the government see it from now on." if is_marked else "Opened to the group."

    def _again(self, current: Any) -> None:
        """The form once more: what was typed, against what is there now."""
        form = self.tried
        assert form is not None
        form.add_error(None, CHANGED)
        again = self.request.POST.copy()
        again["revision"] = str(current.revision)
        form.data = again
        if self.sent == "edit" and self.edit is not None:
            for name, value in self.edit.said.items():
                before, after = _words(current, name), _words(current, name, value)
                if before != after:
                    self.differences.append((str(self.edit.fields[name].label), difference(before, after)))


def _words(remark: Any, name: str, *value: Any) -> str:
    """The value of a field (or another in its place) as a page writes it."""
    given = value[0] if value else getattr(remark, name)
    choices = getattr(remark._meta.get_field(name), "flatchoices", None)  # noqa: SLF001 - documented by Django
    return str(dict(choices).get(given, given) if choices else ("" if given is None else given))
