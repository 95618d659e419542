"""Refresh: look at every source on the web and keep what has changed. This alone fetches into `raw/`."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

import httpx

from flows.nouns import CannotRun
from flows.read import Each, source_folders
from flows.read.declaration import WebResource
from flows.read.descriptor import DESCRIPTOR, read_descriptor
from flows.read.versions import kept, read_log
from flows.refresh.believe import check
from flows.refresh.download import Limits, Web, download
from flows.refresh.keep import alone, keep

__all__ = ["Limits", "Refreshed", "Web", "refresh"]

#: Content that is not packed is what we can count as it comes.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "prakerja-open-data"}


@dataclass(frozen=True)
class Refreshed:
    """What came of one resource: it is `new`, `unchanged`, or was `refused`; `told` says more, `rows` how many it has.

    `sha256` is the version that counts from now on; None where there is none yet.
    """

    source: str
    resource: str
    url: str
    outcome: Literal["new", "unchanged", "refused"]
    told: str
    rows: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class _Place:
    """A resource on the web, with the folder and the language of its source."""

    folder: Path
    source: str
    language: str
    resource: WebResource


def refresh(raw: Path, now: datetime, web: Web, only: str | None = None, each: Each = map) -> tuple[Refreshed, ...]:
    """Fetch every resource that has a `url`, or those of the source `only`, and keep each version that is new.

    `now`, with its time zone, is when a new version counts as seen. A file that cannot be had or not be believed, and
    a folder whose descriptor cannot be read, is refused, and the others go on; `each` may look at several sources at
    the same time. Raises CannotRun where `raw` cannot be read, or another refresh is at work.
    """
    if not raw.is_dir():
        raise CannotRun(f"There is no folder {raw}. Set PRAKERJA_RAW to the folder that holds the sources.")
    folders, refused = [], []
    for folder in source_folders(raw):
        try:
            if any(only in (None, place.source) for place in _places(folder)):
                folders.append(folder)
        except CannotRun as error:
            if only in (None, folder.name):
                told = f"{str(error).removesuffix('.')}. Nothing was fetched for it."
                refused.append(Refreshed(folder.name, DESCRIPTOR, "", "refused", told))
    if only and not folders and not refused:
        raise CannotRun(f"No source {only!r} in {raw} has a resource with a `url`, so there is nothing to fetch.")
    with alone(raw):
        fetched = chain.from_iterable(each(partial(_refreshed_source, now=now, web=web), folders))
        return (*refused, *fetched)


def _places(folder: Path) -> Iterator[_Place]:
    descriptor, _ = read_descriptor(folder)
    for resource in descriptor.resources:
        if isinstance(resource, WebResource):
            yield _Place(folder, descriptor.name or folder.name, descriptor.language, resource)


def _refreshed_source(folder: Path, now: datetime, web: Web) -> list[Refreshed]:
    """The resources of one source, one after the other, since they share a log."""
    with httpx.Client(
        timeout=web.limits.timeout, follow_redirects=True, max_redirects=web.limits.redirects, headers=_HEADERS
    ) as client:
        return [_refreshed(client, place, now, web) for place in _places(folder)]


def _refreshed(client: httpx.Client, place: _Place, now: datetime, web: Web) -> Refreshed:
    resource = place.resource
    try:
        return _fetched(client, place, now, web)
    except CannotRun as error:
        told = (
            f"{resource.url}: {str(error).removesuffix('.')}. Nothing was changed. Where the table has moved or has "
            f"another layout, correct {place.folder / DESCRIPTOR}."
        )
        return Refreshed(place.source, resource.name, resource.url, "refused", told)


def _fetched(client: httpx.Client, place: _Place, now: datetime, web: Web) -> Refreshed:
    resource = place.resource
    log = read_log(place.folder)
    versions = log.of(resource)
    last = versions[-1] if versions else None
    if log.versions and now < log.versions[-1].seen:
        raise CannotRun(f"the clock says {now:%Y-%m-%d %H:%M}, but a version was seen later than that. Set the clock")
    if last:
        kept(place.folder, resource, last)
    found = download(client, resource.url, last, web)
    if found is None or (last and hashlib.sha256(found.content).hexdigest() == last.sha256):
        sha256 = last.sha256 if last else None
        return Refreshed(place.source, resource.name, resource.url, "unchanged", "It has not changed.", None, sha256)
    rows = check(found, place.folder, resource, place.language, last)
    version = keep(found, place.folder, resource, now)
    told = f"A new version of {rows} rows is kept as {version.sha256[:12]}."
    return Refreshed(place.source, resource.name, resource.url, "new", told, rows, version.sha256)
