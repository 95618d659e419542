"""What is published already: its findings, to tell which are new, and whether a run may publish over it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from flows.nouns import CannotRun, Finding
from flows.operate.runs import LISTED, Noted
from flows.pipeline import Asked
from flows.publish.layout import PACKAGE, PROVENANCE
from flows.publish.listing import newest
from flows.read import source_folders
from flows.read.versions import FOLDER, LOG, read_log
from flows.settings import Settings
from schemas.derive import literal


@dataclass(frozen=True)
class Difference:
    """Findings that the newest release did not have, and those that it had and that are gone; the first of each."""

    new: tuple[Noted, ...]
    gone: tuple[Noted, ...]
    new_count: int
    gone_count: int


def findings_of(published: Path) -> dict[str, Noted]:
    """The findings of the newest release by their names."""
    version = newest(published)
    if version is None:
        return {}
    path = published / version / "findings.parquet"
    query = f"SELECT finding, rule, severity, source, row, message_en FROM read_parquet({literal(str(path))})"
    try:
        with duckdb.connect() as connection:
            rows = connection.sql(query).fetchall()
    except duckdb.Error as error:
        raise CannotRun(f"{path} cannot be read ({error}). Restore the release from a copy.") from error
    names = list(Noted.model_fields)
    return {row[0]: Noted(**dict(zip(names, row, strict=True))) for row in rows}


def compared(before: Mapping[str, Noted], findings: Iterable[Finding]) -> Difference:
    """What is new and gone among the findings."""
    now = {each.finding: _noted(each) for each in findings}
    new = [noted for name, noted in now.items() if name not in before]
    gone = [noted for name, noted in sorted(before.items()) if name not in now]
    return Difference(tuple(new[:LISTED]), tuple(gone[:LISTED]), len(new), len(gone))


def created(release: Path) -> date | None:
    """The latest day on which a source of the release was printed or read."""
    return _day(_json(release / PACKAGE).get("created"))


def check_place(settings: Settings, asked: Asked) -> None:
    """Raise CannotRun where the run would publish over a release that it must not replace.

    A run of some sources must not follow a release of more. A replay must not follow a release that was made from
    versions which were seen later. Either may go to another folder, or be rehearsed.
    """
    if asked.as_of and asked.as_of > asked.today:
        raise CannotRun(f"{asked.as_of} has not been yet: --as-of takes a day up to {asked.today}.")
    version = newest(settings.published)
    if asked.is_rehearsal or version is None:
        return
    made_from = _materials(settings.published / version)
    others = {path.split("/")[0] for path in made_from if path.endswith("/datapackage.yaml")} - {"regions"}
    if asked.only and (more := sorted(others - set(asked.only))):
        raise CannotRun(
            f"{settings.published} holds a release of other sources too, as {more[0]}. {_elsewhere('--only')}"
        )
    if asked.moment and _has_later(made_from, settings.raw, asked.moment):
        raise CannotRun(
            f"{settings.published} holds release {version}, made from what was seen after {asked.as_of}. "
            f"{_elsewhere('--as-of')}"
        )


def _elsewhere(option: str) -> str:
    return f"Set PRAKERJA_PUBLISHED to another folder for {option}, or add --dry-run."


def _has_later(made_from: Mapping[str, str], raw: Path, moment: datetime) -> bool:
    """Whether a log of versions was, when the release was made, as it has been only since after the moment."""
    for folder in source_folders(raw):
        digest = made_from.get(f"{folder.name}/{FOLDER}/{LOG}")
        for version in read_log(folder).versions:
            then = read_log(folder, version.seen).file
            if version.seen > moment and then and then.sha256 == digest:
                return True
    return False


def _materials(release: Path) -> dict[str, str]:
    """The files of `raw` that the release was made from: sha256 by path below `raw`."""
    try:
        listed = _json(release / PROVENANCE)["predicate"]["buildDefinition"]["resolvedDependencies"]
        return {
            each["name"].removeprefix("raw/"): each["digest"]["sha256"]
            for each in listed
            if each.get("name", "").startswith("raw/")
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise CannotRun(f"{release / PROVENANCE} does not say what the release was made from. Restore it.") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CannotRun(f"{path} cannot be read ({error}). Restore it from a copy of the release.") from error


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None


def _noted(finding: Finding) -> Noted:
    return Noted(
        finding=finding.finding,
        rule=finding.rule,
        severity=finding.severity,
        source=finding.source,
        row=finding.row,
        message=finding.message_en,
    )
