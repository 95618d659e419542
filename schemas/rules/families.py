"""Families: the children of one region, one measure and one period, against each other and against their parent."""

from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.declare import TOTAL
from schemas.rules.base import (
    PLACE,
    Facts,
    Tested,
    comparisons,
    in_order,
    meet,
    not_above,
    quotient,
    rule,
    same,
    terms,
)
from schemas.rules.facts import FAMILY, expected_members, one_short

#: A list with this share of its members sets out to be complete; so does one that lacks a single member.
_NEARLY = 0.8
#: Below half, a list is a choice (the five largest), and nothing is said about it.
_MOST = 0.5

#: A region's share of its parent changes little: Bengkulu had 1.5 percent of the nation in 2020 and in 2023.
_MARGIN = 1.5
#: What the terms of a family need.
_KEPT = ("family", "slice", "parent_source", "parent_resource", "parent_row", "parent_code", "tier")

_SUM = (
    "{region}: {printed_as} is printed, but its {n} members in {detail} sum to {found}, {difference} {more_en}.",
    "{region}: tercetak {printed_as}, tetapi {n} anggotanya di {detail} berjumlah {found}, {more_id} {difference}.",
)


def _near(t: ir.Table) -> Any:
    """Whether a list that is not complete sets out to be: by its length, or by the text's own count of members."""
    by_text = (t.listed < t.said) & (t.listed >= t.said * _MOST)
    return ~t.complete & (t.listed < t.due) & (_by_length(t) | by_text.fill_null(False))


def _by_length(t: ir.Table) -> Any:
    return (t.listed >= t.due * _NEARLY) | ((t.listed == t.due - 1) & (t.due > 2))


def _told(t: ir.Table, **values: Any) -> ir.Table:
    """Filed under the parent's figure."""
    filed = t.mutate(**{name: t[f"parent_{name}"] for name in PLACE}, detail=t.source)
    return comparisons(
        filed, keep=_KEPT, **{
            "region_code": filed.parent_code, "printed": filed.parent_value, "printed_as": filed.parent_as,
            "found": filed.sum_value, "found_lower": filed.sum_lower, "found_upper": filed.sum_upper,
            **values,
        },
    )  # fmt: skip


def _family_terms(facts: Facts, sign: int, *, with_copies: bool = False) -> Any:
    """The parent with minus `sign`, each child with `sign`; a row that repeats a member counts only `with_copies`."""

    def of(some: ir.Table) -> ir.Table:
        parent = some.filter(some.parent_row.notnull())
        asked = some.select("comparison", *FAMILY)
        cells = facts.cells
        children = cells.join(asked, same(cells, asked, *FAMILY)).select(cells, asked.comparison)
        form = children.locator.fill_null("").re_replace("[0-9]+", "#")
        by = [children.comparison, children.region_code]
        order = [children.resource, children.row]
        children = children.mutate(
            repeated=ibis.row_number().over(group_by=by, order_by=order) > 0,
            copy=ibis.row_number().over(group_by=[*by, form, children.value], order_by=order) > 0,
        )
        counted = ~children.repeated | (children.copy & with_copies)
        return terms(parent, parent.comparison, -sign).union(
            terms(children, children.comparison, counted.ifelse(sign, 0), children.copy)
        )

    return of


def _with_names(facts: Facts, some: ir.Table) -> ir.Table:
    """These comparisons of families with the names of members that are missing or stand twice: `missing`, `twice`."""
    families = facts.families.semi_join(some, "family")
    listed, absent = _listed(facts, families), _absent(facts, families)
    missing = absent.group_by("family").agg(missing=in_order(absent.name, ", ", absent.region_code))
    double = listed.filter(listed.copies > 1)
    twice = double.group_by("family").agg(twice=in_order(double.region_as_printed, ", ", double.region_code))
    joined = some.left_join(missing, "family").drop("family_right")
    return joined.left_join(twice, "family").drop("family_right")


def _listed(facts: Facts, families: ir.Table) -> ir.Table:
    """The members that these families have."""
    members = facts.members
    return families.join(members, same(families, members, *FAMILY)).select(
        families.family, members.region_code, members.copies, members.region_as_printed
    )


def _absent(facts: Facts, families: ir.Table) -> ir.Table:
    """The members that these families lack: `family`, `region_code`, `name`."""
    return expected_members(facts, families).anti_join(_listed(facts, families), ["family", "region_code"])


@rule(
    "Keluarga wilayah yang lengkap berjumlah sama dengan induknya.",
    why="Regions of one level do not overlap, so that a complete family can give nothing but its parent.",
    messages={
        "sum_differs": _SUM,
        "parent_missing": (
            "{region}: all {n} members are listed and sum to {found}, but no figure for {region} itself is there to compare.",
            "{region}: semua {n} anggota tercantum dan berjumlah {found}, tetapi angka {region} sendiri tidak ada.",
        ),
        "parent_twice": (
            "{region}: its own figure stands more than once and differs ({names}); its members sum to {found}.",
            "{region}: angkanya sendiri tercetak lebih dari sekali dan berbeda ({names}); anggotanya berjumlah {found}.",
        ),
        "children_missing": (
            "{region}: {printed_as} cannot be tested in full: {n} members sum to {found}, leaving {rest} for {names}.",
            "{region}: {printed_as} tidak dapat diuji penuh: {n} anggota berjumlah {found}, tersisa {rest} untuk {names}.",
        ),
    },
)
def children_sum_to_parent(facts: Facts) -> Tested:
    """A complete family of regions adds up to its parent."""
    families, t = (
        facts.share(f"most_of_{name}", table.filter(table.complete | (table.listed > table.due * _MOST)))
        for name, table in (("families", facts.families), ("sums", facts.sums))
    )
    own = t.filter(t.is_own)
    holds = meet(t.sum_lower, t.sum_upper, t.parent_lower, t.parent_upper)
    t = t.filter(t.complete | t.is_own | one_short(t))
    outcome = ibis.cases((~t.complete, "children_missing"), (~holds, "sum_differs"), else_=ibis.null(str))
    # With one member missing the remainder is its figure, which the search for the culprit may judge.
    summable = t.complete | one_short(t)
    summed = _told(
        t,
        outcome=outcome,
        severity=(outcome == "sum_differs").ifelse("error", "warning"),
        bound_lower=summable.ifelse(0, None),
        bound_upper=summable.ifelse(0, None),
    )

    def words(some: ir.Table) -> ir.Table:
        told = _with_names(facts, some)
        names = (told.outcome == "children_missing").ifelse(told.missing, told.names)
        told = told.mutate(names=names).drop("expected_lower", "expected_upper", "missing", "twice")
        return told.left_join(_expected(facts, some), "comparison").drop("comparison_right")

    told = ibis.union(summed, _parent_twice(own), _parent_missing(families, t))
    return Tested(told, _family_terms(facts, 1), words)


def _expected(facts: Facts, some: ir.Table) -> ir.Table:
    """What the single missing member of a comparison should be: its share of the parent in other sources, give or take
    a half."""
    families = facts.families.semi_join(some, "family")
    absent = _absent(facts, families.filter(one_short(families)))
    elsewhere = facts.sums.filter(facts.sums.is_own & (facts.sums.parent_value > 0))
    printed = facts.members.semi_join(absent, "region_code")
    shares = elsewhere.join(printed, same(elsewhere, printed, *FAMILY)).select(
        elsewhere.source, elsewhere.measure, printed.region_code,
        share=quotient(printed.value, elsewhere.parent_value),
    )  # fmt: skip
    asked = facts.sums.filter(one_short(facts.sums)).join(absent, "family")
    known = asked.join(shares, [asked.region_code == shares.region_code, asked.measure == shares.measure,
                                asked.source != shares.source]).select(
        asked.comparison, size=shares.share * asked.parent_value.cast("float64")
    )  # fmt: skip
    return known.group_by("comparison").agg(
        expected_lower=(known.size.min() / _MARGIN).cast(TOTAL), expected_upper=(known.size.max() * _MARGIN).cast(TOTAL)
    )


def _parent_twice(own: ir.Table) -> ir.Table:
    """One comparison for each family whose parent is printed with values that differ."""
    bounds = own.group_by(list(FAMILY)).agg(most=own.parent_lower.max(), least=own.parent_upper.min())
    apart = bounds.filter(~not_above(bounds.most, bounds.least))
    several = own.semi_join(apart, list(FAMILY))
    stated = several.group_by("family").agg(
        first=several.parent_row.min(), stated=in_order(several.parent_as, ", ", several.parent_row)
    )
    t = several.join(stated, "family")
    t = t.filter(t.parent_row == t.first).mutate(comparison=lambda each: each.family + "|twice")
    return _told(t, outcome="parent_twice", severity="warning", names=t.stated)


def _parent_missing(families: ir.Table, tested: ir.Table) -> ir.Table:
    """One comparison for each complete family that nothing could be compared with."""
    alone = families.filter(families.complete).anti_join(tested, list(FAMILY))
    return comparisons(
        _without_parent(alone), keep=_KEPT, outcome="parent_missing", severity="warning", found=alone.sum_value,
        found_lower=alone.sum_lower, found_upper=alone.sum_upper,
    )  # fmt: skip


def _without_parent(families: ir.Table) -> ir.Table:
    """Filed under the first row of the list."""
    return families.mutate(
        comparison=families.family, resource=families.first_resource, row=families.first_row,
        region_code=families.parent_code, detail=families.source,
        parent_source=ibis.null(str), parent_resource=ibis.null(str), parent_row=ibis.null("int64"),
    )  # fmt: skip


@rule(
    "Keluarga wilayah yang tidak lengkap tidak melampaui induknya.",
    why="Part of a family cannot be more than the whole of it.",
    messages={
        "exceeds": (
            "{region}: {printed_as} is printed, but {n} of its members in {detail} alone sum to {found}, {difference} more.",
            "{region}: tercetak {printed_as}, tetapi {n} anggotanya saja di {detail} berjumlah {found}, lebih {difference}.",
        )
    },
)
def children_do_not_exceed_parent(facts: Facts) -> Tested:
    """An incomplete family of regions stays within its parent."""
    t = facts.sums.filter(~facts.sums.complete)
    outcome = not_above(t.sum_lower, t.parent_upper).ifelse(ibis.null(str), "exceeds")
    return Tested(_told(t, outcome=outcome, severity="error", bound_lower=0), _family_terms(facts, -1))


@rule(
    "Daftar yang dimaksudkan lengkap memang lengkap, dan tiap anggotanya tercantum satu kali.",
    why="A gap or a double in a list that reads as complete misleads everybody who adds it up.",
    messages={
        "missing": (
            "{region}: the list in {detail} has {printed} of {found} members, so that it reads as complete, but lacks:"
            " {names}.",
            "{region}: daftar di {detail} memuat {printed} dari {found} anggota sehingga terbaca lengkap, tetapi tidak"
            " memuat: {names}.",
        ),
        "missing_by_text": (
            "{region}: the text counts {found} members, but the list in {detail} has {printed} and lacks some of:"
            " {names}.",
            "{region}: teks menyebut {found} anggota, tetapi daftar di {detail} memuat {printed} dan tidak memuat"
            " sebagian dari: {names}.",
        ),
        "twice": (
            "{region}: the list in {detail} has a member twice: {names}.",
            "{region}: daftar di {detail} memuat anggota dua kali: {names}.",
        ),
        "missing_and_twice": (
            "{region}: the list in {detail} has {printed} of {found} members, so that it reads as complete, but has"
            " one twice and lacks others: {names}.",
            "{region}: daftar di {detail} memuat {printed} dari {found} anggota sehingga terbaca lengkap, tetapi"
            " memuat anggota dua kali dan tidak memuat yang lain: {names}.",
        ),
        "most": (
            "{region}: the list in {detail} has {printed} of {found} members, most of them, but not: {names}.",
            "{region}: daftar di {detail} memuat {printed} dari {found} anggota, sebagian besar, tetapi tidak: {names}.",
        ),
    },
)
def family_is_complete(facts: Facts) -> Tested:
    """A list that sets out to be complete is complete, and has each member once."""
    t = facts.families.filter(
        facts.families.complete | (facts.families.listed > facts.families.due * _MOST) | _near(facts.families)
    )
    near, doubled = _near(t), t.rows > t.listed
    outcome = ibis.cases(
        (near & doubled, "missing_and_twice"),
        (near & _by_length(t), "missing"),
        (near, "missing_by_text"),
        (doubled, "twice"),
        (~t.complete, "most"),
        else_=ibis.null(str),
    )
    told = comparisons(
        _without_parent(t),
        keep=_KEPT,
        outcome=outcome,
        severity=(outcome == "most").ifelse("warning", "error"),
        printed=t.listed,
        found=(outcome == "missing_by_text").ifelse(t.said, t.due),
    )

    def words(some: ir.Table) -> ir.Table:
        told = _with_names(facts, some)
        names = ibis.cases(
            (told.outcome == "twice", told.twice),
            (told.outcome == "missing_and_twice", told.twice + " (2x); " + told.missing),
            else_=told.missing,
        )
        return told.mutate(names=names)

    return Tested(told, _family_terms(facts, 0), words)


@rule(
    "Jumlah yang tercetak didukung oleh daftar lengkap yang memuat tiap anggota satu kali.",
    why="A total that fits only because a member stands twice, or although one is missing, is not supported by its list.",
    messages={
        "double": (
            "{region}: {printed_as} fits the list in {detail} only because a member stands twice; without the double it"
            " sums to {found}.",
            "{region}: {printed_as} cocok dengan daftar di {detail} hanya karena satu anggota tercantum dua kali; tanpa"
            " yang ganda jumlahnya {found}.",
        ),
        "gap": (
            "{region}: {printed_as} fits the list in {detail}, although members are missing: {names}.",
            "{region}: {printed_as} cocok dengan daftar di {detail}, padahal ada anggota yang tidak tercantum: {names}.",
        ),
    },
)
def stated_total_is_supported(facts: Facts) -> Tested:
    """A stated total is supported by a complete list that has each member once."""
    t = facts.sums.filter(
        facts.sums.is_own & (facts.sums.complete | _near(facts.sums) | (facts.sums.rows > facts.sums.listed))
    )
    each_once = meet(t.sum_lower, t.sum_upper, t.parent_lower, t.parent_upper)
    as_printed = meet(t.printed_sum_lower, t.printed_sum_upper, t.parent_lower, t.parent_upper)
    outcome = ibis.cases(
        ((t.rows > t.listed) & as_printed & ~each_once, "double"), (_near(t) & each_once, "gap"), else_=ibis.null(str)
    )
    told = _told(t, outcome=outcome, severity="error", bound_lower=0, bound_upper=0)

    def words(some: ir.Table) -> ir.Table:
        told = _with_names(facts, some)
        return told.mutate(names=(told.outcome == "double").ifelse(told.twice, told.missing))

    return Tested(told, _family_terms(facts, 1, with_copies=True), words)
