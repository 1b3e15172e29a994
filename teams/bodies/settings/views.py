"""The page on which administrators change a group's settings."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.bodies.selectors import bodies_of

from . import selectors, services
from .forms import SettingsForm


@dataclass(frozen=True, slots=True)
class Other:
    """A setting that somebody else changed: its label, where its field stands, what it is now, and what was typed.

    `typed` is empty where the person had left it as it was: then the form shows what it is now.
    """

    label: str
    field: str
    now: str
    typed: str


@requires(Action.KEEP_SETTINGS)
@takes("GET", "POST")
def settings(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The settings. What somebody else changed since the page was opened is shown first, and nothing is saved."""
    bodies = selectors.bodies_set(bodies_of(group))
    others: list[Other] = []
    form = SettingsForm(request.POST if request.method == "POST" else None, group=group, bodies=bodies)
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change(
                by=request.user,
                group=group,
                values=form.values,
                seen=form.marks,
                reason=form.cleaned_data["reason"],
            )
        except services.ChangedMeanwhile as refusal:
            form, others = _brought_up_to_date(form, refusal, group)
        else:
            if changed:
                messages.success(request, "The settings are saved.")
            else:
                messages.info(request, "Nothing was changed: all settings are as they were.")
            return redirect("bodies:settings", group.slug)
    return render(
        request,
        "bodies/settings.html",
        {
            "group": group,
            "form": form,
            "others": others,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


def _brought_up_to_date(
    sent: SettingsForm, refusal: services.ChangedMeanwhile, group: WorkingGroup
) -> tuple[SettingsForm, list[Other]]:
    """The form anew: with what the person typed, and where they typed nothing, with what the settings are now."""
    typed, seen = sent.values, sent.marks
    marks_of_typed = selectors.marks_of({name: selectors.plain(value) for name, value in typed.items()})
    is_typed = {name: name in typed and marks_of_typed[name] != seen.get(name) for name in refusal.now}
    shown = {name: typed[name] if is_typed[name] else now for name, now in refusal.now.items()}
    fresh = WorkingGroup.objects.get(pk=group.pk)
    bodies: list[Body] = selectors.bodies_set(bodies_of(fresh))
    form = SettingsForm(
        {**shown, "seen": SettingsForm.written(refusal.now), "reason": sent.cleaned_data["reason"]},
        group=fresh,
        bodies=bodies,
    )
    others = [
        Other(
            label=str(form[name].label),
            field=str(form[name].id_for_label),
            now=refusal.now[name],
            typed=typed[name] if is_typed[name] and selectors.plain(typed[name]) != refusal.now[name] else "",
        )
        for name in refusal.names
        if name in form.fields
    ]
    return form, others
