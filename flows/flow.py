"""The same steps under Prefect: names in its UI, retries where the outside world can fail, artifacts, a schedule."""

import os
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from flows.settings import settings

# Prefect reads these once, when it is imported. It is not to call home, and its own files stay in our state folder.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_HOME", str(settings().state / "prefect"))
# Its server does not make the folder, and does not say so.
Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
# Its own server starts in ten seconds on an idle machine, and takes much longer on a busy one.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.schedules import Cron
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows import pipeline
from flows.nouns import CannotRun, NotPublishable
from flows.pipeline import Outcome, Step

#: When the deployment runs: every morning in Jakarta.
SCHEDULE = Cron("0 6 * * *", timezone=str(pipeline.JAKARTA))
#: Steps that touch the disk or wait for another run, with how often they are tried again.
_RETRIES = {"read": 2}
_RETRY_SECONDS = 5
#: How the command line shows the steps; a scheduled run shows nothing but Prefect's log.
_telling: ContextVar[Callable[[Step], Step]] = ContextVar("telling", default=lambda step: step)
_NAMES = {
    "read": "read what was printed",
    "ingest": "ingest figures",
    "validate": "validate all rules",
    "name_suspects": "name the suspects",
    "judge": "judge the findings",
    "assure": "assure the schemas",
    "select": "select the best figures",
    "store": "store the database",
    "publish": "publish the release",
}


def _step(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run one step as a task. Results stay in memory: they are tables of this process."""
    name = function.__name__
    as_task = task(
        name=_NAMES[name],
        retries=_RETRIES.get(name, 0),
        retry_delay_seconds=_RETRY_SECONDS,
        retry_condition_fn=_may_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    return as_task(function)(*args, **kwargs)


def _may_pass(_task: Any, _run: Any, state: Any) -> bool:
    """What cannot run now for a reason that we know cannot run in five seconds either."""
    return not isinstance(state.result(raise_on_failure=False), CannotRun)


@flow(name="prakerja", persist_result=False)
def prakerja() -> Outcome:
    """From raw/ to a release. Fails with NotPublishable, which carries the outcome, where an error is open."""
    today = flow_run.scheduled_start_time.astimezone(pipeline.JAKARTA).date()
    outcome = pipeline.run(settings(), today, _telling.get()(_step))
    _leave_artifacts(outcome)
    open_errors = outcome.judged.open_errors
    get_run_logger().info("%s findings, %s open errors", len(outcome.judged.findings), open_errors)
    if open_errors:
        raise NotPublishable(f"{open_errors} errors have not been looked at; nothing was published", outcome)
    return outcome


def run(telling: Callable[[Step], Step]) -> Outcome:
    """Run the flow in this process; `telling` wraps how a step is run, to show that it does."""
    token = _telling.set(telling)
    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            return prakerja()
    finally:
        _telling.reset(token)


def serve() -> None:
    """Keep running and start the flow by its schedule, one run at a time."""
    prakerja.serve(name="refresh", schedule=SCHEDULE, limit=1, pause_on_shutdown=False)


def _leave_artifacts(outcome: Outcome) -> None:
    """The summary and the findings, as Prefect shows them."""
    judged = outcome.judged
    release = outcome.release
    lines = [
        f"- {rule}: tested {tested}, {judged.validated.failed[rule]} findings"
        for rule, tested in judged.validated.tested.items()
    ]
    where = f"Release {release.version} in `{release.folder}`" if release else "Nothing was published."
    create_markdown_artifact(
        key="summary", markdown="\n".join([f"# {where}", "", *lines]), description="What was tested"
    )
    rows = [
        {
            "finding": each.finding, "rule": each.rule, "severity": each.severity, "state": each.state,
            "source": each.source, "row": each.row, "message": each.message_en,
        }
        for each in judged.findings
    ]  # fmt: skip
    create_table_artifact(key="findings", table=rows, description="Broken rules, new and known")
