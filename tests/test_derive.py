"""What follows from a declaration says what the declaration says: to DuckDB, Arrow, Frictionless and people."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any, ClassVar

import duckdb
import ibis.expr.datatypes as dt
import pytest
from frictionless import Schema
from jsonschema import Draft7Validator

from schemas.declare import NUMBER, Table, TableDeclaration, Words, column, declaration
from schemas.derive import arrow_schema, checks, comments, ddl, dictionary, table_schema
from schemas.tables import TABLES

EVERY = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
WORDS = (("Title", "It's a description."), ("Judul", "Keterangan."))


class Things(Table):
    """A table with one of everything."""

    thing: str = column(*WORDS)
    part_of: str = column(*WORDS, missing="it is whole", references=("things", "thing"))
    kind: str = column(*WORDS, isin=["big", "it's"])
    lower: NUMBER = column(*WORDS, unit="metre", missing="open")
    upper: NUMBER = column(*WORDS, unit="metre", missing="open")
    count: dt.Int64 = column(*WORDS, unit="thing", ge=0)
    good: bool = column(*WORDS)
    day: dt.Date = column(*WORDS, missing="unknown")

    class Config:
        unique: ClassVar = ["thing"]
        metadata: ClassVar = {"name": "things", "words": Words("Things", "Benda", "All things.", "Semua benda.")}


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for table in TABLES.values():
            connection.execute(ddl(table))
            for statement in comments(table):
                connection.execute(statement)
        yield connection


def constraints(database: duckdb.DuckDBPyConnection, table: str, kind: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT constraint_column_names, referenced_table, referenced_column_names FROM duckdb_constraints() "
        "WHERE table_name = ? AND constraint_type = ? ORDER BY constraint_index"
    )
    return database.execute(query, [table, kind]).fetchall()


@EVERY
def test_duckdb_has_the_declared_columns(database: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    query = (
        "SELECT column_name, is_nullable, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
    )
    types = {
        "string": "VARCHAR", "int64": "BIGINT", "decimal(18, 3)": "DECIMAL(18,3)", "decimal(38, 3)": "DECIMAL(38,3)",
        "date": "DATE", "boolean": "BOOLEAN",
    }  # fmt: skip
    declared = [(each.name, each.nullable, types[str(each.type)]) for each in table.columns]
    assert database.execute(query, [table.name]).fetchall() == declared


@EVERY
def test_duckdb_has_the_declared_keys(database: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    assert constraints(database, table.name, "PRIMARY KEY") == [(list(table.key), None, [])]
    foreign = [([each.name], each.references[0], [each.references[1]]) for each in table.columns if each.references]
    assert constraints(database, table.name, "FOREIGN KEY") == foreign
    assert len(constraints(database, table.name, "CHECK")) == len(checks(table))


@EVERY
def test_duckdb_has_the_words_in_both_languages(database: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    about = database.execute("SELECT comment FROM duckdb_tables() WHERE table_name = ?", [table.name]).fetchall()
    words = table.words
    expected = f"{words.title_en}: {words.description_en}\n{words.title_id}: {words.description_id}"
    assert about == [(expected,)]
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = ?"
    written = dict(database.execute(query, [table.name]).fetchall())
    for each in table.columns:
        english, indonesian = written[each.name].split("\n")
        assert english.startswith(f"{each.words.title_en}: {each.words.description_en}")
        assert indonesian == f"{each.words.title_id}: {each.words.description_id}"
        assert (f"Unit: {each.unit}." in english) == bool(each.unit)
        assert (f"Empty: {each.missing}." in english) == each.nullable


@EVERY
def test_arrow_has_the_declared_fields(table: TableDeclaration) -> None:
    schema = arrow_schema(table)
    assert schema.names == [each.name for each in table.columns]
    assert schema.types == table.ibis_schema.to_pyarrow().types
    assert schema.metadata[b"title_id"].decode() == table.words.title_id
    for field, each in zip(schema, table.columns, strict=True):
        assert field.nullable == each.nullable
        facts = {key.decode(): value.decode() for key, value in field.metadata.items()}
        assert facts["title"] == each.words.title_en
        assert facts["description_id"] == each.words.description_id
        assert (facts.get("unit"), facts.get("missing")) == (each.unit, each.missing)


@EVERY
def test_table_schema_has_the_declared_fields_and_is_valid(table: TableDeclaration) -> None:
    schema = table_schema(table)
    assert [each["name"] for each in schema["fields"]] == [each.name for each in table.columns]
    assert schema["primaryKey"] == list(table.key)
    for field, each in zip(schema["fields"], table.columns, strict=True):
        limits = field.get("constraints", {})
        assert limits.get("required", False) == (not each.nullable)
        assert (limits.get("enum"), limits.get("minimum")) == (list(each.isin) if each.isin else None, each.ge)
        assert (field["title"], field["title_id"]) == (each.words.title_en, each.words.title_id)
        assert (field.get("unit"), field.get("missing")) == (each.unit, each.missing)
    profile = json.loads((resources.files("dplib") / "profiles" / "2.0" / "tableschema.json").read_text())
    assert list(Draft7Validator(profile).iter_errors(schema)) == []
    assert Schema.from_descriptor(schema).primary_key == list(table.key)


def test_a_reference_to_itself_names_no_resource() -> None:
    regions, figures = table_schema(TABLES["regions"]), table_schema(TABLES["figures"])
    assert regions["foreignKeys"][0] == {"fields": ["parent_code"], "reference": {"fields": ["region_code"]}}
    expected = {"fields": ["source"], "reference": {"resource": "sources", "fields": ["source"]}}
    assert expected in figures["foreignKeys"]


def test_every_reference_leads_to_a_key_declared_before() -> None:
    seen: set[str] = set()
    for table in TABLES.values():
        seen.add(table.name)
        for each in table.columns:
            if each.references:
                other, key = each.references
                assert other in seen
                assert TABLES[other].key == (key,)


@EVERY
def test_the_dictionary_has_every_column_once(table: TableDeclaration) -> None:
    lines = [line for line in dictionary(table).splitlines() if line.startswith("| `")]
    assert [line.split("`")[1] for line in lines] == [each.name for each in table.columns]
    for line, each in zip(lines, table.columns, strict=True):
        assert line.replace("\\|", "").count("|") == 7
        assert each.words.description_id in line
        assert (each.missing or "never empty") in line


@pytest.mark.parametrize(
    ("row", "broken"),
    [
        ("('a', NULL, 'big', 1, 2, 0, true, NULL)", None),
        ("('a', NULL, 'it''s', NULL, 2, 0, true, DATE '2020-04-11')", None),
        ("('a', NULL, 'small', 1, 2, 0, true, NULL)", "CHECK"),
        ("('a', NULL, 'big', 2, 1, 0, true, NULL)", "CHECK"),
        ("('a', NULL, 'big', 1, 2, -1, true, NULL)", "CHECK"),
        ("('a', NULL, 'big', 1, 2, 0, NULL, NULL)", "NOT NULL"),
        ("('a', 'b', 'big', 1, 2, 0, true, NULL)", "foreign key"),
        ("('a', NULL, 'big', 1, 2, 0, true, NULL), ('a', NULL, 'big', 1, 2, 0, true, NULL)", "duplicate key"),
    ],
)
def test_duckdb_refuses_what_the_declaration_does(row: str, broken: str | None) -> None:
    table = declaration(Things)
    with duckdb.connect() as connection:
        connection.execute(ddl(table))
        if broken is None:
            connection.execute(f"INSERT INTO things VALUES {row}")
            assert connection.execute("SELECT count(*) FROM things").fetchall() == [(1,)]
        else:
            with pytest.raises(duckdb.ConstraintException, match=broken):
                connection.execute(f"INSERT INTO things VALUES {row}")


def test_a_quarantined_figure_may_end_before_it_starts() -> None:
    assert '"status" = \'quarantined\' OR "period_start" <= "period_end"' in checks(TABLES["figures"])
    assert '"period_start" <= "period_end"' in checks(TABLES["recipients"])


def test_a_type_that_no_writer_knows_is_named() -> None:
    class Odd(Table):
        """A table with a column that nobody can write."""

        when: dt.Time = column(*WORDS)

        class Config:
            unique: ClassVar = ["when"]
            metadata: ClassVar = {"name": "odd", "words": Words("Odd", "Aneh", "Odd.", "Aneh.")}

    for derive in (ddl, arrow_schema, table_schema, dictionary):
        with pytest.raises(TypeError, match=r"column when: .* time"):
            derive(declaration(Odd))


def test_arrow_and_duckdb_agree(database: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES.values():
        read = database.execute(f'FROM "{table.name}"').to_arrow_table().schema
        assert read.types == arrow_schema(table).types
