"""The disk: files that are replaced in one step, and places that one process at a time holds."""

import fcntl
import os
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp


def flush(path: Path) -> None:
    """Have the system write a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def supersede(new: Path, current: Path) -> None:
    """Put one file in the place of another of the same disk: at once, and on the disk too."""
    flush(new)
    os.replace(new, current)
    flush(current.parent)


def replace(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever reads it has the old content or the new, even after a crash.

    What a crash leaves beside it is for `sweep`.
    """
    beside = path.with_name(f".{path.name}-{os.getpid()}.part")
    beside.write_bytes(content)
    supersede(beside, path)


def sweep(folder: Path) -> None:
    """Remove what `replace` has left half-written in a folder, by who is the only one to write there."""
    for left in folder.glob(".*.part"):
        left.unlink()


def temporary() -> Path:
    """A new folder among the system's temporary ones."""
    return Path(mkdtemp(prefix="prakerja-"))


def remove_with(owner: object, folder: Path) -> None:
    """Remove the folder as soon as nobody holds on to its owner any more, at the latest when the process ends."""
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)


@contextmanager
def held(place: Path) -> Iterator[bool]:
    """Hold the lock on a folder or on a file, which is made; gives whether nobody else has it.

    The system lets go of it when the process ends, however it ends.
    """
    # Network file systems lock a file only for who may write it.
    descriptor = os.open(place, os.O_RDONLY if place.is_dir() else os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
