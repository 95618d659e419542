"""Read: take a snapshot of what was printed, each file by its sha256, as text. Nothing is interpreted here."""

import difflib
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from flows.nouns import CannotRun, File, Snapshot, Source
from schemas.contract import FIGURE_COLUMNS, KNOWN_ISSUE_COLUMNS, ORGANISATION_COLUMNS, REQUIRED_FIGURE_COLUMNS
from schemas.tables import LANGUAGES

DESCRIPTOR = "datapackage.yaml"
REGIONS = "regions"
KNOWN_ISSUES = "known_issues.csv"

_PLACE = [("source", pa.string()), ("resource", pa.string()), ("row", pa.int64()), ("file_sha256", pa.string())]


class _Dialect(BaseModel):
    """The part of a Frictionless table dialect that the raw contract honours."""

    delimiter: str = ","
    quoteChar: str = '"'  # noqa: N815 (the standard's spelling)


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
    names = [source.name for source, _, _ in read_folders]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise CannotRun(f"Two folders are named {doubled[0]!r} in their {DESCRIPTOR}. Give each its own `name`.")
    official, official_figures = _read_official(regions)
    issues, files = _read_known_issues(known_issues)
    sources = (*(source for source, _, _ in read_folders), official)
    files |= {file.path: file.sha256 for source in sources for file in source.files}
    return Snapshot(
        sources=sources,
        figures=_stack((figures for _, figures, _ in read_folders), FIGURE_COLUMNS),
        organisations=_stack((named for _, _, named in read_folders if named is not None), ORGANISATION_COLUMNS),
        regions=official_figures["regions"],
        names=official_figures["names"],
        bps_codes=official_figures["bps_codes"],
        known_issues=issues,
        files=files,
    )


def _read_folder(folder: Path) -> tuple[Source, pa.Table, pa.Table | None]:
    descriptor, descriptor_file = _read_descriptor(folder)
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
    figures, file = _read_resource(folder, name, listed["figures"], FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS)
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
        raise CannotRun(f"{folder} has no {DESCRIPTOR}. Two lines are enough: `name: {folder.name}` and `language: id`.")
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


def _read_resource(
    folder: Path, source: str, resource: _Resource, columns: Sequence[str], required: Sequence[str]
) -> tuple[pa.Table, File]:
    path = folder / resource.path
    if folder.resolve() not in path.resolve().parents:
        raise CannotRun(f"{folder / DESCRIPTOR}: the path {resource.path!r} leaves the folder.")
    if not path.is_file():
        raise CannotRun(f"{folder / DESCRIPTOR} lists {resource.path}, but there is no such file in {folder}.")
    content = path.read_bytes()
    file = _file(folder, resource.path, resource.name, content)
    text = _read_csv(path, content, resource.encoding, resource.dialect)
    _check_header(path, text.column_names, columns, required)
    rows = text.num_rows
    table = pa.table(
        {
            "source": pa.repeat(source, rows),
            "resource": pa.repeat(resource.name, rows),
            "row": pa.array(range(1, rows + 1), pa.int64()),
            "file_sha256": pa.repeat(file.sha256, rows),
            **{name: text[name] if name in text.column_names else pa.nulls(rows, pa.string()) for name in columns},
        }
    )
    return table, file


def _read_csv(path: Path, content: bytes, encoding: str, dialect: _Dialect) -> pa.Table:
    """All columns as text, empty cells as null. `content` was read once, so that hash and rows are of one version."""
    if not content.strip():
        raise CannotRun(f"{path} is empty. Its first line must name the columns.")
    try:
        header = content.decode(encoding).lstrip("\ufeff").splitlines()[0]
    except (UnicodeDecodeError, LookupError) as error:
        raise CannotRun(f"{path} is not {encoding} text ({error}). Save it as UTF-8.") from error
    names = [name.strip() for name in next(iter(_split(header, dialect)))]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise CannotRun(f"{path}, header: the column {doubled[0]!r} stands twice.")
    try:
        table = csv.read_csv(
            pa.py_buffer(content),
            read_options=csv.ReadOptions(column_names=names, skip_rows=1, encoding=encoding),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter, quote_char=dialect.quoteChar, newlines_in_values=True
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error) or "no data" in str(error).lower():
            return pa.table({name: pa.array([], pa.string()) for name in names})
        raise CannotRun(f"{path}: {_in_words(error, len(names))}") from error
    trimmed = [pc.utf8_trim_whitespace(column) for column in table.columns]
    cleaned = [pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column) for column in trimmed]
    return pa.table(cleaned, names=names)


def _split(header: str, dialect: _Dialect) -> Iterable[list[str]]:
    import csv as stdlib_csv

    return stdlib_csv.reader([header], delimiter=dialect.delimiter, quotechar=dialect.quoteChar)


def _in_words(error: pa.ArrowInvalid, expected: int) -> str:
    """PyArrow's message on a malformed line, with the row as we count it (it counts the header)."""
    found = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+): ?(.*)", str(error), re.DOTALL)
    if not found:
        return f"not readable as CSV ({error})."
    row, _, got, line = found.groups()
    return (
        f"row {int(row) - 1} has {got} cells where the header has {expected}: {line.strip()!r}. "
        "Put a cell that contains the delimiter into quotation marks."
    )


def _check_header(path: Path, names: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    for name in required:
        if name not in names:
            raise CannotRun(f"{path}, header: the column {name!r} is missing. It must have: {', '.join(required)}.")
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It knows: {', '.join(columns)}."
            raise CannotRun(f"{path}, header: the raw contract knows no column {name!r}. {hint}")


def _stack(tables: Iterable[pa.Table], columns: Sequence[str]) -> pa.Table:
    schema = pa.schema([*_PLACE, *((name, pa.string()) for name in columns)])
    return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)]).combine_chunks()


def _read_official(folder: Path) -> tuple[Source, dict[str, pa.Table]]:
    descriptor, descriptor_file = _read_descriptor(folder)
    tables, files = {}, [descriptor_file]
    for resource in descriptor.resources:
        content = (folder / resource.path).read_bytes()
        files.append(_file(folder, resource.path, resource.name, content))
        tables[resource.name] = _read_csv(folder / resource.path, content, resource.encoding, resource.dialect)
    for name in (REGIONS, "names", "bps_codes"):
        if name not in tables:
            raise CannotRun(f"{folder / DESCRIPTOR} must list the resource {name!r}. `make regions` builds it.")
    return _source(descriptor.name or REGIONS, descriptor, files), tables


def _read_known_issues(path: Path | None) -> tuple[pa.Table, dict[str, str]]:
    empty = pa.table({name: pa.array([], pa.string()) for name in KNOWN_ISSUE_COLUMNS})
    if path is None or not path.is_file():
        return empty, {}
    content = path.read_bytes()
    table = _read_csv(path, content, "utf-8", _Dialect())
    _check_header(path, table.column_names, KNOWN_ISSUE_COLUMNS, KNOWN_ISSUE_COLUMNS)
    return table.select(KNOWN_ISSUE_COLUMNS), {path.name: hashlib.sha256(content).hexdigest()}
