"""Assure: every table keeps its declared schema, by Pandera, lazily, so that all failures are told at once."""

from collections import Counter
from collections.abc import Iterator, Mapping

import ibis.expr.types as ir
import pandera.errors

from flows.nouns import CannotRun, Judged
from schemas.rules import figures_schema
from schemas.tables import TABLES


def assure(judged: Judged) -> Judged:
    """Validate the tables against their declarations, the figures together with the rules, and hand them on.

    Broken rules are findings already, and known ones are let through. Raises CannotRun where a table itself is not
    as declared: it names table, column and check.
    """
    open_errors = Counter(finding.rule for finding in judged.findings if finding.is_open)
    failed = {rule: open_errors[rule] for rule in judged.validated.tested}
    problems = [problem for name, table in judged.tables.items() for problem in _problems(name, table, failed)]
    if problems:
        raise CannotRun(
            "The tables are not as declared: " + "; ".join(problems) + ". Correct the file in raw/ that they come from."
        )
    return judged


def _problems(name: str, table: ir.Table, failed: Mapping[str, int]) -> Iterator[str]:
    """What Pandera says against one table, but for the rules."""
    declared = [column.name for column in TABLES[name].columns]
    if list(table.columns) != declared:
        yield f"table {name}: its columns are {', '.join(table.columns)}, not {', '.join(declared)}"
        return
    # Of no rows, pandera.ibis 0.35 takes the answer "unknown" for a failure of every check.
    if table.count().to_pyarrow().as_py() == 0:
        return
    schema = TABLES[name].model.to_schema()
    if name == "figures":
        schema = figures_schema(schema, failed)
    try:
        schema.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        for error in errors.schema_errors:
            check = getattr(error.check, "name", None) or str(error.check or error.reason_code)
            if check not in failed:
                column = f", column {error.column_name}" if getattr(error, "column_name", None) else ""
                yield f"table {name}{column}: {check} ({str(error).splitlines()[0]})"
