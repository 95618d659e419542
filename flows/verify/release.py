"""What one release's folder alone tells: every hash and size, what it was made from, its signature, its tables."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from flows.publish.files import sha256
from flows.publish.layout import ENVELOPE, FILE, KEY, PACKAGE, PROVENANCE, SUMS
from flows.publish.provenance import PREDICATE, STATEMENT
from flows.publish.signature import is_signed_by, key_id, opened, public_key
from schemas.derive import as_text, field_type, literal, names, quoted

_LINE = re.compile(rf"([0-9a-f]{{64}})  ({FILE.pattern})")
_CHANGES = "changes.json"
#: Without these a folder is no release.
_REQUIRED = (PACKAGE, PROVENANCE, _CHANGES)
#: What can be wrong with a file that is not as we write it: text, shape, absence.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, duckdb.Error)


@dataclass(frozen=True)
class Problem:
    """Something that no release of ours has: the file, below the folder that was asked about, and what is wrong."""

    file: str
    what: str


@dataclass(frozen=True)
class Sealed:
    """A release's folder, read with suspicion: a property raises one of `UNREADABLE` where a file is not as ours."""

    folder: Path

    @cached_property
    def sums(self) -> dict[str, str]:
        """The hash of each file as SHA256SUMS says."""
        path = self.folder / SUMS
        lines = path.read_bytes().decode("ascii").splitlines()
        found = {match[2]: match[1] for match in map(_LINE.fullmatch, lines) if match and match[2] != SUMS}
        canonical = "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items()))
        if path.is_symlink() or not found or path.read_bytes() != canonical.encode():
            raise ValueError("it is not what we write: a line `hash  name` for each file, sorted by name")
        return found

    @cached_property
    def statement(self) -> dict[str, Any]:
        """The provenance: an in-toto Statement."""
        content: dict[str, Any] = self.json(PROVENANCE)
        if (content["_type"], content["predicateType"]) != (STATEMENT, PREDICATE):
            raise ValueError("it is no in-toto Statement with SLSA provenance")
        return content

    @property
    def version(self) -> str:
        """The version that the statement speaks of."""
        return str(self.statement["predicate"]["buildDefinition"]["externalParameters"]["version"])

    @property
    def previous(self) -> dict[str, Any] | None:
        """The release before, as the statement names it: version, sha256sums, key."""
        named = self.statement["predicate"]["buildDefinition"]["externalParameters"]["previous"]
        if named is None:
            return None
        return {name: named[name] for name in ("version", "sha256sums", "key")}

    @property
    def key(self) -> str | None:
        """The name of the key that the statement says it is signed with."""
        named = self.statement["predicate"]["prakerja_signing"]["key"]
        return None if named is None else str(named)

    @property
    def rows(self) -> dict[str, int]:
        """The rows of each table as the statement says."""
        return dict(self.statement["predicate"]["prakerja_verdict"]["rows"])

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources of the data package."""
        return list(self.json(PACKAGE)["resources"])

    def json(self, name: str) -> Any:
        """The content of a JSON file."""
        return json.loads((self.folder / name).read_text("utf-8"))


def problems_of(folder: Path) -> list[Problem]:
    """Everything that is wrong with a release by itself. Each stage trusts the ones before, and the first that fails
    is the last: a file with a wrong hash is named once, not for each thing that it says.
    """
    release = Sealed(folder)
    stages: tuple[tuple[str, Callable[[Sealed], Iterator[Problem]]], ...] = (
        (SUMS, _hashes), (PROVENANCE, _subjects), (ENVELOPE, _signature), (PACKAGE, _package), (PACKAGE, _tables),
    )  # fmt: skip
    for file, stage in stages:
        try:
            problems = list(stage(release))
        except UNREADABLE as error:
            problems = [Problem(file, _unreadable(error))]
        if problems:
            return problems
    return []


def damages(folder: Path) -> list[Problem]:
    """What is wrong with a release as far as its SHA256SUMS tells: files changed, missing, or too many."""
    try:
        return list(_hashes(Sealed(folder)))
    except UNREADABLE as error:
        return [Problem(SUMS, _unreadable(error))]


def _unreadable(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "is missing"
    return f"cannot be read ({type(error).__name__}: {error})"


def _hashes(release: Sealed) -> Iterator[Problem]:
    """The files that are there, against SHA256SUMS."""
    there = {path.name: path for path in release.folder.iterdir() if path.name != SUMS}
    for name in sorted({*release.sums, *_REQUIRED} - there.keys()):
        yield Problem(name, "is missing")
    for name, path in sorted(there.items()):
        if name not in release.sums:
            yield Problem(name, f"should not be there: {SUMS} does not list it")
        elif path.is_symlink() or not path.is_file():
            yield Problem(name, "is no plain file")
        elif sha256(path) != release.sums[name]:
            yield Problem(name, f"is not the file of the release: its sha256 is not the one in {SUMS}")


def _subjects(release: Sealed) -> Iterator[Problem]:
    """SHA256SUMS, against what the statement was made about."""
    subjects = {
        each["name"]: (each["digest"]["sha256"], each["annotations"]["bytes"]) for each in release.statement["subject"]
    }
    about = {name: digest for name, digest in release.sums.items() if name not in (PROVENANCE, ENVELOPE)}
    for name in sorted(subjects.keys() - about.keys()):
        yield Problem(name, f"is missing: {PROVENANCE} speaks of it")
    for name, digest in sorted(about.items()):
        if subjects.get(name) != (digest, (release.folder / name).stat().st_size):
            yield Problem(name, f"is not the file that {PROVENANCE} speaks of")
    for name in (PACKAGE, _CHANGES):
        if release.json(name)["version"] != release.version:
            yield Problem(name, f"is not of version {release.version}, of which {PROVENANCE} speaks")


def _signature(release: Sealed) -> Iterator[Problem]:
    """The signature, against the key that is published beside."""
    if release.key is None:
        for name in sorted({ENVELOPE, KEY} & release.sums.keys()):
            yield Problem(name, f"should not be there: {PROVENANCE} says that the release is unsigned")
        return
    key = public_key((release.folder / KEY).read_bytes()) if KEY in release.sums else None
    if key is None or key_id(key) != release.key:
        yield Problem(KEY, f"is not the key {release.key} that {PROVENANCE} names")
        return
    envelope = release.json(ENVELOPE)
    if opened(envelope) != (release.folder / PROVENANCE).read_bytes():
        yield Problem(ENVELOPE, f"holds another statement than {PROVENANCE}")
    elif not is_signed_by(envelope, key):
        yield Problem(ENVELOPE, f"is not signed with {KEY}")


def _package(release: Sealed) -> Iterator[Problem]:
    """The data package, against the files that it describes."""
    described = {each["path"]: each for each in release.resources}
    tables = {f"{name}.{suffix}" for name in release.rows for suffix in ("parquet", "csv")}
    for name in sorted(tables ^ described.keys()):
        yield Problem(name, f"is not described in {PACKAGE}" if name in tables else f"is described in {PACKAGE} only")
    for name in sorted(tables & described.keys()):
        if described[name]["hash"] != f"sha256:{release.sums[name]}":
            yield Problem(name, f"is not the file that {PACKAGE} describes: it has another sha256 there")
        elif described[name].get("bytes", -1) not in (-1, (release.folder / name).stat().st_size):
            yield Problem(name, f"has another size in {PACKAGE}")


def _tables(release: Sealed) -> Iterator[Problem]:
    """The tables: declared columns, as many rows as the statement says, the same in CSV, keys that are keys."""
    schemas = {
        each["path"].removesuffix(".parquet"): each["schema"]
        for each in release.resources
        if each["path"].endswith(".parquet")
    }
    with closing(duckdb.connect()) as connection:
        for name, schema in schemas.items():
            path = release.folder / f"{name}.parquet"
            if _columns(path) != [(field["name"], field["type"]) for field in schema["fields"]]:
                yield Problem(path.name, f"has other columns or types than {PACKAGE} says")
                return
            connection.execute(f"CREATE VIEW {quoted(name)} AS FROM read_parquet({literal(str(path))})")
            count = connection.sql(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0]
            if count != release.rows[name]:
                yield Problem(path.name, f"has {count} rows; {PROVENANCE} says {release.rows[name]}")
            yield from _csv(connection, release.folder / f"{name}.csv", name, schema)
        for name, schema in schemas.items():
            yield from _keys(connection, name, schema)


def _columns(path: Path) -> list[tuple[str, str | None]]:
    """The columns of a Parquet file and their Table Schema types."""
    with pq.ParquetFile(path) as file:
        return [(field.name, field_type(field.type)) for field in file.schema_arrow]


def _csv(connection: duckdb.DuckDBPyConnection, path: Path, table: str, schema: dict[str, Any]) -> Iterator[Problem]:
    """The CSV file holds the same cells as the Parquet file; an empty text and a missing value look alike there."""
    declared = tuple(field["name"] for field in schema["fields"])
    cells = ", ".join(
        f"nullif({as_text(quoted(field['name']), field['type'])}, '') AS {quoted(field['name'])}"
        for field in schema["fields"]
    )
    file = (
        f"read_csv({literal(str(path))}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
    )
    try:
        text = connection.sql(f"FROM {file}")
        if tuple(text.columns) != declared:
            yield Problem(path.name, f"has other columns than {PACKAGE} says")
            return
        plain = ", ".join(f"nullif({quoted(name)}, '') AS {quoted(name)}" for name in declared)
        ours, theirs = f"SELECT {cells} FROM {quoted(table)}", f"SELECT {plain} FROM {file}"
        differ = f"(({ours}) EXCEPT ALL ({theirs})) UNION ALL (({theirs}) EXCEPT ALL ({ours}))"
        if connection.sql(f"SELECT 1 FROM ({differ}) LIMIT 1").fetchall():
            yield Problem(path.name, f"holds other rows than {table}.parquet")
    except duckdb.Error as error:
        yield Problem(path.name, f"cannot be read as CSV: {error}")


def _keys(connection: duckdb.DuckDBPyConnection, table: str, schema: dict[str, Any]) -> Iterator[Problem]:
    key = tuple(schema["primaryKey"])
    missing = " OR ".join(f"{quoted(name)} IS NULL" for name in key)
    grouped = f"SELECT {names(key)}, count(*) AS times FROM {quoted(table)} GROUP BY ALL"
    if connection.sql(f"SELECT 1 FROM ({grouped}) WHERE times > 1 OR {missing} LIMIT 1").fetchall():
        yield Problem(f"{table}.parquet", f"has two rows of one key, or an empty key ({', '.join(key)})")
    for foreign in schema.get("foreignKeys", []):
        other, (column,), (target,) = (
            foreign["reference"].get("resource") or table, foreign["fields"], foreign["reference"]["fields"],
        )  # fmt: skip
        orphans = (
            f"SELECT 1 FROM {quoted(table)} AS this ANTI JOIN {quoted(other)} AS other "
            f"ON this.{quoted(column)} = other.{quoted(target)} WHERE this.{quoted(column)} IS NOT NULL LIMIT 1"
        )
        if connection.sql(orphans).fetchall():
            yield Problem(f"{table}.parquet", f"has a row whose {column} leads nowhere in {other}")
