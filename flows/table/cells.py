"""The cells of a table: a text file or a sheet as rows of text, each with its line in the file."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetMetadata, SheetTypeEnum, SheetVisibleEnum

from flows.nouns import CannotRun

TEXTS, SHEETS = (".csv", ".tsv", ".txt"), (".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class Row:
    """One line of the table, counted from 1 in the file, with its cells as text."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """The text in a column; nothing beyond the end."""
        return self.cells[column] if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True)
class Grid:
    """The filled rows of a file or of one of its sheets; `decimals` are line and column of numbers with a fraction."""

    path: Path
    sheet: str | None
    rows: tuple[Row, ...]
    decimals: frozenset[tuple[int, int]] = frozenset()

    def at(self, line: int) -> str:
        """Where an editor finds a line."""
        return f"line {line}" if self.sheet is None else f"sheet {self.sheet}, row {line}"

    def refuse(self, problem: str) -> CannotRun:
        """The error that names the file."""
        return CannotRun(f"{self.path.name}{'' if self.sheet is None else f', sheet {self.sheet}'}: {problem}")


def read_grids(path: Path) -> list[Grid]:
    """The sheets that hold anything; a text file is one without a name."""
    if not path.is_file():
        raise CannotRun(f"There is no file {path}.")
    grids = [_text_grid(path)] if path.suffix.lower() in TEXTS else _sheet_grids(path)
    filled = [grid for grid in grids if grid.rows]
    if not filled:
        raise CannotRun(f"{path.name} is empty. It needs a header and a row for each region.")
    return filled


def _text_grid(path: Path) -> Grid:
    text = _decoded(path)
    try:
        read = {delimiter: list(_split(text, delimiter)) for delimiter in "\t;|,"}
    except csv.Error as error:
        raise CannotRun(f"{path.name} cannot be read as CSV ({error}). Save it as CSV in UTF-8, or as XLSX.") from error
    # The delimiter that gives most lines the same number of cells; a decimal comma gives the header none.
    widths = {
        delimiter: Counter(len(row.cells) for row in rows if len(row.cells) > 1) for delimiter, rows in read.items()
    }
    best = max(read, key=lambda delimiter: max(widths[delimiter].values(), default=0))
    return Grid(path, None, tuple(read[best]))


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotRun(f"{path.name} is no text in UTF-8, UTF-16 or Windows-1252. Save it as CSV in UTF-8, or as XLSX.")


def _split(text: str, delimiter: str) -> Iterator[Row]:
    """The filled lines; a record counts where it starts, because a quoted cell may run over several lines."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cell.strip() for cell in cells))
        line = reader.line_num + 1


def _sheet_grids(path: Path) -> list[Grid]:
    """The sheets that people see, in their order."""
    try:
        with CalamineWorkbook.from_path(path) as book:
            seen = [sheet.name for sheet in book.sheets_metadata if _is_seen(sheet)]
            return [
                _sheet_grid(path, name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in seen
            ]
    except (CalamineError, OSError) as error:
        raise CannotRun(f"{path.name} cannot be read as a spreadsheet ({error}). Save it as CSV or XLSX.") from error


def _is_seen(sheet: SheetMetadata) -> bool:
    return sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible


def _sheet_grid(path: Path, name: str, lines: Sequence[Sequence[Any]]) -> Grid:
    rows = [Row(number, tuple(map(_as_text, cells))) for number, cells in enumerate(lines, 1)]
    decimals = frozenset(
        (number, column)
        for number, cells in enumerate(lines, 1)
        for column, cell in enumerate(cells)
        if isinstance(cell, float) and not cell.is_integer()
    )
    return Grid(path, name, tuple(row for row in rows if any(row.cells)), decimals)


def _as_text(cell: Any) -> str:
    """A cell as text: a number in plain decimals, the fewest that are exact; a day in ISO form."""
    if isinstance(cell, float):
        return format(Decimal(int(cell)) if cell.is_integer() else Decimal(repr(cell)), "f")
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        cell = cell.date()
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def quoted(texts: Iterable[str]) -> str:
    """Texts in quotation marks, separated by commas, the empty ones left out."""
    return ", ".join(repr(text) for text in texts if text)


def as_sentence(text: str) -> str:
    """A text with a capital at its start."""
    return text[:1].upper() + text[1:]
