"""`docs/group-file.md` describes the format as it is: every field, whether it is needed, and the words it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecomwg.loading.items import Item, Items, One, fields_of
from ecomwg.loading.kinds import Choice, ListOf
from ecomwg.loading.load import load
from ecomwg.loading.sections import GroupFile

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "group-file.md").read_text(encoding="utf-8")


def tables() -> dict[str, dict[str, tuple[bool, str]]]:
    """The tables of fields by their heading: for each field whether it is needed, and what is said of it."""
    found = {}
    for part in re.split(r"^##+ ", TEXT, flags=re.MULTILINE):
        rows = re.findall(r"^\| `(\w+)` \| (yes|no) \| (.*) \|$", part, flags=re.MULTILINE)
        if rows:
            found[part.partition("\n")[0]] = {name: (needed == "yes", words) for name, needed, words in rows}
    return found


def items(kind: type[Item], heading: str) -> Iterator[tuple[str, type[Item]]]:
    """Every kind of item of the format, with the heading under which it is described."""
    yield heading, kind
    for field in fields_of(kind):
        if isinstance(field.kind, Items | One):
            inner = f"`{field.name}`" if kind is GroupFile else f"each of `{field.name}`"
            yield from items(field.kind.kind, inner)


KINDS = dict(items(GroupFile, "The file itself"))


def test_every_kind_of_item_is_described_and_nothing_else() -> None:
    assert tables().keys() == KINDS.keys()


@pytest.mark.parametrize("heading", KINDS)
def test_every_field_is_described_as_it_is(heading: str) -> None:
    described = tables()[heading]
    fields = {field.name: field for field in fields_of(KINDS[heading])}
    assert {name: needed for name, (needed, _) in described.items()} == {
        name: field.is_required for name, field in fields.items()
    }
    for name, field in fields.items():
        kind = field.kind.kind if isinstance(field.kind, ListOf) else field.kind
        if isinstance(kind, Choice):
            assert [word for word in kind.allowed if f"`{word}`" not in described[name][1]] == []


@pytest.mark.django_db
def test_the_examples_make_a_file_together_that_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "group.yaml"
    examples = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    path.write_text("\n".join(examples), encoding="utf-8")
    assert len(examples) == len(fields_of(GroupFile)) - 2
    assert load(path).total.new > 20
