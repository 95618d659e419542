"""One release in a folder of its own: tables, metadata, papers, what it was made from, and the hash of every file."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from flows.disk import flush
from flows.nouns import CannotRun, Database, Verdict
from flows.publish.catalogue import catalogue
from flows.publish.changes import FIRST, Changes, Contents, compare, contents
from flows.publish.documents import changes_text, readme
from flows.publish.files import data_package, sha256, write_json, write_tables
from flows.publish.layout import ENVELOPE, KEY, PACKAGE, PROVENANCE, SUMS
from flows.publish.metadata import Edition, citation, croissant, edition, schema_org
from flows.publish.provenance import check_succession, link, statement
from flows.publish.satu_data import satu_data
from flows.publish.signature import envelope, key_id, private_keys, public_pem


@dataclass(frozen=True)
class Imprint:
    """Who publishes: the keys that sign, the first one from now on, and the web address of all releases."""

    keys: Sequence[Ed25519PrivateKey] = ()
    address: str | None = None

    @classmethod
    def of(cls, signing_key: SecretStr | None, address: str | None) -> Self:
        """The imprint that the settings ask for. Raises CannotRun where the key cannot be read."""
        return cls(private_keys(signing_key.get_secret_value() if signing_key else ""), address)


def build(database: Database, verdict: Verdict, folder: Path, previous: Path | None, imprint: Imprint) -> str | None:
    """Build a release in `folder` and bring it to the disk; returns its version, None where no data file changed.

    Raises `CannotRun` where the release `previous` is damaged, or was signed with a key that is not among ours, and
    where the disk gives back other bytes than were written.
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
        this = edition(connection, folder, changes.version, resources, imprint.address)
        _write_papers(connection, this, changes, imprint)
        hashes = {path.name: sha256(path) for path in sorted(folder.iterdir())}
        if this.hashes.items() - hashes.items():
            raise CannotRun(f"the files written to {folder} are not what was written: is the disk sound? Run again")
        made = statement(connection, folder, hashes, verdict.files, changes.version, before, imprint.keys)
    _seal(folder, hashes, made, imprint.keys)
    return changes.version


def _write_papers(connection: duckdb.DuckDBPyConnection, this: Edition, changes: Changes, imprint: Imprint) -> None:
    """Write what people, catalogues, search engines and libraries read about the tables."""
    folder = this.folder
    key = imprint.keys[0].public_key() if imprint.keys else None
    _write_metadata(connection, this)
    _write(folder / "README.md", readme(connection, this, key_id(key) if key else None))
    write_json(folder / "changes.json", changes.as_dict())
    _write(folder / "CHANGES.md", changes_text(changes))
    # The library that draws takes a second to import, and a check draws nothing.
    from flows.publish.site import site  # noqa: PLC0415

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


def _seal(folder: Path, hashes: Mapping[str, str], made: dict[str, Any], keys: Sequence[Ed25519PrivateKey]) -> None:
    """Write the statement about the files, its signatures where there is a key, and the hash of every file."""
    write_json(folder / PROVENANCE, made)
    sealed = [PROVENANCE]
    if keys:
        write_json(folder / ENVELOPE, envelope((folder / PROVENANCE).read_bytes(), keys))
        sealed.append(ENVELOPE)
    every = {**hashes, **{name: sha256(folder / name) for name in sealed}}
    _write(folder / SUMS, "".join(f"{every[name]}  {name}\n" for name in sorted(every)))
    for path in (*(folder / name for name in every), folder / SUMS, folder):
        flush(path)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
