"""What people read in a release: README.md and CHANGES.md."""

from collections.abc import Iterable, Sequence

import duckdb

from flows.publish.changes import Changes, RowChanges
from flows.publish.files import DESCRIPTION, DESCRIPTION_ID, LICENSE, TITLE
from flows.publish.metadata import Edition
from schemas.derive import dictionary, quoted
from schemas.tables import TABLES

_FILES = """\
Each table is a Parquet and a CSV file of the same name with the same rows, sorted by their key. In CSV an empty cell is
a missing value. `datapackage.json` describes every column (Data Package, version 2); `croissant.json` (Croissant 1.1),
`schema.jsonld` (schema.org), `catalog.ttl` (DCAT 3) and `CITATION.cff` say the same to other programs;
`standar_data.csv`, `ms_var.csv` and `ms_ind.csv` are the metadata of Satu Data Indonesia, in Indonesian. `CHANGES.md`
and `changes.json` tell what is new against the release before, `provenance.json` what the release was made from,
`SHA256SUMS` the hash of every file. This folder never changes. Keep its version in the paths that you use; `latest`
only names the newest."""

_NOT_TESTED = """\
That a source printed the truth: the rules only find figures that cannot all be true. A figure that nothing else speaks
of is accepted unopposed; `recipients.supporting_sources` says how many sources agree. That our transcription is right:
`sources.files` has the hash of each, `locator` where to look it up."""

_FRESH = """\
The newest source with figures was printed on {}, the last was read on {}. A release is made when something has changed,
and not otherwise: an old one with nothing after it is not a forgotten one. Whether anybody still looks is told by
`prakerja status`, to those who run it."""

_VERIFY = """\
`sha256sum -c SHA256SUMS` shows damage. `prakerja verify FOLDER` also checks what `provenance.json` says of the files,
the signature, that this release follows the one before it, and every table's columns, rows and keys."""

_REBUILD = """\
Take the code and the sources whose hashes `provenance.json` names, then `make run` with an empty `published/` and the
releases before this one in it: the same bytes come out on any machine, on any day."""

_ERROR = """\
Tell whoever gave you this release, or the maintainers of its source code, with the version, the table and the row's
key. Where a source misprints, name a better one; where we misread, the `locator` leads to the line."""

_QUERY = """\
```sql
-- DuckDB, in this folder
SELECT name, measure, period, recipients, value_as_printed, source, locator
FROM 'recipients.parquet' AS r
JOIN 'regions.parquet' USING (region_code)
JOIN (SELECT source, resource, "row", value_as_printed, locator FROM 'figures.parquet') USING (source, resource, "row")
ORDER BY recipients DESC;
```
```python
import pandas, polars

pandas.read_parquet("recipients.parquet", dtype_backend="pyarrow")  # keeps whole numbers whole where some are missing
polars.read_parquet("recipients.parquet")
```"""


def readme(connection: duckdb.DuckDBPyConnection, this: Edition, key: str | None) -> str:
    """What this release is, what was checked with what result, what is known to be wrong, and every column.

    `key` names the key that signs it.
    """
    sections = [
        f"# {TITLE} {this.version}",
        f"{DESCRIPTION}\n\n*{DESCRIPTION_ID}*",
        f"Licence: [{LICENSE['title']}]({LICENSE['path']}). The figures are facts that their sources printed.",
        f"## Files\n\n{_FILES}\n\n{_rows_by_table(connection)}",
        f"## How fresh it is\n\n{_freshness(connection)}",
        f"## Status of the figures\n\n{_statuses(connection)}",
        f"## What was tested\n\n{_rules(connection)}",
        f"## What was not tested\n\n{_NOT_TESTED}",
        f"## Known issues\n\n{_known_issues(connection)}",
        f"## How to query\n\n{_QUERY}",
        f"## How to verify\n\n{_VERIFY}\n\n{_signed(key)}",
        f"## How to cite\n\n{this.citation} For a single figure name its source as well.",
        f"## How to rebuild\n\n{_REBUILD}",
        f"## How to report an error\n\n{_ERROR}",
        "## Data dictionary",
        *(dictionary(table).rstrip("\n") for table in TABLES.values()),
    ]
    return "\n\n".join(sections) + "\n"


def _signed(key: str | None) -> str:
    if key is None:
        return "This release is **unsigned**: hashes show damage, but not who wrote the files."
    return f"Signed (Ed25519, DSSE) with the key `{key}`; compare this name with the one that the publisher tells you."


def changes_text(changes: Changes) -> str:
    """What changed, for people."""
    if changes.previous is None:
        return f"# Changes in {changes.version}\n\nThe first release.\n"
    sections = [f"# Changes in {changes.version} against {changes.previous}"]
    if changes.schema:
        lines = [f"- {each.table}: {each.change}{' (breaks)' if each.breaks else ''}" for each in changes.schema]
        sections.append("## Tables and columns\n\n" + "\n".join(lines))
    if changes.rows:
        counts = [(each.table, each.added, each.removed, each.changed) for each in changes.rows]
        sections.append("## Rows\n\n" + _table(("table", "added", "removed", "changed"), counts))
        sections += [_examples(each) for each in changes.rows]
    else:
        sections.append("No row changed.")
    return "\n\n".join(sections) + "\n"


def _examples(changes: RowChanges) -> str:
    lines = [f"### {changes.table}"]
    if changes.columns:
        cells = ", ".join(f"`{name}` {count}" for name, count in changes.columns.items())
        lines.append(f"Changed cells by column: {cells}.")
    for kind, rows in changes.examples.items():
        total = getattr(changes, kind)
        more = f" (the first {len(rows)} of {total})" if total > len(rows) else ""
        lines.append(f"{kind.capitalize()}{more}:\n\n" + "\n".join(map(_row, rows)))
    return "\n\n".join(lines)


def _row(row: dict[str, object]) -> str:
    values = row.get("values")
    key = " · ".join(str(value) for name, value in row.items() if name != "values")
    if not isinstance(values, dict):
        return f"- {key}"
    cells = "; ".join(f"`{name}`: {_shown(each['old'])} -> {_shown(each['new'])}" for name, each in values.items())
    return f"- {key}: {cells}"


def _shown(value: str | None) -> str:
    return "empty" if value is None else _one_line(value)


def _rows_by_table(connection: duckdb.DuckDBPyConnection) -> str:
    rows = []
    for name, table in TABLES.items():
        count = connection.sql(f"SELECT count(*) FROM {quoted(name)}").fetchall()[0][0]
        rows.append((f"`{name}`", count, table.words.description_en, table.words.description_id))
    return _table(("table", "rows", "holds", "isi"), rows)


def _statuses(connection: duckdb.DuckDBPyConnection) -> str:
    query = "SELECT status, count(*) FROM figures GROUP BY status ORDER BY status"
    return _table(("status", "figures"), connection.sql(query).fetchall())


def _freshness(connection: duckdb.DuckDBPyConnection) -> str:
    """Nothing but what the sources say: how long ago that is depends on the day on which this is read."""
    query = (
        "SELECT coalesce(year(published)::VARCHAR, 'no date'), count(*), sum(figures), max(published), max(accessed) "
        "FROM sources WHERE figures > 0 GROUP BY ALL ORDER BY 1"
    )
    years = connection.sql(query).fetchall()
    latest = (max((each[place] for each in years if each[place]), default="no day that is known") for place in (3, 4))
    return f"{_FRESH.format(*latest)}\n\n{_table(('printed in', 'sources', 'figures'), [each[:3] for each in years])}"


def _rules(connection: duckdb.DuckDBPyConnection) -> str:
    query = "SELECT rule, sentence_en, sentence_id, severity, tested, findings FROM rules ORDER BY rule"
    heading = ("rule", "holds when", "berlaku bila", "severity", "tested", "findings")
    return (
        _table(heading, connection.sql(query).fetchall())
        + "\n\nA rule with nothing to test says nothing: 0 is no pass."
    )


def _known_issues(connection: duckdb.DuckDBPyConnection) -> str:
    query = (
        "SELECT rule, source, row, message_en, reason, known_until FROM findings WHERE state = 'known' "
        "ORDER BY rule, source, resource, row, finding"
    )
    rows = connection.sql(query).fetchall()
    if not rows:
        return "None."
    return _table(("rule", "source", "row", "what is wrong", "why it is let through", "until"), rows)


def _table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join("" if c is None else _one_line(str(c)) for c in line) + " |" for line in lines)


def _one_line(text: str) -> str:
    """A text that cannot break a Markdown table or bring markup of its own."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
