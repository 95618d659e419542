"""How a column is declared: a Pandera field that also knows its words, unit and references."""

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import pandera.ibis as pa

#: Exact decimal with thousandths: up to 10^15, so rupiah budgets and two-decimal percentages both fit without rounding.
NUMBER = dt.Decimal(18, 3)
#: The same for sums of many.
TOTAL = dt.Decimal(38, 3)


@dataclass(frozen=True)
class Words:
    """What people read about a column, a table or a chart, in both languages."""

    title_en: str
    title_id: str
    description_en: str
    description_id: str


def column(
    en: tuple[str, str],
    indonesian: tuple[str, str],
    *,
    unit: str | None = None,
    missing: str | None = None,
    references: tuple[str, str] | None = None,
    **checks: Any,
) -> Any:
    """Declare a column: (title, description) in English and Indonesian, and Pandera's own checks.

    `unit` names what a number measures (or the column that says it); `missing` says in English what an empty cell
    means and is what makes the column nullable; `references` is the (table, column) of a foreign key.
    """
    metadata = {
        "words": Words(en[0], indonesian[0], en[1], indonesian[1]),
        "unit": unit,
        "missing": missing,
        "references": references,
        "isin": checks.get("isin"),
        "ge": checks.get("ge"),
    }
    return pa.Field(nullable=missing is not None, metadata=metadata, **checks)


class Table(pa.DataFrameModel):
    """Base of all tables: no column but the declared ones, in the declared order. `Config.unique` is the key."""

    class Config:
        strict = True
        ordered = True


@dataclass(frozen=True)
class Column:
    """One declared column, as every writer of ours reads it."""

    name: str
    type: dt.DataType
    nullable: bool
    words: Words
    unit: str | None
    missing: str | None
    references: tuple[str, str] | None
    isin: tuple[str, ...] | None
    ge: float | None


@dataclass(frozen=True)
class TableDeclaration:
    """One declared table: its columns in order, its key and the words for it."""

    name: str
    words: Words
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    model: type[Table]

    @property
    def refers_to_itself(self) -> bool:
        """Whether a row may name another row of the same table: its parent, or the measure that it is part of."""
        return any(column.references and column.references[0] == self.name for column in self.columns)

    @property
    def ibis_schema(self) -> ibis.Schema:
        """The columns' Ibis types, in order."""
        return ibis.schema({column.name: column.type for column in self.columns})


def declaration(model: type[Table]) -> TableDeclaration:
    """Read a model back as plain values, from which DDL, Arrow, Table Schema and dictionary are derived."""
    schema = model.to_schema()
    columns = tuple(_column(name, declared) for name, declared in schema.columns.items())
    config: Any = model.__config__
    metadata = config.metadata
    return TableDeclaration(metadata["name"], metadata["words"], tuple(schema.unique or ()), columns, model)


def _column(name: str, declared: Any) -> Column:
    meta = declared.metadata
    isin = tuple(meta["isin"]) if meta["isin"] else None
    return Column(
        name, dt.dtype(declared.dtype.type), declared.nullable, meta["words"], meta["unit"],
        meta["missing"], meta["references"], isin, meta["ge"],
    )  # fmt: skip
