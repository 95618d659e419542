"""The sources that the repository carries: what is wrong in print is found and known, what holds is not accused."""

import csv
from decimal import Decimal

import pytest

from tests.cases import RAW, Run, real, values

SUM, PART, COMPLETE = "children_sum_to_parent", "children_do_not_exceed_parent", "family_is_complete"
WAVES, PARTS, SHARES = "waves_sum_to_cumulative", "parts_sum_to_whole", "shares_sum_to_hundred"
SPN, KOMPAS = "spn-2023-10-17-waves-1-62", "kompas-2021-02-26-provinces"


def noted() -> list[tuple[str, str, int]]:
    with (RAW / "known_issues.csv").open(encoding="utf-8") as file:
        return [(each["rule"], each["source"], int(each["row"])) for each in csv.DictReader(file)]


def test_every_finding_is_noted_and_every_note_is_a_finding() -> None:
    found = [(each.rule, each.source, each.row) for each in real().judged.findings]
    assert sorted(found) == sorted(noted())
    assert {each.state for each in real().judged.findings} == {"known"}
    assert real().judged.open_errors == 0


def test_every_figure_has_one_status() -> None:
    counts: dict[str, int] = {}
    for row in real().judged.tables["figures"].select("status").to_pyarrow()["status"].to_pylist():
        counts[row] = counts.get(row, 0) + 1
    transcribed = sum(
        len(list(csv.reader(path.read_text(encoding="utf-8").splitlines()))) - 1 for path in RAW.glob("*/figures.csv")
    )
    assert set(counts) == {"accepted", "flagged", "quarantined"}
    assert sum(counts.values()) == transcribed


#: Sums that hold in print: the source, the row of the total as printed, and what it must have been compared with.
IDENTITIES = [
    ("bakabar-2023-09-02-banjarbaru", 2, SUM, "23.111", 23111),
    ("tribunbali-2020-05-19-bali", None, SUM, "11.152", 11152),
    ("rakyatbengkulu-2020-10-16-bengkulu", 1, SUM, "71.243", 71243),
    ("beritamaluku-2020-09-15-maluku", 1, SUM, "6.354", 6354),
    ("beritamaluku-2020-09-15-maluku", 1, WAVES, "6.354", 6354),
    ("antara-2020-05-sulsel-waves-1-2", 1, WAVES, "15.625", 15625),
    ("joglosemar-2020-05-18-karanganyar", 1, WAVES, "1.103", 1103),
    ("radarjogja-2020-06-10-gunungkidul", 1, WAVES, "1.801", 1801),
    ("surabayapagi-2020-05-18-jatim", 3, WAVES, "63.361", 63361),
    ("harapanrakyat-2020-04-27-kota-banjar", 1, WAVES, "118", 118),
    ("harapanrakyat-2020-04-27-kota-banjar", 2, WAVES, "44", 44),
    ("suara-2020-04-20-dki", 1, PARTS, "323.224", 323224),
    ("urbanasia-2020-04-15-jatim", 4, PARTS, "33.407", 33407),
    ("pelitabanten-2020-04-kota-tangerang", 1, PARTS, "3.729", 3729),
    ("tangerangnews-2020-04-09-kota-tangerang", 1, PARTS, "3.693", 3693),
    ("sindonews-2020-05-06-simalungun", 1, PARTS, "355", 355),
    ("ulasan-2020-04-kepri-quotas", 1, SUM, "53.772", 53772),
    ("ulasan-2020-04-kepri-quotas", 2, PARTS, "36.342", 36342),
    ("poskupang-2020-05-26-ntt", 1, PART, "491", 491),
    ("semarangpos-2021-03-jateng", None, SHARES, "", 100),
    ("bisnis-2021-05-24-sumut", 10, SHARES, "", 100),
    ("bisnis-2021-05-24-sumut", 17, SHARES, "", 100),
]


@pytest.mark.parametrize(("source", "number", "rule", "printed", "found"), IDENTITIES)
def test_an_identity_that_holds_in_print_was_tested_and_holds(
    source: str, number: int | None, rule: str, printed: str, found: int
) -> None:
    table = real().judged.validated.ingested.figures.get_backend().table(f"view_{rule}")
    rows = table.filter((table.source == source) & table.outcome.isnull()).to_pyarrow().to_pylist()
    told = [(each["row"], each["printed_as"] or "") for each in rows]
    assert any(number in (None, row) and text == printed for row, text in told)
    (own,) = [each for each in rows if number in (None, each["row"]) and (each["printed_as"] or "") == printed]
    assert own["found_lower"] <= found <= own["found_upper"]
    if own["found_lower"] == own["found_upper"]:
        assert own["found"] == found


def test_the_two_papers_on_tangerang_agree_with_themselves_only() -> None:
    for source in ("pelitabanten-2020-04-kota-tangerang", "tangerangnews-2020-04-09-kota-tangerang"):
        assert real().findings(source, PARTS) == []


def test_spn_names_the_double_the_missing_and_the_sum_without_them() -> None:
    run = real()
    (gap,) = run.findings(SPN, COMPLETE)
    missing = ("Riau", "Jambi", "Kepulauan Bangka Belitung", "Kalimantan Tengah", "Kalimantan Utara", "Sulawesi Barat")
    assert gap.message_en.endswith(f"Jawa Tengah (2x); {', '.join(missing)}.")
    doubles = run.findings(SPN, "stated_total_is_supported")
    assert [(each.outcome, each.row, each.found) for each in doubles] == [
        ("double", 67, Decimal(16728164)), ("double", 68, Decimal(16728164)),
    ]  # fmt: skip
    for each in doubles:
        assert "without the double it sums to 16,728,164" in each.message_en
        assert {(one.row, one.kind) for one in each.suspects if one.rank == 1} == {(23, "row_doubled")}


def test_kompas_lacks_bengkulu_and_leaves_too_much_for_it() -> None:
    run = real()
    (gap,) = run.findings(KOMPAS, COMPLETE)
    assert values(gap.outcome, gap.printed, gap.found) == ("missing", 33, 34)
    assert gap.message_en.endswith("lacks: Bengkulu.")
    (rest,) = run.findings(KOMPAS, SUM)
    assert values(rest.outcome, rest.severity, rest.found) == ("children_missing", "warning", 5333400)
    assert "leaving 166,600 for Bengkulu" in rest.message_en


@pytest.mark.parametrize(
    ("source", "rule", "row", "suggestion"),
    [
        ("beritamaluku-2020-09-15-maluku", SUM, 2, 6354),
        ("radarnonstop-2021-09-19-dki", "value_is_plausible", 2, 930000),
        ("sonora-2020-05-sulsel", "sources_agree", 2, 3550000),
    ],
)
def test_the_likeliest_misprint_is_named(source: str, rule: str, row: int, suggestion: int) -> None:
    run: Run = real()
    (finding,) = [each for each in run.findings(source, rule) if each.row == row]
    first = [one for one in finding.suspects if one.rank == 1]
    assert values(row, suggestion) in {(one.row, one.suggestion) for one in first if one.source == source}
