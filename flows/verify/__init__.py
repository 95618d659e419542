"""Verify: whether published files are what was published, as far as the files, their chain and memory can tell.

A release by itself is checked in `flows/verify/release.py`. Here: that each release names the one before it by hash,
that the key stays the same unless the old key signs for the new one, that `latest` is the newest of the list, and that
nothing has gone back on what was verified here before. These are the attacks that The Update Framework names: rollback,
mix and match, a swapped key.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from flows.nouns import CannotRun
from flows.publish.files import sha256
from flows.publish.layout import ENVELOPE, KEY, LATEST, POINTER, PROVENANCE, RELEASES, SUMS, VERSION, order
from flows.publish.signature import is_signed_by, key_id, public_key
from flows.verify.release import UNREADABLE, Problem, Sealed, problems_of

__all__ = ["Problem", "Report", "verify"]


@dataclass
class _Work:
    """What has come up so far: problems, remarks, and the hash of SHA256SUMS of each release that was looked at."""

    root: Path
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def against(self, file: str, what: str) -> None:
        self.problems.append(Problem(file, what))


@dataclass(frozen=True)
class Report:
    """What a verification came to. `seen` is what to remember: the sha256 of SHA256SUMS by version."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    seen: Mapping[str, str]


def verify(target: Path, remembered: Mapping[str, str] | None = None, key: Ed25519PublicKey | None = None) -> Report:
    """Verify a folder of releases (all of them) or one release with what is beside it.

    `remembered` is what was seen at this place before; `key` must have signed the newest release, or the one asked
    for. Raises `CannotRun` where the target is neither.
    """
    remembered = remembered or {}
    if (target / RELEASES).is_file():
        work = _Work(target)
        newest = _all(work, remembered)
    elif (target / SUMS).is_file():
        work = _Work(target.absolute().parent)
        newest = _one(work, target, remembered)
    else:
        raise CannotRun(
            f"{target} is neither a release nor a folder of releases: it has neither {SUMS} nor {RELEASES}."
        )
    if newest and not work.problems:
        _signer(work, newest, key)
    for version, digest in work.seen.items():
        if remembered.get(version, digest) != digest:
            work.against(f"{version}/{SUMS}", "is not the one that was verified here before: a release never changes")
    return Report(tuple(work.problems), tuple(work.notes), work.seen)


def _all(work: _Work, remembered: Mapping[str, str]) -> Path | None:
    """Verify every release of a folder; returns the newest."""
    listed = _listed(work)
    there = {path.name for path in work.root.iterdir() if VERSION.fullmatch(path.name)}
    for version in sorted(there - listed.keys(), key=order):
        work.against(version, f"is not listed in {RELEASES}")
    for version in sorted(remembered.keys() - listed.keys(), key=order):
        work.against(RELEASES, f"no longer lists {version}, which was verified here before")
    before = None
    for version, entry in listed.items():
        _listed_release(work, version, entry, before)
        before = version
    if before is None:
        work.against(RELEASES, "lists no release")
        return None
    _pointer(work, listed[before])
    _latest(work, before)
    return work.root / before


def _listed_release(work: _Work, version: str, entry: Mapping[str, Any], before: str | None) -> None:
    """Verify a release of the list, and that it follows the one before."""
    folder = work.root / version
    if not folder.is_dir():
        work.against(version, f"is missing: {RELEASES} lists it")
        return
    _release(work, folder, version)
    if work.seen.get(version) != entry.get("sha256sums"):
        work.against(f"{version}/{SUMS}", f"is not the one that {RELEASES} lists")
    elif not _any(work, version):
        named = Sealed(folder).previous
        if (named["version"] if named else None) != before:
            work.against(
                f"{version}/{PROVENANCE}", f"does not follow {before or 'nothing'}, which the list has before it"
            )
        elif named and not _any(work, str(before)):
            _follows(work, folder, named)


def _any(work: _Work, version: str) -> bool:
    """Whether something has come up against a release."""
    return any(problem.file.startswith(f"{version}/") for problem in work.problems)


def _one(work: _Work, target: Path, remembered: Mapping[str, str]) -> Path:
    """Verify one release, back along its chain as far as the releases before it are there, and that it is the newest
    where it is offered as such.
    """
    version = os.path.basename(os.path.realpath(target))
    _release(work, target, version)
    if work.problems:
        return target
    sealed = Sealed(target)
    if VERSION.fullmatch(version) and version != sealed.version:
        work.against(f"{version}/{PROVENANCE}", f"speaks of {sealed.version}")
    work.seen = {sealed.version: work.seen[version]}
    if target.name == LATEST:
        listed = _listed(work) if (work.root / RELEASES).is_file() else {}
        newest = max([*listed, *remembered], key=order, default=sealed.version)
        if order(sealed.version) < order(newest):
            work.against(LATEST, f"offers {sealed.version} as the newest release, but there is {newest}: a rollback")
    _chain(work, target)
    return target


def _chain(work: _Work, folder: Path) -> None:
    """Follow the chain back; what is not there is told."""
    while not work.problems and (named := Sealed(folder).previous):
        before = work.root / named["version"]
        if not VERSION.fullmatch(named["version"]) or not (before / SUMS).is_file():
            work.notes.append(f"the chain ends here: release {named['version']} is not beside this one")
            return
        _follows(work, folder, named)
        work.seen[before.name] = sha256(before / SUMS)
        folder = before


def _release(work: _Work, folder: Path, name: str) -> None:
    """Verify one release by itself."""
    if (folder / SUMS).is_file():
        work.seen[name] = sha256(folder / SUMS)
    work.problems += [Problem(f"{name}/{problem.file}", problem.what) for problem in problems_of(folder)]


def _follows(work: _Work, folder: Path, named: Mapping[str, Any]) -> None:
    """The release before is the one that this release was made after, and its key signs for this one."""
    before = Sealed(work.root / named["version"])
    version = Sealed(folder).version
    if order(named["version"]) >= order(version):
        work.against(f"{version}/{PROVENANCE}", f"names {named['version']} as the release before, which is no older")
        return
    try:
        if sha256(before.folder / SUMS) != named["sha256sums"]:
            work.against(f"{before.folder.name}/{SUMS}", f"is not the one after which {version} was made")
        elif sha256(before.folder / PROVENANCE) != before.sums[PROVENANCE]:
            work.against(f"{before.folder.name}/{PROVENANCE}", f"is not the file of the release: see its {SUMS}")
        elif before.key != named["key"]:
            work.against(f"{version}/{PROVENANCE}", f"names another key than {named['version']} is signed with")
        elif before.key and not _passes_on(before, folder):
            file = ENVELOPE if (folder / ENVELOPE).is_file() else PROVENANCE
            work.against(
                f"{version}/{file}", f"is not signed with the key of {named['version']} ({before.key}): a swapped key"
            )
    except UNREADABLE as error:
        work.against(f"{before.folder.name}/{PROVENANCE}", f"cannot be read ({error})")


def _passes_on(before: Sealed, folder: Path) -> bool:
    """Whether the key of a signed release has signed the next one."""
    path = before.folder / KEY
    key = public_key(path.read_bytes()) if before.sums.get(KEY) == sha256(path) else None
    if key is None or key_id(key) != before.key or not (folder / ENVELOPE).is_file():
        return False
    return is_signed_by(Sealed(folder).json(ENVELOPE), key)


def _signer(work: _Work, folder: Path, key: Ed25519PublicKey | None) -> None:
    """By whom the release is signed; the given key, where there is one, must have done so."""
    sealed = Sealed(folder)
    if key and not (sealed.key and is_signed_by(sealed.json(ENVELOPE), key)):
        what = f"is not signed with the given key ({key_id(key)})"
        work.against(f"{sealed.version}/{ENVELOPE if sealed.key else PROVENANCE}", what)
    elif sealed.key is None:
        work.notes.append(f"{sealed.version} is UNSIGNED: this shows damage, not who wrote it")
    else:
        known = (
            "the given key" if key else "compare it with the one that the publisher tells you, or give it with --key"
        )
        work.notes.append(f"{sealed.version} is signed with the key {sealed.key} ({known})")


def _listed(work: _Work) -> dict[str, Mapping[str, Any]]:
    """The entries of the list of releases by version, the oldest first."""
    try:
        entries = json.loads((work.root / RELEASES).read_text("utf-8"))["releases"]
        listed = {each["version"]: each for each in entries}
        versions = [version for version in listed if VERSION.fullmatch(version)]
    except UNREADABLE as error:
        work.against(RELEASES, f"cannot be read ({error})")
        return {}
    before = [None, *versions][: len(versions)]
    named = [(each["version"], each.get("path"), each.get("previous")) for each in entries]
    if versions != sorted(versions, key=order) or named != list(zip(versions, versions, before, strict=True)):
        work.against(RELEASES, "is not a list of releases that follow each other")
    return {version: listed[version] for version in versions}


def _pointer(work: _Work, newest: Mapping[str, Any]) -> None:
    """The pointer of a store without links is the newest release's entry in the list."""
    path = work.root / POINTER
    try:
        if path.is_file() and json.loads(path.read_text("utf-8")) != newest:
            work.against(POINTER, f"is not the entry of {newest['version']}, the newest release: a rollback")
    except UNREADABLE as error:
        work.against(POINTER, f"cannot be read ({error})")


def _latest(work: _Work, newest: str) -> None:
    """The pointer names the newest release. A copy may have a folder in its place, or only that folder's SHA256SUMS."""
    path = work.root / LATEST
    if path.is_symlink():
        if os.readlink(path) != newest:
            work.against(LATEST, f"names {os.readlink(path)} as the newest release, but that is {newest}: a rollback")
    elif not (path / SUMS).is_file():
        if not (work.root / POINTER).is_file():
            work.against(LATEST, "is missing")
    elif sha256(path / SUMS) != work.seen.get(newest):
        work.against(LATEST, f"is not {newest}, the newest release: a rollback")
