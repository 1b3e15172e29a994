"""The pages on which administrators see and change a group's rules."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from milestones.reminders.models import REPEATS_UNTIL, ReminderRule
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.clock import selectors as clock

from . import services
from .effects import Effect, effect_of
from .forms import ReasonForm, RuleForm


@requires(Action.KEEP_SETTINGS)
def rules(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Every rule of the group in a sentence, the earliest first."""
    found = list(ReminderRule.objects.filter(group=group).order_by("days_after", "pk"))
    return render(
        request,
        "reminders/rules.html",
        {"group": group, "rules": found, "repeats_until": REPEATS_UNTIL, "breadcrumb": _way(group)[:-1]},
    )


@requires(Action.KEEP_SETTINGS)
@takes("GET", "POST")
def add_rule(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Another rule. `preview` among what is sent asks what it would do, and changes nothing."""
    form = RuleForm(request.POST if request.method == "POST" else None)
    effect = None
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        make = partial(services.add, by=request.user, group=group, reason=reason, **form.rule)
        effect, is_done = _tried(request, form, make, group)
        if is_done:
            messages.success(request, "The rule is added.")
            return redirect("reminders:rules", group.slug)
    context = {"group": group, "form": form, "effect": effect, "breadcrumb": _way(group)}
    return render(request, "reminders/rule_new.html", context)


@requires(Action.KEEP_SETTINGS)
@takes("GET", "POST")
def rule(request: SignedInRequest, group: WorkingGroup, rule: int) -> HttpResponse:
    """Change whom and when a rule reminds, or remove it (`remove` among what is sent); `preview` as in `add_rule`."""
    found = ReminderRule.objects.filter(group=group, pk=rule).first()
    if found is None:
        messages.info(request, "That rule is gone: somebody removed it.")
        return redirect("reminders:rules", group.slug)
    is_removal, is_sent = "remove" in request.POST, request.method == "POST"
    shown = RuleForm.said_by(found)
    form = RuleForm(request.POST if is_sent and not is_removal else None, initial=shown)
    removal = ReasonForm(request.POST if is_removal else None, prefix="removal", initial={"seen": found.said})
    sent: ReasonForm = removal if is_removal else form
    effect, is_done = None, False
    if is_sent and sent.is_valid():
        known: dict[str, Any] = {"by": request.user, "rule": found, "reason": sent.cleaned_data["reason"]}
        known["seen"] = sent.cleaned_data["seen"]
        make = partial(services.remove, **known)
        if sent is form:
            make = partial(services.change, **form.rule, **known)
        effect, is_done = _tried(request, sent, make, group)
    if is_done:
        messages.success(request, "The rule is removed." if is_removal else "The rule is changed.")
        return redirect("reminders:rules", group.slug)
    return render(
        request,
        "reminders/rule.html",
        {
            "group": group,
            "rule": found,
            "form": form,
            "removal": removal,
            "effect": effect,
            "is_removal": is_removal,
            "breadcrumb": _way(group),
        },
    )


def _tried(request: SignedInRequest, form: ReasonForm, make: Any, group: WorkingGroup) -> tuple[Effect | None, bool]:
    """Make the change, or only ask what it would do; what is wrong with it stands in the form then."""
    try:
        if "preview" in request.POST:
            return effect_of(make, group, clock.now()), False
        make()
    except services.ThereAlready:
        form.add_error("days", "There is a rule to them from that day on already.")
    except services.TooFar:
        form.add_error("days", "That is more than a year away from the due date.")
    except services.CannotRepeat:
        form.add_error("every", "Only a reminder after the due date comes again: leave it out, or choose “after”.")
    except services.ChangedMeanwhile:
        form.add_error(None, "Somebody changed this rule meanwhile. Open it again from the list and look at it.")
    else:
        return None, True
    return None, False


def _way(group: WorkingGroup) -> list[tuple[str, str]]:
    return [
        (group.slug.upper(), group.get_absolute_url()),
        ("Settings", reverse("bodies:settings", args=[group.slug])),
        ("Reminder rules", reverse("reminders:rules", args=[group.slug])),
    ]
