"""The folder of all releases: which are there, which `releases.json` lists, and what it says of each."""

import json
from pathlib import Path
from typing import Any

from flows.nouns import CannotRun
from flows.publish.files import sha256
from flows.publish.layout import RELEASES, SUMS, VERSION, order


def versions(published: Path) -> list[str]:
    """The releases that are there, the oldest first."""
    there = published.iterdir() if published.is_dir() else ()
    return sorted((path.name for path in there if VERSION.fullmatch(path.name)), key=order)


def newest(published: Path) -> str | None:
    """The newest release, by version. One that is listed but missing stops us: its number must not be used twice."""
    there = versions(published)
    missing = [version for version in listed(published) if not there or order(version) > order(there[-1])]
    if missing:
        raise CannotRun(f"{published / RELEASES} lists {missing[-1]}, but its folder is missing: restore it first")
    return there[-1] if there else None


def listed(published: Path) -> dict[str, dict[str, Any]]:
    """The releases that `releases.json` lists, by version."""
    try:
        content = json.loads((published / RELEASES).read_text("utf-8"))
        return {each["version"]: each for each in content["releases"]}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise CannotRun(
            f"{published / RELEASES} cannot be read ({error}); restore it, or remove it to have it rebuilt"
        ) from error


def entry(version: str, release: Path) -> dict[str, Any]:
    """One release in the list: its version, folder, predecessor and the hash that covers all of its files."""
    try:
        previous = json.loads((release / "changes.json").read_text("utf-8"))["previous"]
        sums = sha256(release / SUMS)
    except FileNotFoundError as error:
        raise CannotRun(f"{release} is no release of ours: it lacks {Path(error.filename).name}") from error
    return {"version": version, "path": version, "previous": previous, "sha256sums": sums}
