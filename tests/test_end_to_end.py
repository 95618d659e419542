"""From nothing to scheduled runs: the README's own lines; then a source on the web changes, breaks and is mended."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.operate.runs import Run, runs
from flows.settings import ROOT
from tests.listening import Heard, webhook
from tests.schedule import PATIENCE, Server, ended, environment, free_port, of_home, ran, started, until
from tests.sources import few_regions, table, write
from tests.test_cli import bytes_of
from tests.test_refresh import ERROR_PAGE, Answer, Handler, sends, serving
from tests.web import WIDE, described

pytestmark = pytest.mark.slow
TABLE = "Provinsi,Gelombang 1,Gelombang 2\nKalimantan Selatan,1.000,2.000\n"
ALTERED = TABLE.replace("2.000", "2.500")
WRITTEN = {"region": "Kalsel", "level": "province", "measure": "applicants", "period_start": "2020",
           "period_end": "2020"}  # fmt: skip


def lines_of_the_readme() -> str:
    """The block of the README that leads from nothing to a scheduled run."""
    text = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(r"^```\n(export PREFECT_HOME=.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(block)


class Place:
    """What the worker runs on: raw/ with one source that was transcribed and one on the web, and who is told."""

    def __init__(self, folder: Path, web: object, hook: Heard) -> None:
        self.folder, self.web, self.hook = folder, web, hook
        self.port = free_port()
        self.server = Server(f"http://127.0.0.1:{self.port}/api")
        address = f"http://127.0.0.1:{hook.port}/hook"
        self.env = environment(folder, NOTIFY_WEBHOOK=address) | {"PREFECT_SERVER_API_PORT": str(self.port)}
        few_regions(folder).rename(write(folder / "raw") / "regions")
        described(folder / "raw" / "dinas", url=f"http://127.0.0.1:{web.server_port}/tabel", figures=WIDE)  # type: ignore[attr-defined]
        self.print("5")

    def print(self, value: str) -> None:
        rows = table([{**WRITTEN, "value": value}])
        write(self.folder / "raw" / "koran", datapackage="name: koran\nlanguage: id\n", figures=rows)

    def put(self, answer: Answer) -> None:
        self.web.answers, self.web.asked = [answer], []  # type: ignore[attr-defined]

    def follow_the_readme(self) -> None:
        """Its lines as they stand, but for where the programs, the state and the server are."""
        block = lines_of_the_readme()
        for old, new in {
            "$PWD/.state/prefect": str(self.folder / "prefect"), ".state/": f"{self.folder}/", "4200": str(self.port),
            ".venv/bin/prakerja": f"{sys.executable} -m flows", ".venv/bin/": f"{Path(sys.executable).parent}/",
        }.items():  # fmt: skip
            assert old in block
            block = block.replace(old, new)
        with (self.folder / "readme.log").open("wb") as log:
            subprocess.run(["bash", "-ec", block], cwd=ROOT, env=self.env, stdout=log, stderr=log, check=True,
                           timeout=PATIENCE)  # fmt: skip

    def run_when_due(self) -> dict[str, object]:
        return self.server.end_of(self.server.due(self.server.deployment("prakerja/refresh")))

    def run_by_schedule(self) -> dict[str, object]:
        """A run that Prefect's scheduler made."""
        deployment = self.server.deployment("prakerja/refresh")
        due = self.server.schedule(deployment, 10)
        made = until(lambda: self.server.runs(expected_start_time={"after_": due.isoformat(),
                                                                   "before_": due.isoformat()}))  # fmt: skip
        assert made[0]["auto_scheduled"]
        return self.server.end_of(made[0]["id"])

    def command(self, *arguments: str) -> int:
        """A command of ours that asks the server."""
        return ran(self.env | {"PREFECT_API_URL": self.server.address}, *arguments).returncode

    def kill_the_worker(self) -> None:
        """The worker and the run that it has started."""
        found = [each for each in of_home(self.env["PREFECT_HOME"]) if "server" not in each.cmdline()]
        assert any("worker" in each.cmdline() for each in found)
        for each in found:
            each.kill()
        psutil.wait_procs(found, timeout=30)

    def start_a_worker(self) -> None:
        command = [str(Path(sys.executable).parent / "prefect"), "worker", "start", "--pool", "prakerja"]
        with (self.folder / "worker.log").open("ab") as log:
            env = self.env | {"PREFECT_API_URL": self.server.address}
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def last(self) -> Run:
        return runs(self.folder / "state")[-1]

    def told(self, count: int) -> list[dict[str, str]]:
        """What the webhook was told, once there are so many messages: Prefect calls hooks after the run has ended."""
        until(lambda: len(self.hook.messages) >= count)
        return self.hook.messages

    def status(self) -> tuple[int, str]:
        found = ran(self.env, "status")
        return found.returncode, found.stdout

    def published(self) -> dict[str, str]:
        return bytes_of(self.folder / "published")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as web, webhook() as hook:
        made = Place(tmp_path, web, hook)
        with ended(made.env["PREFECT_HOME"]):
            yield made


def test_scheduled_runs_follow_a_source_that_changes_breaks_and_is_mended(place: Place) -> None:
    place.put(sends(TABLE))
    place.follow_the_readme()
    first = place.last()
    assert (first.outcome, first.release, place.hook.messages) == ("published", "1.0.0", [])

    place.put(sends(ALTERED))
    assert place.run_by_schedule()["state_type"] == "COMPLETED"
    second = place.last()
    assert (second.outcome, second.release) == ("published", "1.0.1")
    changes = (place.folder / "published" / "1.0.1" / "CHANGES.md").read_text("utf-8")
    assert "2,000" in changes or "2000" in changes
    assert [(each.rule, each.source) for each in second.new] == [("source_was_altered", "dinas")]
    (told,) = place.told(1)
    assert "1 new findings" in told["subject"]
    assert "source_was_altered, dinas" in told["text"]

    assert place.run_when_due()["state_type"] == "COMPLETED"
    third = place.last()
    assert (third.outcome, third.release, third.new_count, third.refused) == ("unchanged", "1.0.1", 0, ())
    assert (len(place.told(1)), place.status()[0]) == (1, 0)

    published = place.published()
    place.put(sends(ERROR_PAGE))
    place.print("banyak")
    assert place.run_when_due()["state_type"] == "FAILED"
    fourth = place.last()
    assert (fourth.outcome, fourth.open_errors, fourth.release) == ("not publishable", 1, None)
    assert "is a web page" in fourth.refused[0]
    told = place.told(2)[1]
    assert "Failed" in told["subject"]
    assert "value_is_readable, koran" in told["text"]
    assert "is a web page" in told["text"]
    assert place.published() == published
    code, text = place.status()
    assert (code, "1 failed since the last success" in " ".join(text.split())) == (1, True)

    place.put(sends(ALTERED))
    place.print("5")
    assert place.run_when_due()["state_type"] == "COMPLETED"
    assert (place.last().outcome, place.status()[0]) == ("unchanged", 0)
    assert place.published() == published
    assert len(place.hook.messages) == 2


def test_a_killed_worker_is_told_by_the_server_and_the_next_one_goes_on(place: Place) -> None:
    place.put(sends(TABLE))
    place.follow_the_readme()
    published = place.published()
    asked, over = threading.Event(), threading.Event()

    def hangs(handler: Handler) -> None:
        asked.set()
        over.wait(PATIENCE)
        handler.send(TABLE.encode())

    place.put(hangs)
    killed = place.server.due(place.server.deployment("prakerja/refresh"))
    assert asked.wait(PATIENCE)
    place.kill_the_worker()
    over.set()
    assert (place.last().outcome, place.published()) == ("running", published)

    # Nobody is left who could tell but the server.
    assert place.command("alarm", "--after", "0.003") == 0
    place.told(1)
    assert place.hook.messages[0]["subject"] == "prakerja: no success"
    assert "refresh has succeeded for 0.003 hours" in place.hook.messages[0]["text"]
    assert place.command("alarm", "--after", "24") == 0
    assert len(place.server.ask("automations/filter", json={})) == 1

    place.put(sends(TABLE))
    place.start_a_worker()
    assert place.server.end_of(place.server.due(place.server.deployment("watch/watch")))["state_type"] == "COMPLETED"
    told = until(lambda: [each for each in place.hook.messages if each["subject"] == "prakerja: attention"])
    assert "1 failed since the last success" in told[0]["text"]
    assert "was killed" in told[0]["text"]

    # Prefect keeps the place of the killed run for five minutes, unless somebody says that it has crashed.
    assert place.run_when_due()["state_type"] == "CANCELLED"
    place.server.ask(f"flow_runs/{killed}/set_state", json={"state": {"type": "CRASHED"}, "force": True})
    assert place.run_when_due()["state_type"] == "COMPLETED"
    assert (place.last().outcome, place.published(), place.status()[0]) == ("unchanged", published, 0)
    assert place.server.end_of(place.server.due(place.server.deployment("verify/verify")))["state_type"] == "COMPLETED"
    assert place.command("serve") == 2, "the deployments are for workers"


def test_serve_runs_what_is_due_without_a_worker(place: Place) -> None:
    place.put(sends(TABLE))
    env = place.env | {"PREFECT_API_URL": place.server.address}
    command = [str(Path(sys.executable).parent / "prefect"), "server", "start", "--port", str(place.port)]
    with (place.folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    until(place.server.is_there)
    serve = started(place.folder, env, "serve")
    until(lambda: len(place.server.ask("deployments/filter", json={})) == 3)
    assert place.run_when_due()["state_type"] == "COMPLETED"
    assert (place.last().outcome, place.last().release) == ("published", "1.0.0")
    for process in (serve, server):
        process.terminate()
        process.wait(PATIENCE)
