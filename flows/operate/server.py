"""Server: what Prefect's server has planned, if there is one."""

import os
from datetime import datetime

import httpx

_TIMEOUT = 5.0


def scheduled() -> datetime | None:
    """When the next refresh is due; None where PREFECT_API_URL names no server, or it does not answer."""
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
