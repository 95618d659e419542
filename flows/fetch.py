"""Fetch: published files from a web address into a folder of their own, within limits. Nothing is judged here."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, NonNegativeInt, StringConstraints, ValidationError

from flows.nouns import CannotRun
from flows.publish.files import sha256
from flows.publish.layout import ENVELOPE, FILE, KEY, LATEST, POINTER, PROVENANCE, RELEASES, SUMS, VERSION

#: Bytes that are read of a file that tells about others, and of a file whose size nothing tells.
_SMALL = 64 * 2**20
#: Bytes that are read of one file, whatever size is stated.
_LARGE = 8 * 2**30
#: Files of a release, and releases of a list, that are asked for.
_MANY = 1_000
#: A public S3 bucket forbids what is not there to who may not list it.
_ABSENT = (httpx.codes.NOT_FOUND, httpx.codes.GONE, httpx.codes.FORBIDDEN)
_TIMEOUT = httpx.Timeout(30)
_REDIRECTS = 5
#: What a later release is compared with: what it was made after, and by whom.
_LINKS = (SUMS, PROVENANCE, ENVELOPE, KEY)


_Version = Annotated[str, StringConstraints(pattern=f"^{VERSION.pattern}$")]


class _Release(BaseModel):
    version: _Version


class _List(BaseModel):
    """The part of `releases.json` that says what to fetch."""

    releases: list[_Release]


class _Parameters(_Release):
    previous: _Release | None


class _Definition(BaseModel):
    externalParameters: _Parameters  # noqa: N815 (the standard's spelling)


class _Predicate(BaseModel):
    buildDefinition: _Definition  # noqa: N815


class _Size(BaseModel):
    bytes: NonNegativeInt


class _Subject(BaseModel):
    name: str
    annotations: _Size


class _Statement(BaseModel):
    """The part of a release's provenance that says what to fetch."""

    subject: list[_Subject]
    predicate: _Predicate

    @property
    def version(self) -> str:
        """The version of the release."""
        return self.predicate.buildDefinition.externalParameters.version

    @property
    def previous(self) -> str | None:
        """The version of the release before."""
        before = self.predicate.buildDefinition.externalParameters.previous
        return before.version if before else None


@dataclass(frozen=True)
class Found:
    """A release or a folder of releases on this machine, and the place under which it is remembered."""

    path: Path
    place: str


def is_address(target: str) -> bool:
    """Whether a target is a web address and no folder."""
    return urlsplit(target).scheme in ("http", "https")


@contextmanager
def found(target: str, published: Path) -> Iterator[Found]:
    """A folder, a web address, or a version (or `latest`) below `published`.

    Raises `CannotRun` where it is none of these, or the other side does not answer as it should.
    """
    if is_address(target):
        with tempfile.TemporaryDirectory(prefix="prakerja-") as folder:
            yield _fetched(target.rstrip("/"), Path(folder))
        return
    path = Path(target)
    if not path.exists() and (VERSION.fullmatch(target) or target == LATEST):
        path = published / target
    if not path.is_dir():
        raise CannotRun(f"There is no folder {path}.")
    root = path if (path / RELEASES).is_file() else path.absolute().parent
    yield Found(path, str(root.resolve()))


def _fetched(address: str, folder: Path) -> Found:
    """Fetch a list with all its releases, or one release with what it is chained to."""
    options = {"Accept-Encoding": "identity"}
    try:
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True, max_redirects=_REDIRECTS, headers=options) as client:
            if _file(client, f"{address}/{RELEASES}", folder / RELEASES, _SMALL):
                return _fetch_all(client, address, folder)
            return _fetch_one(client, address, folder)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CannotRun(f"{address} cannot be fetched: {type(error).__name__}: {error}") from error


def _fetch_all(client: httpx.Client, address: str, folder: Path) -> Found:
    for version in _versions(folder / RELEASES):
        _release(client, f"{address}/{version}", folder / version)
    pointed = _pointed(client, address, folder)
    sums = folder / LATEST / SUMS
    if pointed and (folder / pointed).is_dir():
        (folder / LATEST).symlink_to(pointed, target_is_directory=True)
    elif _file(client, f"{address}/{LATEST}/{SUMS}", sums, _SMALL):
        same = [path for path in folder.glob(f"[0-9]*/{SUMS}") if sha256(path) == sha256(sums)]
        if same:
            sums.unlink()
            sums.parent.rmdir()
            sums.parent.symlink_to(same[-1].parent.name, target_is_directory=True)
    return Found(folder, address)


def _fetch_one(client: httpx.Client, address: str, folder: Path) -> Found:
    root, _, name = address.rpartition("/")
    building = folder / "release"
    there = _release(client, address, building)
    if not there and name == LATEST and (version := _pointed(client, root, folder)):
        there = _release(client, f"{root}/{version}", building)
    if not there:
        raise CannotRun(
            f"{address} is neither a release nor a folder of releases: neither {SUMS} nor {RELEASES} can be read there."
        )
    told = _told(building / PROVENANCE)
    path = building.rename(folder / (told.version if told else building.name))
    if name == LATEST:
        (folder / LATEST).symlink_to(path.name, target_is_directory=True)
        path = folder / LATEST
    _file(client, f"{root}/{RELEASES}", folder / RELEASES, _SMALL)
    _links(client, root, folder, told)
    return Found(path, root)


def _pointed(client: httpx.Client, root: str, folder: Path) -> str | None:
    """The version that the pointer of a store without links names; None where there is no such pointer."""
    path = folder / POINTER
    if not _file(client, f"{root}/{POINTER}", path, _SMALL):
        return None
    try:
        return _Release.model_validate_json(path.read_bytes()).version
    except ValidationError:
        return None


def _links(client: httpx.Client, root: str, folder: Path, told: _Statement | None) -> None:
    """Fetch what the chain of a release rests on, back to where it ends."""
    for _ in range(_MANY):
        before = told.previous if told else None
        if before is None or (folder / before).exists():
            return
        if not _files(client, f"{root}/{before}", folder / before, dict.fromkeys(_LINKS, _SMALL)):
            return
        told = _told(folder / before / PROVENANCE)


def _release(client: httpx.Client, address: str, folder: Path) -> bool:
    """Fetch every file that a release's SHA256SUMS names; returns whether there is one."""
    first = dict.fromkeys((SUMS, PROVENANCE), _SMALL)
    if not _files(client, address, folder, first):
        return False
    told = _told(folder / PROVENANCE)
    sizes = {each.name: each.annotations.bytes for each in told.subject} if told else {}
    listed = [line[66:] for line in (folder / SUMS).read_text("utf-8", "replace").splitlines()]
    wanted = [name for name in listed if FILE.fullmatch(name) and name not in first][:_MANY]
    _files(client, address, folder, {name: min(sizes.get(name, _SMALL), _LARGE) for name in wanted})
    return True


def _files(client: httpx.Client, address: str, folder: Path, limits: Mapping[str, int]) -> bool:
    """Fetch files by name; returns whether the first was there. Without the first the others are not asked for."""
    there = []
    for name, limit in limits.items():
        there.append(_file(client, f"{address}/{name}", folder / name, limit))
        if not there[0]:
            return False
    return bool(there)


def _file(client: httpx.Client, address: str, path: Path, limit: int) -> bool:
    """Fetch one file, but no more than one byte beyond `limit`, which is enough to see that it is not as stated."""
    with client.stream("GET", address) as response:
        if response.status_code in _ABSENT:
            return False
        response.raise_for_status()
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            for piece in response.iter_bytes():
                file.write(piece[: limit + 1 - file.tell()])
                if file.tell() > limit:
                    break
    return True


def _told(path: Path) -> _Statement | None:
    """What a fetched statement tells; None where it is none of ours, which is for others to say."""
    try:
        return _Statement.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _versions(path: Path) -> list[str]:
    try:
        listed = _List.model_validate_json(path.read_bytes()).releases
    except ValidationError:
        return []
    return [each.version for each in listed][:_MANY]
