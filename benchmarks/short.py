"""What short commands cost: `prakerja check` of one article, alone and among all others, beside the import of what it
uses, and `prakerja run` of the real sources beside a Prefect flow that does nothing.

Whole commands in turn, each in a process of its own. The medians are of seconds; a ratio is taken within one round.

    python -m benchmarks.short --runs 5
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.side_by_side import times
from flows.settings import ROOT

SEED = ROOT / "raw" / "bakabar-2023-09-02-banjarbaru"
#: The libraries that a check loads, as it loads them.
_IMPORTS = "import duckdb, ibis, pandera.ibis, pyarrow.compute, pyarrow.csv, pydantic_settings, rich, typer, yaml"
#: With the same settings as ours: it has its server started, in a folder of its own.
_EMPTY_FLOW = """
from pathlib import Path
import os
Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
from prefect import flow
@flow
def nothing(): pass
nothing()
"""
COMMANDS = {
    "importing its libraries": ("-c", _IMPORTS),
    "prakerja check --alone": ("-m", "flows", "check", "--alone", str(SEED)),
    "prakerja check": ("-m", "flows", "check", str(SEED)),
    "an empty Prefect flow": ("-c", _EMPTY_FLOW),
    "prakerja run": ("-m", "flows", "run"),
}
#: What a command is measured against, and at most how many times as long it may take; None: no aim.
AIMS = {
    "prakerja check --alone": ("importing its libraries", 2.0),
    "prakerja check": ("importing its libraries", None),
    "prakerja run": ("an empty Prefect flow", 1.3),
}


def seconds(command: tuple[str, ...], scratch: Path) -> float:
    """Run a command once, on folders that are not there yet."""
    shutil.rmtree(scratch, ignore_errors=True)
    places = {"PRAKERJA_PUBLISHED": scratch / "published", "PRAKERJA_STATE": scratch / "state"}
    variables = {name: str(place) for name, place in places.items()}
    variables |= {
        "PREFECT_HOME": str(scratch / "state" / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    }
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], env={**os.environ, **variables}, cwd=ROOT, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="prakerja-short-") as name:
        for _ in range(asked.runs):
            for each, command in COMMANDS.items():
                found[each].append(seconds(command, Path(name) / "here"))
    print("| command | seconds | measured against | times | aim |", "|---|---|---|---|---|", sep="\n")
    for each, taken in found.items():
        against, aim = AIMS.get(each, ("", None))
        ratio = f"{times(taken, found[against]):.1f}" if against else ""
        print(f"| {each} | {statistics.median(taken):.1f} | {against} | {ratio} | {aim or ''} |")


if __name__ == "__main__":
    main()
