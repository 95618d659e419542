"""Steps: one line in the log for each, with what it counted and how long it took, as `key=value`."""

import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from flows.nouns import Database, Judged, Release, Snapshot, Validated, Verdict
from flows.pipeline import Step
from flows.publish.rehearsal import Rehearsal


def logged(step: Step, log: Callable[[str], object]) -> Step:
    """The step, telling `log` what it came to."""

    def run(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        started = time.monotonic()
        result = step(function, *args, **kwargs)
        told = {"step": function.__name__, **counts(result), "seconds": f"{time.monotonic() - started:.1f}"}
        log(" ".join(f"{name}={value}" for name, value in told.items()))
        return result

    return run


def counts(result: Any) -> dict[str, object]:
    """What there is to count in the result of a step."""
    told: dict[str, object] = {}
    match result:
        case Snapshot():
            rows = result.figures.num_rows if isinstance(result.figures, pa.Table) else result.figures.count_rows()
            told = {"sources": len(result.sources) - 1, "rows": rows, "files": len(result.files)}
        case Validated():
            told = {"tested": sum(result.tested.values()), "failed": sum(result.failed.values())}
        case Judged():
            told = {"findings": len(result.findings), "open_errors": result.open_errors}
        case Verdict():
            told = {"tables": len(result.tables)}
        case Database():
            told = {"bytes": result.path.stat().st_size}
        case Release():
            told = {"release": result.version, "new": str(result.is_new).lower()}
        case Rehearsal():
            told = {"release": result.version or result.previous, "new": str(result.version is not None).lower()}
        case tuple() | dict():
            told = {"count": len(result)}
    return told
