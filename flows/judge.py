"""Judge: make of the rules' failures the findings that people read, and decide what may be published."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from flows.engine import keep, share
from flows.nouns import CannotRun, Finding, Judged, KnownIssue, Offence, Place, Printed, Suspected, Validated
from schemas.declare import NUMBER
from schemas.derive import arrow_schema
from schemas.measures import MEASURES
from schemas.relations import Cell, Relation
from schemas.rules import RULES
from schemas.rules.base import PLACE
from schemas.rules.words import message
from schemas.tables import TABLES

#: The rule on the notes themselves; it tests no figure.
STALE = "known_issue_is_current"
_STALE_WORDS = (
    "A known issue still matches a finding.",
    "Catatan masalah yang diketahui masih cocok dengan suatu temuan.",
    "A note that matches nothing hides that something has changed.",
)
#: Neighbours in print are of one measure: those of two lie apart.
_KINDS = {name: number for number, name in enumerate(MEASURES)}
_APART = 2
_COPIED = ("the row stands twice in the list", "baris ini tercantum dua kali dalam daftar")


def question(validated: Validated) -> tuple[list[Cell], list[Relation]]:
    """The failures as the search for the culprit asks for them: figures, and the relations between them."""
    relations = [_relation(each) for each in (*validated.offences, *validated.holding) if each.is_arithmetic]
    named = sorted({key for relation in relations for key in relation.terms})
    return [_cell(place, validated.printed[place]) for place in named], relations


def _relation(offence: Offence) -> Relation:
    missing = offence.names.split(", ") if offence.outcome == "children_missing" and offence.names else []
    return Relation(
        id=f"{offence.rule}|{offence.comparison}",
        rule=offence.rule,
        holds=offence.outcome is None,
        terms={term.place: term.coefficient for term in offence.terms if term.coefficient},
        lower=offence.bound_lower,
        upper=offence.bound_upper,
        missing=tuple(missing),
        expected=(offence.expected_lower, offence.expected_upper),
        doubled=tuple(term.place for term in offence.terms if term.doubled and term.coefficient),
    )


def _cell(place: Place, printed: Printed) -> Cell:
    if printed.value is None or printed.precision is None:
        raise ValueError(f"{place} was compared, but has no value")
    return Cell(
        key=place,
        name=printed.region_as_printed or place[0],
        token=printed.value_as_printed or "",
        language=printed.language,
        value=printed.value,
        lower=printed.lower,
        upper=printed.upper,
        precision=printed.precision,
        whole=printed.whole,
        order=(_APART * _KINDS.get(printed.measure or "", 0), place[2]),
    )


def judge(
    validated: Validated,
    suspects: Mapping[str, Sequence[Suspected]],
    known: pa.Table,
    today: date,
    *,
    stale: bool = True,
) -> Judged:
    """Findings with their suspects and whether they are known, and the status of every figure.

    `suspects` are those of each relation by its id, `known` the rows of `raw/known_issues.csv`. A known issue holds
    up to and with its day `until`; later the finding is `expired` and counts as new. One that matches nothing is a
    warning, unless `stale` is false.
    """
    names = _region_names(validated)
    offences = [each for each in validated.offences if not each.is_companion]
    found = _with_the_missing([_finding(each, validated, suspects, names) for each in offences])
    issues = [_issue(number, row) for number, row in enumerate(known.to_pylist(), 1)]
    sources = set(validated.ingested.sources.source.to_pyarrow().to_pylist())
    found, unmatched = _recognised(found, [issue for issue in issues if issue.source in sources], today)
    notes = unmatched if stale else []
    findings = tuple(sorted((*found, *notes), key=lambda each: (each.source, each.row, each.rule, each.finding)))
    errors = {name for name, each in RULES.items() if each.severity == "error"}
    failed = sum(count for name, count in validated.failed.items() if name in errors)
    unlisted = failed - sum(each.rule in errors for each in offences)
    return Judged(
        validated=validated,
        findings=findings,
        unlisted=unlisted,
        tables=_tables(validated, findings, notes),
    )


def _region_names(validated: Validated) -> dict[str, str]:
    codes = {each.region_code for each in validated.offences if each.region_code}
    regions = validated.ingested.regions
    table = regions.filter(regions.region_code.isin(sorted(codes) or [""])).select("region_code", "name").to_pyarrow()
    return dict(zip(table["region_code"].to_pylist(), table["name"].to_pylist(), strict=True))


def _finding(
    offence: Offence, validated: Validated, suspects: Mapping[str, Sequence[Suspected]], names: Mapping[str, str]
) -> Finding:
    printed = validated.printed.get(offence.place)
    told = {
        **vars(offence),
        "region": names.get(offence.region_code or "") or (printed.region_as_printed if printed else None),
        "count": _members(offence),
        "unit": printed.unit if printed else None,
        "level": printed.level if printed else None,
        "within": printed.within_as_printed if printed else None,
    }
    english, indonesian = message(offence.rule, str(offence.outcome), told)
    evidence = tuple(sorted({term.place for term in offence.terms} | {offence.place}))
    difference = None if offence.printed is None or offence.found is None else offence.found - offence.printed
    return Finding(
        finding=_identity(offence, evidence),
        rule=offence.rule, outcome=str(offence.outcome), severity=offence.severity, state="new",
        source=offence.source, resource=offence.resource, row=offence.row, region_code=offence.region_code,
        measure=offence.measure, printed_as=offence.printed_as, printed=offence.printed, found=offence.found,
        difference=difference, message_en=english, message_id=indonesian, evidence=evidence,
        suspects=tuple(suspects.get(f"{offence.rule}|{offence.comparison}", ())) or tuple(_copies(offence, validated)),
        members={term.place: term.coefficient for term in offence.terms}, relation=offence.comparison,
    )  # fmt: skip


def _members(offence: Offence) -> int:
    """How many figures stand on the side of the sum that has more."""
    signs = [term.coefficient > 0 for term in offence.terms if term.coefficient]
    return max(sum(signs), len(signs) - sum(signs))


def _identity(offence: Offence, evidence: Sequence[Place]) -> str:
    """A name that stays while rule, rows, what was printed and what was found stay."""
    found = None if offence.found is None else f"{offence.found.normalize():f}"
    parts = (offence.rule, offence.outcome, offence.printed_as, found, offence.source, offence.row, *evidence)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _copies(offence: Offence, validated: Validated) -> Iterator[Suspected]:
    """A list that has a member twice: the second row is the suspect."""
    for place, term in enumerate((term for term in offence.terms if term.doubled), 1):
        value = validated.printed[term.place].value
        yield Suspected(place, 1, term.source, term.resource, term.row, value, None, "row_doubled", *_COPIED)


def _with_the_missing(findings: Sequence[Finding]) -> list[Finding]:
    """A list that lacks one member: what its sum leaves for it, found by the rule on sums, goes with the gap too."""
    left = {
        each.relation.rsplit("|", 3)[0]: [one for one in each.suspects if one.kind == "row_missing"]
        for each in findings
        if each.outcome == "children_missing"
    }
    return [
        replace(each, suspects=(*each.suspects, *left.get(each.relation, ())))
        if each.rule == "family_is_complete"
        else each
        for each in findings
    ]


def _issue(number: int, row: Mapping[str, Any]) -> KnownIssue:
    where = f"raw/known_issues.csv, row {number}"
    try:
        until = date.fromisoformat(row["until"] or "")
        since = date.fromisoformat(row["decided_on"] or "")
        place = int(row["row"] or "")
        found = Decimal(row["found"]) if row["found"] else None
    except (ValueError, InvalidOperation) as error:
        raise CannotRun(
            f"{where}: `row` and `found` are numbers, `decided_on` and `until` are dates ({error})."
        ) from error
    if row["rule"] not in RULES:
        raise CannotRun(f"{where}: there is no rule {row['rule']!r}.")
    if not row["reason"] or not row["source"]:
        raise CannotRun(f"{where}: `source` and `reason` must be given.")
    return KnownIssue(row["rule"], row["source"], place, row["printed"], found, row["reason"], since, until)


def _recognised(
    findings: Iterable[Finding], issues: Sequence[KnownIssue], today: date
) -> tuple[list[Finding], list[Finding]]:
    """The findings with what is known of them, and a warning for each note that matches none."""
    used: set[int] = set()
    result = []
    for finding in findings:
        number = next((n for n, issue in enumerate(issues) if issue.matches(finding)), None)
        if number is None:
            result.append(finding)
            continue
        used.add(number)
        issue = issues[number]
        state = "known" if today <= issue.until else "expired"
        result.append(
            replace(finding, state=state, reason=issue.reason, known_since=issue.since, known_until=issue.until)
        )
    return result, [_stale(issue) for number, issue in enumerate(issues) if number not in used]


def _stale(issue: KnownIssue) -> Finding:
    text = f"{issue.rule}, {issue.source}, row {issue.row}, printed {issue.printed or 'anything'}"
    name = hashlib.sha256(repr((STALE, issue)).encode()).hexdigest()[:12]
    return Finding(
        finding=name, rule=STALE, outcome="stale", severity="warning", state="new", source=issue.source,
        resource="figures", row=issue.row, region_code=None, measure=None, printed_as=issue.printed, printed=None,
        found=issue.found, difference=None,
        message_en=f"The note in raw/known_issues.csv matches no finding any more: {text}. Remove it.",
        message_id=f"Catatan di raw/known_issues.csv tidak cocok lagi dengan temuan mana pun: {text}. Hapuslah.",
        evidence=(), suspects=(), members={}, relation="",
    )  # fmt: skip


@dataclass(frozen=True)
class _Rows:
    """Rows of one declared table as Arrow."""

    name: str
    rows: list[dict[str, Any]]

    @property
    def table(self) -> pa.Table:
        """With the declared types; money and counts as exact decimals."""
        schema = arrow_schema(TABLES[self.name]).remove_metadata()
        return pa.Table.from_pylist(self.rows, schema=pa.schema([f.remove_metadata() for f in schema]))


def _tables(validated: Validated, findings: Sequence[Finding], stale: Sequence[Finding]) -> dict[str, ir.Table]:
    """The tables of the dataset but the two that are chosen from the figures."""
    engine = validated.ingested.figures.get_backend()
    listed = [
        _Rows("rules", list(_rules(validated, stale))),
        _Rows("findings", [_row(each) for each in findings]),
        _Rows(
            "finding_figures",
            [
                dict(zip(("finding", *PLACE), (each.finding, *place), strict=True))
                for each in findings
                for place in each.evidence
            ],
        ),
        _Rows(
            "suspects", [{"finding": each.finding, **_exact(vars(one))} for each in findings for one in each.suspects]
        ),
    ]
    tables = {each.name: keep(engine, each.name, each.table) for each in listed}
    given = validated.ingested
    return {
        "sources": given.sources, "regions": given.regions, "measures": given.measures,
        "organisations": given.organisations, "figures": _with_status(validated, findings, engine), **tables,
    }  # fmt: skip


def _rules(validated: Validated, stale: Sequence[Finding]) -> Iterator[dict[str, Any]]:
    for name, each in RULES.items():
        yield {
            "rule": name, "sentence_en": each.sentence_en, "sentence_id": each.sentence_id, "severity": each.severity,
            "why": each.why, "tested": validated.tested[name], "findings": validated.failed[name],
        }  # fmt: skip
    english, indonesian, why = _STALE_WORDS
    yield {
        "rule": STALE, "sentence_en": english, "sentence_id": indonesian, "severity": "warning", "why": why,
        "tested": len(stale), "findings": len(stale),
    }  # fmt: skip


def _row(finding: Finding) -> dict[str, Any]:
    return _exact({column.name: getattr(finding, column.name) for column in TABLES["findings"].columns})


def _exact(row: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers with three decimals, as the tables have them; null where one is too large for them."""
    limit = Decimal(10) ** (NUMBER.precision - NUMBER.scale)
    return {
        name: (value.quantize(Decimal("0.001")) if abs(value) < limit else None)
        if isinstance(value, Decimal)
        else value
        for name, value in row.items()
    }


def _with_status(validated: Validated, findings: Sequence[Finding], engine: Any) -> ir.Table:
    """Every figure with its status: quarantined, flagged as what an error rests on, or accepted."""
    figures, lost = validated.ingested.figures, validated.quarantined
    marked = sorted({place for finding in findings if finding.severity == "error" for place in finding.flagged})
    columns = {name: pa.array([place[n] for place in marked], t) for n, (name, t) in enumerate(zip(
        PLACE, (pa.string(), pa.string(), pa.int64()), strict=True))}  # fmt: skip
    flagged = keep(engine, "flagged", pa.table(columns))
    marks = lost.mutate(status=ibis.literal("quarantined")).union(
        flagged.anti_join(lost, list(PLACE)).mutate(status=ibis.literal("flagged"))
    )
    names = [column.name for column in TABLES["figures"].columns if column.name != "status"]
    joined = figures.left_join(marks, [figures[name] == marks[name] for name in PLACE]).select(
        *(figures[name] for name in names), status=ibis.coalesce(marks.status, "accepted")
    )
    return share(engine, "figures", joined)
