"""Read: take a snapshot of what was printed, each file by its sha256, as text. Nothing is interpreted here."""

import codecs
import csv
import difflib
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from flows.keep import remove_with, temporary
from flows.large import LARGE, Passed, cleaned, parsing, pieces, spool
from flows.nouns import CannotRun, File, Snapshot, Source, Spooled
from schemas.contract import FIGURE_COLUMNS, KNOWN_ISSUE_COLUMNS, ORGANISATION_COLUMNS, REQUIRED_FIGURE_COLUMNS
from schemas.tables import LANGUAGES

DESCRIPTOR = "datapackage.yaml"
REGIONS = "regions"
KNOWN_ISSUES = "known_issues.csv"

#: The official regions' files and the columns that are read from them.
_OFFICIAL_COLUMNS = {
    REGIONS: ("region_code", "parent_code", "level", "name", "established", "moved_on", "former_parent_code"),
    "names": ("region_code", "name"),
    "bps_codes": ("region_code", "bps_code"),
}
#: Characters within which a file's header must end.
_HEADER = 65_536
#: Delimiters that a header shows when it was read with another one.
_OTHER_DELIMITERS = ";\t|"

_Mark = Annotated[str, StringConstraints(pattern=r"^[\t -~]$")]
_PLACE = [("source", pa.string()), ("resource", pa.string()), ("row", pa.int64()), ("file_sha256", pa.string())]


class _Dialect(BaseModel):
    """The part of a Frictionless table dialect that the raw contract honours."""

    delimiter: _Mark = ","
    quoteChar: _Mark = '"'  # noqa: N815 (the standard's spelling)


class _Resource(BaseModel):
    name: str
    path: str
    encoding: str = "utf-8"
    dialect: _Dialect = Field(default_factory=_Dialect)


class _Descriptor(BaseModel):
    """`datapackage.yaml` of a source folder. What the contract does not name is kept by the folder, not by us."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    name: str | None = None
    title: str | None = None
    homepage: str | None = None
    publisher: str | None = None
    published: date | None = None
    accessed: date | None = None
    language: str = "id"
    description: str | None = None
    attributed_to: str | None = None
    licenses: list[dict[str, Any]] = Field(default_factory=list)
    resources: list[_Resource] = Field(default_factory=list)

    @field_validator("language")
    @classmethod
    def _language_is_known(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"is {value!r}, but must be one of {', '.join(LANGUAGES)}")
        return value

    @field_validator("published", "accessed", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        return value.date() if isinstance(value, datetime) else value


def read(raw: Path, official: Path) -> Snapshot:
    """Read every source folder of `raw`, its known issues, and the official regions.

    `official` is the regions folder used where `raw` has none of its own. Raises CannotRun with file, row, column
    and what to do, where a file is not in the raw contract.
    """
    if not raw.is_dir():
        raise CannotRun(f"There is no folder {raw}. Set PRAKERJA_RAW to the folder that holds the sources.")
    folders = sorted(
        path for path in raw.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != REGIONS
    )
    if not folders:
        raise CannotRun(f"{raw} holds no source folder. `prakerja new-source SLUG` makes one.")
    regions = raw / REGIONS if (raw / REGIONS / DESCRIPTOR).is_file() else official
    return snapshot(folders, regions, raw / KNOWN_ISSUES)


def name_of(folder: Path) -> str:
    """The name of a source: what its descriptor says, else its folder's."""
    return _read_descriptor(folder)[0].name or folder.name


def snapshot(folders: Sequence[Path], regions: Path, known_issues: Path | None = None) -> Snapshot:
    """Read just these source folders, with the official regions and, where the file exists, the known issues."""
    read_folders = [_read_folder(folder) for folder in folders]
    official, official_figures = _read_official(regions)
    sources = (*(source for source, _, _ in read_folders), official)
    if doubled := _doubled(source.name for source in sources):
        raise CannotRun(f"Two folders are named {doubled!r} in their {DESCRIPTOR}. Give each its own `name`.")
    issues, files = _read_known_issues(known_issues)
    files |= {file.path: file.sha256 for source in sources for file in source.files}
    figures, spooled = _figures([figures for _, figures, _ in read_folders])
    return Snapshot(
        sources=sources,
        figures=figures,
        spooled=spooled,
        organisations=_stack((named for _, _, named in read_folders if named is not None), ORGANISATION_COLUMNS),
        regions=official_figures["regions"],
        names=official_figures["names"],
        bps_codes=official_figures["bps_codes"],
        known_issues=issues,
        files=files,
    )


def _doubled(names: Iterable[str]) -> str | None:
    counted = Counter(names)
    return next((name for name, times in counted.items() if times > 1), None)


def _figures(parts: Sequence[pa.Table | Iterator[pa.Table]]) -> tuple[Any, Spooled | None]:
    """The figures of all sources in one table; on the disk where a file is large, with what keeps them there."""
    if all(isinstance(part, pa.Table) for part in parts):
        return _stack(parts, FIGURE_COLUMNS), None
    rows = (table for part in parts for table in ([part] if isinstance(part, pa.Table) else part))
    spooled = Spooled(temporary())
    remove_with(spooled, spooled.path)
    return spool(rows, _schema(FIGURE_COLUMNS), spooled.path), spooled


def _read_folder(folder: Path) -> tuple[Source, pa.Table | Iterator[pa.Table], pa.Table | None]:
    descriptor, descriptor_file = _read_descriptor(folder)
    if doubled := _doubled(resource.name for resource in descriptor.resources):
        raise CannotRun(f"{folder / DESCRIPTOR}: two resources are named {doubled!r}. Leave one of them out.")
    listed = {resource.name: resource for resource in descriptor.resources}
    if not listed:
        listed = {"figures": _Resource(name="figures", path="figures.csv")}
    if "figures" not in listed:
        raise CannotRun(f"{folder / DESCRIPTOR}: no resource is named `figures`. Add one with `path: figures.csv`.")
    if unknown := sorted(set(listed) - {"figures", "organisations"}):
        raise CannotRun(
            f"{folder / DESCRIPTOR}: the resource {unknown[0]!r} is not in the raw contract, "
            "which knows `figures` and `organisations`."
        )
    name = descriptor.name or folder.name
    figures, file = _read_figures(folder, name, listed["figures"])
    files, organisations = [descriptor_file, file], None
    if "organisations" in listed:
        organisations, file = _read_resource(folder, name, listed["organisations"], ORGANISATION_COLUMNS, ("name",))
        files.append(file)
    return _source(name, descriptor, files), figures, organisations


def _source(name: str, descriptor: _Descriptor, files: Iterable[File]) -> Source:
    licences = [str(each.get("name") or each.get("title") or each.get("path")) for each in descriptor.licenses]
    return Source(
        name=name,
        title=descriptor.title or name,
        language=descriptor.language,
        publisher=descriptor.publisher,
        homepage=descriptor.homepage,
        published=descriptor.published,
        accessed=descriptor.accessed,
        description=descriptor.description,
        attributed_to=descriptor.attributed_to,
        licenses="; ".join(licences) or None,
        files=tuple(files),
    )


def _read_descriptor(folder: Path) -> tuple[_Descriptor, File]:
    path = folder / DESCRIPTOR
    if not path.is_file():
        raise CannotRun(
            f"{folder} has no {DESCRIPTOR}. Two lines are enough: `name: {folder.name}` and `language: id`."
        )
    content = path.read_bytes()
    try:
        loaded = yaml.safe_load(content.decode("utf-8-sig"))
        descriptor = _Descriptor.model_validate(loaded or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotRun(f"{path} is not readable as YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the document"
        raise CannotRun(f"{path}: `{field}` {first['msg'].removeprefix('Value error, ')}.") from error
    return descriptor, _file(folder, DESCRIPTOR, "", content)


def _file(folder: Path, path: str, resource: str, content: bytes) -> File:
    return File(f"{folder.name}/{path}", resource, len(content), hashlib.sha256(content).hexdigest())


def _path(folder: Path, resource: _Resource) -> Path:
    path = folder / resource.path
    if folder.resolve() not in path.resolve().parents:
        raise CannotRun(
            f"{folder / DESCRIPTOR}: the path {resource.path!r} leaves the folder. Copy the file into the folder."
        )
    if not path.is_file():
        raise CannotRun(f"{folder / DESCRIPTOR} lists {resource.path}, but there is no such file in {folder}.")
    return path


def _content(folder: Path, resource: _Resource) -> tuple[Path, bytes, File]:
    """A resource's path, bytes and hash, all of one reading."""
    path = _path(folder, resource)
    content = path.read_bytes()
    return path, content, _file(folder, resource.path, resource.name, content)


def _read_figures(folder: Path, source: str, resource: _Resource) -> tuple[pa.Table | Iterator[pa.Table], File]:
    path = _path(folder, resource)
    if path.stat().st_size < LARGE or codecs.lookup(resource.encoding).name != "utf-8":
        return _read_resource(folder, source, resource, FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS)
    with path.open("rb") as opened:
        file = File(f"{folder.name}/{resource.path}", resource.name, path.stat().st_size,
                    hashlib.file_digest(opened, "sha256").hexdigest())  # fmt: skip
    return _read_in_pieces(path, source, resource, file), file


def _read_in_pieces(path: Path, source: str, resource: _Resource, file: File) -> Iterator[pa.Table]:
    """The rows of a large file as `_read_resource` gives them, piece by piece, and the same refusals."""
    with path.open("rb") as opened:
        head = opened.read(_HEADER).decode("utf-8-sig", errors="ignore")
        names, lines, _ = _header(path, head, resource.dialect)
        _check_header(path, names, FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS)
        opened.seek(0)
        passed, rows = Passed(opened, resource.dialect.quoteChar.encode()), 0
        try:
            for piece in pieces(passed, names, lines, resource.dialect.delimiter):
                yield _placed(piece, source, resource.name, file.sha256, FIGURE_COLUMNS, first=rows + 1)
                rows += piece.num_rows
        except pa.ArrowInvalid as error:
            _decoded(path, path.read_bytes(), "utf-8")
            _check_large(path, len(names), resource.dialect)
            raise CannotRun(f"{path} is not readable as CSV ({error}).") from error
    if passed.holds_nul:
        _decoded(path, path.read_bytes(), "utf-8")
    if passed.lines != rows + 1 or passed.quotes % 2:
        _check_large(path, len(names), resource.dialect)
    if passed.sha256 != file.sha256:
        raise CannotRun(f"{path} was changed while it was read. Run again.")


def _check_large(path: Path, columns: int, dialect: _Dialect) -> None:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        _check_rows(path, lines, columns, dialect)


def _read_resource(
    folder: Path, source: str, resource: _Resource, columns: Sequence[str], required: Sequence[str]
) -> tuple[pa.Table, File]:
    path, content, file = _content(folder, resource)
    text = _read_csv(path, content, resource.encoding, resource.dialect)
    _check_header(path, text.column_names, columns, required)
    return _placed(text, source, resource.name, file.sha256, columns), file


def _placed(
    text: pa.Table, source: str, resource: str, sha256: str, columns: Sequence[str], first: int = 1
) -> pa.Table:
    """Rows with the columns of the contract and where they stand; `first` is the number of the first one."""
    rows = text.num_rows
    return pa.table(
        {
            "source": pa.repeat(source, rows),
            "resource": pa.repeat(resource, rows),
            "row": pa.arange(first, first + rows),
            "file_sha256": pa.repeat(sha256, rows),
            **{name: text[name] if name in text.column_names else pa.nulls(rows, pa.string()) for name in columns},
        }
    )


def _read_csv(path: Path, content: bytes, encoding: str, dialect: _Dialect) -> pa.Table:
    """All columns as text, trimmed, empty cells as null; blank lines are no rows."""
    text = _decoded(path, content, encoding)
    names, lines, rows_follow = _header(path, text, dialect)
    if not rows_follow:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    utf8 = content if codecs.lookup(encoding).name == "utf-8" else text.encode()
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(utf8),
            arrow_csv.ReadOptions(column_names=names, skip_rows=lines),
            *parsing(names, dialect.delimiter, dialect.quoteChar),
        )
    except pa.ArrowInvalid as error:
        _check_rows(path, io.StringIO(text, newline=""), len(names), dialect)
        raise CannotRun(f"{path} is not readable as CSV ({error}).") from error
    if _line_ends(utf8) != table.num_rows + 1 or utf8.count(dialect.quoteChar.encode()) % 2:
        _check_rows(path, io.StringIO(text, newline=""), len(names), dialect)
    return cleaned(table)


def _decoded(path: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CannotRun(f"{path}, line {line}, is not {encoding} text ({error}). Save the file as UTF-8.") from error
    except (UnicodeError, LookupError) as error:
        raise CannotRun(
            f"{path}: the encoding {encoding!r} cannot be read ({error}). Save the file as UTF-8."
        ) from error
    if (position := text.find("\0")) >= 0:
        line = text.count("\n", 0, position) + 1
        raise CannotRun(f"{path}, line {line}, holds a NUL byte, so it is no text. Save the file as UTF-8.")
    return text.removeprefix("\ufeff")


def _line_ends(content: bytes) -> int:
    """Lines of a file; the last one counts without a line end too, unless it is empty."""
    ends = content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")
    return ends if content.endswith((b"\n", b"\r")) else ends + 1


def _header(path: Path, text: str, dialect: _Dialect) -> tuple[list[str], int, bool]:
    """The columns' names, the number of lines down to them, and whether anything but blank lines follows."""
    head = io.StringIO(text[:_HEADER], newline="")
    reader = csv.reader(head, delimiter=dialect.delimiter, quotechar=dialect.quoteChar)
    names = [name.strip() for name in next(filter(None, reader), [])]
    if not any(names):
        raise CannotRun(f"{path} is empty. Its first line must name the columns.")
    if "" in names:
        raise CannotRun(f"{path}, header: column {names.index('') + 1} has no name. Name it, or delete it.")
    if doubled := _doubled(names):
        raise CannotRun(f"{path}, header: the column {doubled!r} stands twice.")
    return names, reader.line_num, len(text) > _HEADER or bool(head.read().strip())


#: Characters that a cell may have at most, where a file could not be read at once.
_LONGEST = 131_072


def _check_rows(path: Path, lines: Iterable[str], columns: int, dialect: _Dialect) -> None:
    """Read slowly what was refused, or has other lines than rows, to name the first row that is at fault."""
    records = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quoteChar, strict=True)
    row = -1
    try:
        for row, cells in enumerate(filter(None, records)):
            # The csv module has a limit of its own, which any library in the process may change.
            if max(map(len, cells)) > _LONGEST:
                raise CannotRun(f"{path}, row {row}, has a cell larger than {_LONGEST} characters. Shorten it.")
            if len(cells) != columns:
                raise CannotRun(
                    f"{path}, row {row}, has {len(cells)} cells where the header has {columns}: {cells[:8]}. "
                    "Put a cell that contains the delimiter into quotation marks."
                )
    except csv.Error as error:
        raise CannotRun(
            f"{path}, row {row + 1}, is not readable as CSV ({error}). Close every quotation mark that is opened, "
            "and double one that belongs to a cell's text."
        ) from error


def _check_header(path: Path, names: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    for name in required:
        if name not in names:
            raise CannotRun(f"{path}, header: the column {name!r} is missing. {_hint(names, required)}")
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It knows: {', '.join(columns)}."
            raise CannotRun(f"{path}, header: the raw contract knows no column {name!r}. {hint}")


def _hint(names: Sequence[str], required: Sequence[str]) -> str:
    for mark in _OTHER_DELIMITERS:
        if len(names) == 1 and mark in names[0]:
            return f"Its cells seem to stand apart by {mark!r}: give the resource `dialect: {{delimiter: {mark!r}}}`."
    return f"It must have: {', '.join(required)}."


def _schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([*_PLACE, *((name, pa.string()) for name in columns)])


def _stack(tables: Iterable[pa.Table], columns: Sequence[str]) -> pa.Table:
    schema = _schema(columns)
    return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)]).combine_chunks()


def _read_official(folder: Path) -> tuple[Source, dict[str, pa.Table]]:
    descriptor, descriptor_file = _read_descriptor(folder)
    tables, files = {}, [descriptor_file]
    listed = {resource.name: resource for resource in descriptor.resources}
    for name, columns in _OFFICIAL_COLUMNS.items():
        if name not in listed:
            raise CannotRun(f"{folder / DESCRIPTOR} must list the resource {name!r}. `make regions` builds it.")
        path, content, file = _content(folder, listed[name])
        files.append(file)
        table = _read_csv(path, content, listed[name].encoding, listed[name].dialect)
        _check_header(path, table.column_names, table.column_names, columns)
        tables[name] = table
    return _source(descriptor.name or REGIONS, descriptor, files), tables


def _read_known_issues(path: Path | None) -> tuple[pa.Table, dict[str, str]]:
    empty = pa.table({name: pa.array([], pa.string()) for name in KNOWN_ISSUE_COLUMNS})
    if path is None or not path.is_file():
        return empty, {}
    content = path.read_bytes()
    table = _read_csv(path, content, "utf-8", _Dialect())
    _check_header(path, table.column_names, KNOWN_ISSUE_COLUMNS, KNOWN_ISSUE_COLUMNS)
    return table.select(KNOWN_ISSUE_COLUMNS), {path.name: hashlib.sha256(content).hexdigest()}
