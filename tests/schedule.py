"""Prefect's server and a worker on loopback for tests, and their end whatever happens."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil

from flows.settings import ROOT

#: A run must have ended by then, and a server must answer, on a machine that has much else to do.
PATIENCE = 400.0
#: Prefect looks for runs that are due every few seconds; tests need not wait for it.
IMPATIENT = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_SERVER_UI_ENABLED": "false",
}


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """The environment of a process that has Prefect's files, the runs and the releases in a folder of its own."""
    ours = {"RAW": folder / "raw", "PUBLISHED": folder / "published", "STATE": folder / "state", **settings}
    home = folder / "prefect"
    home.mkdir(exist_ok=True)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PRAKERJA_", "PREFECT_"))},
        **{f"PRAKERJA_{name}": str(value) for name, value in ours.items()},
        **IMPATIENT,
        "PREFECT_HOME": str(home),
    }


def started(folder: Path, env: Mapping[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    """A command of ours in the background, what it says in a file of the folder."""
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "flows", *arguments], cwd=ROOT, env=env, stdout=log, stderr=log)


def ran(env: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command of ours, to its end."""
    command = [sys.executable, "-m", "flows", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


@contextmanager
def ended(home: str | Path) -> Iterator[None]:
    """Kill every process that has this `PREFECT_HOME`, however it came to be: workers leave their runs behind."""
    try:
        yield
    finally:
        found = of_home(home)
        for process in found:
            process.kill()
        psutil.wait_procs(found, timeout=30)


def of_home(home: str | Path) -> list[psutil.Process]:
    """Every process that has this `PREFECT_HOME`."""
    return [process for process in psutil.process_iter() if _home(process) == str(home)]


def _home(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("PREFECT_HOME"))
    except psutil.Error:
        return ""


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What a question is answered with, as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := true():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"{true} has not come true in {seconds:g} seconds")


@dataclass(frozen=True)
class Server:
    """Prefect's server, by its address."""

    address: str

    def ask(self, path: str, method: str = "POST", **content: Any) -> Any:
        """What it answers."""

        def answered() -> httpx.Response | None:
            told = httpx.request(method, f"{self.address}/{path}", timeout=30.0, **content)
            # It has done nothing, since its database is held by another request: Prefect's own client asks again too.
            return None if told.status_code == httpx.codes.SERVICE_UNAVAILABLE else told.raise_for_status()

        answer: httpx.Response = until(answered)
        return answer.json() if answer.content else None

    def is_there(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.address}/health", timeout=5.0).is_success
        except httpx.HTTPError:
            return False

    def deployment(self, name: str) -> str:
        """The id of a deployment, by the names of flow and deployment."""
        return str(self.ask(f"deployments/name/{name}", "GET")["id"])

    def runs(self, **where: Any) -> list[dict[str, Any]]:
        """The runs of flows, the earliest first."""
        found = self.ask("flow_runs/filter", json={"flow_runs": where, "sort": "EXPECTED_START_TIME_ASC"})
        return list(found)

    def schedule(self, deployment: str, after: float) -> datetime:
        """Put a schedule of one run, so many seconds from now, in the place of those that the deployment has."""
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=after)
        for each in self.ask(f"deployments/{deployment}/schedules", "GET"):
            self.ask(f"deployments/{deployment}/schedules/{each['id']}", "DELETE")
        rule = f"DTSTART:{due:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=DAILY;COUNT=1"
        once = [{"active": True, "schedule": {"rrule": rule, "timezone": "UTC"}}]
        self.ask(f"deployments/{deployment}/schedules", json=once)
        return due

    def due(self, deployment: str) -> str:
        """The id of a run that is due now."""
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": datetime.now(UTC).isoformat()}}
        return str(self.ask(f"deployments/{deployment}/create_flow_run", json={"state": state})["id"])

    def end_of(self, run: str) -> dict[str, Any]:
        """A run, when it has ended."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.ask(f"flow_runs/{run}", "GET")
            return found if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        found: dict[str, Any] = until(look)
        return found
