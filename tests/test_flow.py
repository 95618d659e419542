"""The pipeline under Prefect, on its own server: the tasks, the artifacts, and a run that may not publish."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.settings import ROOT

pytestmark = pytest.mark.slow
SEED = "bakabar-2023-09-02-banjarbaru"


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    import flows.flow

    assert flows.flow.prakerja.name == "prakerja"
    with prefect_test_harness(server_startup_timeout=240):
        yield


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: None) -> Path:
    shutil.copytree(ROOT / "raw" / SEED, tmp_path / "raw" / SEED)
    monkeypatch.setenv("PRAKERJA_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("PRAKERJA_PUBLISHED", str(tmp_path / "published"))
    monkeypatch.setenv("PRAKERJA_STATE", str(tmp_path / "state"))
    return tmp_path / "raw"


async def _read() -> tuple[set[str], set[str], list[str]]:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        runs = await client.read_flow_runs()
        tasks = await client.read_task_runs()
        artifacts = await client.read_artifacts()
        names = {task.name.rsplit("-", 1)[0] for task in tasks}
        return names, {str(each.key) for each in artifacts}, sorted(str(run.state_name) for run in runs)


def test_the_steps_are_tasks_and_leave_artifacts(raw: Path) -> None:
    from flows import flow

    done = flow.run(lambda step: step)
    assert done.outcome.release is not None
    assert (raw.parent / "published" / "latest" / "figures.parquet").is_file()
    tasks, artifacts, states = asyncio.run(_read())
    assert {"read what was printed", "validate all rules", "publish the release"} <= tasks
    assert {"summary", "findings", "findings-new-and-gone", "changes", "release"} <= artifacts
    assert "Completed" in states


def test_an_open_error_fails_the_flow_and_publishes_nothing(raw: Path) -> None:
    from flows import flow
    from flows.nouns import NotPublishable
    from flows.operate import Done

    figures = raw / SEED / "figures.csv"
    figures.write_text(figures.read_text().replace("4.652", "4.752"))
    with pytest.raises(NotPublishable) as error:
        flow.run(lambda step: step)
    assert isinstance(error.value.outcome, Done)
    assert error.value.outcome.outcome.judged.open_errors == 1
    assert not (raw.parent / "published").exists()
    assert "Failed" in asyncio.run(_read())[2]
