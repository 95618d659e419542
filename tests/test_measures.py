"""The list of measures: complete, free of contradictions, and thought through where figures depend on it."""

import copy
import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas import measures
from schemas.measures import DIMENSIONS, IDENTITIES, IDENTITY_RULES, MEASURES, UNITS, Measure, ancestors, catalogue
from schemas.tables import TABLES

ROOT = Path(__file__).parents[1]
PROGRAMME_WIDE = [name for name in MEASURES if name.startswith(("partners_", "budget", "benefit_", "rank_"))]


@pytest.fixture
def document() -> Any:
    """The parsed YAML, to be spoiled."""
    return yaml.safe_load((ROOT / "schemas" / "measures.yaml").read_text(encoding="utf-8"))


def adds(name: str) -> set[str]:
    """Over what a measure adds up."""
    measure = MEASURES[name]
    return {dimension for dimension in DIMENSIONS if getattr(measure, f"adds_over_{dimension}")}


def test_every_figure_in_raw_has_a_known_measure_in_its_unit() -> None:
    used: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "raw").glob("*/figures.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            used |= {(row["measure"], row["unit"]) for row in csv.DictReader(file)}
    assert len(used) > 60
    assert used <= {(measure.measure, measure.unit) for measure in MEASURES.values()}


def test_table_has_the_declared_columns_and_a_row_for_every_measure() -> None:
    table = measures.measures_table()
    declared = TABLES["measures"].ibis_schema
    assert table.schema.names == list(declared.names)
    assert table.schema == declared.to_pyarrow()
    assert table.column("measure").to_pylist() == list(MEASURES)
    nullable = {column.name for column in TABLES["measures"].columns if column.nullable}
    assert {name for name in table.schema.names if table.column(name).null_count} == nullable


def test_every_word_is_there_in_both_languages_and_no_two_measures_share_one() -> None:
    for column in ("title_en", "title_id", "description_en", "description_id"):
        texts = [getattr(measure, column) for measure in MEASURES.values()]
        assert len(set(texts)) == len(MEASURES)
        assert all(text == " ".join(text.split()) for text in texts)
    assert all(m.description_en.endswith(".") and m.description_id.endswith(".") for m in MEASURES.values())
    assert all(m.why.endswith(".") and "\n" not in m.why for m in MEASURES.values())


def test_whole_says_which_units_have_no_decimals() -> None:
    assert [unit.unit for unit in UNITS.values() if not unit.whole] == ["percent"]
    assert {measure.unit for measure in MEASURES.values()} == set(UNITS)


def test_ancestors_lead_to_the_widest_measure() -> None:
    assert ancestors("recipients_trained") == ("recipients_effective", "recipients_decreed", "applicants")
    assert ancestors("recipients") == ("applicants",)
    assert ancestors("benefit_survey_each") == ("benefit_survey_per_person", "benefit_total_per_person")
    assert ancestors("applicants") == ()
    with pytest.raises(KeyError):
        ancestors("nobody")


@pytest.mark.parametrize("name", ["recipients", "recipients_decreed", "recipients_effective", "revoked", "disbursed"])
def test_what_belongs_to_one_region_wave_sex_and_age_adds_up_over_all(name: str) -> None:
    assert adds(name) == {"regions", "waves", "sex", "age"}


@pytest.mark.parametrize("name", [*PROGRAMME_WIDE, "courses", "recipients_upper_bound", "applicants_target"])
def test_what_is_counted_for_the_whole_programme_or_is_no_count_never_adds_up(name: str) -> None:
    assert adds(name) == set()


def test_percentages_and_ranks_never_add_up_and_only_changes_can_be_negative() -> None:
    ratios = [measure.measure for measure in MEASURES.values() if measure.unit in ("percent", "rank")]
    assert len(ratios) == 10
    assert all(adds(name) == set() and MEASURES[name].can_fall for name in ratios)
    negative = [measure.measure for measure in MEASURES.values() if measure.can_be_negative]
    assert negative == ["recipients_share_change", "recipients_change"]


def test_overlapping_waves_and_stocks_do_not_add_up_over_waves() -> None:
    for name in ("applicants_unique", "recipients_in_training", "blacklisted", "candidates"):
        assert adds(name) == {"regions", "sex", "age"}
    assert adds("quota") == adds("quota_remaining") == adds("regencies_covered") == {"regions"}
    assert adds("applicants") == {"regions", "waves", "sex", "age"}


def test_women_and_men_add_up_only_where_people_or_payments_to_them_are_counted() -> None:
    by_sex = {name for name in MEASURES if "sex" in adds(name)}
    assert {MEASURES[name].unit for name in by_sex} == {"person", "IDR"}
    assert by_sex == {name for name in MEASURES if "age" in adds(name)}


def test_decreed_counts_may_fall_after_revocations_and_effective_ones_may_not() -> None:
    may_fall = {name: MEASURES[name].can_fall for name in MEASURES}
    assert may_fall["recipients"]
    assert may_fall["recipients_decreed"]
    assert not may_fall["recipients_effective"]
    assert not may_fall["recipients_trained"]
    assert not may_fall["applicants"]
    assert may_fall["budget"]
    assert not may_fall["disbursed"]
    assert may_fall["quota_remaining"]


def test_a_part_adds_up_over_nothing_that_its_whole_does_not() -> None:
    """A part that adds up while its whole does not is an oversight, except where the whole is a plan."""
    odd = {m.measure for m in MEASURES.values() if m.part_of and not adds(m.measure) <= adds(m.part_of)}
    assert odd == {"disbursed"}


def test_new_measure_needs_no_more_than_words_unit_and_reason(document: Any) -> None:
    document["measures"]["mentors"] = {
        "unit": "person", "en": ["Mentors", "People who help."], "id": ["Mentor", "Orang yang membantu."],
        "why": "Nobody has thought about it yet.",
    }  # fmt: skip
    assert catalogue(document).measures["mentors"] == Measure(
        "mentors", "person", "Mentors", "Mentor", "People who help.", "Orang yang membantu.", None,
        False, False, False, False, True, False, False, None, "Nobody has thought about it yet.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "furlong"}, "measure quota: has the unknown unit furlong"),
        ({"part_of": "nobody"}, "measure quota: is part of the unknown measure nobody"),
        ({"part_of": "quota_laid_off"}, "is part of itself: quota < quota_laid_off < quota"),
        ({"part_of": "budget"}, "measure quota: has another unit than budget"),
        ({"adds": ["regions", "moons"]}, r"measure quota: adds over \['moons'\]"),
        ({"en": ["Quota"]}, "measure quota: needs a title and a definition"),
        ({"can_rise": True}, "measure quota: has unknown keys: can_rise"),
    ],
)
def test_contradictory_measure_is_refused_by_name(document: Any, change: dict[str, Any], message: str) -> None:
    document["measures"]["quota"].update(change)
    with pytest.raises(ValueError, match=message):
        catalogue(document)


def test_measure_without_a_reason_is_refused(document: Any) -> None:
    del document["measures"]["quota"]["why"]
    with pytest.raises(ValueError, match=r"measures.yaml, measure quota: lacks why"):
        catalogue(document)


def test_longer_cycle_is_found_from_every_member(document: Any) -> None:
    document["measures"]["applicants"]["part_of"] = "recipients_trained"
    with pytest.raises(ValueError, match="is part of itself"):
        catalogue(document)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parts": ["nobody"]}, "names the unknown measure nobody"),
        ({"total": "nobody"}, "names the unknown measure nobody"),
        ({"parts": ["revoked", "revoked"]}, "names revoked twice"),
        ({"parts": ["budget"]}, "adds up different units: IDR, person"),
        ({"rule": "all_is_well"}, "names the unknown rule all_is_well"),
        ({"when": "always"}, "has unknown keys: when"),
    ],
)
def test_contradictory_identity_is_refused_by_name(document: Any, change: dict[str, Any], message: str) -> None:
    document["identities"][0].update(change)
    with pytest.raises(ValueError, match=f"identity decreed_less_revoked_is_effective: {message}"):
        catalogue(document)


def test_identity_that_stands_twice_is_refused(document: Any) -> None:
    document["identities"].append(copy.deepcopy(document["identities"][0]))
    with pytest.raises(ValueError, match="identity decreed_less_revoked_is_effective: stands twice"):
        catalogue(document)


def test_parts_of_an_identity_are_parts_of_its_total() -> None:
    for identity in IDENTITIES:
        assert all(identity.total in ancestors(part) for part in identity.parts), identity.name


def test_identities_are_those_of_the_programme() -> None:
    found = {identity.total: (identity.rule, identity.parts, identity.exact) for identity in IDENTITIES}
    assert found["recipients_decreed"] == (IDENTITY_RULES[1], ("recipients_effective", "revoked"), True)
    parts = ("budget_training", "budget_incentive", "budget_survey", "budget_pmo")
    assert found["budget"] == (IDENTITY_RULES[2], parts, True)
    assert found["quota"] == (IDENTITY_RULES[0], ("quota_job_seekers", "quota_laid_off"), True)
    assert not found["candidates"][2]
    assert len(found) == len(IDENTITIES) == 7


def test_named_role_is_one_that_organisations_have() -> None:
    roles: set[str] = set()
    for path in (ROOT / "raw").glob("*/organisations.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            roles |= {row["role"] for row in csv.DictReader(file)}
    named = {measure.measure: measure.named_role for measure in MEASURES.values() if measure.named_role}
    assert named == {"event_organisers": "event_organiser"}
    assert set(named.values()) <= roles
