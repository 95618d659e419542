"""Table: make a source folder of the raw contract out of one table that somebody has in hand, and tell every guess."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from python_calamine import CalamineError, CalamineWorkbook, SheetMetadata, SheetTypeEnum, SheetVisibleEnum

from flows.nouns import CannotRun
from flows.settings import ROOT
from schemas.contract import FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS
from schemas.measures import MEASURES

_OFFICIAL = ROOT / "raw" / "regions"
_TEXTS, _SHEETS = (".csv", ".tsv", ".txt"), (".xlsx", ".xls", ".ods")
#: Levels that share a table, from the nation down, and what they are called.
_GRADES = (("nation",), ("province",), ("regency", "city"), ("district",))
_GRADE_NAMES = ("the nation", "provinces", "regencies and cities", "districts")
#: The words by which a heading or a cell names a level, and those that may stand beside them.
_LEVEL_WORDS = {
    "nation": {"nasional", "nation", "negara", "country"},
    "province": {"provinsi", "propinsi", "prov", "province", "provinces"},
    "regency": {"kabupaten", "kab", "regency", "regencies"},
    "city": {"kota", "kotamadya", "city", "cities", "municipality", "municipalities"},
    "district": {"kecamatan", "kec", "distrik", "kapanewon", "kemantren", "district", "districts", "subdistrict"},
}
_REGION_WORDS = {"wilayah", "daerah", "region", "regions", "area", "lokasi"}
_BESIDE = {"nama", "name", "of", "the", "dan", "and", "atau", "or", "asal", "domisili", "administrasi"}
#: Level words in front of a name, behind it, and "in all of", as the pipeline reads them when it looks up a region.
_PREFIXES = {
    "province": r"^(pemerintah provinsi|pemprov|provinsi|propinsi|prov)\b\.? ?",
    "regency": r"^(kabupaten administrasi|kabupaten adm|pemkab|kabupaten|kab)\b\.? ?",
    "city": r"^(kota administrasi|kota adm|pemkot|kotamadya|kodya|kota)\b\.? ?",
    "district": r"^(kecamatan|kec|distrik|kapanewon|kemantren)\b\.? ?",
}
_AROUND = r" (province|regency|city|district)$|^(se-|seluruh )"
_TOTAL = re.compile(
    r"(?:sub-? ?|grand )?(?:total|jumlah|jml)\b[ :]*(?:keseluruhan|seluruhnya|seluruh|semua|umum)?[ :]*", re.I
)
_FOOTER = re.compile(
    r"(sumber|source|catatan|keterangan|ket|notes?)( data)?\s*[:.]|\*|(diolah|dicetak|rata-? ?rata|average|median)\b",
    re.I,
)
_NUMBER = re.compile(
    r"(rp\.? ?)?[-+]?\d[\d., ]*((ribu|rb|juta|jt|mil[iy]ar|triliun|thousand|million|billion|orang|jiwa|people|persons?"
    r"|persen|%)\.? ?)*",
    re.I,
)
_NOTHING = {"", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "n/a", "na"}
#: What a heading measures: the first pattern that it holds. A heading with a word of `_OTHERWISE` is none of them.
_MEASURES = (
    (r"efektif|effective", "recipients_effective"),
    (r"dicabut|revoked", "revoked"),
    (r"^sk$|(penerima|peserta) sk\b|ditetapkan|decree", "recipients_decreed"),
    (r"kuota|quota|jatah", "quota"),
    (r"pendaftar|pelamar|mendaftar|applicant|registrant", "applicants"),
    (r"penerima|peserta|lolos|recipient|participant|beneficiar", "recipients"),
)
_OTHERWISE = re.compile(
    r"persen|percent|%|share|rasio|ratio|proporsi|sisa|target|selisih|rata|tidak|belum|calon|usul|minta|naik", re.I
)
_PERCENT = re.compile(r"persen|percent|%|share|rasio|ratio|proporsi", re.I)
_COUNT = re.compile(r"\b(jumlah|total|jml|banyaknya|number of|count of|count)\b", re.I)
_GENERIC = {"", "value", "values", "nilai", "angka", "figure", "figures", "orang", "jiwa", "people", "persons"}
#: Groups that a column may stand for, by its heading: the column of the contract and its code.
_GROUPS = (
    (r"laki-? ?laki|\bpria\b|\bmale\b|\b(l|lk)$", {"sex": "male"}),
    (r"perempuan|wanita|\bfemale\b|\b(p|pr)$", {"sex": "female"}),
)
#: Columns of the contract under the headings that people give them.
_OPTIONAL = {
    **{name: name for name in FIGURE_COLUMNS if name not in ("region", "value", "within")},
    "gelombang": "wave", "wave": "wave", "batch": "wave", "tahun": "year", "year": "year", "tanggal": "as_of",
    "per tanggal": "as_of", "date": "as_of", "jenis kelamin": "sex", "gender": "sex", "kelompok umur": "age_group",
    "kelompok usia": "age_group", "age group": "age_group", "catatan": "note", "keterangan": "note", "satuan": "unit",
    "tingkat": "level", "ukuran": "measure",
}  # fmt: skip
_SEXES = {"l": "male", "laki-laki": "male", "pria": "male", "p": "female", "perempuan": "female", "wanita": "female"}


@dataclass(frozen=True)
class _Row:
    """One line of the table, counted from 1 in the file, with its cells as text."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        """The text in a column; nothing beyond the end."""
        return self.cells[column] if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True)
class _Grid:
    """The filled rows of a file or of one of its sheets; `decimals` are line and column of numbers with a fraction."""

    path: Path
    sheet: str | None
    rows: tuple[_Row, ...]
    decimals: frozenset[tuple[int, int]] = frozenset()

    def at(self, line: int) -> str:
        """Where an editor finds a line."""
        return f"line {line}" if self.sheet is None else f"sheet {self.sheet}, row {line}"

    def refuse(self, problem: str) -> CannotRun:
        """The error that names the file."""
        return CannotRun(f"{self.path.name}{'' if self.sheet is None else f', sheet {self.sheet}'}: {problem}")


@dataclass(frozen=True)
class _Head:
    """The headings with the rows below and above them; `line` is None where the table has no header."""

    line: int | None
    headings: tuple[str, ...]
    body: tuple[_Row, ...]
    above: tuple[_Row, ...]


@dataclass(frozen=True)
class _Region:
    """An official region; its parents are today's and the one before it moved."""

    code: str
    parents: tuple[str, ...]
    level: str
    name: str


@dataclass(frozen=True)
class _Frame:
    """The level and parent that explain most of the `listed` names; `rivals` are parents that explain them as well."""

    grade: int
    parent: str | None
    explained: int
    listed: int
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Value:
    """A column of figures: what it measures, the power of ten in its heading, and what else its heading says.

    `is_told` is false where nothing says what it measures.
    """

    column: int
    measure: str
    is_told: bool
    unit_mult: str
    says: Mapping[str, str]


@dataclass(frozen=True)
class _Columns:
    """What each column was taken for."""

    region: int
    within: int | None
    frame: _Frame
    values: tuple[_Value, ...]
    optional: Mapping[int, str]


@dataclass(frozen=True)
class _Laid:
    """The rows for `figures.csv`, how numbers are written, and what was guessed."""

    figures: list[dict[str, str]]
    language: str
    guesses: list[str]


def is_table(path: Path) -> bool:
    """Whether this is the name of a single table, not of a source folder."""
    return path.suffix.lower() in (*_TEXTS, *_SHEETS)


def lay_out(path: Path, folder: Path, official: Path = _OFFICIAL) -> list[str]:
    """Make `folder` a source folder out of the table at `path`; return what was guessed, a sentence each.

    `official` is the folder of the official regions. Raises CannotRun, naming the file, the line and what to do, where
    the table is empty or has no column of regions or of values, or its regions are not of one level.
    """
    grids = _grids(path)
    laid, others = _first_table(grids, _Names(official))
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


def _first_table(grids: Sequence[_Grid], names: "_Names") -> tuple[_Laid, str]:
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


# Reading the file


def _grids(path: Path) -> list[_Grid]:
    """The sheets that hold anything; a text file is one without a name."""
    if not path.is_file():
        raise CannotRun(f"There is no file {path}.")
    grids = [_text_grid(path)] if path.suffix.lower() in _TEXTS else _sheet_grids(path)
    filled = [grid for grid in grids if grid.rows]
    if not filled:
        raise CannotRun(f"{path.name} is empty. It needs a header and a row for each region.")
    return filled


def _text_grid(path: Path) -> _Grid:
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
    return _Grid(path, None, tuple(read[best]))


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CannotRun(f"{path.name} is no text in UTF-8, UTF-16 or Windows-1252. Save it as CSV in UTF-8, or as XLSX.")


def _split(text: str, delimiter: str) -> Iterator[_Row]:
    """The filled lines; a record counts where it starts, because a quoted cell may run over several lines."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield _Row(line, tuple(cell.strip() for cell in cells))
        line = reader.line_num + 1


def _sheet_grids(path: Path) -> list[_Grid]:
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


def _sheet_grid(path: Path, name: str, lines: Sequence[Sequence[Any]]) -> _Grid:
    rows = [_Row(number, tuple(map(_as_text, cells))) for number, cells in enumerate(lines, 1)]
    decimals = frozenset(
        (number, column)
        for number, cells in enumerate(lines, 1)
        for column, cell in enumerate(cells)
        if isinstance(cell, float) and not cell.is_integer()
    )
    return _Grid(path, name, tuple(row for row in rows if any(row.cells)), decimals)


def _as_text(cell: Any) -> str:
    """A cell as text: a number in plain decimals, the fewest that are exact; a day in ISO form."""
    if isinstance(cell, float):
        return format(Decimal(int(cell)) if cell.is_integer() else Decimal(repr(cell)), "f")
    if isinstance(cell, datetime) and cell.time() == datetime.min.time():
        cell = cell.date()
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


# Finding the header and telling the columns


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _heading(text: str) -> str:
    """A heading without its unit in parentheses, its underscores and its case."""
    return " ".join(re.sub(r"\([^)]*\)|[:*.]", " ", text.lower()).split())


def _levels_of(heading: str) -> set[str] | None:
    """The levels that a heading names, none if it only says region; None if it says neither."""
    words = set(_words(_heading(heading))) - _BESIDE
    levels = {level for level, said in _LEVEL_WORDS.items() if words & said}
    known = set().union(_REGION_WORDS, *_LEVEL_WORDS.values())
    return levels if words and words <= known else None


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _looks_like_data(row: _Row) -> bool:
    """Whether a number stands to the right of a text, as in `Cempaka | 4.652`; a year may be a heading."""
    first = next((n for n, cell in enumerate(row.cells) if cell and not _is_number(cell)), len(row.cells))
    return any(_is_number(cell) and not re.fullmatch(r"20\d\d", cell) for cell in row.cells[first:])


def _head(grid: _Grid) -> _Head:
    """Find the header: the last row above the data that has a heading for regions, else the row just above the data."""
    rows = grid.rows
    several = [n for n, row in enumerate(rows) if sum(map(bool, row.cells)) > 1]
    named = [n for n in several if any(_levels_of(cell) is not None for cell in rows[n].cells)]
    data = next((n for n in several if _looks_like_data(rows[n])), None)
    named = [n for n in named if data is None or n < data]
    if named:
        at = named[-1] if data is not None else named[0]
    elif data is not None and data - 1 in several:
        at = data - 1
    else:
        start = data or 0
        width = max(len(row.cells) for row in rows[start:])
        return _Head(None, tuple(f"column {n}" for n in range(1, width + 1)), rows[start:], rows[:start])
    headings, below = rows[at].cells, rows[at + 1 :]
    if below and _is_second_line(rows[at], below[0]):
        headings, below = _two_lines(headings, below[0].cells), below[1:]
    body = tuple(row for row in below if row.cells != rows[at].cells and not _counts_columns(row))
    return _Head(rows[at].line, headings, body, rows[:at])


def _is_second_line(header: _Row, row: _Row) -> bool:
    """Whether a row continues the header below merged cells: no number in it, and nothing where the region stands."""
    region = next((n for n, cell in enumerate(header.cells) if _levels_of(cell) is not None), 0)
    return not row.cell(region) and not any(map(_is_number, filter(None, row.cells)))


def _two_lines(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """The two lines of a header as one: what stands above merged cells holds for each below."""
    joined, last = [], ""
    for n in range(max(len(upper), len(lower))):
        above, below = (line[n] if n < len(line) else "" for line in (upper, lower))
        last = above or last
        joined.append(f"{last} {below}".strip() if below else above)
    return tuple(joined)


def _counts_columns(row: _Row) -> bool:
    """Whether a row only numbers the columns: `(1) | (2) | (3)`."""
    numbers = [cell.strip("() ") for cell in row.cells if cell]
    return len(numbers) > 1 and numbers == [str(n) for n in range(1, len(numbers) + 1)]


def _is_total(label: str) -> bool:
    return _TOTAL.match(label) is not None


def _columns(grid: _Grid, head: _Head, names: "_Names") -> _Columns:
    """Tell what each column is. Raises CannotRun where there is none of regions or none of values."""
    every = range(len(head.headings))
    optional = {n: _OPTIONAL[_heading(head.headings[n])] for n in every if _heading(head.headings[n]) in _OPTIONAL}
    numeric = [n for n in every if n not in optional and _is_numeric(head, n)]
    texts = [n for n in every if n not in optional and n not in numeric]
    if villages := [
        head.headings[n] for n in texts if {"desa", "kelurahan", "village"} & set(_words(head.headings[n]))
    ]:
        raise grid.refuse(
            f"column {villages[0]!r} names villages, which are below the official list. Add them up to districts."
        )
    if not numeric:
        raise grid.refuse(
            f"no column holds numbers; the headings are {_listed(head.headings)}. Name the column `Value`."
        )
    counted = [row for row in head.body if any(row.cell(n) for n in numeric)]
    region, within, frame = _region_columns(grid, head, texts, counted, names)
    values = _values(head, numeric)
    if not values:
        raise grid.refuse(
            f"no column holds counts, only {_listed(head.headings[n] for n in numeric)}. Add one of counts."
        )
    return _Columns(region, within, frame, values, optional)


def _is_numeric(head: _Head, column: int) -> bool:
    """Whether a column holds figures: mostly numbers, but neither running numbers nor codes."""
    if {"no", "nomor", "urut", "kode", "code"} & set(_words(head.headings[column])):
        return False
    cells = [row.cell(column) for row in head.body if row.cell(column).lower() not in _NOTHING]
    running = len(cells) > 2 and all(cell.rstrip(".") == str(n) for n, cell in enumerate(cells, 1))
    return bool(cells) and not running and sum(map(_is_number, cells)) * 2 >= len(cells)


def _region_columns(
    grid: _Grid, head: _Head, texts: Sequence[int], counted: Sequence[_Row], names: "_Names"
) -> tuple[int, int | None, _Frame]:
    """The column of the finest regions, that of their parents, and the frame of the regions."""
    said = {n: _levels_of(head.headings[n]) for n in texts}
    beside = [cell for row in head.body for cell in row.cells if _is_total(cell) or _FOOTER.match(cell)]
    title = " ".join((*(cell for row in head.above for cell in row.cells), *beside))
    frames = {}
    for n in texts:
        listed = [_name(row.cell(n)) for row in counted]
        listed += [name for row in head.body if names.called(name := _name(row.cell(n)))]
        listed = sorted({name for name in listed if name and not _is_total(name) and not _FOOTER.match(name)})
        frame = names.frame(listed, said[n] or set(), title)
        if frame and frame.explained * 2 >= len(listed):
            frames[n] = frame
    if not frames:
        regions = [n for n in texts if said[n] is not None]
        if not regions:
            raise grid.refuse(f"no column names regions; the headings are {_listed(head.headings)}. Call it `Wilayah`.")
        shown = _listed([row.cell(regions[0]) for row in counted if row.cell(regions[0])][:3])
        raise grid.refuse(
            f"column {head.headings[regions[0]]!r}: most of its names ({shown}, ...) are no official region. "
            "Correct the names, or give the parent in a second column `Provinsi` or `Kabupaten/Kota`."
        )
    region = max(frames, key=lambda n: (frames[n].grade, said[n] is not None, -n))
    above = [n for n in frames if frames[n].grade < frames[region].grade]
    above += [n for n in texts if _heading(head.headings[n]) in ("within", "induk")]
    within = max(above, key=lambda n: (n not in frames, frames.get(n, frames[region]).grade), default=None)
    return region, within, frames[region]


def _values(head: _Head, numeric: Sequence[int]) -> tuple[_Value, ...]:
    """The columns of figures: those whose heading says what they hold, and a total or value where none has it all."""
    headings = {n: head.headings[n] for n in numeric}
    title = " ".join(cell for row in head.above for cell in row.cells)
    told = {n: _measure(heading) for n, heading in headings.items()}
    says = {n: {} if _OTHERWISE.search(heading) else _says(heading) for n, heading in headings.items()}
    if {each["sex"] for each in says.values() if "sex" in each} != {"male", "female"}:
        # A lone L or P is more likely an initial.
        says = {n: {} if re.fullmatch(r"\w{1,2}\.?", headings[n]) else each for n, each in says.items()}
    chosen = [n for n in numeric if told[n] or says[n]]
    if all(says[n] for n in chosen):
        plain = {n: _heading(_COUNT.sub(" ", _heading(heading))) for n, heading in headings.items()}
        chosen += [n for n in numeric if n not in chosen and plain[n] in _GENERIC][:1]
    chosen = chosen or [n for n in numeric if not _PERCENT.search(headings[n])][:1]
    base = next((told[n] for n in chosen if told[n]), None) or _measure(title)
    values: dict[tuple[str, ...], _Value] = {}
    for n in sorted(chosen):
        measure = told[n] or base
        value = _Value(n, measure or "recipients", measure is not None, _power(headings[n]), says[n])
        values.setdefault((value.measure, *sorted(f"{name} {text}" for name, text in says[n].items())), value)
    return tuple(values.values())


def _measure(heading: str) -> str | None:
    """The measure that a heading names: by its code or title, else by the first word that tells one."""
    plain = _heading(_COUNT.sub(" ", _heading(heading)))
    for measure in MEASURES.values():
        titles = (measure.title_en.lower(), measure.title_id.lower()) if measure.unit != "percent" else ()
        if plain in (measure.measure, measure.measure.replace("_", " "), *titles):
            return measure.measure
    if _OTHERWISE.search(heading):
        return None
    return next((measure for pattern, measure in _MEASURES if re.search(pattern, plain)), None)


def _says(heading: str) -> dict[str, str]:
    """What else a heading tells: sex, wave or year."""
    plain, said = _heading(heading), {}
    for pattern, group in _GROUPS:
        if re.search(pattern, plain):
            said = dict(group)
    if wave := re.search(r"(?:gelombang|wave|batch) ?(\d+)(?: ?(?:-|s/?d|sampai|to) ?(\d+))?", plain):
        said |= {"wave_from": wave[1], "wave_to": wave[2] or wave[1]}
    if year := re.search(r"\b(20\d\d)\b(?: ?- ?(20\d\d)\b)?", plain):
        said |= {"period_start": year[1], "period_end": year[2] or year[1]}
    return said


def _power(heading: str) -> str:
    return (
        "3" if re.search(r"ribu|thousand", heading, re.I) else "6" if re.search(r"juta|million", heading, re.I) else ""
    )


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(repr(text) for text in texts if text)


# The official names


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _bare(name: str, level: str) -> str:
    return _key(re.sub(_PREFIXES.get(level, "^$"), "", re.sub(_AROUND, "", name.lower().strip())))


def _name(cell: str) -> str:
    """A region's name as the pipeline can look it up: without its number and footnote mark, its level in front."""
    name = re.sub(
        r"^(\(?\d{1,3}[.)]\s+|[a-z][.)]\s+(?=kab|kota|kec|prov))|[\s*:]+\)?$", "", " ".join(cell.split()), flags=re.I
    )
    behind = re.fullmatch(r"(.+?)(?:,\s*|\s*\(\s*)(kota|kab|kabupaten)\.?\)?", name, re.I)
    return f"{behind[2]} {behind[1]}" if behind else name


class _Names:
    """The official regions by every name used for them."""

    def __init__(self, folder: Path) -> None:
        listed = _read(folder / "regions.csv")
        self.regions = {
            row["region_code"]: _Region(
                row["region_code"],
                tuple(filter(None, (row["parent_code"], row["former_parent_code"]))),
                row["level"],
                row["name"],
            )
            for row in listed
        }
        self._codes: dict[tuple[str, str], set[str]] = {}
        self._spoken: dict[str, set[str]] = {}
        self.children = Counter(
            (self.grade(region), parent) for region in self.regions.values() for parent in region.parents
        )
        for row in (*listed, *_read(folder / "names.csv")):
            region = self.regions[row["region_code"]]
            for each in {_key(row["name"]), _bare(row["name"], region.level)}:
                self._codes.setdefault((region.level, each), set()).add(region.code)
            spoken = re.sub(_PREFIXES.get(region.level, "^$"), "", row["name"].lower())
            self._spoken.setdefault(region.code, set()).add(spoken)

    @staticmethod
    def grade(region: _Region) -> int:
        """The place of a region's level in `_GRADES`."""
        return next(n for n, levels in enumerate(_GRADES) if region.level in levels)

    def called(self, name: str, grades: Iterable[int] = range(len(_GRADES))) -> list[_Region]:
        """The regions of these grades that are called so, in the order of their codes."""
        levels = [level for grade in grades for level in _GRADES[grade]]
        codes = {code for level in levels for each in {_key(name), _bare(name, level)}
                 for code in self._codes.get((level, each), ())}  # fmt: skip
        return [self.regions[code] for code in sorted(codes)]

    def lineage(self, code: str | None) -> list[str]:
        """A region and everything above it today, the nearest first."""
        found = []
        while code:
            found.append(code)
            code = next(iter(self.regions[code].parents), None)
        return found

    def frame(self, listed: Sequence[str], said: set[str], title: str) -> _Frame | None:
        """The level and parent that explain most of the names; the levels that a heading says come first."""
        explained: Counter[int] = Counter()
        within: Counter[tuple[int, str]] = Counter()
        today: Counter[tuple[int, str]] = Counter()
        spoken = dict.fromkeys(range(len(_GRADES)), title.lower())
        for name in listed:
            for grade in range(len(_GRADES)):
                found = self.called(name, [grade])
                explained[grade] += bool(found)
                spoken[grade] += "" if found else f" {name.lower()}"
                within.update({(grade, parent) for region in found for parent in region.parents})
                today.update({(grade, region.parents[0]) for region in found if region.parents})
        hinted = {n for n, levels in enumerate(_GRADES) if said & set(levels) and explained[n] * 2 >= len(listed)}
        grades = hinted or {n for n, count in explained.items() if count}
        if not grades:
            return None

        def worth(pair: tuple[int, str]) -> tuple[Any, ...]:
            whole = within[pair] == self.children[pair]
            return within[pair], -pair[0], self._spoken_of(pair[1], spoken[pair[0]]), whole, today[pair]

        single = [pair for pair in within if pair[0] in grades and within[pair] * 2 >= len(listed)]
        if not single:
            grade = max(grades, key=lambda n: (explained[n], -n))
            return _Frame(grade, None, explained[grade], len(listed))
        best = max(sorted(single), key=worth)
        rivals = tuple(sorted(pair[1] for pair in single if pair[0] == best[0] and worth(pair) == worth(best)))
        alone = len(rivals) == 1
        if not alone:
            return _Frame(best[0], None, explained[best[0]], len(listed), rivals)
        return _Frame(best[0], best[1], within[best], len(listed))

    def _spoken_of(self, code: str, text: str) -> int:
        """Whether a text has the full name of a region (2), or its name without the level (1)."""
        full = re.search(rf"\b{re.escape(self.regions[code].name.lower())}\b", text)
        return 2 if full else int(any(re.search(rf"\b{re.escape(name)}\b", text) for name in self._spoken[code]))


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Giving each row its region


@dataclass
class _Placer:
    """Goes down the rows and gives each its region; remembers what stood above, and tells what it guessed."""

    grid: _Grid
    names: _Names
    frame: _Frame
    explicit: set[str]
    totals: int
    section: str | None
    told: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    groups: list[str] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)
    summed: set[str] = field(default_factory=set)
    above: str | None = None

    def row(self, line: int, name: str, within: str, level: str) -> dict[str, str]:
        """Region, level and parent of a row that names its region."""
        options = self._options(name, within)
        wanted = level if level in _LEVEL_WORDS else self.section
        options = [region for region in options if region.level == wanted] or options
        region = self._one(line, name, options) if options else self._elsewhere(line, name)
        if region is None:
            self.told.append(f"{_sentence(self.grid.at(line))}: {name!r} is not the name of one region here.")
            return self._unknown(name, within, wanted)
        if region.code in self.placed and self.totals == 0:
            region = self._parent_called(line, name) or region
        self._remember(region)
        return self._written(name, region)

    def _options(self, name: str, within: str) -> list[_Region]:
        """The regions that a name can mean: in the parent printed beside it, named above it, or found for the table."""
        options = self.names.called(name, [self.frame.grade])
        printed = {parent.code for parent in self.names.called(within, range(self.frame.grade))} if within else set()
        for parents in (printed, {self.above}, {self.frame.parent}):
            if inside := [region for region in options if parents & {*region.parents}]:
                return inside
        return options if self.frame.parent is None and not printed else []

    def _parent_called(self, line: int, name: str) -> _Region | None:
        """The parent of all, where its name stands a second time after a child of the same name."""
        named = [region for region in self.names.called(name) if region.code == self.frame.parent]
        if named:
            self.told.append(f"{_sentence(self.grid.at(line))}: the second {name!r} is taken for {named[0].name}.")
        return named[0] if named else None

    def _one(self, line: int, name: str, options: list[_Region]) -> _Region | None:
        """The region of a name; where a regency and a city share it, the regency first and the city second."""
        if len(options) < 2:
            return options[0] if options else None
        if len({region.level for region in options}) < len(options):
            return None
        self.seen[_key(name)] += 1
        left = [region for region in options if region.code not in self.explicit] or options
        region = left[min(self.seen[_key(name)], len(left)) - 1]
        parent = self.names.regions[region.parents[0]].name
        self.told.append(
            f"{_sentence(self.grid.at(line))}: both a regency and a city of {parent} are called {name!r}; "
            f"it is taken for {region.name}."
        )
        return region

    def _elsewhere(self, line: int, name: str) -> _Region | None:
        """A region of another level that the name can mean: one that holds the others, or the only one so called."""
        found = self.names.called(name, range(3))
        upper = [region for region in found if region.code in self.names.lineage(self.frame.parent)]
        others = [region for region in found if self.names.grade(region) != self.frame.grade]
        region = upper[0] if upper else others[0] if len(others) == 1 else None
        if region:
            self.told.append(
                f"{_sentence(self.grid.at(line))}, {name!r}, is taken for the {region.level} of that name."
            )
        return region

    def _remember(self, region: _Region) -> None:
        self.placed.add(region.code)
        if self.names.grade(region) != self.frame.grade:
            self.above = region.code
        elif (parent := self._parent(region)) and parent not in self.groups:
            self.groups.append(parent)

    def _parent(self, region: _Region) -> str | None:
        """The parent of a region: the one found for the table, even where that was before it moved, else today's."""
        return self.frame.parent if self.frame.parent in region.parents else next(iter(region.parents), None)

    def _unknown(self, name: str, within: str, wanted: str | None) -> dict[str, str]:
        levels = _GRADES[self.frame.grade]
        city = "city" in levels and _bare(name, "city") != _key(name)
        region = self.names.regions.get(self.frame.parent or "")
        parent = region.name if region and self.frame.grade > 1 else ""
        level = wanted if wanted and wanted in levels else "city" if city else levels[0]
        return {"region": name, "level": level, "within": within or parent}

    def _written(self, name: str, region: _Region) -> dict[str, str]:
        """As the contract has it, with the parent wherever a name could be of several."""
        parent = self._parent(region)
        within = self.names.regions[parent].name if parent and self.names.grade(region) > 1 else ""
        return {"region": name, "level": region.level, "within": within}

    def is_heading(self, name: str) -> bool:
        """Whether a text without a value heads the regencies or the cities below it, as in the tables of BPS."""
        return (
            self.frame.grade == 2
            and bool(_words(name))
            and {*_words(name)} <= _LEVEL_WORDS["regency"] | _LEVEL_WORDS["city"]
        )

    def heading(self, name: str) -> None:
        """Remember a line without values that says what the lines below it are or belong to."""
        if self.is_heading(name):
            self.section = "regency" if {*_words(name)} & _LEVEL_WORDS["regency"] else "city"
        found = self.names.called(name, range(self.frame.grade)) if name else []
        if len(found) == 1:
            self.above = found[0].code

    def total(self, label: str, within: str) -> dict[str, str] | None:
        """The region that a row of totals speaks of; None where that is no region, as for all cities of a province."""
        rest = _name(_TOTAL.sub("", label, count=1))
        chain = [code for group in (self.frame.parent, *self.groups) for code in self.names.lineage(group)]
        found = [region.code for region in self.names.called(rest, range(self.frame.grade))] if rest else []
        named = [code for code in found if code in chain] or (found if len(found) == 1 else [])
        if not named and self.frame.grade == 2 and {*_words(rest)} & (_LEVEL_WORDS["regency"] | _LEVEL_WORDS["city"]):
            return None
        printed = [region.code for region in self.names.called(within, range(self.frame.grade))] if within else []
        whole = self.frame.parent if {*self.groups} <= {self.frame.parent} else None
        code = next(iter((*named, *printed)), None) or whole or self._group()
        if code is None:
            return None
        self.summed.add(code)
        region = self.names.regions[code]
        return self._written(region.name, region) | {"note": f"printed as {label!r}"}

    def _group(self) -> str | None:
        """Of several families, the one just above the row if each has a total of its own, else what holds them all."""
        if not self.groups:
            return None
        last = self.groups[-1]
        if len(self.groups) > 1 and self.totals >= len(self.groups) and last not in self.summed:
            return last
        shared = set.intersection(*({*self.names.lineage(group)} for group in self.groups))
        return next((code for code in self.names.lineage(last) if code in shared), None)


# Writing the figures


def _as_contract(grid: _Grid) -> _Laid | None:
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
    return _Laid(figures, language, guesses + ([f"Not used: {_listed(unused)}."] if any(unused) else []))


def _interpret(grid: _Grid, names: _Names) -> _Laid:
    """A table as a person writes it, as figures of the contract."""
    head = _head(grid)
    columns = _columns(grid, head, names)
    explicit, totals = _explicit(head, columns, names), _totals(head, columns)
    section = "city" if _levels_of(head.headings[columns.region]) == {"city"} else None
    placer = _Placer(grid, names, columns.frame, explicit, totals, section)
    figures = list(_figures(grid, head, columns, placer))
    if not figures:
        raise grid.refuse(
            "no row has both a region and a value. Check that the values stand in the rows of their regions."
        )
    language, why = _language([figure["value"] for figure in figures])
    return _Laid(
        figures, language, [*_about_columns(grid, head, columns, names), *placer.told, why, *_decimals(grid, columns)]
    )


def _decimals(grid: _Grid, columns: _Columns) -> Iterator[str]:
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


def _explicit(head: _Head, columns: _Columns, names: _Names) -> set[str]:
    """The regions whose name in the table leaves no doubt whether it is a regency or a city."""
    called = [names.called(_name(row.cell(columns.region)), [columns.frame.grade]) for row in head.body]
    return {found[0].code for found in called if len(found) == 1}


def _label(row: _Row, columns: _Columns) -> str:
    """The text that says what a row is: its region, else the first text of the row, as in merged cells."""
    used = {value.column for value in columns.values} | {*columns.optional}
    texts = [cell for n, cell in enumerate(row.cells) if cell and n not in used and not _is_number(cell)]
    first = next((text for text in texts if _is_total(text) or _FOOTER.match(text)), "")
    return row.cell(columns.region) or first


def _totals(head: _Head, columns: _Columns) -> int:
    return sum(_is_total(_label(row, columns)) for row in head.body)


def _figures(grid: _Grid, head: _Head, columns: _Columns, placer: _Placer) -> Iterator[dict[str, str]]:
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


def _within(row: _Row, columns: _Columns) -> str:
    """The parent printed in a row; a cell merged over several rows has it in the first."""
    text = _name(row.cell(columns.within))
    return "" if _is_total(text) or _FOOTER.match(text) else text


def _place(row: _Row, columns: _Columns, placer: _Placer, within: str) -> dict[str, str] | None:
    """The region of a row, or None where the row is left out; its line and why are told."""
    label, at = _label(row, columns), _sentence(placer.grid.at(row.line))
    filled = any(row.cell(value.column) for value in columns.values)
    name = _name(row.cell(columns.region))
    shown = next((cell for cell in row.cells if cell), "")
    if _FOOTER.match(label or shown) or (not filled and not _is_region(name, columns, placer)):
        placer.heading(name)
        placer.told.append(f"{at} is left out: {shown!r}.")
        return None
    if _is_total(label):
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


def _is_region(name: str, columns: _Columns, placer: _Placer) -> bool:
    return bool(placer.names.called(name, [columns.frame.grade])) and not placer.is_heading(name)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _level(text: str) -> str:
    """The code of a level that is written as a word; an unknown word as it stands."""
    return next((level for level, said in _LEVEL_WORDS.items() if text.lower().strip(". ") in said), text)


def _figure(grid: _Grid, row: _Row, columns: _Columns, value: _Value, place: Mapping[str, str]) -> dict[str, str]:
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


def _about_columns(grid: _Grid, head: _Head, columns: _Columns, names: _Names) -> Iterator[str]:
    """What was guessed about the header, the regions and each column, a sentence each."""
    row = "line" if grid.sheet is None else "row"
    if head.line is None:
        yield "The table has no header; its columns were told by what they hold."
    elif head.above:
        yield f"The header is {row} {head.line}; what stands above it ({len(head.above)}) is no part of the table."
    else:
        yield f"The header is {row} {head.line}."
    frame, said = columns.frame, _levels_of(head.headings[columns.region]) is not None
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
        yield f"Not used: {_listed(unused)}."


def _in_parent(columns: _Columns, names: _Names) -> str:
    frame = columns.frame
    if frame.parent and frame.grade > 1:
        return f" of {names.regions[frame.parent].name}, which has {names.children[frame.grade, frame.parent]}"
    if frame.rivals and columns.within is None:
        rivals = " or ".join(names.regions[code].name for code in frame.rivals)
        return f", of {rivals} alike: a column of parents would tell"
    return ", of several parents" if frame.grade > 1 and not frame.parent else ""
