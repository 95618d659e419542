"""What holds for any sources: no false alarm, no changed leaf that goes unseen, and no row that is lost."""

import csv
import string
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows.nouns import Finding, Snapshot
from flows.read import REGIONS, read
from flows.report import as_json
from schemas.measures import MEASURES, UNITS
from schemas.tables import LEVELS, QUALIFIERS, SEXES
from tests.cases import RAW, Case, Printed, Row, Run, examined, family, made, real, row, taken, values

pytestmark = pytest.mark.slow
SUM = "children_sum_to_parent"
#: Provinces that are divided in the trees: those with fifteen members at most, none of which moved or is new.
MOST = 15
CITIES = ("Kota Banjarbaru", "Kota Banjar", "Kota Tarakan", "Kota Metro")

#: One run of the engine per example: few, but large; without shrinking, which would take many.
few = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@cache
def official() -> list[dict[str, str]]:
    """The regions that were there before 2022."""
    with (RAW / REGIONS / "regions.csv").open(encoding="utf-8") as file:
        return [each for each in csv.DictReader(file) if not each["established"]]


@cache
def children() -> dict[str, list[Printed]]:
    """The members of the nation as it was before 2022, of small provinces and of some cities, by official names."""
    rows = official()
    listed: dict[str, list[Printed]] = defaultdict(list)
    for each in rows:
        if each["parent_code"] and not each["moved_on"]:
            listed[each["parent_code"]].append((each["name"], each["level"], each["region_code"]))
    cities = {each["region_code"] for each in rows if each["name"] in CITIES}
    small = {code for _, _, code in listed["00"] if len(listed[code]) <= MOST and code not in ("91", "92")}
    return {code: members for code, members in listed.items() if code in {"00", *small, *cities}}


Tree = dict[str, int]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A count for every region of a tree: what is not divided is drawn, what is divided is the sum of its members."""
    counts: Tree = {}

    def fill(code: str) -> int:
        members = children().get(code)
        counts[code] = (
            sum(fill(member) for _, _, member in members)
            if members
            else draw(st.one_of(st.integers(0, 40), st.integers(100, 400_000)))
        )
        return counts[code]

    fill("00")
    return counts


def exact(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def rounded(count: int, word: str, decimals: int, cut: bool) -> str:
    """`17,4 juta` for 17,432,210, rounded to the nearest or cut off."""
    step = {"ribu": 1000, "juta": 1_000_000}[word] // 10**decimals
    steps = count // step if cut else (count + step // 2) // step
    whole, rest = divmod(steps, 10**decimals)
    return f"{exact(whole)},{rest:0{decimals}} {word}" if decimals else f"{exact(whole)} {word}"


@st.composite
def printers(draw: st.DrawFn) -> Callable[[int], str]:
    """A way to print counts: each exact or rounded as an editor might."""
    choices = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.booleans()), min_size=7, max_size=7))

    def printed(count: int) -> str:
        kind, decimals, cut = choices[count % 7]
        if kind == 1 and count >= 1000:
            return rounded(count, "ribu", decimals, cut)
        if kind == 2 and count >= 1_000_000:
            return rounded(count, "juta", decimals, cut)
        return exact(count)

    return printed


def page(name: str, tree: Tree, printed: Callable[[int], str], **more: Any) -> Case:
    """A source that prints the whole tree."""
    levels = {
        code: (region, level, parent) for parent, members in children().items() for region, level, code in members
    }
    names = {code: region for code, (region, _, _) in levels.items()} | {"00": "Indonesia"}
    rows = [row("Indonesia", "nation", "recipients_effective", printed(tree["00"]), **more)]
    for code, count in tree.items():
        if code != "00":
            region, level, parent = levels[code]
            within = "" if parent == "00" else names[parent]
            rows.append(row(region, level, "recipients_effective", printed(count), within=within, **more))
    return made(name, *rows)


@few
@given(trees(), st.lists(printers(), min_size=3, max_size=3))
def test_consistent_sources_raise_nothing(tree: Tree, ways: list[Callable[[int], str]]) -> None:
    """Three papers print one tree, each rounding in its own way, and a fourth prints twice as much a year later."""
    first = {"period_start": "2020-04-11", "period_end": "2021-06-15", "wave_from": 1, "wave_to": 17}
    later = {"period_start": "2020-04-11", "period_end": "2022-06-15", "wave_from": 1, "wave_to": 33}
    pages = [page(f"paper-{n}", tree, way, **first) for n, way in enumerate(ways)]
    doubled = {code: 2 * count for code, count in tree.items()}
    run = examined(taken([*pages, page("later", doubled, exact, **later)]))
    assert [(each.rule, each.source, each.message_en) for each in run.judged.findings] == []
    assert run.held("paper-0", SUM)
    assert run.held("paper-1", "sources_agree")
    assert run.held("later", "cumulative_never_falls")


Change = tuple[str, int, int, list[int]]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """A family, the member that is changed, by how much, and what all its members have."""
    code = draw(st.sampled_from(sorted(children())))
    size = len(children()[code])
    counts = draw(st.lists(st.integers(0, 500_000), min_size=size, max_size=size))
    changed = draw(st.integers(0, size - 1))
    to = draw(st.integers(1, 900_000).filter(lambda value: value != counts[changed]))
    return code, changed, to, counts


@few
@given(st.lists(changes(), min_size=12, max_size=12))
def test_any_changed_leaf_is_found_and_named(drawn: list[Change]) -> None:
    names = {each["region_code"]: (each["name"], each["level"]) for each in official()}
    cases = []
    for number, (code, changed, to, counts) in enumerate(drawn):
        printed = [exact(to if n == changed else count) for n, count in enumerate(counts)]
        members = [(name, level, value) for (name, level, _), value in zip(children()[code], printed, strict=True)]
        cases.append(made(f"page-{number}", family((*names[code], exact(sum(counts))), members)))
    run = examined(taken(cases))
    for number, (_, changed, to, counts) in enumerate(drawn):
        (finding,) = run.findings(f"page-{number}", SUM)
        assert values(finding.outcome, finding.difference) == ("sum_differs", to - counts[changed])
        row_of_leaf = changed + 2
        assert (f"page-{number}", "figures", row_of_leaf) in finding.evidence
        assert finding.members[f"page-{number}", "figures", row_of_leaf] == 1
        fitting = [one for one in finding.suspects if one.row == row_of_leaf]
        assert counts[changed] in {one.suggestion for one in fitting}


#: These are filed under the first of several rows, or the later of two: in another order, under another one.
BY_ORDER = ("family_is_complete", "parent_missing")


@few
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_and_files_changes_nothing(chance: Any) -> None:
    given_order = read(RAW, RAW / REGIONS)
    mixed, place = shuffled(given_order, chance)
    run = examined(mixed)
    expected = sorted(essence(each, lambda source, number: number) for each in real().judged.findings)
    found = sorted(essence(each, lambda source, number: place[source, number]) for each in run.judged.findings)
    assert found == expected


def shuffled(snapshot: Snapshot, chance: Any) -> tuple[Snapshot, dict[tuple[str, int], int]]:
    """The snapshot with sources and the rows of each in another order, and where each new row stood before."""
    rows = snapshot.figures.to_pylist()
    chance.shuffle(rows)
    counted: dict[str, int] = defaultdict(int)
    place: dict[tuple[str, int], int] = {}
    for each in rows:
        counted[each["source"]] += 1
        place[each["source"], counted[each["source"]]] = each["row"]
        each["row"] = counted[each["source"]]
    sources = list(snapshot.sources)
    chance.shuffle(sources)
    figures = pa.Table.from_pylist(rows, schema=snapshot.figures.schema)
    empty = snapshot.known_issues.slice(0, 0)
    return replace(snapshot, figures=figures, sources=tuple(sources), known_issues=empty), place


def essence(finding: Finding, before: Callable[[str, int], int]) -> tuple[str, ...]:
    """What a finding says, with its rows as they were numbered before."""
    told = (finding.rule, finding.outcome, finding.source, str(finding.region_code), str(finding.measure))
    if finding.rule == "figure_appears_once" or finding.outcome == "parent_twice":
        return told
    evidence = sorted((source, before(source, number)) for source, _, number in finding.evidence)
    if finding.rule in BY_ORDER or finding.outcome in BY_ORDER:
        return (*told, str(finding.printed), str(finding.found), str(evidence))
    return (*told, str(before(finding.source, finding.row)), str(finding.printed), str(finding.found), str(evidence))


GARBAGE = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12)
TOKENS = st.sampled_from(
    [
        "17,4 juta",
        "6.276",
        "enam",
        "Rp 459 M",
        "15,43%",
        "9" * 30,
        "-5",
        "0",
        "1,2,3",
        "7.237 ribu",
        "banyak",
        "1e9",
        "½",
    ]
)
REGION_NAMES = st.sampled_from(["Indonesia", "Kalsel", "Kota Banjarbaru", "Banjar", "Cempaka", "Papua", "Atlantis"])
DAYS = st.sampled_from(["", "2020", "2020-04", "2021-02-30", "9999-12-31", "0000", "2023-06-15", "kemarin"])
NUMBERS = st.sampled_from(["", "0", "1", "2", "3", "-1", "9" * 20, "x"])


def cells(*expected: str) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(["", *expected]), GARBAGE)


ROWS = st.fixed_dictionaries(
    {
        "region": st.one_of(REGION_NAMES, GARBAGE), "level": cells(*LEVELS), "within": st.one_of(REGION_NAMES, GARBAGE),
        "measure": st.one_of(st.sampled_from(sorted(MEASURES)), GARBAGE), "unit": cells(*UNITS),
        "value": st.one_of(TOKENS, GARBAGE), "qualifier": cells(*QUALIFIERS),
        "precision": NUMBERS, "unit_mult": NUMBERS,
        "period_start": DAYS, "period_end": DAYS, "wave_from": NUMBERS, "wave_to": NUMBERS, "sex": cells(*SEXES),
        "age_group": cells("18-25", ">55", "99-1", "-"), "as_of": DAYS,
        "locator": st.text(string.printable.strip(), max_size=5),
    }
)  # fmt: skip


@few
@given(st.lists(ROWS, min_size=40, max_size=40), st.lists(st.tuples(TOKENS, REGION_NAMES), min_size=40, max_size=40))
def test_what_is_read_is_accepted_flagged_or_quarantined(rows: list[Row], likely: list[tuple[str, str]]) -> None:
    """Garbage in every column, and rows that can be understood but contradict each other."""
    levels = {"Indonesia": "nation", "Kalsel": "province", "Kota Banjarbaru": "city", "Cempaka": "district"}
    sane = [row(region, levels.get(region, "regency"), "recipients", value) for value, region in likely]
    run = examined(taken([made("garbage", *rows), made("sane", *sane), made("mixed", *rows[:20], *sane[:20])]))
    for source, transcribed in (("garbage", 40), ("sane", 40), ("mixed", 40)):
        statuses = run.statuses(source)
        assert sorted(statuses) == list(range(1, transcribed + 1))
        assert set(statuses.values()) <= {"accepted", "flagged", "quarantined"}
    counts = as_json(run.judged)["summary"]
    assert counts["figures"] == 120 == counts["accepted"] + counts["flagged"] + counts["quarantined"]
    lost = {each.row for each in run.findings("garbage") if each.rule in UNDERSTANDING}
    assert {number for number, status in run.statuses("garbage").items() if status == "quarantined"} == lost


UNDERSTANDING = ("value_is_readable", "region_is_known", "measure_is_known", "period_is_ordered")


def test_the_trees_are_as_large_as_they_should_be() -> None:
    assert len(children()["00"]) == 34
    assert len(children()) >= 15
    assert isinstance(real(), Run)
