"""Rehearsal: build the release that `publish` would, look at what it changes, and leave nothing behind."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
from pydantic import SecretStr

from flows.nouns import CannotRun, Database, Verdict
from flows.publish.build import Imprint, build
from flows.publish.listing import newest
from flows.publish.signature import private_keys


@dataclass(frozen=True)
class Rehearsal:
    """What a publication would come to: the version it would have, None where nothing changes, and what it changes.

    `previous` is the release that is the newest now, `changes` the text of its `CHANGES.md`.
    """

    version: str | None
    previous: str | None
    changes: str


def rehearse(
    database: Database,
    verdict: Verdict,
    published: Path,
    signing_key: SecretStr | None = None,
    address: str | None = None,
) -> Rehearsal:
    """Do everything that `publish` does before it writes to `published`, in a folder that is then removed.

    Raises CannotRun where `publish` would: a damaged release before it, or a key that does not fit.
    """
    try:
        imprint = Imprint(private_keys(signing_key.get_secret_value() if signing_key else ""), address)
        previous = newest(published)
        with tempfile.TemporaryDirectory(prefix="prakerja-") as scratch:
            folder = Path(scratch) / "release"
            version = build(database, verdict, folder, published / previous if previous else None, imprint)
            changes = (folder / "CHANGES.md").read_text("utf-8") if version else "No row changed.\n"
    except (OSError, duckdb.Error) as error:
        raise CannotRun(f"the release cannot be rehearsed: {error}") from error
    return Rehearsal(version, previous, changes)
