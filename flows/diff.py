"""Diff: what changed between any two releases, by their tables."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb

from flows.nouns import CannotRun
from flows.publish.changes import Changes, compare, contents
from flows.publish.layout import LATEST, PACKAGE


def diff(old: Path, new: Path) -> Changes:
    """Tables, columns and rows added, removed and changed from one release to another, in whichever order they came.

    A folder of releases stands for its newest. Raises `CannotRun` where either cannot be read.
    """
    before, after = (path if (path / PACKAGE).is_file() else path / LATEST for path in (old, new))
    versions = [_version(path) for path in (before, after)]
    try:
        changes = compare(contents(before), contents(after), versions[0])
    except duckdb.Error as error:
        raise CannotRun(f"{before} and {after} cannot be compared: {error}") from error
    return replace(changes, version=versions[1])


def _version(release: Path) -> str:
    path = release / PACKAGE
    try:
        return str(json.loads(path.read_text("utf-8"))["version"])
    except FileNotFoundError as error:
        raise CannotRun(f"{release} is no release: it has no {PACKAGE}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotRun(f"{path} cannot be read: {error}") from error
