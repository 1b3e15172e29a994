"""Rows as a file for a spreadsheet, in which no cell can run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import xlsxwriter

# What Excel, LibreOffice and Google Sheets read as the start of a formula (OWASP ASVS 5.0, 1.2.10; the full-width
# signs are those that they turn into plain ones), and the characters that can move a text into another cell.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A cell of Excel holds no more characters than this.
_CELL_AT_MOST: Final = 32_767


def spreadsheet_safe(value: object) -> object:
    """The value of a cell: a text that a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers stay numbers, and None becomes an empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file (RFC 4180) in UTF-8, marked as such for Excel: the header, then the rows, each cell made safe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([spreadsheet_safe(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its heading, its width in characters, and words that say what belongs into it."""

    heading: str
    width: int = 20
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook. `choices` has, by the number of a column, the cells that it may be chosen from.

    Such cells are named as a formula of the workbook does ("=Lists!$A$2:$A$9").
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    choices: Sequence[tuple[int, str]] = ()


def xlsx_bytes(sheets: Iterable[Sheet], *, title: str) -> bytes:
    """An Excel workbook (ECMA-376): each sheet with its headings, which stay in sight, then its rows.

    A date becomes a date, a number a number, everything else a text: no text is read as a formula, a link or a number,
    and one that would run once somebody edits it is marked as a text, as Excel's own apostrophe does. Memory does not
    grow with the rows of a sheet, only with the file.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    book.set_properties({"title": title})
    formats = _Formats(book)
    for sheet in sheets:
        _write(book.add_worksheet(sheet.name), sheet, formats)
    book.close()
    return file.getvalue()


class _Formats:
    """How cells look."""

    def __init__(self, book: Any) -> None:
        self.heading = book.add_format({"bold": True, "bg_color": "#E7F2F5", "bottom": 1, "text_wrap": True})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})
        self.quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        self.date = book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"})
        self.number = book.add_format({"valign": "top"})


def _write(page: Any, sheet: Sheet, formats: _Formats) -> None:
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width)
        page.write_string(0, number, column.heading, formats.heading)
        if column.hint:
            page.data_validation(
                0, number, 0, number, {"validate": "any", "input_title": column.heading, "input_message": column.hint}
            )
    for number, cells in sheet.choices:
        page.data_validation(
            1, number, 2000, number, {"validate": "list", "source": cells, "error_type": "information"}
        )
    last = 0
    for last, row in enumerate(sheet.rows, start=1):
        for number, value in enumerate(row):
            _write_cell(page, last, number, value, formats)
    page.autofilter(0, 0, max(last, 1), len(sheet.columns) - 1)


def _write_cell(page: Any, row: int, column: int, value: object, formats: _Formats) -> None:
    if value is None or value == "":
        return
    if isinstance(value, date):
        page.write_datetime(row, column, value, formats.date)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        page.write_number(row, column, value, formats.number)
    else:
        text = str(value)[:_CELL_AT_MOST]
        page.write_string(row, column, text, formats.quoted if text.startswith(_STARTS_A_FORMULA) else formats.text)
