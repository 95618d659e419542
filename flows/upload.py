"""Upload: published releases to an S3-compatible store, each version whole before anything names it.

A store has no links and no renames. A release is there once its SHA256SUMS is, which goes last; then the list
`releases.json`, then the pointer `latest.json`, one small object that is replaced whole. Readers ask it once for the
version, and then read below that version, where nothing ever changes.
"""

import hashlib
import json
import mimetypes
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from flows.nouns import CannotRun
from flows.publish.files import as_json, sha256, sums
from flows.publish.layout import POINTER, RELEASES, SUMS
from flows.publish.listing import listed
from flows.verify import verify

_SCHEME = "s3://"
#: What obstore reads the address of another store than Amazon's from.
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TYPES = {
    ".parquet": "application/vnd.apache.parquet", ".ttl": "text/turtle", ".jsonld": "application/ld+json",
    ".md": "text/markdown; charset=utf-8", ".cff": "application/yaml", "": "text/plain",
}  # fmt: skip


@dataclass(frozen=True)
class Uploaded:
    """The versions that were brought to the store, and the one that its pointer names now."""

    versions: tuple[str, ...]
    latest: str


def upload(published: Path, target: str, remembered: Mapping[str, str] | None = None) -> Uploaded:
    """Bring the releases that `target` (`s3://bucket/prefix`) lacks there, then its list, then its pointer.

    Credentials, region and endpoint come from the usual `AWS_*` variables. Every file is read back and compared by size
    and sha256. Raises `CannotRun`, with the pointer as it was, where `verify` (given what is `remembered`) refuses a
    release, where the store has a release that is not here or is another one, where somebody else uploads at the same
    time, or where the store does not answer as it should. The next call takes up where this one ended.
    """
    ours = listed(published)
    if not ours:
        raise CannotRun(f"{published} holds no list of releases to upload")
    for problem in verify(published, remembered).problems:
        raise CannotRun(f"{problem.file} {problem.what}; nothing was uploaded")
    store = _Store(target)
    try:
        return _upload(published, store, ours)
    except (BaseError, OSError) as error:
        raise CannotRun(f"cannot upload to {target}: {str(error).splitlines()[0]}; run again to go on") from error


def _upload(published: Path, store: "_Store", ours: Mapping[str, dict[str, Any]]) -> Uploaded:
    there = store.releases(RELEASES)
    _check_succession(store.target, ours.values(), there)
    missing = [version for version in ours if version not in {each["version"] for each in there}]
    for version in missing:
        _upload_release(published / version, store)
    latest = list(ours)[-1]
    store.replace(RELEASES, {"releases": list(ours.values())})
    store.replace(POINTER, ours[latest])
    return Uploaded(tuple(missing), latest)


def _check_succession(target: str, ours: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]]) -> None:
    """Raise `CannotRun` where the store's releases are not the first of ours: nothing there is ever taken back."""
    known = {each["version"]: each["sha256sums"] for each in ours}
    for each in theirs:
        version = each["version"]
        if version not in known:
            raise CannotRun(f"{target} has release {version}, which is not here: an older list must not replace it")
        if known[version] != each["sha256sums"]:
            raise CannotRun(f"{target} has another release {version} than this one: a release never changes")


def _upload_release(release: Path, store: "_Store") -> None:
    """Upload every file and then SHA256SUMS, unless that is there already."""
    digest = sha256(release / SUMS)
    there = store.get(f"{release.name}/{SUMS}")
    if there is None:
        for name, expected in {**sums(release), SUMS: digest}.items():
            store.put(f"{release.name}/{name}", release / name, expected)
    elif hashlib.sha256(there).hexdigest() != digest:
        raise CannotRun(f"{store.target} has another release {release.name} than this one: a release never changes")


class _Store:
    """An S3-compatible store below one prefix."""

    def __init__(self, target: str) -> None:
        if not target.startswith(_SCHEME) or not target.removeprefix(_SCHEME).strip("/"):
            raise CannotRun(f"{target} is no place that can be uploaded to: give s3://bucket/prefix")
        endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
        self.target = target.rstrip("/")
        try:
            self._store = S3Store.from_url(self.target, client_options={"allow_http": endpoint.startswith("http://")})
        except (BaseError, ValueError) as error:
            raise CannotRun(f"{target} cannot be opened: {str(error).splitlines()[0]}") from error

    def get(self, name: str) -> bytes | None:
        """An object's content; None where there is none."""
        try:
            return obstore.get(self._store, name).bytes().to_bytes()
        except FileNotFoundError:
            return None

    def releases(self, name: str) -> list[dict[str, Any]]:
        """The releases that the list in the store names; none where there is no list."""
        content = self.get(name)
        try:
            entries: list[dict[str, Any]] = json.loads(content)["releases"] if content is not None else []
            return [{"version": each["version"], "sha256sums": each["sha256sums"]} for each in entries]
        except (ValueError, KeyError, TypeError) as error:
            raise CannotRun(f"{self.target}/{name} cannot be read ({error}): restore it, or remove it") from error

    def put(self, name: str, path: Path, digest: str) -> None:
        """Upload a file that never changes, and read it back; what was not kept as it was sent is taken away again."""
        attributes = {"Content-Type": _media_type(path), "Cache-Control": _FOREVER}
        with path.open("rb") as file:
            obstore.put(self._store, name, file, attributes=attributes)
        kept, size = hashlib.sha256(), 0
        for piece in obstore.get(self._store, name).stream():
            kept.update(piece)
            size += len(piece)
        if (size, kept.hexdigest()) != (path.stat().st_size, digest):
            obstore.delete(self._store, name)
            raise CannotRun(f"{self.target}/{name} was not kept as it was sent: run again")

    def replace(self, name: str, content: object) -> None:
        """Replace a small object as a whole, unless it is as wanted already or somebody else has just replaced it."""
        new = as_json(content).encode()
        try:
            old = obstore.get(self._store, name)
            if old.bytes().to_bytes() == new:
                return
            mode: Any = {"e_tag": old.meta["e_tag"]}
        except FileNotFoundError:
            mode = "create"
        attributes = {"Content-Type": "application/json", "Cache-Control": _ASK_AGAIN}
        try:
            obstore.put(self._store, name, new, mode=mode, attributes=attributes)
        except (AlreadyExistsError, PreconditionError) as error:
            raise CannotRun(f"somebody else is uploading to {self.target}; run again when that has ended") from error
        if self.get(name) != new:
            raise CannotRun(f"{self.target}/{name} was not kept as it was sent: run again")


def _media_type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.types_map.get(path.suffix, "application/octet-stream")
