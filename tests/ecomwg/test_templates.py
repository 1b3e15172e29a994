"""Templates: nothing inline that the content security policy would refuse, and each component says its use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts)
# A block of JSON is no script: browsers run none of it, and the policy is not asked.
INLINE = re.compile(
    r'\sstyle\s*=|<style\b|\son[a-z]+="|javascript:|<script(?![^>]*(?:\ssrc=|\stype="application/json"))',
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_has_inline_scripts_or_styles(path: Path) -> None:
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert INLINE.findall(text) == []


@pytest.mark.parametrize("path", sorted((TEMPLATES / "components").glob("*.html")), ids=lambda path: path.name)
def test_each_component_says_what_it_is_and_takes(path: Path) -> None:
    text = re.sub(r"^{% load [^%]*%}", "", path.read_text(encoding="utf-8"))
    assert text.startswith("{% comment %}\n")
