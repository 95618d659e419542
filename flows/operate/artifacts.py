"""Artifacts: what Prefect's page of a run shows of it. A server that is gone loses them, and stops nothing."""

from collections.abc import Iterable
from logging import Logger, LoggerAdapter
from typing import Any

import httpx
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.operate import Done
from flows.operate.runs import Noted
from flows.settings import Settings

#: Prefect refuses artifacts of more than a few megabytes.
_CHANGES = 200_000


def leave_artifacts(done: Done, settings: Settings, log: "Logger | LoggerAdapter[Any]") -> None:
    """The summary, the findings, those new and gone, the release's changes, and where the release lies."""
    try:
        _leave(done, settings)
    except httpx.HTTPError as error:
        log.warning("The artifacts are lost: Prefect's server does not answer (%s)", type(error).__name__)


def _leave(done: Done, settings: Settings) -> None:
    create_markdown_artifact(key="summary", markdown=_summary(done), description="What was tested")
    rows = [
        {
            "finding": each.finding, "rule": each.rule, "severity": each.severity, "state": each.state,
            "source": each.source, "row": each.row, "message": each.message_en,
        }
        for each in done.outcome.judged.findings
    ]  # fmt: skip
    create_table_artifact(key="findings", table=rows, description="Broken rules, new and known")
    difference = done.difference
    told = [*_rows("new", difference.new), *_rows("gone", difference.gone)]
    create_table_artifact(
        key="findings-new-and-gone",
        table=told,
        description=f"Against the release before: {difference.new_count} new, {difference.gone_count} gone",
    )
    release, tried = done.outcome.release, done.outcome.rehearsal
    if tried or (release and release.is_new):
        changes = tried.changes if tried else (release.folder / "CHANGES.md").read_text("utf-8") if release else ""
        create_markdown_artifact(key="changes", markdown=changes[:_CHANGES], description="What the release changes")
    if release:
        at = f"{settings.address.rstrip('/')}/{release.version}" if settings.address else release.folder.as_uri()
        create_link_artifact(key="release", link=f"{at}/", link_text=f"Release {release.version}")
        if (release.folder / "findings.html").is_file():
            create_link_artifact(key="findings-page", link=f"{at}/findings.html", link_text="Its findings")


def _rows(state: str, noted: Iterable[Noted]) -> list[dict[str, Any]]:
    return [{"is": state, **each.model_dump()} for each in noted]


def _summary(done: Done) -> str:
    judged, release, tried = done.outcome.judged, done.outcome.release, done.outcome.rehearsal
    where = f"Release {release.version} in `{release.folder}`" if release else "Nothing was published."
    if tried:
        where = f"Would be release {tried.version or tried.previous}"
    lines = [
        f"- {rule}: tested {tested}, {judged.validated.failed[rule]} findings"
        for rule, tested in judged.validated.tested.items()
    ]
    fetched = [f"- {each.source}, {each.resource}: {each.outcome}. {each.told}" for each in done.fetched]
    return "\n".join([f"# {where}", "", *lines, *(["", "## Fetched", "", *fetched] if fetched else [])])
