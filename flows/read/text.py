"""Text: the CSV files of the raw contract, all columns as text, and what is refused in words that name the row."""

import codecs
import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from flows.nouns import CannotRun
from flows.read.declaration import Dialect

#: Characters within which a file's header must end.
HEADER = 65_536
#: Delimiters that a header shows when it was read with another one.
_OTHER_DELIMITERS = ";\t|"


def doubled(names: Iterable[str]) -> str | None:
    """The first name that stands there more than once."""
    counted = Counter(names)
    return next((name for name, times in counted.items() if times > 1), None)


def read_csv(path: Path, content: bytes, encoding: str, dialect: Dialect) -> pa.Table:
    """All columns as text, trimmed, empty cells as null; blank lines are no rows."""
    text = decoded(path, content, encoding)
    names, lines, rows_follow = header_of(path, text, dialect)
    if not rows_follow:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    utf8 = content if codecs.lookup(encoding).name == "utf-8" else text.encode()
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(utf8),
            arrow_csv.ReadOptions(column_names=names, skip_rows=lines),
            *parsing(names, dialect),
        )
    except pa.ArrowInvalid as error:
        check_rows(path, io.StringIO(text, newline=""), len(names), dialect)
        raise CannotRun(f"{path} is not readable as CSV ({error}).") from error
    if _line_ends(utf8) != table.num_rows + 1 or utf8.count(dialect.quoteChar.encode()) % 2:
        check_rows(path, io.StringIO(text, newline=""), len(names), dialect)
    return cleaned(table)


def parsing(names: Sequence[str], dialect: Dialect) -> tuple[arrow_csv.ParseOptions, arrow_csv.ConvertOptions]:
    """How pyarrow is to read a file of the raw contract: every cell as text, an empty one as null."""
    return (
        arrow_csv.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quoteChar, newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )


def cleaned(table: pa.Table) -> pa.Table:
    """Cells without the spaces around them, null where nothing is left."""
    return pa.table([_trimmed(column) for column in table.columns], names=table.column_names)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return column
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def decoded(path: Path | str, content: bytes, encoding: str) -> str:
    """The text of a file, without a byte order mark. Raises CannotRun where it is in another encoding, or no text."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CannotRun(f"{path}, line {line}, is not {encoding} text ({error}). Save the file as UTF-8.") from error
    except (UnicodeError, LookupError) as error:
        raise CannotRun(
            f"{path}: the encoding {encoding!r} cannot be read ({error}). Save the file as UTF-8."
        ) from error
    if (position := text.find("\0")) >= 0:
        line = text.count("\n", 0, position) + 1
        raise CannotRun(f"{path}, line {line}, holds a NUL byte, so it is no text. Save the file as UTF-8.")
    return text.removeprefix("\ufeff")


def _line_ends(content: bytes) -> int:
    """Lines of a file; the last one counts without a line end too, unless it is empty."""
    ends = content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")
    return ends if content.endswith((b"\n", b"\r")) else ends + 1


def header_of(path: Path, text: str, dialect: Dialect) -> tuple[list[str], int, bool]:
    """The columns' names, the number of lines down to them, and whether anything but blank lines follows."""
    head = io.StringIO(text[:HEADER], newline="")
    reader = csv.reader(head, delimiter=dialect.delimiter, quotechar=dialect.quoteChar)
    names = [name.strip() for name in next(filter(None, reader), [])]
    if not any(names):
        raise CannotRun(f"{path} is empty. Its first line must name the columns.")
    if "" in names:
        raise CannotRun(f"{path}, header: column {names.index('') + 1} has no name. Name it, or delete it.")
    if twice := doubled(names):
        raise CannotRun(f"{path}, header: the column {twice!r} stands twice.")
    return names, reader.line_num, len(text) > HEADER or bool(head.read().strip())


#: Characters that a cell may have at most, where a file could not be read at once.
_LONGEST = 131_072


def check_rows(path: Path, lines: Iterable[str], columns: int, dialect: Dialect) -> None:
    """Read slowly what was refused, or has other lines than rows, to name the first row that is at fault."""
    records = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quoteChar, strict=True)
    row = -1
    try:
        for row, cells in enumerate(filter(None, records)):
            # The csv module has a limit of its own, which any library in the process may change.
            if max(map(len, cells)) > _LONGEST:
                raise CannotRun(f"{path}, row {row}, has a cell larger than {_LONGEST} characters. Shorten it.")
            if len(cells) != columns:
                raise CannotRun(
                    f"{path}, row {row}, has {len(cells)} cells where the header has {columns}: {cells[:8]}. "
                    "Put a cell that contains the delimiter into quotation marks."
                )
    except csv.Error as error:
        raise CannotRun(
            f"{path}, row {row + 1}, is not readable as CSV ({error}). Close every quotation mark that is opened, "
            "and double one that belongs to a cell's text."
        ) from error


def check_header(path: Path | str, names: Sequence[str], columns: Sequence[str], required: Sequence[str]) -> None:
    """Raise CannotRun where a column is missing, or none of the contract."""
    for name in required:
        if name not in names:
            raise CannotRun(f"{path}, header: the column {name!r} is missing. {_hint(names, required)}")
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It knows: {', '.join(columns)}."
            raise CannotRun(f"{path}, header: the raw contract knows no column {name!r}. {hint}")


def _hint(names: Sequence[str], required: Sequence[str]) -> str:
    for mark in _OTHER_DELIMITERS:
        if len(names) == 1 and mark in names[0]:
            return f"Its cells seem to stand apart by {mark!r}: give the resource `dialect: {{delimiter: {mark!r}}}`."
    return f"It must have: {', '.join(required)}."
