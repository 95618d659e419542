"""Workbook: the cells of a spreadsheet from the web, which is not opened before its size is known."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from flows.nouns import CannotRun
from flows.read.declaration import WebDialect

#: Bytes that all parts of a workbook may have together once they are unpacked.
_UNPACKED = 256 * 2**20
#: Cells between the first and the last one that is filled: what calamine takes memory for.
_CELLS = 5_000_000
_XLSX_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)>")
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')


def open_sheet(where: str, content: bytes, dialect: WebDialect) -> CalamineSheet:
    """The sheet that the dialect names. Raises CannotRun where it is no workbook, a bomb, or has no such sheet."""
    try:
        with CalamineWorkbook.from_filelike(_checked(where, content)) as book:
            if dialect.sheetName is not None:
                return book.get_sheet_by_name(dialect.sheetName)
            return book.get_sheet_by_index(dialect.sheetNumber - 1)
    except WorksheetNotFound as error:
        wanted = dialect.sheetName or dialect.sheetNumber
        raise CannotRun(f"{where} has no sheet {wanted!r}; correct `sheetName` or `sheetNumber`.") from error
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise CannotRun(f"{where} cannot be read as a workbook ({error}).") from error


def _checked(where: str, content: bytes) -> io.BytesIO:
    """The workbook again, its parts no longer than it says, so that nothing is read but what was checked."""
    honest = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(honest, "w") as again:
        parts = {part.filename: part for part in archive.infolist()}
        size = sum(part.file_size for part in parts.values())
        if size > _UNPACKED:
            raise CannotRun(f"{where} unpacks to {size:,} bytes, more than {_UNPACKED:,}: it may be a zip bomb.")
        for name, part in parts.items():
            with archive.open(part) as file:
                # Without a length, all that is packed would be unpacked first, and cut to the length then.
                unpacked = file.read(part.file_size)
            if name.startswith("xl/worksheets/") or name == "content.xml":
                _check_extent(where, name, unpacked)
            again.writestr(name, unpacked)
    honest.seek(0)
    return honest


def _check_extent(where: str, name: str, xml: bytes) -> None:
    rows, columns = _extent(xml)
    if rows * columns > _CELLS:
        raise CannotRun(
            f"{where} has a cell in row {rows:,} and one in column {columns:,}, so that {name} spans more than "
            f"{_CELLS:,} cells."
        )


def _extent(xml: bytes) -> tuple[int, int]:
    """The last row and the last column with a filled cell."""
    filled = [(int(row), _number_of(column)) for column, row in _XLSX_CELL.findall(xml)] or list(_filled(xml))
    rows, columns = zip(*filled, strict=True) if filled else ((0,), (0,))
    return max(rows), max(columns)


def _number_of(letters: bytes) -> int:
    """The number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _filled(xml: bytes) -> Iterator[tuple[int, int]]:
    """Row and column of the filled cells of an OpenDocument sheet, where a cell or row may stand for many."""
    row = 0
    for line in xml.split(b"</table:table-row>"):
        _, _, inside = line.rpartition(b"<table:table-row")
        row += _times(inside.partition(b">")[0])
        column = 0
        for cell in _ODS_CELL.findall(inside):
            column += _times(cell)
            if b"value-type" in cell:
                yield row, column


def _times(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found[1]) if found else 1


def texts(lines: Sequence[Sequence[Any]], language: str) -> list[list[str]]:
    """Cells as text; numbers as the source's language writes them."""
    return [[as_text(cell, language) for cell in line] for line in lines]


def as_text(cell: Any, language: str) -> str:
    """A cell as text: a number in plain decimals, the fewest that are exact, a day in ISO form.

    A number with three decimals gets a nought in front, `06,276`: 6,276 would be read as thousands.
    """
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell).lower()
    if isinstance(cell, float):
        cell = Decimal(int(cell)) if cell.is_integer() else Decimal(repr(cell))
    if isinstance(cell, int | Decimal):
        plain = re.sub(r"^(-?)(?=[1-9]\d{0,2}\.\d{3}$)", r"\g<1>0", format(cell, "f"))
        return plain if language == "en" else plain.replace(".", ",")
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        cell = cell.date()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
