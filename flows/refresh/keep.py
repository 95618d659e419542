"""Keep: a version under its sha256, then a line in the log. Each file is replaced in one step, never half-written."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flows.disk import held, replace, sweep
from flows.nouns import CannotRun
from flows.read.declaration import WebResource
from flows.read.versions import FOLDER, LOG, Version, path_of
from flows.refresh.download import Download
from schemas.contract import VERSION_COLUMNS


@contextmanager
def alone(raw: Path) -> Iterator[None]:
    """Hold `raw` for this refresh. Raises CannotRun where another one is at work, or nothing can be written there."""
    lock = ExitStack()
    try:
        is_ours = lock.enter_context(held(raw))
    except OSError as error:
        raise CannotRun(f"{raw} cannot be opened ({error.strerror}).") from error
    with lock:
        if not is_ours:
            raise CannotRun(f"Another refresh of {raw} is at work. Run again when it is done.")
        yield


def keep(found: Download, folder: Path, resource: WebResource, now: datetime) -> Version:
    """Keep a version that differs from the last one. Raises CannotRun where it cannot be written."""
    version = Version(
        seen=now.astimezone(UTC).replace(microsecond=0),
        resource=resource.name,
        sha256=hashlib.sha256(found.content).hexdigest(),
        bytes=len(found.content),
        url=resource.url,
        location=found.location,
        etag=found.etag,
        last_modified=found.last_modified,
        media_type=found.media_type,
    )
    log = folder / FOLDER / LOG
    try:
        log.parent.mkdir(exist_ok=True)
        sweep(log.parent)
        replace(path_of(folder, resource, version.sha256), found.content)
        before = log.read_bytes() if log.is_file() else _line(VERSION_COLUMNS)
        told = version.model_dump()
        told["seen"] = version.seen.strftime("%Y-%m-%dT%H:%M:%SZ")
        replace(log, before + _line(told[name] for name in VERSION_COLUMNS))
    except OSError as error:
        raise CannotRun(f"{error.filename or log} cannot be written ({error.strerror})") from error
    return version


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
