"""Sheet: a file of any format as headings and lines of text, each with its place in the file. Nothing is guessed."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree, html

from flows.nouns import CannotRun
from flows.read.declaration import WebDialect, WebResource
from flows.read.text import decoded
from flows.read.workbook import as_text, open_sheet, texts

#: Cells that the merged cells of an HTML table may cover, and rows or columns that one may span.
_CELLS = 200_000
_SPAN = 1_000
#: Digits of the largest number that is written out.
_DIGITS = 40


@dataclass(frozen=True)
class Line:
    """A line of cells with its number in the file."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """The text in a column; nothing beyond the end."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True)
class Span:
    """A cell that is merged with others: its lines and columns, both ends included. Its text stands in the first."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """The headings, the lines below them, and the merged cells. `place` is what a line is called: `line`, `item`."""

    where: str
    place: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    spans: tuple[Span, ...] = ()

    def refuse(self, problem: str) -> CannotRun:
        """The error that names the file."""
        return CannotRun(f"{self.where}: {problem}")


@dataclass(frozen=True)
class _Cells:
    """All lines as they lie in the file. `spans` is None where the format does not tell what is merged."""

    place: str
    lines: Sequence[Line]
    spans: Sequence[Span] | None = None
    header: tuple[int, ...] | None = None


def read_sheet(where: str, content: bytes, resource: WebResource, language: str) -> Sheet:
    """The table in a file, which messages call `where`. Raises CannotRun where the file is not of its format."""
    cells = _READERS[resource.format](where, content, resource, language)
    header = cells.header or resource.dialect.headerRows
    lines = [line for line in cells.lines if line.number not in resource.dialect.commentRows]
    mark = resource.dialect.commentChar
    lines = [line for line in lines if not (mark and line.cell(0).startswith(mark))]
    top = [line for line in lines if line.number in header]
    if len(top) < len(header):
        there = [line.number for line in top]
        missing = next(number for number in header if number not in there)
        raise CannotRun(f"{where} has no {cells.place} {missing}, where the header should stand. Correct `headerRows`.")
    headings = _headings(top, cells.spans, resource.dialect.headerJoin)
    body = [line for line in lines if line.number > header[-1] and any(line.cells)]
    return Sheet(where, cells.place, headings, tuple(body), tuple(cells.spans or ()))


def _headings(top: Sequence[Line], spans: Sequence[Span] | None, join: str) -> tuple[str, ...]:
    """The lines of a header as one: what stands in merged cells holds for each column that they cover."""
    width = max(len(line.cells) for line in top)
    parts = []
    for line in top:
        cells = [line.cell(n) for n in range(width)]
        if spans is not None:
            for span in spans:
                if span.top == line.number:
                    right = min(span.right + 1, width)
                    cells[span.left : right] = [line.cell(span.left)] * (right - span.left)
        elif line is not top[-1]:
            for n in range(1, width):
                cells[n] = cells[n] or cells[n - 1]
        parts.append(cells)
    return tuple(join.join(dict.fromkeys(filter(None, column))) for column in zip(*parts, strict=True))


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _line(number: int, cells: Sequence[str]) -> Line:
    return Line(number, tuple(map(_tidy, cells)))


def _csv(where: str, content: bytes, resource: WebResource, _language: str) -> _Cells:
    text = io.StringIO(decoded(where, content, resource.encoding), newline="")
    dialect = resource.dialect
    reader = csv.reader(text, delimiter=dialect.delimiter, quotechar=dialect.quoteChar, strict=True)
    lines, number = [], 1
    try:
        for cells in reader:
            lines.append(_line(number, cells))
            number = reader.line_num + 1
    except csv.Error as error:
        raise CannotRun(f"{where}, line {number}, is not readable as CSV ({error}).") from error
    return _Cells("line", lines)


def _workbook(where: str, content: bytes, resource: WebResource, language: str) -> _Cells:
    sheet = open_sheet(where, content, resource.dialect)
    rows = texts(sheet.to_python(skip_empty_area=False), language)
    merged = sheet.merged_cell_ranges
    spans = None
    if merged is not None:
        spans = [Span(top + 1, left, min(bottom + 1, len(rows)), right) for (top, left), (bottom, right) in merged]
    return _Cells(f"sheet {sheet.name}, row", [_line(n, cells) for n, cells in enumerate(rows, 1)], spans)


def _json(where: str, content: bytes, resource: WebResource, language: str) -> _Cells:
    try:
        loaded = json.loads(
            decoded(where, content, resource.encoding),
            parse_float=_number, parse_int=_number, parse_constant=str, object_pairs_hook=_object,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise CannotRun(f"{where} is not readable as JSON ({error}).") from error
    items = _property(where, loaded, resource.dialect)
    if isinstance(items, list) and items and all(isinstance(item, list) for item in items):
        return _Cells("item", [_line(n, _texts(item, language)) for n, item in enumerate(items, 1)])
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        names = list(dict.fromkeys(name for item in items for name in item))
        rows = [_line(n, _texts(map(item.get, names), language)) for n, item in enumerate(items, 1)]
        return _Cells("item", [_line(0, names), *rows], header=(0,))
    raise CannotRun(f"{where} holds no list of objects or of lists there. Say where it is, in `dialect: property`.")


def _number(text: str) -> Decimal | str:
    """A number with the digits that stand there; as text where it is of no size that anything has."""
    number = Decimal(text)
    return number if abs(number.adjusted()) < _DIGITS and len(text) < _DIGITS else text


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"an object has a key twice: {', '.join(name for name, _ in pairs)}")
    return made


def _property(where: str, loaded: Any, dialect: WebDialect) -> Any:
    """What a JSON Pointer (RFC 6901), or the name of a property, leads to."""
    if dialect.property is None:
        return loaded
    path = dialect.property if dialect.property.startswith("/") else f"/{dialect.property}"
    found = loaded
    for part in path.split("/")[1:]:
        try:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found[int(name)] if isinstance(found, list) else found[name]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise CannotRun(f"{where} has no {dialect.property!r}. Correct `dialect: property`.") from error
    return found


def _texts(items: Any, language: str) -> list[str]:
    return [json.dumps(item, default=str) if isinstance(item, dict | list) else as_text(item, language)
            for item in items]  # fmt: skip


def _html(where: str, content: bytes, resource: WebResource, _language: str) -> _Cells:
    text = decoded(where, content, resource.encoding)
    try:
        page = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except etree.LxmlError as error:
        raise CannotRun(f"{where} is not readable as HTML ({error}).") from error
    # A footnote's mark would become the last digit of its number.
    for element in page.xpath("//sup | //script | //style"):
        element.drop_tree()
    for element in page.xpath("//br | //table//p | //table//div | //table//li"):
        element.tail = f" {element.tail or ''}"
    tables = page.xpath("//table[not(.//table)]")
    wanted = resource.dialect.table
    if isinstance(wanted, str):
        found = [n for n, table in enumerate(tables, 1) if _tidy(wanted) in _tidy(table.text_content())]
        if len(found) != 1:
            raise CannotRun(f"{where}: {len(found)} tables hold the text {wanted!r}. Correct `dialect: table`.")
        wanted = found[0]
    if wanted > len(tables):
        raise CannotRun(f"{where} has {len(tables)} tables, so none is table {wanted}. Correct `dialect: table`.")
    lines, spans = _spread(where, tables[wanted - 1])
    return _Cells(f"table {wanted}, row", lines, spans)


def _spread(where: str, table: Any) -> tuple[list[Line], list[Span]]:
    """The rows of an HTML table with each cell in its column, past those that reach down from above."""
    taken: set[tuple[int, int]] = set()
    lines, spans = [], []
    for number, row in enumerate(table.iter("tr"), 1):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            while (number, len(cells)) in taken:
                cells.append("")
            width, height = (_times(cell.get(name)) for name in ("colspan", "rowspan"))
            taken.update((number + down, len(cells) + n) for down in range(1, height) for n in range(width))
            if len(taken) > _CELLS:
                raise CannotRun(f"{where} has merged cells that cover more than {_CELLS:,} cells.")
            if width > 1 or height > 1:
                spans.append(Span(number, len(cells), number + height - 1, len(cells) + width - 1))
            cells += [cell.text_content(), *[""] * (width - 1)]
        lines.append(_line(number, cells))
    return lines, spans


def _times(text: str | None) -> int:
    """How many rows or columns a cell spans; HTML lets at most a thousand columns count."""
    return max(1, min(int(text), _SPAN)) if text and text.strip().isdecimal() else 1


_Reader = Callable[[str, bytes, WebResource, str], _Cells]
_READERS: Mapping[str, _Reader] = {
    "csv": _csv, "xlsx": _workbook, "ods": _workbook, "json": _json, "html": _html,
}  # fmt: skip
