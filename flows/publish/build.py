"""One release in a folder of its own: tables, metadata, papers, what it was made from, and the hash of every file."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.nouns import Database, Verdict
from flows.publish.catalogue import catalogue
from flows.publish.changes import FIRST, Changes, Contents, compare, contents
from flows.publish.documents import changes_text, readme
from flows.publish.files import data_package, sha256, write_json, write_tables
from flows.publish.layout import ENVELOPE, KEY, PACKAGE, PROVENANCE, SUMS
from flows.publish.metadata import Edition, citation, croissant, edition, schema_org
from flows.publish.provenance import check_succession, link, statement
from flows.publish.satu_data import satu_data
from flows.publish.signature import envelope, key_id, public_pem
from flows.publish.site import site


@dataclass(frozen=True)
class Imprint:
    """Who publishes: the keys that sign, the first one from now on, and the web address of all releases."""

    keys: Sequence[Ed25519PrivateKey] = ()
    address: str | None = None


def build(database: Database, verdict: Verdict, folder: Path, previous: Path | None, imprint: Imprint) -> str | None:
    """Build a release in `folder` and bring it to the disk; returns its version, None where no data file changed.

    Raises `CannotRun` where the release `previous` is damaged, or was signed with a key that is not among ours.
    """
    folder.mkdir()
    with closing(duckdb.connect(str(database.path), read_only=True)) as connection:
        resources = write_tables(connection, folder)
        changes = Changes(FIRST, None)
        if previous:
            old = contents(previous)
            if list(old.resources) == resources:
                return None
            changes = compare(old, Contents(folder, resources), previous.name)
        before = link(previous) if previous else None
        check_succession(before, imprint.keys)
        write_json(folder / PACKAGE, data_package(connection, changes.version, resources))
        _write_papers(connection, folder, changes, imprint)
        made = statement(connection, folder.iterdir(), verdict.files, changes.version, before, imprint.keys)
    _seal(folder, made, imprint.keys)
    return changes.version


def flush(path: Path) -> None:
    """Have the system write a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_papers(connection: duckdb.DuckDBPyConnection, folder: Path, changes: Changes, imprint: Imprint) -> None:
    """Write what people, catalogues, search engines and libraries read about the tables."""
    this = edition(connection, folder, changes.version, imprint.address)
    key = imprint.keys[0].public_key() if imprint.keys else None
    _write_metadata(connection, this)
    _write(folder / "README.md", readme(connection, this, key_id(key) if key else None))
    write_json(folder / "changes.json", changes.as_dict())
    _write(folder / "CHANGES.md", changes_text(changes))
    for name, text in site(connection, this).items():
        _write(folder / name, text)
    if key:
        _write(folder / KEY, public_pem(key))


def _write_metadata(connection: duckdb.DuckDBPyConnection, this: Edition) -> None:
    write_json(this.folder / "croissant.json", croissant(this))
    write_json(this.folder / "schema.jsonld", schema_org(this))
    _write(this.folder / "catalog.ttl", catalogue(this))
    _write(this.folder / "CITATION.cff", citation(this))
    for name, text in satu_data(connection).items():
        _write(this.folder / name, text)


def _seal(folder: Path, made: dict[str, Any], keys: Sequence[Ed25519PrivateKey]) -> None:
    """Write the statement about the files, its signatures where there is a key, and the hash of every file."""
    write_json(folder / PROVENANCE, made)
    if keys:
        write_json(folder / ENVELOPE, envelope((folder / PROVENANCE).read_bytes(), keys))
    files = sorted(folder.iterdir())
    _write(folder / SUMS, "".join(f"{sha256(path)}  {path.name}\n" for path in files))
    for path in (*files, folder / SUMS, folder):
        flush(path)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
