"""What the commands say, and with which exit code."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock.models import ClockSetting

from .files import EXAMPLE, counts, edited

pytestmark = pytest.mark.django_db


def say(*words: object) -> list[str]:
    """The lines that `manage.py` prints for a command; nothing may be printed for errors."""
    out, err = StringIO(), StringIO()
    call_command(*map(str, words), stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue().splitlines()


def refused(*words: object) -> tuple[list[str], str]:
    """The lines that a command prints for its errors, and its last word."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*map(str, words), stdout=StringIO(), stderr=err)
    assert caught.value.returncode == 1
    return err.getvalue().splitlines(), str(caught.value)


def row(lines: list[str], name: str) -> list[str]:
    """The numbers in the line of a list."""
    return next(line.removeprefix(name).split() for line in lines if line.startswith(name))


def test_load_group_shows_what_became_of_every_list(tmp_path: Path) -> None:
    lines = say("load_group", EXAMPLE)
    assert row(lines, "milestones") == ["11", "0", "0", "0"]
    assert lines[-1] == "Loaded the group ecom: 97 new and 0 changed items."
    path = edited(
        tmp_path,
        ("title: First draft of the diagrams", "title: First sketch"),
        ("  - {key: std-draft", "  # - {key: std-draft"),
    )
    lines = say("load_group", path)
    assert row(lines, "milestones") == ["0", "1", "9", "1"]
    assert "Kept, though the file no longer names it: milestones/std-draft" in lines
    assert lines[-1] == "Loaded the group ecom: 0 new and 1 changed items."


def test_load_group_names_every_fault_and_counts_them(tmp_path: Path) -> None:
    path = edited(tmp_path, ("due: 2018-07-27", "due: soon"), ("owner: counsel", "owner: council"))
    lines, last = refused("load_group", path)
    assert lines == [
        "group.yaml:172: milestones/diagrams-draft/due: 'soon' is not a date: write 2018-03-06, 2018-03 or 2018",
        "group.yaml:176: milestones/enf-issues/owner: no person has the key 'council'; did you mean 'counsel'?",
    ]
    assert last == "2 errors; nothing was loaded"
    assert not WorkingGroup.objects.exists()


def test_check_writes_nothing(tmp_path: Path) -> None:
    before = counts()
    lines = say("load_group", EXAMPLE, "--check")
    assert lines[0] == "ecomwg.yaml: nothing to complain about."
    assert lines[-1] == "Would load the group ecom: 97 new and 0 changed items."
    assert counts() == before
    lines, last = refused("load_group", edited(tmp_path, ("format: 1", "format: 3")), "--check")
    assert lines == ["group.yaml:13: format: must be 1, the format that this portal reads; it is '3'"]
    assert last == "1 error; nothing was loaded"


def test_first_start_loads_once(tmp_path: Path) -> None:
    assert say("load_group", EXAMPLE, "--first-start")[-1].startswith("Loaded the group ecom")
    changed = edited(tmp_path, ("title: First draft of the diagrams", "title: First sketch"))
    assert say("load_group", changed, "--first-start") == [
        "The group ecom is there already; group.yaml was not loaded again."
    ]
    assert Milestone.objects.get(key="diagrams-draft").title == "First draft of the diagrams"


def test_quiet_says_nothing() -> None:
    assert say("load_group", EXAMPLE, "--quiet") == []


def test_demonstration_accounts_are_shown_with_their_roles_in_words() -> None:
    say("load_group", EXAMPLE)
    lines = say("demonstration_accounts")
    assert lines[0].split("  ")[0] == "Sample Administrator"
    assert lines[0].endswith("Administrator")
    small = next(line for line in lines if "small@example.test" in line)
    assert small.endswith("Member of Team 1, Member of Team 3")
    assert lines[-1] == "The password of each: sample-harbor-2018"


def test_a_demonstration_has_a_second_administrator_and_loading_again_changes_nothing() -> None:
    say("load_group", EXAMPLE)
    second = User.objects.get(email="admin2@example.test")
    first = User.objects.get(email="admin@example.test")
    assert (second.is_site_admin, second.organization, second.affiliation) == (True, first.organization, "government")
    assert second.check_password("sample-harbor-2018")
    lines = say("demonstration_accounts")
    assert [line.split("  ")[0] for line in lines[:2]] == ["Sample Administrator", "Sample Second Administrator"]
    once = counts()
    assert say("load_group", EXAMPLE)[-1] == "Loaded the group ecom: 0 new and 0 changed items."
    say("load_group", EXAMPLE, "--first-start")
    assert counts() == once


def test_a_demonstration_that_is_there_already_gets_one_when_it_starts() -> None:
    say("load_group", EXAMPLE)
    User.objects.filter(email="admin2@example.test").delete()
    say("load_group", EXAMPLE, "--first-start")
    assert User.objects.filter(email="admin2@example.test", is_site_admin=True).exists()


def test_a_second_administrator_of_the_file_is_enough(tmp_path: Path) -> None:
    two = edited(tmp_path, ("email: partner@example.test,", "email: partner@example.test, site_admin: true,"))
    say("load_group", two)
    assert set(User.objects.filter(is_site_admin=True).values_list("email", flat=True)) == {
        "admin@example.test",
        "partner@example.test",
    }


@pytest.mark.parametrize("how", ["closed", "no administrator"])
def test_a_second_administrator_that_was_changed_stays_so(how: str) -> None:
    say("load_group", EXAMPLE)
    change = {"is_active": False} if how == "closed" else {"is_site_admin": False}
    User.objects.filter(email="admin2@example.test").update(**change)
    once = counts()
    say("load_group", EXAMPLE)
    assert counts() == once


def test_a_real_administrator_gets_no_sample_beside_them() -> None:
    User.objects.create_superuser("real@example.test", "correct horse battery", name="Real One")
    say("load_group", EXAMPLE)  # brings its own sample, which makes two
    assert not User.objects.filter(email="admin2@example.test").exists()


def test_there_are_no_accounts_to_show_before_a_file_is_loaded() -> None:
    _, last = refused("demonstration_accounts")
    assert last == "there are no accounts yet: load a group's file first (manage.py load_group FILE)"


def test_there_are_no_accounts_to_show_outside_a_demonstration(settings: Settings) -> None:
    say("load_group", EXAMPLE)
    settings.DEMONSTRATION = False
    _, last = refused("demonstration_accounts")
    assert last == "this portal is no demonstration (DEMONSTRATION=on): it has no accounts to show"


def test_outside_a_demonstration_nobody_gets_a_password_and_the_clock_is_real(settings: Settings) -> None:

    settings.DEMONSTRATION = False
    say("load_group", EXAMPLE)
    assert User.objects.count() == 9
    assert not any(person.has_usable_password() for person in User.objects.all())
    assert not ClockSetting.objects.exists()
