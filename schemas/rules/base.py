"""What a rule is, what it is given, and the few expressions that all rules share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from schemas.declare import NUMBER, TOTAL

#: Place of a figure: what a term of a comparison points at.
PLACE = ("source", "resource", "row")
#: The programme opened its first wave on 11 April 2020; a period that starts by then counts from the start.
#: Source: Kemenko Perekonomian, gelombang 1, 11 April 2020.
PROGRAMME_START = "2020-04-30"

#: One row per comparison that a rule made.
#:
#: `comparison` names it within the rule; `outcome` says how it fails and is null where it holds. `source`, `resource`
#: and `row` are the figure that a finding is filed under; `printed` is that figure, `found` what the others give, from
#: `found_lower` to `found_upper`. `bound_lower` and `bound_upper` bound the weighted sum of the terms (null: open);
#: both are null where the comparison is no arithmetic. `expected_lower` and `_upper` bound what a missing member should
#: be, from what else is known of it. `names` lists members or candidates, `detail` any other word. A companion is no
#: finding of its own: it only helps to tell which figure is wrong.
COMPARISON = ibis.schema(
    {
        "comparison": "string", "outcome": "string", "severity": "string",
        "source": "string", "resource": "string", "row": "int64", "region_code": "string", "measure": "string",
        "printed_as": "string", "printed": TOTAL, "found": TOTAL, "found_lower": TOTAL, "found_upper": TOTAL,
        "bound_lower": TOTAL, "bound_upper": TOTAL, "expected_lower": TOTAL, "expected_upper": TOTAL,
        "names": "string", "detail": "string", "is_companion": "boolean",
    }
)  # fmt: skip
#: One row per figure that a comparison rests on, with its coefficient in the weighted sum; 0 is evidence only.
#: `doubled` marks a row that repeats a member already in the list.
TERM = ibis.schema(
    {
        "comparison": "string", "source": "string", "resource": "string", "row": "int64", "coefficient": NUMBER,
        "doubled": "boolean",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Tested:
    """What a rule compared, and on which figures. No offending row means that it holds, if anything was compared.

    `comparisons` has the columns of COMPARISON and may have more; `terms` gives the TERM rows of some of them, and
    `words` puts into `names` and `detail` what only their sentences need: both are looked up for the few that are
    shown, never for all.
    """

    comparisons: ir.Table
    terms: Callable[[ir.Table], ir.Table]
    words: Callable[[ir.Table], ir.Table] = lambda some: some

    @property
    def offending(self) -> ir.Table:
        """The comparisons that fail."""
        return self.comparisons.filter(self.comparisons.outcome.notnull())


@dataclass(frozen=True)
class Facts:
    """What rules are given: the tables as read, and what several rules share, each made once.

    `earlier` are the figures of earlier versions of sources on the web, with rows numbered through from the oldest on.
    `cells` are the figures that can be understood: the `observations`, with the number of their slice, joined with the
    `slices`, which have what figures of one source have in common that differ in the region alone. `repeated` are those
    cells that stand in several rows of their source; `families` are the lists of children with their sums, `members`
    the regions in each, `sums` each family with each figure for its parent. `share` gives an expression a name on the
    engine, for what a rule refers to more than once: DuckDB works out all columns of what has none. `present` has the
    measures that are there, and `waves`, `sex`, `age_group`, `several_sources`, `earlier` where they are.
    """

    figures: ir.Table
    earlier: ir.Table
    sources: ir.Table
    regions: ir.Table
    measures: ir.Table
    organisations: ir.Table
    lineage: ir.Table
    region_keys: ir.Table
    slices: ir.Table
    observations: ir.Table
    cells: ir.Table
    repeated: ir.Table
    members: ir.Table
    families: ir.Table
    sums: ir.Table
    share: Callable[[str, ir.Table], ir.Table]
    present: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """One rule: a true sentence in both languages, how grave its failure is and why, and the function that tests it.

    `messages` has for each outcome what to tell an editor, in English and Indonesian, as a format string over the
    columns of a finding.
    """

    name: str
    sentence_en: str
    sentence_id: str
    severity: str
    why: str
    messages: Mapping[str, tuple[str, str]]
    test: Callable[[Facts], Tested]
    needs: frozenset[str] = frozenset()

    def applies(self, present: frozenset[str]) -> bool:
        """Whether there is anything that it could test: one of what it needs, if it needs anything."""
        return not self.needs or bool(self.needs & present)


def rule(
    sentence_id: str,
    *,
    severity: str = "error",
    why: str,
    messages: Mapping[str, tuple[str, str]],
    needs: Iterable[str] = (),
) -> Callable[[Callable[[Facts], Tested]], Rule]:
    """Declare a function as a rule. Its name is the rule's, its docstring the English sentence that the public reads.

    `needs` are measures or dimensions (see `Facts.present`) without all of which the rule has nothing to test.
    """

    def declare(test: Callable[[Facts], Tested]) -> Rule:
        sentence = " ".join((test.__doc__ or "").split())
        return Rule(test.__name__, sentence, sentence_id, severity, why, messages, test, frozenset(needs))

    return declare


#: Columns by which `two_terms` finds the other figure.
OTHER = ("other_source", "other_resource", "other_row")


def comparisons(table: ir.Table, *, keep: Sequence[str] = (), **values: Any) -> ir.Table:
    """Project to the columns of COMPARISON, null where a rule does not say, and to those that its terms need."""
    columns = set(table.columns)
    given = {name: values.get(name, table[name] if name in columns else None) for name in COMPARISON.names}
    given["is_companion"] = False if given["is_companion"] is None else given["is_companion"]
    told = {name: _typed(given[name], dtype) for name, dtype in COMPARISON.items()}
    return table.select(**told, **{name: table[name] for name in keep})


def terms(table: ir.Table, comparison: Any, coefficient: Any = 0, doubled: Any = False) -> ir.Table:
    """Project to the columns of TERM."""
    given = {"comparison": comparison, **{name: table[name] for name in PLACE}}
    given |= {"coefficient": coefficient, "doubled": doubled}
    return table.select(**{name: _typed(given[name], dtype) for name, dtype in TERM.items()})


def two_terms(some: ir.Table) -> ir.Table:
    """The terms of comparisons of a figure with one other, whose place is in `other_source`, `_resource` and `_row`."""
    columns = {name: some[f"other_{name}"] for name in PLACE}
    other = some.select("comparison", **columns)
    return terms(some, some.comparison, 1).union(terms(other, other.comparison, -1))


def _typed(value: Any, dtype: Any) -> Any:
    if value is None:
        return ibis.null(dtype)
    return (ibis.literal(value) if isinstance(value, str | int) else value).cast(dtype)


def named(*parts: Any) -> Any:
    """The name of a comparison, from what makes it one."""
    texts = [part if isinstance(part, str) else part.cast("string").fill_null("") for part in parts]
    name: Any = ibis.literal(texts[0]) if isinstance(texts[0], str) else texts[0]
    for text in texts[1:]:
        name = name + "|" + text
    return name


def place(table: Any) -> Any:
    """The place of a figure as text."""
    return named(table.source, table.resource, table.row)


def meet(lower: Any, upper: Any, other_lower: Any, other_upper: Any) -> Any:
    """Whether two intervals have a value in common; a null bound is open."""
    return not_above(lower, other_upper) & not_above(other_lower, upper)


def not_above(lower: Any, upper: Any) -> Any:
    """Whether a true value from `lower` on can be at most one up to `upper`; a null bound is open."""
    return (lower <= upper).fill_null(True)


def open_sum(bound: Any) -> Any:
    """Sum of bounds, null (open) as soon as one of them is."""
    return bound.isnull().any().ifelse(None, bound.sum()).cast(TOTAL)


def in_order(texts: Any, separator: str, *order: Any) -> Any:
    """Aggregate: the texts of a group as one, in this order; null where there is none.

    Written with arrays, since not every engine can order what it concatenates.
    """
    placed = ibis.struct({**{f"by_{n}": each for n, each in enumerate(order)}, "text": texts})
    found = placed.collect(where=texts.notnull())
    return (found.length() > 0).ifelse(found.sort().map(lambda each: each.text).join(separator), None)


def quotient(part: Any, whole: Any) -> Any:
    """Part by whole as a binary fraction; null where the whole is nought, on every engine.

    Not written as a division: Sail 0.7 makes of its divisor a choice of which one branch raises an error, and where a
    join hands it a batch without rows it takes that branch.
    """
    return part.cast("float64") * whole.cast("float64").nullif(0) ** -1


def bounds_of(rows: ir.Table) -> dict[str, Any]:
    """Aggregates over rows that print one figure: what all of them allow, and what any of them allows."""
    return {
        "meets_lower": rows.lower.max(), "meets_upper": rows.upper.min(),
        "spans_lower": rows.lower.isnull().any().ifelse(None, rows.lower.min()),
        "spans_upper": rows.upper.isnull().any().ifelse(None, rows.upper.max()),
    }  # fmt: skip


def one_interval(t: ir.Table) -> ir.Table:
    """`lower` and `upper` from the columns of `bounds_of`: where the rows meet, or all that they span where they differ."""
    agree = not_above(t.meets_lower, t.meets_upper)
    bounds = {name: agree.ifelse(t[f"meets_{name}"], t[f"spans_{name}"]) for name in ("lower", "upper")}
    return t.mutate(**bounds).drop("meets_lower", "meets_upper", "spans_lower", "spans_upper")


def same(left: ir.Table, right: ir.Table, *names: str) -> list[Any]:
    """Join predicates: equal, or both empty."""
    return [left[name].identical_to(right[name]) for name in names]


def one_day(left: Any, right: Any) -> Any:
    """Whether two rows may speak of one day: the same, or one of them does not say."""
    return left.as_of.isnull() | right.as_of.isnull() | (left.as_of == right.as_of)


def all_of(facts: Facts, name: str, tests: Sequence[Tested]) -> Tested:
    """Several tests of one rule as one: each comparison keeps the columns of its test, and which one that is."""
    told = [facts.share(f"{name}_{n}", test.comparisons) for n, test in enumerate(tests)]
    columns = {column: dtype for each in told for column, dtype in each.schema().items()}

    def widened(each: ir.Table, n: int) -> ir.Table:
        own = {column: each[column] if column in each.columns else ibis.null(columns[column]) for column in columns}
        return each.select(**own, test=ibis.literal(n))

    def of(some: ir.Table) -> ir.Table:
        return union([test.terms(some.filter(some.test == n)) for n, test in enumerate(tests)])

    def words(some: ir.Table) -> ir.Table:
        return union([test.words(some.filter(some.test == n)).select(some.columns) for n, test in enumerate(tests)])

    return Tested(union([widened(each, n) for n, each in enumerate(told)]), of, words)


def union(tables: Sequence[ir.Table]) -> ir.Table:
    """All rows of one or more tables."""
    return ibis.union(*tables) if len(tables) > 1 else tables[0]
