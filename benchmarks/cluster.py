"""The pipeline on a Spark Connect server: Sail in one process, then Sail as a local cluster with several workers.

Each gives a release of the same cube, which must be the same bytes as the one that DuckDB gives.

    python -m benchmarks.cluster --size M
"""

import argparse
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cube import SIZES, write_cube

#: How Sail is started, by the name that the table gives it.
MODES = {
    "Sail, one process": {"SAIL_MODE": "local"},
    "Sail, local cluster, 2 workers": {"SAIL_MODE": "local-cluster", "SAIL_CLUSTER__WORKER_INITIAL_COUNT": "2"},
}
_WAIT = 60


@contextmanager
def served(folder: Path, mode: dict[str, str]) -> Iterator[str]:
    """A Sail server in a process of its own that keeps its tables in `folder`; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sail = Path(sys.executable).with_name("sail")
    with (folder / "sail.log").open("w") as log:
        server = subprocess.Popen(
            [sail, "spark", "server", "--ip", "127.0.0.1", "--port", str(port), "-C", folder],
            env={**os.environ, **mode}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _await(server, port)
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _await(server: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until somebody listens on the port."""
    until = time.monotonic() + _WAIT
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"Sail did not start within {_WAIT} s; its log is in sail.log")


def release(raw: Path, folder: Path, engine: str) -> tuple[float, str]:
    """Run the whole pipeline on an engine; returns its seconds and the hash over the release's own hashes."""
    places = {"RAW": raw, "PUBLISHED": folder, "STATE": folder / "state", "ENGINE": engine}
    variables = {f"PRAKERJA_{name}": str(value) for name, value in places.items()}
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flows", "run", "--direct"], env={**os.environ, **variables}, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.monotonic() - started
    return seconds, hashlib.sha256((folder / "latest" / "SHA256SUMS").read_bytes()).hexdigest()


def main() -> None:
    """Run all engines on one cube and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="M")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory(prefix="prakerja-cluster-") as name:
        scratch = Path(name)
        figures = write_cube(scratch / "raw" / "cube", size)
        print(f"{figures:,} figures")
        found = {"DuckDB": release(scratch / "raw", scratch / "duckdb", "duckdb")}
        for number, (label, mode) in enumerate(MODES.items()):
            folder = scratch / f"server-{number}"
            folder.mkdir()
            with served(folder, mode) as address:
                found[label] = release(scratch / "raw", scratch / f"published-{number}", address)
    expected = found["DuckDB"][1]
    for label, (seconds, digest) in found.items():
        print(f"{label:32} {seconds:7.1f} s  {'the same release' if digest == expected else 'ANOTHER release'}")
    if {digest for _, digest in found.values()} != {expected}:
        sys.exit(1)


if __name__ == "__main__":
    main()
