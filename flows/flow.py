"""The same steps under Prefect: names in its UI, retries where the outside world can fail, artifacts, schedules."""

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import partial
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

from prefect import flow, get_run_logger, serve, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows import pipeline
from flows.nouns import CannotRun, NotPublishable
from flows.operate import Done, Looking, World, operate
from flows.operate.alarm import set_alarm
from flows.operate.artifacts import leave_artifacts
from flows.operate.hooks import tell_of_failure, tell_of_findings, tell_of_status
from flows.operate.schedule import DAILY, NOON, WEEKLY, next_run
from flows.operate.status import Limits, status
from flows.operate.steps import logged
from flows.pipeline import Asked, Step
from flows.refresh import Web
from flows.verify import verify as examine
from flows.verify.memory import recall, remember

#: When the deployments run, in Jakarta: every morning, every Sunday after it, and every noon.
#: The slugs are those of `prefect.yaml`, since a server may have had the deployments from there.
REFRESH = Cron(f"{DAILY.minute} {DAILY.hour} * * *", timezone=str(pipeline.JAKARTA), slug="daily")
VERIFY = Cron(f"{WEEKLY.minute} {WEEKLY.hour} * * 0", timezone=str(pipeline.JAKARTA), slug="weekly")
WATCH = Cron(f"{NOON.minute} {NOON.hour} * * *", timezone=str(pipeline.JAKARTA), slug="noon")
#: Steps that touch the disk or wait for another run, with how often they are tried again.
_RETRIES = {"read": 2}
_RETRY_SECONDS = 5
#: How the command line shows the steps; a scheduled run shows nothing but Prefect's log.
_telling: ContextVar[Callable[[Step], Step]] = ContextVar("telling", default=lambda step: step)
#: Where the command line finds what the run came to, even if Prefect's server was gone at its end.
_kept: ContextVar[list[Done]] = ContextVar("kept")
_NAMES = {
    "refresh": "fetch the sources on the web",
    "read": "read what was printed",
    "ingest": "ingest figures",
    "validate": "validate all rules",
    "name_suspects": "name the suspects",
    "judge": "judge the findings",
    "assure": "assure the schemas",
    "select": "select the best figures",
    "store": "store the database",
    "publish": "publish the release",
    "rehearse": "rehearse the release",
}


class NoServer(CannotRun):
    """Prefect's server did not answer, so that the run could not begin."""


def task_runner(name: str) -> TaskRunner[Any]:
    """What runs the mapped tasks. Raises CannotRun where Dask is not installed."""
    if name == "threads":
        return ThreadPoolTaskRunner()
    try:
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415
    except ImportError as error:
        raise CannotRun(
            "PRAKERJA_TASK_RUNNER=dask needs the extra `scale`: pip install 'prakerja-open-data[scale]'."
        ) from error
    return DaskTaskRunner(cluster_kwargs={"host": "127.0.0.1", "dashboard_address": None, "threads_per_worker": 1})


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


def _mapped(verb: str, function: Callable[[Path], Any], folders: Sequence[Path]) -> Iterable[Any]:
    """Apply a function to each folder as a task that bears the folder's name, several at the same time."""
    as_task = task(
        name=f"{verb} a source", task_run_name=f"{verb} {{folder.name}}", cache_policy=NO_CACHE, persist_result=False
    )
    # A process of a Dask cluster that knows of no server would start one of its own.
    with temporary_settings({PREFECT_API_URL: str(get_client(sync_client=True).api_url)}):
        return as_task(_one).map(unmapped(function), list(folders)).result()


def _one(function: Callable[[Path], Any], folder: Path) -> Any:
    """What the processes of a Dask cluster find by its name: a function within another cannot be sent to them."""
    return function(folder)


def _may_pass(_task: Any, _run: Any, state: Any) -> bool:
    """What cannot run now for a reason that we know cannot run in five seconds either."""
    return not isinstance(state.result(raise_on_failure=False), CannotRun)


@flow(
    name="prakerja",
    persist_result=False,
    task_runner=task_runner(settings().task_runner),
    on_failure=[tell_of_failure],
    on_crashed=[tell_of_failure],
    on_cancellation=[tell_of_failure],
    on_completion=[tell_of_findings],
)
def prakerja(
    fetch: bool = False, as_of: date | None = None, only: list[str] | None = None, dry_run: bool = False
) -> Done:
    """From raw/ to a release. Fails with NotPublishable, which carries what was done, where an error is open."""
    # Dask is sent this function with all that it names, which may be nothing but functions of a module.
    return _prakerja(Asked(_today(), as_of, tuple(only or ()), dry_run), fetch=fetch)


def _prakerja(asked: Asked, *, fetch: bool) -> Done:
    log = get_run_logger()
    world = World(partial(datetime.now, UTC), Web(time.sleep, random.random, time.monotonic), str(flow_run.name))
    looking = Looking(partial(_mapped, "fetch"), partial(_mapped, "read"))
    step = _telling.get()(logged(_step, log.info))
    done = operate(settings(), asked, world, step, looking, fetch=fetch)
    _kept.get([]).append(done)
    leave_artifacts(done, settings(), log)
    open_errors = done.outcome.judged.open_errors
    if open_errors:
        raise NotPublishable(f"{open_errors} errors have not been looked at; nothing was published", done)
    return done


@flow(name="verify", persist_result=False, on_failure=[tell_of_failure], on_crashed=[tell_of_failure])
def verify() -> None:
    """Verify all of published/, as `prakerja verify` does. Fails with the files that are not what was published."""
    chosen = settings()
    place = str(chosen.published)
    report = examine(chosen.published, recall(chosen.state, place))
    if report.problems:
        first = "; ".join(f"{each.file}: {each.what}" for each in report.problems[:5])
        raise CannotRun(f"{len(report.problems)} problems in {place}: {first}")
    remember(chosen.state, place, report.seen)
    get_run_logger().info("step=verify releases=%s problems=0", len(report.seen))


@flow(name="watch", persist_result=False, on_failure=[tell_of_failure], on_crashed=[tell_of_failure])
def watch(max_age: float = Limits.max_age) -> None:
    """Tell the webhook and the e-mail what `prakerja status` finds, as no success for `max_age` hours."""
    now = datetime.now(UTC)
    found = status(settings(), now, Limits(max_age), next_run(now))
    get_run_logger().info("step=watch attention=%s", len(found.attention))
    tell_of_status(found)


def run(telling: Callable[[Step], Step], **asked: Any) -> Done:
    """Run the flow in this process; `telling` wraps how a step is run, to show that it does.

    Raises NoServer where Prefect's server does not answer. Where it goes away during the run, the run counts.
    """
    tokens = _telling.set(telling), _kept.set([])
    try:
        mend = "Start it, unset PREFECT_API_URL to have one started, or use `prakerja run --direct`."
        with _answering(mend), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            done: Done = prakerja(**asked)
            return done
    except NoServer:
        if kept := _kept.get():
            return kept[-1]
        raise
    finally:
        _telling.reset(tokens[0])
        _kept.reset(tokens[1])


def alarm(hours: float) -> None:
    """Have Prefect's server tell when no run of `refresh` has succeeded for so long. Raises NoServer as `run` does."""
    with _answering():
        asyncio.run(set_alarm(settings(), hours))


def start() -> None:
    """Keep running and start the flows by their schedules, one run at a time.

    Raises CannotRun where the server has the deployments for workers: Prefect would mix up the two. Raises NoServer as
    `run` does.
    """
    with _answering():
        _refuse_those_for_workers()
        _serve()


def _refuse_those_for_workers() -> None:
    with get_client(sync_client=True) as client, suppress(ObjectNotFound):
        if pool := client.read_deployment_by_name("prakerja/refresh").work_pool_name:
            raise CannotRun(
                f"The server has the deployments for the workers of the pool {pool}. Start one, as in `prefect worker "
                f"start --pool {pool}`, or remove them: `prefect deployment delete --all`."
            )


def _serve() -> None:
    alone = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    planned = (
        prakerja.to_deployment("refresh", schedule=REFRESH, parameters={"fetch": True}, concurrency_limit=alone),
        verify.to_deployment("verify", schedule=VERIFY, concurrency_limit=alone),
        watch.to_deployment("watch", schedule=WATCH, concurrency_limit=alone),
    )
    # All are made at once here; they would be coroutines within an event loop only.
    serve(
        *(each for each in planned if isinstance(each, RunnerDeployment)),
        pause_on_shutdown=False,
        limit=1,
    )


@contextmanager
def _answering(mend: str = "Start it, or correct PREFECT_API_URL.") -> Iterator[None]:
    """While the server is asked: raises NoServer where it does not answer, which says how to mend that."""
    try:
        yield
    except Exception as error:
        if not _is_of_the_server(error):
            raise
        raise NoServer(f"Prefect's server does not answer ({type(error).__name__}). {mend}") from error


def _today() -> date:
    """The day in Jakarta for which the run was scheduled."""
    moment: datetime = flow_run.scheduled_start_time
    return moment.astimezone(pipeline.JAKARTA).date()


def _is_of_the_server(error: BaseException) -> bool:
    """Whether Prefect could not reach its server; it raises what its HTTP client does, or says so in words."""
    return type(error).__module__.split(".")[0] in ("httpx", "httpcore") or "Failed to reach API" in str(error)
