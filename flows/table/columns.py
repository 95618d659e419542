"""The header of a table and its columns: which is the region, which its parent, which hold values and of what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.table.cells import Grid, Row, quoted
from flows.table.names import Frame, Names, cleaned
from flows.table.words import FOOTER, is_number, is_total, levels_named, plain_heading, words_of
from schemas.contract import FIGURE_COLUMNS
from schemas.measures import MEASURES

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


@dataclass(frozen=True)
class Head:
    """The headings with the rows below and above them; `line` is None where the table has no header."""

    line: int | None
    headings: tuple[str, ...]
    body: tuple[Row, ...]
    above: tuple[Row, ...]


@dataclass(frozen=True)
class Value:
    """A column of figures: what it measures, the power of ten in its heading, and what else its heading says.

    `is_told` is false where nothing says what it measures.
    """

    column: int
    measure: str
    is_told: bool
    unit_mult: str
    says: Mapping[str, str]


@dataclass(frozen=True)
class Columns:
    """What each column was taken for."""

    region: int
    within: int | None
    frame: Frame
    values: tuple[Value, ...]
    optional: Mapping[int, str]


def _looks_like_data(row: Row) -> bool:
    """Whether a number stands to the right of a text, as in `Cempaka | 4.652`; a year may be a heading."""
    first = next((n for n, cell in enumerate(row.cells) if cell and not is_number(cell)), len(row.cells))
    return any(is_number(cell) and not re.fullmatch(r"20\d\d", cell) for cell in row.cells[first:])


def find_head(grid: Grid) -> Head:
    """Find the header: the last row above the data that has a heading for regions, else the row just above the data."""
    rows = grid.rows
    several = [n for n, row in enumerate(rows) if sum(map(bool, row.cells)) > 1]
    named = [n for n in several if any(levels_named(cell) is not None for cell in rows[n].cells)]
    data = next((n for n in several if _looks_like_data(rows[n])), None)
    named = [n for n in named if data is None or n < data]
    if named:
        at = named[-1] if data is not None else named[0]
    elif data is not None and data - 1 in several:
        at = data - 1
    else:
        start = data or 0
        width = max(len(row.cells) for row in rows[start:])
        return Head(None, tuple(f"column {n}" for n in range(1, width + 1)), rows[start:], rows[:start])
    headings, below = rows[at].cells, rows[at + 1 :]
    if below and _is_second_line(rows[at], below[0]):
        headings, below = _two_lines(headings, below[0].cells), below[1:]
    body = tuple(row for row in below if row.cells != rows[at].cells and not _counts_columns(row))
    return Head(rows[at].line, headings, body, rows[:at])


def _is_second_line(header: Row, row: Row) -> bool:
    """Whether a row continues the header below merged cells: no number in it, and nothing where the region stands."""
    region = next((n for n, cell in enumerate(header.cells) if levels_named(cell) is not None), 0)
    return not row.cell(region) and not any(map(is_number, filter(None, row.cells)))


def _two_lines(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """The two lines of a header as one: what stands above merged cells holds for each below."""
    joined, last = [], ""
    for n in range(max(len(upper), len(lower))):
        above, below = (line[n] if n < len(line) else "" for line in (upper, lower))
        last = above or last
        joined.append(f"{last} {below}".strip() if below else above)
    return tuple(joined)


def _counts_columns(row: Row) -> bool:
    """Whether a row only numbers the columns: `(1) | (2) | (3)`."""
    numbers = [cell.strip("() ") for cell in row.cells if cell]
    return len(numbers) > 1 and numbers == [str(n) for n in range(1, len(numbers) + 1)]


def tell_columns(grid: Grid, head: Head, names: Names) -> Columns:
    """Tell what each column is. Raises CannotRun where there is none of regions or none of values."""
    every = range(len(head.headings))
    optional = {
        n: _OPTIONAL[plain_heading(head.headings[n])] for n in every if plain_heading(head.headings[n]) in _OPTIONAL
    }
    numeric = [n for n in every if n not in optional and _is_numeric(head, n)]
    texts = [n for n in every if n not in optional and n not in numeric]
    if villages := [
        head.headings[n] for n in texts if {"desa", "kelurahan", "village"} & set(words_of(head.headings[n]))
    ]:
        raise grid.refuse(
            f"column {villages[0]!r} names villages, which are below the official list. Add them up to districts."
        )
    if not numeric:
        raise grid.refuse(
            f"no column holds numbers; the headings are {quoted(head.headings)}. Name the column `Value`."
        )
    counted = [row for row in head.body if any(row.cell(n) for n in numeric)]
    region, within, frame = _region_columns(grid, head, texts, counted, names)
    values = _values(head, numeric)
    if not values:
        raise grid.refuse(
            f"no column holds counts, only {quoted(head.headings[n] for n in numeric)}. Add one of counts."
        )
    return Columns(region, within, frame, values, optional)


def _is_numeric(head: Head, column: int) -> bool:
    """Whether a column holds figures: mostly numbers, but neither running numbers nor codes."""
    if {"no", "nomor", "urut", "kode", "code"} & set(words_of(head.headings[column])):
        return False
    cells = [row.cell(column) for row in head.body if row.cell(column).lower() not in _NOTHING]
    running = len(cells) > 2 and all(cell.rstrip(".") == str(n) for n, cell in enumerate(cells, 1))
    return bool(cells) and not running and sum(map(is_number, cells)) * 2 >= len(cells)


def _region_columns(
    grid: Grid, head: Head, texts: Sequence[int], counted: Sequence[Row], names: Names
) -> tuple[int, int | None, Frame]:
    """The column of the finest regions, that of their parents, and the frame of the regions."""
    said = {n: levels_named(head.headings[n]) for n in texts}
    beside = [cell for row in head.body for cell in row.cells if is_total(cell) or FOOTER.match(cell)]
    title = " ".join((*(cell for row in head.above for cell in row.cells), *beside))
    frames = {}
    for n in texts:
        listed = [cleaned(row.cell(n)) for row in counted]
        listed += [name for row in head.body if names.called(name := cleaned(row.cell(n)))]
        listed = sorted({name for name in listed if name and not is_total(name) and not FOOTER.match(name)})
        frame = names.frame(listed, said[n] or set(), title)
        if frame and frame.explained * 2 >= len(listed):
            frames[n] = frame
    if not frames:
        regions = [n for n in texts if said[n] is not None]
        if not regions:
            raise grid.refuse(f"no column names regions; the headings are {quoted(head.headings)}. Call it `Wilayah`.")
        shown = quoted([row.cell(regions[0]) for row in counted if row.cell(regions[0])][:3])
        raise grid.refuse(
            f"column {head.headings[regions[0]]!r}: most of its names ({shown}, ...) are no official region. "
            "Correct the names, or give the parent in a second column `Provinsi` or `Kabupaten/Kota`."
        )
    region = max(frames, key=lambda n: (frames[n].grade, said[n] is not None, -n))
    above = [n for n in frames if frames[n].grade < frames[region].grade]
    above += [n for n in texts if plain_heading(head.headings[n]) in ("within", "induk")]
    within = max(above, key=lambda n: (n not in frames, frames.get(n, frames[region]).grade), default=None)
    return region, within, frames[region]


def _values(head: Head, numeric: Sequence[int]) -> tuple[Value, ...]:
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
        plain = {n: plain_heading(_COUNT.sub(" ", plain_heading(heading))) for n, heading in headings.items()}
        chosen += [n for n in numeric if n not in chosen and plain[n] in _GENERIC][:1]
    chosen = chosen or [n for n in numeric if not _PERCENT.search(headings[n])][:1]
    base = next((told[n] for n in chosen if told[n]), None) or _measure(title)
    values: dict[tuple[str, ...], Value] = {}
    for n in sorted(chosen):
        measure = told[n] or base
        value = Value(n, measure or "recipients", measure is not None, _power(headings[n]), says[n])
        values.setdefault((value.measure, *sorted(f"{name} {text}" for name, text in says[n].items())), value)
    return tuple(values.values())


def _measure(heading: str) -> str | None:
    """The measure that a heading names: by its code or title, else by the first word that tells one."""
    plain = plain_heading(_COUNT.sub(" ", plain_heading(heading)))
    for measure in MEASURES.values():
        titles = (measure.title_en.lower(), measure.title_id.lower()) if measure.unit != "percent" else ()
        if plain in (measure.measure, measure.measure.replace("_", " "), *titles):
            return measure.measure
    if _OTHERWISE.search(heading):
        return None
    return next((measure for pattern, measure in _MEASURES if re.search(pattern, plain)), None)


def _says(heading: str) -> dict[str, str]:
    """What else a heading tells: sex, wave or year."""
    plain, said = plain_heading(heading), {}
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
