"""Table: make a source folder of the raw contract out of one table that somebody has in hand, and tell every guess."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from flows.nouns import CannotRun
from flows.settings import ROOT
from flows.table.cells import SHEETS, TEXTS, Grid, Row, as_sentence, quoted, read_grids
from flows.table.columns import Columns, Head, Value, find_head, tell_columns
from flows.table.names import Names, cleaned, key_of
from flows.table.places import Placer
from flows.table.words import FOOTER, LEVEL_WORDS, is_number, is_total, levels_named
from schemas.contract import FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS
from schemas.measures import MEASURES

_OFFICIAL = ROOT / "raw" / "regions"
_GRADE_NAMES = ("the nation", "provinces", "regencies and cities", "districts")
_SEXES = {"l": "male", "laki-laki": "male", "pria": "male", "p": "female", "perempuan": "female", "wanita": "female"}


@dataclass(frozen=True)
class _Laid:
    """The rows for `figures.csv`, how numbers are written, and what was guessed."""

    figures: list[dict[str, str]]
    language: str
    guesses: list[str]


def is_table(path: Path) -> bool:
    """Whether this is the name of a single table, not of a source folder."""
    return path.suffix.lower() in (*TEXTS, *SHEETS)


def lay_out(path: Path, folder: Path, official: Path = _OFFICIAL) -> list[str]:
    """Make `folder` a source folder out of the table at `path`; return what was guessed, a sentence each.

    `official` is the folder of the official regions. Raises CannotRun, naming the file, the line and what to do, where
    the table is empty or has no column of regions or of values, or its regions are not of one level.
    """
    grids = read_grids(path)
    laid, others = _first_table(grids, Names(official))
    if others:
        laid.guesses.insert(0, others)
    folder.mkdir(parents=True, exist_ok=True)
    slug = "-".join(re.findall(r"[a-z0-9]+", path.stem.lower())) or "table"
    name = f"{slug}-table" if slug == official.name else slug
    descriptor = {"name": name, "title": path.name, "language": laid.language}
    (folder / "datapackage.yaml").write_text(yaml.safe_dump(descriptor, sort_keys=False, allow_unicode=True), "utf-8")
    with (folder / "figures.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIGURE_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(laid.figures)
    return laid.guesses


def _first_table(grids: Sequence[Grid], names: Names) -> tuple[_Laid, str]:
    """The first sheet that has a table, and a sentence about the others; the first one's error where none has."""
    refused: list[CannotRun] = []
    for grid in grids:
        try:
            laid = _as_contract(grid) or _interpret(grid, names)
        except CannotRun as error:
            refused.append(error)
            continue
        others = [other.sheet or "" for other in grids if other is not grid]
        told = f"The table is on sheet {grid.sheet}, the first that has one; not read: {', '.join(others)}."
        return laid, told if others else ""
    raise refused[0]


def _as_contract(grid: Grid) -> _Laid | None:
    """A table whose header is the contract's, as it stands; None for any other."""
    header = grid.rows[0]
    headings = [cell.lower() for cell in header.cells]
    if not {*REQUIRED_FIGURE_COLUMNS} <= {*headings}:
        return None
    columns = {name: headings.index(name) for name in FIGURE_COLUMNS if name in headings}
    figures = [{name: row.cell(n) for name, n in columns.items()} for row in grid.rows[1:]]
    if not figures:
        raise grid.refuse("there is no row below the header. It needs one for each figure.")
    language, why = _language([figure["value"] for figure in figures])
    guesses = ["The header is the raw contract's: the rows are taken as they stand.", why]
    unused = [cell for cell in header.cells if cell.lower() not in FIGURE_COLUMNS]
    return _Laid(figures, language, guesses + ([f"Not used: {quoted(unused)}."] if any(unused) else []))


def _interpret(grid: Grid, names: Names) -> _Laid:
    """A table as a person writes it, as figures of the contract."""
    head = find_head(grid)
    columns = tell_columns(grid, head, names)
    explicit, totals = _explicit(head, columns, names), _totals(head, columns)
    section = "city" if levels_named(head.headings[columns.region]) == {"city"} else None
    placer = Placer(grid, names, columns.frame, explicit, totals, section)
    figures = list(_figures(grid, head, columns, placer))
    if not figures:
        raise grid.refuse(
            "no row has both a region and a value. Check that the values stand in the rows of their regions."
        )
    language, why = _language([figure["value"] for figure in figures])
    return _Laid(
        figures, language, [*_about_columns(grid, head, columns, names), *placer.told, why, *_decimals(grid, columns)]
    )


def _decimals(grid: Grid, columns: Columns) -> Iterator[str]:
    """A warning of counts that a spreadsheet took for decimals."""
    counted = {value.column for value in columns.values if not value.unit_mult}
    found = [
        f"{row.cell(n)} in row {row.line}"
        for row in grid.rows
        for n in sorted(counted)
        if (row.line, n) in grid.decimals
    ]
    if found:
        yield (
            f"Some number cells have decimals ({', '.join(found[:3])}) and are kept as they stand: a count that was "
            "typed with a point for thousands loses its last noughts in a spreadsheet."
        )


def _explicit(head: Head, columns: Columns, names: Names) -> dict[str, set[str]]:
    """The regions that the table names without doubt, each with the keys of the names that it uses."""
    used: dict[str, set[str]] = {}
    for name in (cleaned(row.cell(columns.region)) for row in head.body):
        found = names.called(name, [columns.frame.grade])
        if len(found) == 1:
            used.setdefault(found[0].code, set()).add(key_of(name))
    return used


def _label(row: Row, columns: Columns) -> str:
    """The text that says what a row is: its region, else the first text of the row, as in merged cells."""
    used = {value.column for value in columns.values} | {*columns.optional}
    texts = [cell for n, cell in enumerate(row.cells) if cell and n not in used and not is_number(cell)]
    first = next((text for text in texts if is_total(text) or FOOTER.match(text)), "")
    return row.cell(columns.region) or first


def _totals(head: Head, columns: Columns) -> int:
    return sum(is_total(_label(row, columns)) for row in head.body)


def _figures(grid: Grid, head: Head, columns: Columns, placer: Placer) -> Iterator[dict[str, str]]:
    """The figures row by row; what is left out, and what is a total, is told to the placer."""
    within = ""
    for row in head.body:
        within = _within(row, columns) or within
        place = _place(row, columns, placer, within)
        if place is None:
            continue
        if grid.sheet is None and any(row.cells[len(head.headings) :]):
            raise grid.refuse(
                f"line {row.line} has {len(row.cells)} cells where the header has {len(head.headings)}. "
                "Put a cell that contains the delimiter into quotation marks."
            )
        for value in columns.values:
            if row.cell(value.column) or len(columns.values) == 1:
                yield _figure(grid, row, columns, value, place)


def _within(row: Row, columns: Columns) -> str:
    """The parent printed in a row; a cell merged over several rows has it in the first."""
    text = cleaned(row.cell(columns.within))
    return "" if is_total(text) or FOOTER.match(text) else text


def _place(row: Row, columns: Columns, placer: Placer, within: str) -> dict[str, str] | None:
    """The region of a row, or None where the row is left out; its line and why are told."""
    label, at = _label(row, columns), as_sentence(placer.grid.at(row.line))
    filled = any(row.cell(value.column) for value in columns.values)
    name = cleaned(row.cell(columns.region))
    shown = next((cell for cell in row.cells if cell), "")
    if FOOTER.match(label or shown) or (not filled and not _is_region(name, columns, placer)):
        placer.heading(name)
        placer.told.append(f"{at} is left out: {shown!r}.")
        return None
    if is_total(label):
        total = placer.total(label, _within(row, columns))
        meaning = f"is taken for the figure of {total['region']}" if total else "sums what is no region; left out"
        placer.told.append(f"{at}, {label!r}, {meaning}.")
        return total
    if not name and _within(row, columns):
        name, within = within, ""
    if not name:
        placer.told.append(f"{at} has a value but names no region; it is left out.")
        return None
    level = next((row.cell(n) for n, kind in columns.optional.items() if kind == "level"), "")
    return placer.row(row.line, name, within, _level(level))


def _is_region(name: str, columns: Columns, placer: Placer) -> bool:
    return bool(placer.names.called(name, [columns.frame.grade])) and not placer.is_heading(name)


def _level(text: str) -> str:
    """The code of a level that is written as a word; an unknown word as it stands."""
    return next((level for level, said in LEVEL_WORDS.items() if text.lower().strip(". ") in said), text)


def _figure(grid: Grid, row: Row, columns: Columns, value: Value, place: Mapping[str, str]) -> dict[str, str]:
    """One figure with its place in the file, and what the other columns say of it."""
    token = row.cell(value.column)
    figure = {"measure": value.measure, "value": token, "locator": grid.at(row.line), **value.says}
    if not re.search(r"[a-z]", token, re.I):
        figure["unit_mult"] = value.unit_mult
    for n, kind in columns.optional.items():
        if text := row.cell(n):
            figure |= _said_beside(kind, text, figure)
    figure |= {name: text for name, text in place.items() if name != "note"}
    if "note" in place:
        figure["note"] = "; ".join(filter(None, (place["note"], figure.get("note"))))
    known = MEASURES.get(figure["measure"])
    return {"unit": known.unit if known else "person", **figure}


def _said_beside(kind: str, text: str, figure: Mapping[str, str]) -> dict[str, str]:
    """What a column beside the figures says, in the columns of the contract."""
    if kind == "wave":
        waves = re.findall(r"\d+", text) or [text]
        return {"wave_from": waves[0], "wave_to": waves[-1]}
    if kind == "year":
        return {"period_start": text, "period_end": text}
    if kind == "sex":
        return {"sex": _SEXES.get(text.lower(), text)}
    return {kind: f"{figure['locator']}; {text}" if kind == "locator" else text}


def _language(tokens: Iterable[str]) -> tuple[str, str]:
    """How numbers are written, `id` or `en`, by their thousands and decimals; and the sentence that says so."""
    numerals = [found[0].rstrip(".,") for token in tokens if (found := re.search(r"\d[\d.,]*", token))]
    english = [text for text in numerals if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+\.(\d{1,2}|\d{4,})", text)]
    indonesian = [text for text in numerals if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?|\d+,(\d{1,2}|\d{4,})", text)]
    if len(english) > len(indonesian):
        return "en", f"Numbers are read as written in English, 1,234.5, because of {english[0]}."
    why = f"because of {indonesian[0]}" if indonesian else "as nothing says otherwise"
    return "id", f"Numbers are read as written in Indonesian, 1.234,5, {why}."


def _about_columns(grid: Grid, head: Head, columns: Columns, names: Names) -> Iterator[str]:
    """What was guessed about the header, the regions and each column, a sentence each."""
    row = "line" if grid.sheet is None else "row"
    if head.line is None:
        yield "The table has no header; its columns were told by what they hold."
    elif head.above:
        yield f"The header is {row} {head.line}; what stands above it ({len(head.above)}) is no part of the table."
    else:
        yield f"The header is {row} {head.line}."
    frame, said = columns.frame, levels_named(head.headings[columns.region]) is not None
    why = "its heading says so, and" if said else "because"
    yield (
        f"Column {head.headings[columns.region]!r} is the region: {why} {frame.explained} of its {frame.listed} names "
        f"are {_GRADE_NAMES[frame.grade]}{_in_parent(columns, names)}."
    )
    if columns.within is not None:
        yield f"Column {head.headings[columns.within]!r} is the parent of the region."
    for value in columns.values:
        guess = "" if value.is_told else " (nothing says what it counts)"
        more = "".join(f", {name} {text}" for name, text in value.says.items())
        more += f", in units of 10^{value.unit_mult}" if value.unit_mult else ""
        yield f"Column {head.headings[value.column]!r} holds values: {value.measure}{guess}{more}."
    for n, kind in columns.optional.items():
        yield f"Column {head.headings[n]!r} is taken for {kind}."
    used = {columns.region, columns.within, *columns.optional, *(value.column for value in columns.values)}
    if unused := [heading for n, heading in enumerate(head.headings) if heading and n not in used]:
        yield f"Not used: {quoted(unused)}."


def _in_parent(columns: Columns, names: Names) -> str:
    frame = columns.frame
    if frame.parent and frame.grade > 1:
        return f" of {names.regions[frame.parent].name}, which has {names.children[frame.grade, frame.parent]}"
    if frame.rivals and columns.within is None:
        rivals = " or ".join(names.regions[code].name for code in frame.rivals)
        return f", of {rivals} alike: a column of parents would tell"
    return ", of several parents" if frame.grade > 1 and not frame.parent else ""
