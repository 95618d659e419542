"""What a release was made from: an in-toto Statement (version 1) with SLSA provenance (version 1)."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import duckdb
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.nouns import CannotRun
from flows.publish.files import NAME, identifier, sha256
from flows.publish.layout import ENVELOPE, KEY, PROVENANCE, SUMS
from flows.publish.signature import key_id
from flows.settings import ROOT
from schemas.derive import quoted
from schemas.tables import TABLES

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"

_UNSIGNED = "UNSIGNED: hashes show damage, but not who wrote these files"
_LOCK = "requirements.lock"
_CODE = ("flows", "schemas")
_CODE_SUFFIXES = frozenset({".py", ".sql", ".yaml", ".j2", ".css", ".js"})
#: Libraries that decide which bytes are written.
_WRITERS = ("duckdb", "ibis-framework", "pyarrow")
_LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


def statement(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    hashes: Mapping[str, str],
    raw: Mapping[str, str],
    version: str,
    previous: dict[str, Any] | None,
    keys: Sequence[Ed25519PrivateKey],
) -> dict[str, Any]:
    """The statement about the files in `folder` (`hashes`: sha256 by name), made from the `raw` files (sha256 by path)
    after the release `previous`.

    It holds no time and no machine, so that the same raw and the same code give the same statement. The fields that
    start with `prakerja_` are ours: the verdict's summary, and by whom it is signed.
    """
    return {
        "_type": STATEMENT,
        "subject": [_subject(folder / name, digest) for name, digest in hashes.items()],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": identifier(f"{NAME}/publish/1"),
                "externalParameters": {"version": version, "previous": previous},
                "resolvedDependencies": [*_code(), *_raw(raw), *_packages()],
            },
            "runDetails": {
                "builder": {
                    "id": identifier(f"{NAME}/pipeline"),
                    "version": {each: installed(each) for each in _WRITERS},
                }
            },
            "prakerja_verdict": _summary(connection),
            "prakerja_signing": _signing(keys),
        },
    }


def link(previous: Path) -> dict[str, Any]:
    """How a release names the one before it: version, the hash that covers its files, and the key that signed it."""
    return {"version": previous.name, "sha256sums": sha256(previous / SUMS), "key": key_of(previous)}


def key_of(release: Path) -> str | None:
    """The name of the key that signed a release; None where it is unsigned. Raises `CannotRun` where nothing says."""
    path = release / PROVENANCE
    try:
        key = json.loads(path.read_text("utf-8"))["predicate"]["prakerja_signing"]["key"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotRun(f"{path} cannot be read ({error}): restore it") from error
    return None if key is None else str(key)


def check_succession(link: dict[str, Any] | None, keys: Sequence[Ed25519PrivateKey]) -> None:
    """Raise `CannotRun` where the last release was signed and its key does not sign this one too."""
    if link and link["key"] and link["key"] not in {key_id(key.public_key()) for key in keys}:
        raise CannotRun(
            f"release {link['version']} was signed with the key {link['key']}, and so must the next one be: set "
            "PRAKERJA_SIGNING_KEY to it, or to the new key followed by it where another key is to take over"
        )


def code_hash() -> str:
    """One hash over our own code: the sha256 of the lines `sha256  path` of all its files, sorted by path."""
    paths = [path for part in _CODE for path in (ROOT / part).rglob("*") if path.suffix in _CODE_SUFFIXES]
    named = sorted((path.relative_to(ROOT).as_posix(), path) for path in [*paths, *_lock()])
    return hashlib.sha256("".join(f"{sha256(path)}  {name}\n" for name, path in named).encode()).hexdigest()


def _subject(path: Path, digest: str) -> dict[str, Any]:
    return {"name": path.name, "digest": {"sha256": digest}, "annotations": {"bytes": path.stat().st_size}}


def _code() -> list[dict[str, Any]]:
    return [_material("code", code_hash()), *(_material(_LOCK, sha256(path)) for path in _lock())]


def _lock() -> list[Path]:
    """The lock file; a copy of the code that was installed without it has none."""
    return [path for path in [ROOT / _LOCK] if path.is_file()]


def _raw(files: Mapping[str, str]) -> list[dict[str, Any]]:
    return [_material(f"raw/{path}", digest) for path, digest in sorted(files.items())]


def _packages() -> list[dict[str, Any]]:
    """Every locked package as a package URL."""
    locked = {pinned for path in _lock() for pinned in _LOCKED.findall(path.read_text("utf-8"))}
    return [{"uri": f"pkg:pypi/{name}@{version}"} for name, version in sorted(locked)]


def _material(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest}}


def _summary(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What the checks came to: rows by table and status, findings by severity and state, tests by rule."""
    by_status = [name for name, table in TABLES.items() if "status" in (column.name for column in table.columns)]
    rows = {name: connection.sql(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0] for name in TABLES}
    kinds = "SELECT severity || ', ' || state AS kind, count(*) FROM findings GROUP BY kind ORDER BY kind"
    rules = "SELECT rule, tested, findings FROM rules ORDER BY rule"
    return {
        "rows": rows,
        "rows_by_status": {name: _counts(connection, name) for name in by_status},
        "findings": dict(connection.sql(kinds).fetchall()),
        "rules": {
            rule: {"tested": tested, "findings": found} for rule, tested, found in connection.sql(rules).fetchall()
        },
    }


def _counts(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    query = f"SELECT status, count(*) FROM {quoted(table)} GROUP BY status ORDER BY status"
    return dict(connection.sql(query).fetchall())


def _signing(keys: Sequence[Ed25519PrivateKey]) -> dict[str, Any]:
    if not keys:
        return {"signed": False, "key": None, "note": _UNSIGNED}
    return {"signed": True, "key": key_id(keys[0].public_key()), "envelope": ENVELOPE, "public_key": KEY}
