"""What follows from a table's declaration: DDL, comments, Arrow schema, Table Schema and data dictionary."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.datatypes as dt
import pyarrow as pa

from schemas.declare import Column, TableDeclaration, Words


@dataclass(frozen=True)
class _Kind:
    """How one Ibis type is called elsewhere: in DuckDB, in Arrow and in Table Schema."""

    sql: str
    arrow: pa.DataType
    field: str


_KINDS = {
    dt.string: _Kind("VARCHAR", pa.string(), "string"),
    dt.int64: _Kind("BIGINT", pa.int64(), "integer"),
    dt.date: _Kind("DATE", pa.date32(), "date"),
    dt.boolean: _Kind("BOOLEAN", pa.bool_(), "boolean"),
}
#: Pairs of columns that are the two ends of something, wherever a table has both.
_ENDS = (("lower", "upper"), ("period_start", "period_end"), ("wave_from", "wave_to"))
_QUARANTINED = "quarantined"


def ddl(table: TableDeclaration, *, keyed: bool = True) -> str:
    """CREATE TABLE with types, NOT NULL, CHECK and, where it is `keyed`, PRIMARY KEY and FOREIGN KEY, for DuckDB."""
    lines = [_column_ddl(column) for column in table.columns]
    lines += [f"CHECK ({rule})" for rule in checks(table)]
    if keyed:
        lines += _keys(table)
    body = ",\n    ".join(lines)
    return f"CREATE TABLE {quoted(table.name)} (\n    {body}\n)"


def _keys(table: TableDeclaration) -> list[str]:
    lines = [f"PRIMARY KEY ({names(table.key)})"]
    for column in table.columns:
        if column.references:
            other, key = column.references
            lines.append(f"FOREIGN KEY ({quoted(column.name)}) REFERENCES {quoted(other)} ({quoted(key)})")
    return lines


def checks(table: TableDeclaration) -> list[str]:
    """The conditions that hold in every stored row, as SQL. An empty cell fails none of them.

    A quarantined figure is stored although it cannot be understood, so its two ends may stand the wrong way round.
    """
    rules = []
    for column in table.columns:
        if column.isin:
            rules.append(f"{quoted(column.name)} IN ({', '.join(map(literal, column.isin))})")
        if column.ge is not None:
            rules.append(f"{quoted(column.name)} >= {column.ge}")
    columns = {column.name: column for column in table.columns}
    status = columns.get("status")
    unless = f"{quoted('status')} = '{_QUARANTINED}' OR " if status and _QUARANTINED in (status.isin or ()) else ""
    for first, last in _ENDS:
        if first in columns and last in columns:
            rules.append(f"{unless}{quoted(first)} <= {quoted(last)}")
    return rules


def comments(table: TableDeclaration) -> list[str]:
    """COMMENT ON the table and each column: one line of English with unit and missing meaning, one of Indonesian."""
    name = quoted(table.name)
    words = "\n".join(_lines(table.words))
    statements = [f"COMMENT ON TABLE {name} IS {literal(words)}"]
    statements += [
        f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(comment(column))}" for column in table.columns
    ]
    return statements


def comment(column: Column) -> str:
    """The comment on a column as people read it in the database."""
    english, indonesian = _lines(column.words)
    if column.unit:
        english += f" Unit: {column.unit}."
    if column.missing:
        english += f" Empty: {column.missing}."
    return f"{english}\n{indonesian}"


def arrow_schema(table: TableDeclaration) -> pa.Schema:
    """The Arrow schema, nullability included; words, unit and missing meaning are metadata of table and fields."""
    fields = [
        pa.field(column.name, _kind(column).arrow, column.nullable, metadata=_column_facts(column))
        for column in table.columns
    ]
    return pa.schema(fields, metadata={"name": table.name, **_facts(table.words)})


def table_schema(table: TableDeclaration) -> dict[str, Any]:
    """The Frictionless Table Schema, version 2.

    A reference of a table to itself names no resource, as the standard has it. `nan` is among the missing values
    because Frictionless reads Parquet through pandas, which turns an empty number into `nan`.
    """
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns], "primaryKey": list(table.key)}
    foreign = [_foreign_key(table, column) for column in table.columns if column.references]
    if foreign:
        schema["foreignKeys"] = foreign
    schema["missingValues"] = ["", "nan"]
    return schema


def dictionary(table: TableDeclaration) -> str:
    """The table's part of the data dictionary, in Markdown."""
    words = table.words
    lines = [
        f"### {table.name}",
        "",
        f"{words.description_en} *{words.description_id}*",
        "",
        f"Key: {', '.join(f'`{name}`' for name in table.key)}.",
        "",
        "| column | type | unit | meaning | arti | empty means |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_dictionary_row(column) for column in table.columns]
    return "\n".join(lines) + "\n"


def views() -> str:
    """The SQL that makes the views and comments on them."""
    return Path(__file__).with_name("views.sql").read_text("utf-8")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def names(columns: tuple[str, ...]) -> str:
    """Names as a list of SQL identifiers."""
    return ", ".join(map(quoted, columns))


def field_type(kind: pa.DataType) -> str | None:
    """The Table Schema type of an Arrow type; None where no column of ours has such a type."""
    if pa.types.is_decimal(kind):
        return "number"
    return next((each.field for each in _KINDS.values() if each.arrow == kind), None)


def as_text(column: str, kind: str) -> str:
    """SQL for a cell as text, given its Table Schema type: a number without the zeros that nobody printed."""
    text = f"{column}::VARCHAR"
    if kind != "number":
        return text
    # Most are whole, and to cut off characters by looking at each takes DuckDB longer than all else of a CSV file.
    return f"CASE WHEN suffix({text}, '.000') THEN left({text}, -4) ELSE rtrim(rtrim({text}, '0'), '.') END"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _kind(column: Column) -> _Kind:
    if isinstance(column.type, dt.Decimal):
        digits, scale = column.type.precision, column.type.scale
        return _Kind(f"DECIMAL({digits},{scale})", pa.decimal128(digits, scale), "number")
    try:
        return _KINDS[column.type]
    except KeyError:
        raise TypeError(f"column {column.name}: no writer of ours knows the type {column.type}") from None


def _column_ddl(column: Column) -> str:
    return f"{quoted(column.name)} {_kind(column).sql}{'' if column.nullable else ' NOT NULL'}"


def _lines(words: Words) -> tuple[str, str]:
    return f"{words.title_en}: {words.description_en}", f"{words.title_id}: {words.description_id}"


def _facts(words: Words) -> dict[str, str]:
    return {
        "title": words.title_en,
        "description": words.description_en,
        "title_id": words.title_id,
        "description_id": words.description_id,
    }


def _column_facts(column: Column) -> dict[str, str]:
    facts = _facts(column.words)
    if column.unit:
        facts["unit"] = column.unit
    if column.missing:
        facts["missing"] = column.missing
    return facts


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": _kind(column).field, **_column_facts(column)}
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.isin:
        field["categories"] = list(column.isin)
        constraints["enum"] = list(column.isin)
    if column.ge is not None:
        constraints["minimum"] = column.ge
    if constraints:
        field["constraints"] = constraints
    return field


def _foreign_key(table: TableDeclaration, column: Column) -> dict[str, Any]:
    other, key = column.references or ("", "")
    resource = {} if other == table.name else {"resource": other}
    return {"fields": [column.name], "reference": {**resource, "fields": [key]}}


def _dictionary_row(column: Column) -> str:
    meaning = column.words.description_en
    if column.isin:
        meaning += f" One of {', '.join(f'`{value}`' for value in column.isin)}."
    if column.references:
        meaning += " Refers to `{}.{}`.".format(*column.references)
    cells = (
        f"`{column.name}`", _kind(column).field, column.unit or "", meaning, column.words.description_id,
        column.missing or "never empty",
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
