"""What was verified on this machine before: for each place, the sha256 of SHA256SUMS by version.

The Update Framework's clients keep the same, because the other side can take back anything but what we remember.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.disk import replace
from flows.nouns import CannotRun

_FILE = "verified.json"


def recall(state: Path, place: str) -> dict[str, str]:
    """What is remembered of a place; nothing where it is new. Raises `CannotRun` where the memory is damaged."""
    return {str(version): str(digest) for version, digest in _load(state / _FILE).get(place, {}).items()}


def remember(state: Path, place: str, seen: Mapping[str, str], *, afresh: bool = False) -> None:
    """Add what was seen at a place, once it was found intact; `afresh` forgets what was seen there before.

    Raises `CannotRun` where it cannot be kept.
    """
    path = state / _FILE
    content = _load(path)
    content[place] = {**({} if afresh else content.get(place, {})), **seen}
    try:
        state.mkdir(parents=True, exist_ok=True)
        replace(path, f"{json.dumps(content, indent=2, sort_keys=True)}\n".encode())
    except OSError as error:
        raise CannotRun(f"what was verified cannot be remembered: {error}") from error


def _load(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(path.read_text("utf-8"))
        return {str(place): dict(seen) for place, seen in content.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CannotRun(f"{path}, which holds what was verified before, cannot be read: {error}") from error
