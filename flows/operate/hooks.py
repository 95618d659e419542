"""Hooks: what Prefect calls when a run has ended, to tell a person. They never fail."""

from typing import Any

from prefect.logging import get_logger

from flows.nouns import CannotRun
from flows.operate.notify import notify, notify_of_attention
from flows.operate.runs import Run, runs
from flows.operate.status import Status
from flows.settings import settings


def tell_of_failure(flow: Any, flow_run: Any, state: Any) -> None:
    """Tell that a run failed, crashed or was cancelled, with its new findings and the sources that it refused."""
    recorded = _recorded(flow_run.name)
    lines = [state.message or "No message was left.", *(_told(recorded) if recorded else ())]
    _send(f"{flow.name} {flow_run.name}: {state.name}", "\n".join(lines))


def tell_of_findings(flow: Any, flow_run: Any, state: Any) -> None:  # noqa: ARG001
    """Tell of findings that the release before did not have, and of sources that were refused."""
    recorded = _recorded(flow_run.name)
    if recorded and (recorded.new or recorded.refused):
        subject = f"{flow.name} {flow_run.name}: {recorded.new_count} new findings, {len(recorded.refused)} refused"
        _send(subject, "\n".join(_told(recorded)))


def tell_of_status(found: Status) -> None:
    """Tell what a person must look at, if anything."""
    if found.attention:
        _warn(notify_of_attention(settings(), found.attention))


def _recorded(name: str) -> Run | None:
    """The record of a run; None for one that keeps none, or where the records cannot be read."""
    try:
        return next((run for run in reversed(runs(settings().state)) if run.name == name), None)
    except CannotRun:
        return None


def _told(run: Run) -> list[str]:
    """The sources that were refused and the new findings, a line each."""
    new = (f"{each.severity} {each.rule}, {each.source}, row {each.row}: {each.message}" for each in run.new)
    return [*run.refused, *new]


def _send(subject: str, text: str) -> None:
    _warn(notify(settings(), subject, text))


def _warn(failures: list[str]) -> None:
    for failure in failures:
        get_logger("prakerja").warning("Nobody was told: %s", failure)
