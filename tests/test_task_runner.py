"""Sources that are read at the same time: on threads, and in the processes of a Dask cluster."""

from pathlib import Path

import pytest

from tests.schedule import ended, environment, ran
from tests.sources import few_regions, write
from tests.test_cli import bytes_of
from tests.test_operate import transcribed

pytestmark = pytest.mark.slow


def test_dask_gives_the_same_release_as_threads(tmp_path: Path) -> None:
    few_regions(tmp_path).rename(write(tmp_path / "raw") / "regions")
    for name in ("koran", "majalah", "radio"):
        transcribed(tmp_path, name=name)
    told = {}
    with ended(tmp_path / "prefect"):
        for runner in ("threads", "dask"):
            env = environment(
                tmp_path, TASK_RUNNER=runner, PUBLISHED=tmp_path / runner, STATE=tmp_path / f"{runner}-state"
            )
            found = ran(env, "run")
            assert found.returncode == 0, found.stderr
            told[runner] = found.stdout + found.stderr
    assert bytes_of(tmp_path / "threads" / "1.0.0") == bytes_of(tmp_path / "dask" / "1.0.0")
    # That Dask was used, and that its processes ask the server of the run.
    assert ["LocalCluster" in each for each in told.values()] == [False, True]
    assert [each.count("Starting temporary server") for each in told.values()] == [1, 1]
    assert all(f"read {name}" in told["dask"] for name in ("koran", "majalah", "radio"))
