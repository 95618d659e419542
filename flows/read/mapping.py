"""Mapping: the lines of a sheet as rows of the raw contract, by the declaration of its resource."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from flows.read.declaration import SHORT, Figures, WebResource, spelt
from flows.read.sheet import Line, Sheet, read_sheet
from flows.read.text import check_header
from schemas.contract import FIGURE_COLUMNS, RESOURCES

_TEXT = pa.string()
#: Words by which a heading says that its figures are multiples.
_POWER = re.compile(r"\b(ribu|ribuan|juta|jutaan|mil[iy]ar|triliun|thousands?|millions?|billions?)\b", re.I)


@dataclass(frozen=True)
class _Value:
    """A column of figures, and what its heading says of them."""

    column: int
    says: Mapping[str, str | None]


def rows_of(where: str, content: bytes, resource: WebResource, language: str) -> pa.Table:
    """The rows that a file on the web holds: their numbers, and the columns of the contract as text.

    The cells of figures are numbered column by column, each from the top to the bottom, the empty ones included: a cell
    that is filled later changes no other number. Messages call the file `where`; raises CannotRun where it does not fit
    its declaration.
    """
    sheet = read_sheet(where, content, resource, language)
    columns, required = RESOURCES[resource.name]
    if resource.figures is None:
        return _as_it_stands(sheet, columns, required)
    return _mapped(sheet, resource.figures)


def _as_it_stands(sheet: Sheet, columns: Sequence[str], required: Sequence[str]) -> pa.Table:
    """A file with the contract's own columns."""
    check_header(sheet.where, sheet.headings, columns, required)
    _check_widths(sheet, sheet.lines)
    at = {name: _heading(sheet, name) for name in sheet.headings}
    rows = len(sheet.lines)
    cells = {name: _cells(sheet.lines, at[name]) if name in at else pa.nulls(rows, _TEXT) for name in columns}
    return pa.table({"row": pa.arange(1, rows + 1), **cells})


def _mapped(sheet: Sheet, how: Figures) -> pa.Table:
    columns = {name: _heading(sheet, heading) for name, heading in how.columns.items()}
    region = columns.get("region", -1)
    values = list(_values(sheet, how, columns))
    lines = list(_lines(sheet, how, region))
    _check_widths(sheet, lines)
    _check_spans(sheet, lines, {value.column for value in values})
    shared = _shared(sheet, how, lines, columns)
    cells = pa.concat_tables([_figures(sheet, how, lines, shared, value) for value in values])
    table = cells.add_column(0, "row", pa.arange(1, cells.num_rows + 1))
    missing = pc.is_in(table["value"], pa.array(how.missingValues, _TEXT))
    return table.filter(pc.and_(table["value"].is_valid(), pc.invert(missing)))


def _heading(sheet: Sheet, heading: str) -> int:
    """The column with this heading."""
    found = [n for n, each in enumerate(sheet.headings) if each == " ".join(heading.split())]
    if len(found) == 1:
        return found[0]
    near = difflib.get_close_matches(heading, sheet.headings, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has: {', '.join(map(repr, filter(None, sheet.headings)))}"
    raise sheet.refuse(f"{len(found)} columns have the heading {heading!r}; {hint}")


def _values(sheet: Sheet, how: Figures, columns: Mapping[str, int]) -> Iterator[_Value]:
    """The columns of figures. Each pattern must match one, and none may be matched by two."""
    if "value" in columns:
        _check_power(sheet, columns["value"], how.constants, columns)
        yield _Value(columns["value"], {})
    owner: dict[int, str] = {}
    for each in how.values:
        found = {n: match for n, text in enumerate(sheet.headings) if (match := each.headings.fullmatch(text))}
        pattern = each.headings.pattern
        if not found:
            shown = ", ".join(map(repr, filter(None, sheet.headings)))
            raise sheet.refuse(f"no heading matches {pattern!r}; there are: {shown}")
        for n, match in found.items():
            if n in owner:
                raise sheet.refuse(f"the heading {sheet.headings[n]!r} matches both {owner[n]!r} and {pattern!r}")
            owner[n] = pattern
            says = _spelt({**each.constants, **match.groupdict()})
            _check_power(sheet, n, {**how.constants, **says}, columns)
            yield _Value(n, says)


def _check_power(sheet: Sheet, column: int, said: Mapping[str, str | None], columns: Mapping[str, int]) -> None:
    """Raise CannotRun where a heading says `ribu` and nothing says which power of ten that is."""
    word = _POWER.search(sheet.headings[column])
    if word and "unit_mult" not in (*said, *columns):
        raise sheet.refuse(
            f"the heading {sheet.headings[column]!r} says {word[0]!r}. Give its power of ten in `constants`, as in "
            "`unit_mult: 3`, or 0 where the values are not so meant."
        )


def _spelt(constants: Mapping[str, str | None]) -> dict[str, str | None]:
    """Constants by the columns of the contract."""
    return {column: text for name, text in constants.items() for column in spelt([name])}


def _label(line: Line, region: int) -> str:
    """What a line says that it is: its region, else its first filled cell."""
    return (line.cell(region) if region >= 0 else "") or next(filter(None, line.cells), "")


def _lines(sheet: Sheet, how: Figures, region: int) -> Iterator[Line]:
    """The lines of figures, without those that the declaration leaves out."""
    for line in sheet.lines:
        label = _label(line, region)
        if how.until and how.until.fullmatch(label):
            return
        if not (how.omit and how.omit.fullmatch(label)):
            yield line


def _check_widths(sheet: Sheet, lines: Sequence[Line]) -> None:
    for line in lines:
        if any(line.cells[len(sheet.headings) :]):
            raise sheet.refuse(
                f"{sheet.place} {line.number} has more cells than the {len(sheet.headings)} headings: "
                f"{list(line.cells[:8])}. Correct `delimiter` or `headerRows`, or leave it out with `omit`."
            )


def _check_spans(sheet: Sheet, lines: Sequence[Line], values: set[int]) -> None:
    """A figure in merged cells is of several regions or waves together, which no row of the contract can say."""
    at = {line.number: line for line in lines}
    for span in sheet.spans:
        line = at.get(span.top)
        covers = max(len(values & {*range(span.left, span.right + 1)}), span.bottom + 1 - span.top)
        if line and span.left in values and covers > 1 and any(map(str.isdigit, line.cell(span.left))):
            raise sheet.refuse(
                f"{sheet.place} {line.number}: {line.cell(span.left)!r} stands in merged cells: nobody can tell to "
                "which region or heading it belongs. Leave the line out with `omit`."
            )


def _shared(sheet: Sheet, how: Figures, lines: Sequence[Line], columns: Mapping[str, int]) -> dict[str, pa.Array]:
    """The columns that all figures of a line share: from the file, from constants, from what some rows say instead."""
    rows = len(lines)
    shared: dict[str, pa.Array] = {}
    for name, text in _spelt(how.constants).items():
        shared[name] = pa.repeat(pa.scalar(text, _TEXT), rows)
    for name, column in columns.items():
        if name != "value":
            cells = _filled_down(sheet, lines, column, sheet.headings[column] in how.fill_down)
            cells = _unmarked(cells, how) if name in ("region", "within") else cells
            shared |= dict.fromkeys(SHORT.get(name, (name,)), cells)
    labels = [_label(line, columns.get("region", -1)) for line in lines]
    for each in how.rows:
        told = pa.array([each.pattern.fullmatch(label) is not None for label in labels], pa.bool_())
        for name, text in _spelt(each.constants).items():
            usual = shared.get(name, pa.nulls(rows, _TEXT))
            shared[name] = pc.if_else(told, pa.scalar(text, _TEXT), usual)
    return shared


def _cells(lines: Sequence[Line], column: int) -> pa.Array:
    return pa.array([line.cell(column) or None for line in lines], _TEXT)


def _filled_down(sheet: Sheet, lines: Sequence[Line], column: int, always: bool) -> pa.Array:
    """A column of texts, where a cell that is merged over several lines holds for each of them."""
    if always:
        return pc.fill_null_forward(_cells(lines, column))
    over = {n: span.top for span in sheet.spans if span.left <= column <= span.right
            for n in range(span.top + 1, span.bottom + 1)}  # fmt: skip
    tops = {line.number: line.cell(column) for line in sheet.lines}
    return pa.array([line.cell(column) or tops.get(over.get(line.number, 0)) or None for line in lines], _TEXT)


def _unmarked(cells: pa.Array, how: Figures) -> pa.Array:
    """Cells without the marks of footnotes."""
    marks = how.marks
    if marks is None:
        return cells
    return pa.array([cell and (marks.sub("", cell).strip() or None) for cell in cells.to_pylist()], _TEXT)


def _figures(
    sheet: Sheet, how: Figures, lines: Sequence[Line], shared: Mapping[str, pa.Array], value: _Value
) -> pa.Table:
    """The figures of one column: a row for each cell, empty or not."""
    rows = len(lines)
    told = dict(shared) | {name: pa.repeat(pa.scalar(text, _TEXT), rows) for name, text in value.says.items()}
    heading = sheet.headings[value.column]
    told.setdefault("locator", pa.array([f"{sheet.place} {line.number}, column {heading}" for line in lines], _TEXT))
    told["value"] = _unmarked(_cells(lines, value.column), how)
    for name, codes in how.codes.items():
        for column in spelt([name]):
            texts = told.get(column, pa.nulls(rows, _TEXT)).to_pylist()
            told[column] = pa.array([codes.get(text, text) if text else text for text in texts], _TEXT)
    return pa.table({name: told.get(name, pa.nulls(rows, _TEXT)) for name in FIGURE_COLUMNS})
