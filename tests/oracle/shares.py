"""Shares: percentages of one division, and percentages beside the counts that they are quotients of."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.oracle.base import NATION, TIERS, Interval, Row, Told, World, added, grouped, interval, meet

_RECIPIENTS = ("recipients", "recipients_effective", "recipients_decreed")
_COUNTS: dict[str, tuple[str, ...]] = {
    "recipients_share": _RECIPIENTS,
    "recipients_share_of_quota": _RECIPIENTS,
    "applicants_share": ("applicants", "applicants_unique"),
}
_TIME = ("wave_from", "wave_to", "end", "since")


def shares_sum_to_hundred(world: World) -> Iterator[Told]:
    shares = [cell for cell in world.placed if cell["measure"] in ("recipients_share", "applicants_share")]
    sexes = [cell for cell in shares if cell["sex"] is not None and cell["age_group"] is None]
    ages = [cell for cell in shares if cell["age_group"] is not None and cell["sex"] is None]
    yield from _divisions("sex", sexes, lambda rows: len({row["sex"] for row in rows}) == 2)
    yield from _divisions("age", ages, _no_age_is_left_out)
    yield from _regions(world, shares)


def _divisions(kind: str, shares: Sequence[Row], is_complete: Callable[[Sequence[Row]], bool]) -> Iterator[Told]:
    names = ("source", "region_code", "measure", "wave_from", "wave_to", "since", "end", "as_of")
    for rows in grouped(shares, lambda row: tuple(row[name] for name in names)).values():
        if is_complete(rows):
            yield _hundred(kind, rows)


def _hundred(kind: str, rows: Sequence[Row]) -> Told:
    fits = meet(added(interval(row) for row in rows), (100, 100))
    return Told(rows[0]["source"], rows[0]["row"], None if fits else kind, 100, sum(row["value"] for row in rows))


def _no_age_is_left_out(rows: Sequence[Row]) -> bool:
    """Three bands or more, the next beginning where the last one ends or a year later, and one without an end."""
    bands = sorted(
        ([int(year) for year in re.findall(r"\d+", row["age_group"])] for row in rows), key=lambda band: band[0]
    )
    starts = {band[0] for band in bands}
    joined = all(len(one) == 1 or other[0] - one[1] in (0, 1) for one, other in pairwise(bands))
    is_open = any(row["age_group"].startswith(">") for row in rows)
    return len(bands) >= 3 and len(starts) == len(bands) and joined and is_open


def _regions(world: World, shares: Sequence[Row]) -> Iterator[Told]:
    """All members of a region, each once, where they are shares of that region."""

    def listing(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in ("source", "parent_code", "tier", "measure", "scope", "as_of"))

    members = [row for row in shares if row["parent_code"] is not None]
    for rows in grouped(members, listing).values():
        parent, tier = rows[0]["parent_code"], rows[0]["tier"]
        due = [
            region
            for region in world.regions.values()
            if region["parent_code"] == parent and TIERS[region["level"]] == tier
        ]
        counts = (len(due), sum(region["established"] is None for region in due))
        listed = {row["region_code"] for row in rows}
        of_it = parent == NATION or sum(row["value"] for row in rows) > 50
        if len(listed) == len(rows) and len(rows) in counts and of_it:
            yield _hundred("regions", rows)


def share_matches_count(world: World) -> Iterator[Told]:
    """A share against each count beside it that it may be a share of, and the whole that fits best."""
    for share in world.placed:
        counts = _COUNTS.get(share["measure"], ())
        beside = [cell for cell in world.placed if cell["source"] == share["source"]] if counts else []
        for part in beside:
            same = all(part[name] == share[name] for name in ("region_code", "group", "as_of", *_TIME))
            if same and part["measure"] in counts:
                wholes = [whole for whole in beside if _is_whole(share, part, whole)]
                yield from _against(share, part, wholes)


def _is_whole(share: Row, part: Row, whole: Row) -> bool:
    of_quota = share["measure"] == "recipients_share_of_quota"
    everybody = (None, None)
    if whole["value"] <= 0 or any(whole[name] != share[name] for name in _TIME):
        return False
    if whole["measure"] != ("quota" if of_quota else part["measure"]):
        return False
    if whole["group"] != (share["group"] if of_quota else everybody):
        return False
    if of_quota or share["group"] != everybody:
        return bool(whole["region_code"] == share["region_code"])
    above = (NATION, share["parent_code"])
    return whole["region_code"] in above and whole["region_code"] != share["region_code"]


def _against(share: Row, part: Row, wholes: Sequence[Row]) -> Iterator[Told]:
    if not wholes:
        return
    nearest = sorted(wholes, key=lambda whole: int(whole["row"]))
    nearest.sort(key=lambda whole: str(whole["region_code"]), reverse=True)
    fitting = [whole for whole in nearest if meet(interval(share), _percent(part, whole))]
    whole = (fitting or nearest)[0]
    found = round(Decimal(part["value"]) / Decimal(whole["value"]) * 100, 3)
    yield Told(share["source"], share["row"], None if fitting else "differs", share["value"], found)


def _percent(part: Row, whole: Row) -> Interval:
    def quotient(one: Any, other: Any) -> Any:
        return Fraction(one) / Fraction(other) * 100 if one is not None and other else None

    return quotient(part["lower"], whole["upper"]), quotient(part["upper"], whole["lower"])
