"""Sources that print one truth, each in its own way: what a newspaper, an office or a page on the web would print."""

import random
from collections.abc import Callable
from typing import Any

from tests.cases import Case, Row, made, row
from tests.datasets.truth import FIRST_DAY, SEXES, WAVES, Truth, Waves, closing, members, places
from tests.web import Web

COUNTED = ("recipients", "recipients_decreed", "recipients_effective", "applicants")
BUDGET = {"budget_training": 7, "budget_incentive": 11, "budget_survey": 2, "budget_pmo": 1}
BENEFIT = {"benefit_training_per_person": 1_000_000, "benefit_incentive_per_person": 2_400_000}
BENEFIT |= {"benefit_survey_per_person": 150_000}
BANDS = ("18-25", "26-35", "36-45", ">45")
Paper = Callable[[str, Truth, random.Random], Case]


def exact(count: int) -> dict[str, str]:
    """`6.276`."""
    return {"value": f"{count:,}".replace(",", ".")}


def _rounded(count: int) -> dict[str, str]:
    """`6,3 ribu`, where there are thousands."""
    tenths = (count + 50) // 100
    return {"value": f"{tenths // 10:,},{tenths % 10} ribu".replace(",", ".", f"{tenths // 10:,}".count(","))}


def _about(count: int) -> dict[str, str]:
    return {**_rounded(count), "qualifier": "about"}


def _at_least(count: int) -> dict[str, str]:
    return {**exact(count - count % 10), "qualifier": "at_least"}


def _at_most(count: int) -> dict[str, str]:
    return {**exact(count + 10 - count % 10), "qualifier": "at_most"}


WAYS = (exact, exact, exact, _rounded, _about, _at_least, _at_most)


def _percent(part: int, whole: int) -> str:
    hundredths = (2 * 10_000 * part + whole) // (2 * whole)
    return f"{hundredths // 100},{hundredths % 100:02}%"


def _time(chance: random.Random, last: int) -> dict[str, Any]:
    """From the start to the close of a wave, told by the waves, by the days, or by both."""
    days = {"period_start": FIRST_DAY, "period_end": closing(last)}
    waves = {"wave_from": 1, "wave_to": last}
    return chance.choice([days, waves, days | waves, waves | {"as_of": closing(last)}])


def _row(code: str, measure: str, told: dict[str, str], **more: Any) -> Row:
    place = places()[code]
    given = {name: text for name, text in told.items() if name != "value"}
    return row(place.name, place.level, measure, told["value"], within=place.within, **given, **more)


def _divided(chance: random.Random) -> str:
    return chance.choice(sorted(code for code in places() if len(members(code)) > 3))


def family_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """A region with all its members, or with a choice of them, and perhaps with those of one member, and by sex."""
    code, measure, last = _divided(chance), chance.choice(COUNTED), chance.randint(1, WAVES)
    way, time = chance.choice(WAYS), _time(chance, last)
    listed = members(code)
    if chance.random() < 0.3:
        listed = chance.sample(listed, max(1, len(listed) // 2 - 1))
    further = next((each for each in listed if members(each)), None)
    codes = [code, *listed, *(members(further) if further else ())]
    sexes = ("", *SEXES) if chance.random() < 0.4 else ("",)
    rows = [
        _row(each, measure, way(truth.count(each, measure, (1, last), sex)), sex=sex, locator=f"line {n}", **time)
        for sex in sexes
        for n, each in enumerate(codes)
    ]
    return made(name, rows)


def wave_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """A region's waves: each by itself or in ranges, with or without their total."""
    code, measure = chance.choice(sorted(places())), chance.choice(COUNTED)
    single = [(wave, wave) for wave in range(1, WAVES + 1)]
    halves: list[Waves] = [(1, 2), (3, WAVES)]
    ranges = chance.choice(
        [[*single, (1, WAVES)], [*halves, (1, WAVES)], [*single, *halves, (1, WAVES)], halves, single]
    )
    way = chance.choice(WAYS)
    rows = [
        _row(code, measure, way(truth.count(code, measure, waves)), wave_from=waves[0], wave_to=waves[1])
        for waves in ranges
    ]
    return made(name, rows)


def growth_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """How a count grew from wave to wave in the nation and in some of its provinces."""
    measure, way = chance.choice(COUNTED), chance.choice(WAYS)
    codes = ["00", *chance.sample(members("00")[:4], 2)]
    rows = [
        _row(
            code, measure, way(truth.count(code, measure, (1, last))), period_start=FIRST_DAY, period_end=closing(last)
        )
        for code in codes
        for last in range(1, WAVES + 1)
    ]
    return made(name, rows)


def sum_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """What adds up by definition: decreed and revoked, the quota's two kinds."""
    last, way = chance.randint(1, WAVES), chance.choice(WAYS)
    time = _time(chance, last)
    decrees = ("recipients_decreed", "revoked", "recipients_effective", "applicants")
    kinds = chance.choice((decrees, ("quota", "quota_job_seekers", "quota_laid_off")))
    codes = chance.sample(sorted(places()), 4)
    rows = [_row(code, kind, way(truth.count(code, kind, (1, last))), **time) for code in codes for kind in kinds]
    return made(name, rows)


def money_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """The budget of a year with its posts, and the benefit of each recipient."""
    year = chance.choice((2020, 2021))
    posts = {post: 10**9 * truth.number(f"{post} {year}", 50, 99) * times for post, times in BUDGET.items()}
    rows = [_row("00", each, exact(value), period_start=year, period_end=year) for each, value in posts.items()]
    rows.append(_row("00", "budget", exact(sum(posts.values())), period_start=year, period_end=year))
    rows += [_row("00", each, exact(value), as_of=closing(1)) for each, value in BENEFIT.items()]
    return made(name, rows, _row("00", "benefit_total_per_person", exact(sum(BENEFIT.values())), as_of=closing(1)))


def partner_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """Counts of partners, the two kinds of assessors, and the organisers of an event with their names."""
    day = {"as_of": closing(chance.randint(1, WAVES)), "period_start": FIRST_DAY, "period_end": closing(WAVES)}
    kinds = {each: truth.number(each, 2, 9) for each in ("partners_universities_assessor", "partners_ngo_assessor")}
    organisers = chance.randint(1, 4)
    counts = kinds | {"partners_assessors": sum(kinds.values())}
    counts["partners_job_portals"] = truth.number("partners_job_portals", 2, 6)
    event = _row("00", "event_organisers", exact(organisers))
    named = [{"name": f"Organiser {n}", "role": "event_organiser"} for n in range(organisers)]
    return made(
        name, [_row("00", each, exact(count), **day) for each, count in counts.items()], event, organisations=named
    )


def share_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """Shares of women and men and of ages in a region, with the counts beside them, and its share of the quota."""
    code, last = chance.choice(sorted(places())), chance.randint(1, WAVES)
    time, measure = _time(chance, last), "recipients_effective"
    count, quota = (truth.count(code, each, (1, last)) for each in (measure, "quota"))
    rows = [_row(code, measure, exact(count), **time), _row(code, "quota", exact(quota), **time)]
    rows.append(_row(code, "recipients_share_of_quota", {"value": _percent(count, quota)}, **time))
    for sex in SEXES:
        part = truth.count(code, measure, (1, last), sex)
        rows.append(_row(code, measure, exact(part), sex=sex, **time))
        rows.append(_row(code, "recipients_share", {"value": _percent(part, count)}, sex=sex, **time))
    parts = [truth.number(f"{code} {last} {band}", 10, 40) for band in BANDS]
    shares = [_percent(part, sum(parts)) for part in parts]
    rows += [
        _row(code, "recipients_share", {"value": share}, age_group=band, **time)
        for band, share in zip(BANDS, shares, strict=True)
    ]
    return made(name, rows)


def province_shares_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """All provinces with their share of the nation."""
    measure, share = chance.choice([("applicants", "applicants_share"), ("recipients_decreed", "recipients_share")])
    last = chance.randint(1, WAVES)
    time, nation = _time(chance, last), truth.count("00", measure, (1, last))
    counts = {code: truth.count(code, measure, (1, last)) for code in members("00")}
    rows = [_row(code, measure, exact(count), **time) for code, count in ({"00": nation} | counts).items()]
    rows += [_row(code, share, {"value": _percent(count, nation)}, **time) for code, count in counts.items()]
    return made(name, rows)


def regions_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """How many regencies and cities of a province the programme has reached, of all that there are."""
    code = chance.choice([code for code in members("00") if members(code)])
    total = len(members(code))
    last = chance.randint(1, WAVES)
    rows = [
        _row(code, "regencies_total", exact(total), **_time(chance, last)),
        _row(code, "regencies_covered", exact(truth.number(f"{code} covered", 1, total)), period_start=FIRST_DAY,
             period_end=closing(last)),
    ]  # fmt: skip
    return made(name, rows)


def event_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """What is no region: a fair with a total and its parts, which the contract has no column for."""
    parts = [truth.number(f"{name} {n}", 50 * 3**n, 60 * 3**n) for n in range(chance.randint(2, 3))]
    way = chance.choice((exact, _at_least, _at_most))
    rows = [row("Job fair", "", "event_attendance", told.pop("value"), **told) for told in map(way, parts)]
    return made(name, row("Job fair", "", "event_attendance", exact(sum(parts))["value"]), rows)


def web_page(name: str, truth: Truth, chance: random.Random) -> Case:
    """A table on the web with its version before; provinces down, waves across."""
    codes = chance.sample(members("00"), 6)
    lines = ["Provinsi,Gelombang 1,Gelombang 2"]
    for code in codes:
        counts = (exact(truth.count(code, "recipients", (wave, wave)))["value"] for wave in (1, 2))
        lines.append(f"{places()[code].name},{','.join(counts)}")
    text = "\n".join(lines) + "\n"
    return Web(name, (), versions=(text, text + "\n"))


PAPERS: tuple[Paper, ...] = (
    family_page, family_page, family_page, wave_page, wave_page, growth_page, growth_page, sum_page, money_page,
    partner_page, share_page, province_shares_page, regions_page, event_page, web_page,
)  # fmt: skip
