"""Schedule: when the flows are due, by Prefect's server if there is one, else by the times that they are served at."""

import os
from datetime import datetime, time, timedelta

import httpx

from flows.pipeline import JAKARTA

#: When the daily run starts in Jakarta, the weekly verification on Sundays, and the daily look at what came of it.
DAILY, WEEKLY, NOON = time(6), time(8), time(12)
_TIMEOUT = 5.0


def next_run(now: datetime) -> tuple[datetime, str]:
    """When the next daily run is due, in Jakarta's time, and who says so."""
    if asked := _scheduled():
        return asked.astimezone(JAKARTA), "Prefect's server"
    local = now.astimezone(JAKARTA)
    due = datetime.combine(local.date(), DAILY, JAKARTA)
    return (due if due > local else due + timedelta(days=1)), "the schedule"


def _scheduled() -> datetime | None:
    """When Prefect's server has it; None where PREFECT_API_URL names no server, or it does not answer."""
    address = os.environ.get("PREFECT_API_URL")
    if not address:
        return None
    query = {
        "deployments": {"name": {"any_": ["refresh"]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
        "limit": 1,
    }
    try:
        answer = httpx.post(f"{address.rstrip('/')}/flow_runs/filter", json=query, timeout=_TIMEOUT)
        runs = answer.raise_for_status().json()
        return datetime.fromisoformat(runs[0]["expected_start_time"]) if runs else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return None
