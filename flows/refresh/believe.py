"""Believe: whether a downloaded file is what its resource says, before it becomes a version."""

import codecs
import re
from pathlib import Path

from flows.nouns import CannotRun
from flows.read.declaration import WebResource
from flows.read.mapping import rows_of
from flows.read.versions import Version, kept
from flows.refresh.download import Download

#: What servers call each format; many call everything a stream of octets.
_ANY = frozenset({"application/octet-stream", "binary/octet-stream"})
_ZIP = _ANY | {"application/zip", "application/x-zip-compressed"}
_MEDIA_TYPES = {
    "csv": _ANY | {
        "text/csv", "text/plain", "text/tab-separated-values", "application/csv", "application/vnd.ms-excel",
        "text/comma-separated-values",
    },
    "xlsx": _ZIP | {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel"},
    "ods": _ZIP | {"application/vnd.oasis.opendocument.spreadsheet"},
    "json": _ANY | {"application/json", "text/json", "text/plain", "application/geo+json", "application/ld+json"},
    "html": frozenset({"text/html", "application/xhtml+xml"}),
}  # fmt: skip
_MARKUP = re.compile(rb"\s*(<!doctype|<html|<\?xml|<head|<body)", re.I)


def check(found: Download, folder: Path, resource: WebResource, language: str, last: Version | None) -> int:
    """The number of rows that the file has. Raises CannotRun with the reason where it is not to be believed."""
    media_types = _MEDIA_TYPES[resource.format]
    if found.media_type and found.media_type not in media_types:
        raise CannotRun(f"it is sent as {found.media_type}, but should be {resource.format}")
    if not found.content.strip():
        raise CannotRun("it is empty")
    _check_start(found.content, resource.format)
    rows: int = rows_of("it", found.content, resource, language).num_rows
    if rows < resource.min_rows:
        raise CannotRun(f"it has {rows} rows, fewer than the {resource.min_rows} of `min_rows`")
    if last:
        before = rows_of("the version before", kept(folder, resource, last), resource, language).num_rows
        if rows < before * resource.shrink_limit:
            raise CannotRun(
                f"it has {rows} rows where the version before has {before}: less than the `shrink_limit` of "
                f"{resource.shrink_limit:g}. If that is right, lower it in datapackage.yaml"
            )
    return rows


def _check_start(content: bytes, kind: str) -> None:
    start = content[:512].removeprefix(codecs.BOM_UTF8)
    if kind != "html" and _MARKUP.match(start):
        raise CannotRun(f"it is a web page, but should be {kind}: most likely an error page")
    if kind in ("xlsx", "ods") and not start.startswith(b"PK"):
        raise CannotRun(f"it is no {kind} file: it does not begin as one")
    if kind in ("csv", "json", "html") and start.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise CannotRun(f"it is a document of another kind, but should be {kind}")
