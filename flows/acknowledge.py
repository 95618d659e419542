"""Acknowledge: take note of a finding in `raw/known_issues.csv`, the only file of people that a command writes to."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from flows.disk import replace
from flows.nouns import CannotRun, Finding
from schemas.contract import KNOWN_ISSUE_COLUMNS


def append(raw: Path, findings: Sequence[Finding], name: str, reason: str, until: str, today: date) -> str:
    """Append a line for the finding of this name (or the beginning of it) and return the line.

    Raises CannotRun where no finding, or more than one, has the name, where the day is not one to come, or where the
    finding is known already. The file is replaced in one step, so that it is never half-written.
    """
    chosen = [each for each in findings if each.finding.startswith(name)]
    if len(chosen) != 1:
        raise CannotRun(f"{len(chosen)} findings are called {name!r}. `prakerja findings` lists them.")
    finding = chosen[0]
    if finding.state == "known":
        raise CannotRun(f"{finding.finding} is known already, until {finding.known_until}: {finding.reason}")
    try:
        last = date.fromisoformat(until)
    except ValueError as error:
        raise CannotRun(f"--until is a day such as 2027-06-30, not {until!r}.") from error
    if last < today:
        raise CannotRun(f"--until {until} has passed.")
    if not reason.strip():
        raise CannotRun("--reason must say why.")
    found = "" if finding.found is None else f"{finding.found.normalize():f}"
    row = (finding.rule, finding.source, finding.row, finding.printed_as or "", found, reason.strip(), today, last)
    path = raw / "known_issues.csv"
    line = _as_csv(row)
    content = path.read_text(encoding="utf-8") if path.is_file() else _as_csv(KNOWN_ISSUE_COLUMNS)
    kept = content if content.endswith("\n") else content + "\n"
    replace(path, (kept + line).encode())
    return line.strip()


def _as_csv(row: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()
