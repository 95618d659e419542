"""Publish: one release from one verdict, all of it or nothing, and never touched again.

A release is complete when its folder bears its version, which is one rename of a folder that is already on the disk.
What follows (the list of releases, the pointer `latest`, the database) only announces it, and the next run makes up for
whatever a crash has left undone.
"""

import fcntl
import filecmp
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from pydantic import SecretStr

from flows.nouns import CannotRun, Database, NotPublishable, Release, Verdict
from flows.publish.build import Imprint, build, flush
from flows.publish.changes import FIRST
from flows.publish.files import write_json
from flows.publish.history import write_history
from flows.publish.layout import DATABASE, LATEST, RELEASES, order
from flows.publish.listing import entry, listed, newest, versions
from flows.publish.signature import private_keys

_LOCK = ".lock"
_LEFTOVER = re.compile(r"\.(building|latest|releases\.json)-\d+")


def publish(
    database: Database,
    verdict: Verdict,
    published: Path,
    signing_key: SecretStr | None = None,
    address: str | None = None,
) -> Release:
    """Publish the database's tables as a release in `published`, switch `latest` to it, swap the database in.

    `signing_key` is PEM text or the path of a PEM file, `address` where `published` will be read on the web.
    Where every data file would be as in the newest release, nothing is written but a missing or different database,
    and the release is not new. The same tables after the same releases give the same bytes. The new database file is
    used up: swapped in or removed, whatever happens. Raises `NotPublishable` where the verdict may not be published,
    and `CannotRun` where another run is publishing, the disk refuses or the key does not fit; each leaves what was
    published as it was.
    """
    try:
        if not verdict.publishable:
            raise NotPublishable(
                f"{verdict.new_errors} errors have not been looked at: correct the transcription, or take note of them "
                "in known_issues.csv; nothing was published"
            )
        imprint = Imprint(private_keys(signing_key.get_secret_value() if signing_key else ""), address)
        published.mkdir(parents=True, exist_ok=True)
        with alone(published):
            return _publish(database, verdict, published, imprint)
    except (OSError, duckdb.Error) as error:
        raise CannotRun(f"cannot publish to {published}: {error}") from error
    finally:
        database.path.unlink(missing_ok=True)


def put_in_place(database: Database, published: Path) -> None:
    """Give a new database the history of the releases in `published`, and put it where people query it.

    For who holds the lock (`alone`). The new file is used up; nothing is written where the one in place is the same.
    """
    try:
        write_history(database.path, {version: published / version for version in versions(published)})
        _swap_in(database, published)
    finally:
        database.path.unlink(missing_ok=True)


def _publish(database: Database, verdict: Verdict, published: Path, imprint: Imprint) -> Release:
    _sweep(published)
    last = newest(published)
    completed = last is not None and _announce(published, last)
    building = published / f".building-{os.getpid()}"
    try:
        version = build(database, verdict, building, published / last if last else None, imprint)
        releases = {each: published / each for each in versions(published)}
        write_history(database.path, {**releases, version: building} if version else releases)
        if version:
            os.rename(building, published / version)
            flush(published)
            _announce(published, version)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    current = version or last or FIRST
    _swap_in(database, published)
    return Release(current, published / current, published / DATABASE, bool(version) or completed)


def _announce(published: Path, version: str) -> bool:
    """Name the release in the list of releases, then switch `latest` to it; returns whether `latest` was switched."""
    before = listed(published)
    releases = {**before, **{each: entry(each, published / each) for each in versions(published)}}
    if releases != before:
        content = published / f".{RELEASES}-{os.getpid()}"
        write_json(content, {"releases": [releases[each] for each in sorted(releases, key=order)]})
        _replace(content, published / RELEASES)
    latest = published / LATEST
    if latest.is_symlink() and os.readlink(latest) == version:
        return False
    pointer = published / f".{LATEST}-{os.getpid()}"
    pointer.symlink_to(version, target_is_directory=True)
    os.replace(pointer, latest)
    flush(published)
    return True


def _swap_in(database: Database, published: Path) -> None:
    """Put the new database where people query it; whoever has the old one open keeps reading that."""
    current = published / DATABASE
    if not (current.is_file() and filecmp.cmp(database.path, current, shallow=False)):
        _replace(database.path, current)


@contextmanager
def alone(published: Path) -> Iterator[None]:
    """Hold the lock on `published`; the system lets go of it when the process ends, however it ends."""
    with (published / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"another run is publishing to {published}; run again when it has ended") from None
        yield


def _sweep(published: Path) -> None:
    """Remove what runs before us have left half-done; whoever holds the lock is the only one at work here."""
    for path in published.iterdir():
        if _LEFTOVER.fullmatch(path.name):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _replace(new: Path, current: Path) -> None:
    """Put one file in the place of another, on the disk too."""
    flush(new)
    os.replace(new, current)
    flush(current.parent)
