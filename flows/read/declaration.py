"""Declaration: how a file on the web becomes rows of the raw contract, as a resource in `datapackage.yaml` says it.

The words of `dialect` are those of Frictionless' Table Dialect (Data Package, version 2). Unknown keys are refused.
"""

import difflib
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    field_validator,
    model_validator,
)

from schemas.contract import FIGURE_COLUMNS, REQUIRED_FIGURE_COLUMNS

#: One word for two columns of the contract, for what is a single wave or period.
SHORT = {"wave": ("wave_from", "wave_to"), "period": ("period_start", "period_end")}

_Mark = Annotated[str, StringConstraints(pattern=r"^[\t -~]$")]


def _known(name: str) -> str:
    """Refuse a column that the contract does not have."""
    known = (*FIGURE_COLUMNS, *SHORT)
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        raise ValueError(f"is no column of the raw contract: {f'did you mean {near[0]!r}?' if near else known}")
    return name


def _as_text(value: object) -> object:
    """What YAML takes for a number or a day, as text again."""
    if isinstance(value, bool):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int | float) else value


_Column = Annotated[str, AfterValidator(_known)]
_Text = Annotated[str, BeforeValidator(_as_text)]
_Constants = dict[_Column, _Text | None]


class Dialect(BaseModel):
    """The part of a Frictionless table dialect that the raw contract honours."""

    delimiter: _Mark = ","
    quoteChar: _Mark = '"'  # noqa: N815 (the standard's spelling)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebDialect(Dialect):
    """How the cells lie in a file on the web. Rows are counted from 1 in the file, `table` on the page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    headerRows: tuple[PositiveInt, ...] = (1,)  # noqa: N815
    headerJoin: str = " "  # noqa: N815
    commentRows: tuple[PositiveInt, ...] = ()  # noqa: N815
    commentChar: str | None = Field(default=None, min_length=1)  # noqa: N815
    sheetName: str | None = None  # noqa: N815
    sheetNumber: PositiveInt = 1  # noqa: N815
    property: str | None = None
    table: PositiveInt | str = 1

    @field_validator("headerRows")
    @classmethod
    def _is_there(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or list(value) != sorted(set(value)):
            raise ValueError("must list the rows of the header from top to bottom, as in [3, 4]")
        return value


class Values(_Strict):
    """Columns of figures whose headings say what they hold: a pattern for the whole heading.

    Its named groups are columns of the contract, or `wave` and `period`; `constants` are what it says besides.
    """

    headings: re.Pattern[str]
    constants: _Constants = Field(default_factory=dict)

    @field_validator("headings")
    @classmethod
    def _groups_are_known(cls, value: re.Pattern[str]) -> re.Pattern[str]:
        known = {*FIGURE_COLUMNS, *SHORT} - {"value", "locator"}
        if unknown := sorted(set(value.groupindex) - known):
            raise ValueError(f"names the group {unknown[0]!r}, which is none of {', '.join(sorted(known))}")
        return value


class Rows(_Strict):
    """Rows that say otherwise than the rest, by a pattern for their whole label: totals, cities among regencies."""

    pattern: re.Pattern[str]
    constants: _Constants


class Figures(_Strict):
    """How cells become figures: columns of the contract from columns of the file, from constants, from headings.

    A row's label is its region, or else its first filled cell. Rows whose whole label matches `omit` are left out, and
    so are those from the first that matches `until` on. `marks` is cut out of regions and values; a value in
    `missingValues` is no figure. `fill_down` names columns whose empty cells mean the one above.
    """

    columns: dict[_Column, str] = Field(default_factory=dict)
    constants: _Constants = Field(default_factory=dict)
    values: tuple[Values, ...] = ()
    rows: tuple[Rows, ...] = ()
    codes: dict[_Column, dict[_Text, _Text]] = Field(default_factory=dict)
    omit: re.Pattern[str] | None = None
    until: re.Pattern[str] | None = None
    marks: re.Pattern[str] | None = None
    missingValues: tuple[_Text, ...] = ()  # noqa: N815 (the standard's spelling)
    fill_down: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        """Each column is said once, and none that must be there is missing."""
        if bool(self.values) == ("value" in self.columns):
            raise ValueError("must say where the values are: either `values`, or `columns: {value: HEADING}`")
        fixed = [*spelt(self.columns), *spelt(self.constants)]
        for said in [[*spelt(each.headings.groupindex), *spelt(each.constants)] for each in self.values] or [[]]:
            every = [*fixed, *said]
            if twice := sorted(name for name in every if every.count(name) > 1):
                raise ValueError(f"says twice what the column {twice[0]!r} is")
            if missing := [name for name in REQUIRED_FIGURE_COLUMNS if name not in (*every, "value")]:
                raise ValueError(f"does not say what the column {missing[0]!r} is, in `columns` or `constants`")
        return self


def spelt(names: Iterable[str]) -> list[str]:
    """Columns of the contract, each short word as the two that it stands for."""
    return [column for name in names for column in SHORT.get(name, (name,))]


class WebResource(_Strict):
    """A file on the web. Every version that was fetched lies in the folder `versions`, by its sha256.

    A version is refused that has fewer than `min_rows` figures, or less than `shrink_limit` of those of the version
    before. Versions seen before `since` have another layout: they are kept, but neither read nor compared.
    """

    name: Literal["figures", "organisations"]
    title: str | None = None
    description: str | None = None
    url: str
    format: Literal["csv", "xlsx", "ods", "json", "html"]
    encoding: str = "utf-8"
    dialect: WebDialect = Field(default_factory=WebDialect)
    figures: Figures | None = None
    min_rows: PositiveInt = 1
    shrink_limit: float = Field(default=0.5, ge=0, le=1)
    since: AwareDatetime | None = None

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"is {value!r}, but must be a web address that begins with https:// or http://")
        if parts.username or parts.password:
            raise ValueError("must hold no user and no password, because it is published")
        return value

    @model_validator(mode="after")
    def _maps_figures(self) -> Self:
        if self.figures and self.name != "figures":
            raise ValueError("has `figures`, which only the resource of that name can have")
        return self
