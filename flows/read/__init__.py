"""Read: take a snapshot of what was printed, each file by its sha256, as text. Nothing is interpreted here."""

import codecs
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.dataset import Dataset

from flows.disk import remove_with, temporary
from flows.nouns import CannotRun, File, Snapshot, Source, Spooled
from flows.read.declaration import Dialect, WebResource
from flows.read.descriptor import DESCRIPTOR, Descriptor, Resource, read_descriptor
from flows.read.large import LARGE, Large, spool
from flows.read.mapping import rows_of
from flows.read.text import check_header, doubled, read_csv
from flows.read.versions import Version, kept, path_of, read_log
from schemas.contract import FIGURE_COLUMNS, KNOWN_ISSUE_COLUMNS, ORGANISATION_COLUMNS, RESOURCES

#: How a function is applied to every folder, as `map` does; Prefect puts its own in.
Each = Callable[[Callable[[Path], Any], Sequence[Path]], Iterable[Any]]

REGIONS = "regions"
KNOWN_ISSUES = "known_issues.csv"

#: The official regions' files and the columns that are read from them.
_OFFICIAL_COLUMNS = {
    REGIONS: ("region_code", "parent_code", "level", "name", "established", "moved_on", "former_parent_code"),
    "names": ("region_code", "name"),
    "bps_codes": ("region_code", "bps_code"),
}

_PLACE = [("source", pa.string()), ("resource", pa.string()), ("row", pa.int64()), ("file_sha256", pa.string())]


@dataclass(frozen=True)
class _Taken:
    """What one resource holds, and what its earlier versions held, where it lies on the web.

    Rows of earlier versions are numbered through, from the oldest version on.
    """

    rows: pa.Table | Large | None = None
    files: tuple[File, ...] = ()
    earlier: pa.Table | None = None
    earlier_files: tuple[File, ...] = ()


@dataclass(frozen=True)
class _Folder:
    """A source with what its resources hold, by their names."""

    source: Source
    taken: Mapping[str, _Taken]


def read(
    raw: Path, official: Path, as_of: datetime | None = None, only: Collection[str] = (), each: Each = map
) -> Snapshot:
    """Read every source folder of `raw`, or `only` the sources of these names, its known issues, and the regions.

    `official` is the regions folder used where `raw` has none of its own. Of a source on the web, the newest version
    counts that had been seen by the moment `as_of`, which has a time zone; without it, the newest of all. `each` may
    read the folders at the same time. Raises CannotRun with file, row, column and what to do, where a file is not in
    the raw contract.
    """
    if not raw.is_dir():
        raise CannotRun(f"There is no folder {raw}. Set PRAKERJA_RAW to the folder that holds the sources.")
    folders = source_folders(raw)
    if not folders:
        raise CannotRun(f"{raw} holds no source folder. `prakerja new-source SLUG` makes one.")
    if only:
        named = {name_of(folder): folder for folder in folders}
        if unknown := sorted(set(only) - named.keys()):
            raise CannotRun(f"There is no source {unknown[0]!r} in {raw}.")
        folders = [named[name] for name in sorted(set(only))]
    regions = raw / REGIONS if (raw / REGIONS / DESCRIPTOR).is_file() else official
    return snapshot(folders, regions, raw / KNOWN_ISSUES, as_of, each)


def source_folders(raw: Path) -> list[Path]:
    """The folders of `raw` that are sources, by name."""
    return sorted(
        path for path in raw.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != REGIONS
    )


def name_of(folder: Path) -> str:
    """The name of a source: what its descriptor says, else its folder's."""
    return read_descriptor(folder)[0].name or folder.name


def snapshot(
    folders: Sequence[Path],
    regions: Path,
    known_issues: Path | None = None,
    as_of: datetime | None = None,
    each: Each = map,
) -> Snapshot:
    """Read just these source folders, with the official regions and, where the file exists, the known issues."""
    read_folders = list(each(partial(_read_folder, as_of=as_of), folders))
    official, official_figures = _read_official(regions)
    sources = (*(one.source for one in read_folders), official)
    if twice := doubled(source.name for source in sources):
        raise CannotRun(f"Two folders are named {twice!r} in their {DESCRIPTOR}. Give each its own `name`.")
    issues, files = read_known_issues(known_issues)
    files |= {file.path: file.sha256 for source in sources for file in source.files}
    taken = [(name, resource) for one in read_folders for name, resource in one.taken.items()]
    files |= {file.path: file.sha256 for _, one in taken for file in one.earlier_files}
    figures, spooled = _figures(read_folders)
    return Snapshot(
        sources=sources,
        figures=figures,
        spooled=spooled,
        earlier=_stack((one.earlier for name, one in taken if name == "figures"), FIGURE_COLUMNS),
        organisations=_stack((one.rows for name, one in taken if name == "organisations"), ORGANISATION_COLUMNS),
        regions=official_figures["regions"],
        names=official_figures["names"],
        bps_codes=official_figures["bps_codes"],
        known_issues=issues,
        files=files,
    )


def _figures(folders: Sequence[_Folder]) -> tuple[pa.Table | Dataset, Spooled | None]:
    """The figures of all sources in one table; on the disk where a file is large, with what keeps them there."""
    given = [(one.source.name, one.taken["figures"].rows) for one in folders]
    if not any(isinstance(rows, Large) for _, rows in given):
        return _stack((rows for _, rows in given), FIGURE_COLUMNS), None
    spooled = Spooled(temporary())
    remove_with(spooled, spooled.path)
    tables = (_stack([table], FIGURE_COLUMNS) for source, rows in given for table in _pieces(source, rows))
    return spool(tables, _schema(FIGURE_COLUMNS), spooled.path), spooled


def _pieces(source: str, rows: pa.Table | Large | None) -> Iterable[pa.Table]:
    if isinstance(rows, Large):
        return (_placed(piece, source, rows.file) for piece in rows.tables())
    return [] if rows is None else [rows]


def _read_folder(folder: Path, as_of: datetime | None) -> _Folder:
    descriptor, content = read_descriptor(folder)
    if twice := doubled(resource.name for resource in descriptor.resources):
        raise CannotRun(f"{folder / DESCRIPTOR}: two resources are named {twice!r}. Leave one of them out.")
    listed = {resource.name: resource for resource in descriptor.resources}
    if not listed:
        listed = {"figures": Resource(name="figures", path="figures.csv")}
    if "figures" not in listed:
        raise CannotRun(f"{folder / DESCRIPTOR}: no resource is named `figures`. Add one with `path: figures.csv`.")
    if unknown := sorted(set(listed) - set(RESOURCES)):
        raise CannotRun(
            f"{folder / DESCRIPTOR}: the resource {unknown[0]!r} is not in the raw contract, "
            "which knows `figures` and `organisations`."
        )
    name = descriptor.name or folder.name
    log = read_log(folder, as_of)
    taken = {
        resource.name: _read_web(folder, name, descriptor.language, resource, log.of(resource))
        if isinstance(resource, WebResource)
        else _read_resource(folder, name, resource)
        for resource in sorted(listed.values(), key=lambda each: each.name)
    }
    files = [_file(folder, DESCRIPTOR, "", content), *(file for each in taken.values() for file in each.files)]
    return _Folder(_source(name, descriptor, [*files, log.file] if log.file else files), taken)


def _source(name: str, descriptor: Descriptor, files: Iterable[File]) -> Source:
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


def _file(folder: Path, path: str, resource: str, content: bytes) -> File:
    return File(f"{folder.name}/{path}", resource, len(content), hashlib.sha256(content).hexdigest())


def _path(folder: Path, resource: Resource) -> Path:
    path = folder / resource.path
    if folder.resolve() not in path.resolve().parents:
        raise CannotRun(
            f"{folder / DESCRIPTOR}: the path {resource.path!r} leaves the folder. Copy the file into the folder."
        )
    if not path.is_file():
        raise CannotRun(f"{folder / DESCRIPTOR} lists {resource.path}, but there is no such file in {folder}.")
    return path


def _content(folder: Path, resource: Resource) -> tuple[Path, bytes, File]:
    """A resource's path, bytes and hash, all of one reading."""
    path = _path(folder, resource)
    content = path.read_bytes()
    return path, content, _file(folder, resource.path, resource.name, content)


def _read_resource(folder: Path, source: str, resource: Resource) -> _Taken:
    columns, required = RESOURCES[resource.name]
    path = _path(folder, resource)
    if resource.name == "figures" and _is_large(path, resource):
        with path.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        file = File(f"{folder.name}/{resource.path}", resource.name, path.stat().st_size, sha256)
        return _Taken(Large(path, resource.dialect, columns, required, file), (file,))
    path, content, file = _content(folder, resource)
    text = read_csv(path, content, resource.encoding, resource.dialect)
    check_header(path, text.column_names, columns, required)
    numbered = text.append_column("row", pa.arange(1, text.num_rows + 1))
    return _Taken(_placed(numbered, source, file), (file,))


def _is_large(path: Path, resource: Resource) -> bool:
    return path.stat().st_size >= LARGE and codecs.lookup(resource.encoding).name == "utf-8"


def _read_web(folder: Path, source: str, language: str, resource: WebResource, versions: Sequence[Version]) -> _Taken:
    """The newest version, and what all others held. A source that was never fetched holds nothing yet."""
    tables, files = [], []
    for version in {each.sha256: each for each in versions[::-1]}.values():
        path = path_of(folder, resource, version.sha256)
        content = kept(folder, resource, version)
        file = _file(folder, path.relative_to(folder).as_posix(), resource.name, content)
        tables.append(_placed(rows_of(str(path), content, resource, language), source, file))
        files.append(file)
    if not tables:
        return _Taken()
    earlier = pa.concat_tables([tables[0].slice(0, 0), *tables[:0:-1]])
    through = pa.arange(1, earlier.num_rows + 1)
    earlier = earlier.set_column(earlier.column_names.index("row"), "row", through)
    return _Taken(tables[0], tuple(files[:1]), earlier, tuple(files[1:]))


def _placed(text: pa.Table, source: str, file: File) -> pa.Table:
    """Rows with their source, resource and file."""
    place = {"source": source, "resource": file.resource, "file_sha256": file.sha256}
    repeated = {name: pa.repeat(told, text.num_rows) for name, told in place.items()}
    return pa.table({**repeated, **{name: text[name] for name in text.column_names}})


def _schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([*_PLACE, *((name, pa.string()) for name in columns)])


def _stack(tables: Iterable[pa.Table | None], columns: Sequence[str]) -> pa.Table:
    """All rows, with every column of the contract."""
    schema = _schema(columns)
    given = [table for table in tables if table is not None]
    there = [table.select([name for name in schema.names if name in table.column_names]) for table in given]
    stacked = pa.concat_tables([schema.empty_table(), *there], promote_options="default")
    return stacked.cast(schema).combine_chunks()


def _read_official(folder: Path) -> tuple[Source, dict[str, pa.Table]]:
    descriptor, content = read_descriptor(folder)
    tables, files = {}, [_file(folder, DESCRIPTOR, "", content)]
    listed = {each.name: each for each in descriptor.resources if isinstance(each, Resource)}
    for name, columns in _OFFICIAL_COLUMNS.items():
        if name not in listed:
            raise CannotRun(f"{folder / DESCRIPTOR} must list the resource {name!r}. `make regions` builds it.")
        path, content, file = _content(folder, listed[name])
        files.append(file)
        table = read_csv(path, content, listed[name].encoding, listed[name].dialect)
        check_header(path, table.column_names, table.column_names, columns)
        tables[name] = table
    return _source(descriptor.name or REGIONS, descriptor, files), tables


def read_known_issues(path: Path | None) -> tuple[pa.Table, dict[str, str]]:
    """The notes on errors in print, as text, and the sha256 of their file; nothing where there is none."""
    empty = pa.table({name: pa.array([], pa.string()) for name in KNOWN_ISSUE_COLUMNS})
    if path is None or not path.is_file():
        return empty, {}
    content = path.read_bytes()
    table = read_csv(path, content, "utf-8", Dialect())
    check_header(path, table.column_names, KNOWN_ISSUE_COLUMNS, KNOWN_ISSUE_COLUMNS)
    return table.select(KNOWN_ISSUE_COLUMNS), {path.name: hashlib.sha256(content).hexdigest()}
