"""The styles and lists of a Word file of ours."""

from __future__ import annotations

from typing import Any, Final

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from . import names

BULLETS: Final = 90
NUMBERS: Final = 91
_INK: Final = RGBColor(0x16, 0x2E, 0x51)


def element(name: str, /, **attributes: object) -> Any:
    """An element of the namespace of Word's documents, with attributes of it: `element("w:b", val=1)`."""
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def element_of(part: Any) -> Any:
    """The element behind a paragraph, table or row of python-docx, which names it in public for some of them only."""
    return part._element  # noqa: SLF001


def prepare(document: Document) -> None:
    """Give the document our styles, our two kinds of lists, and the language of the text."""
    styles: Any = document.styles
    normal = styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.element.rPr.append(element("w:lang", val="en-US"))
    for rank in range(1, 10):
        heading = styles[f"Heading {rank}"]
        heading.font.size, heading.font.italic = Pt(max(11, 17 - 2 * rank)), False
        _dress(heading)
    styles["Title"].font.size = Pt(22)
    _dress(styles["Title"])
    _dress(styles["Subtitle"])
    styles["Quote"].paragraph_format.left_indent = Pt(0)
    for name, based_on in (
        (names.ABOUT, "Normal"),
        (f"{names.ABOUT} Heading", "Heading 1"),
        (f"{names.ABOUT} Change", "Normal"),
        (names.CODE, "Normal"),
        (names.RULE, "Normal"),
        ("Table Heading", "Normal"),
        *((f"{names.TEXT_HEADING} {rank}", "Normal") for rank in range(1, 7)),
    ):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.quick_style = styles[based_on], True
    for rank in range(1, 7):
        style = styles[f"{names.TEXT_HEADING} {rank}"]
        style.font.bold, style.font.size = True, Pt(max(11, 14 - rank))
        style.element.get_or_add_pPr().append(element("w:outlineLvl", val=8))
    styles[f"{names.ABOUT} Change"].font.italic = True
    styles["Table Heading"].font.bold = True
    styles[names.CODE].font.name = "Courier New"
    rule = styles[names.RULE].element.get_or_add_pPr()
    border = element("w:pBdr")
    border.append(element("w:bottom", val="single", sz=6, space=1, color="71767A"))
    rule.append(border)
    for name in (names.NUMBER, "Hyperlink", "Statement Code Words"):
        styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
    styles["Hyperlink"].font.underline, styles["Hyperlink"].font.color.rgb = True, RGBColor(0x00, 0x5E, 0xA2)
    styles["Statement Code Words"].font.name = "Courier New"
    _add_lists(document)


def _dress(style: Any) -> None:
    """Our letters in place of those of the theme."""
    style.font.color.rgb = _INK
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    style.font.name = "Calibri"


def _add_lists(document: Document) -> None:
    numbering: Any = document.part.numbering_part.element
    first = numbering.find(qn("w:num"))
    for identity, format_, signs in ((BULLETS, "bullet", "•◦▪"), (NUMBERS, "decimal", "")):
        abstract = element("w:abstractNum", abstractNumId=identity)
        abstract.append(element("w:multiLevelType", val="multilevel"))
        for level in range(9):
            step = element("w:lvl", ilvl=level)
            step.append(element("w:start", val=1))
            step.append(element("w:numFmt", val=format_))
            step.append(element("w:lvlText", val=signs[level % 3] if signs else f"%{level + 1}."))
            step.append(element("w:lvlJc", val="left"))
            place = element("w:pPr")
            place.append(element("w:ind", left=names.STEP * (level + 1), hanging=names.STEP))
            step.append(place)
            abstract.append(step)
        first.addprevious(abstract)


def add_list(document: Document, abstract: int, level: int, start: int) -> int:
    """A list of its own of one of the two kinds, which begins with the number `start`; returns its number."""
    numbering: Any = document.part.numbering_part.element
    number = 1 + max(int(each.get(qn("w:numId"))) for each in numbering.iter(qn("w:num")))
    made = element("w:num", numId=number)
    made.append(element("w:abstractNumId", val=abstract))
    change = element("w:lvlOverride", ilvl=level)
    change.append(element("w:startOverride", val=start))
    made.append(change)
    numbering.append(made)
    return number
