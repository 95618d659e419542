"""Large files: a CSV file as pieces of text columns, so that memory never holds more than a few of them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.dataset as arrow_dataset
import pyarrow.parquet as pq

#: Bytes from which a file is read in pieces, and bytes of a piece.
LARGE = 64 * 2**20
_PIECE = 8 * 2**20


@dataclass
class Passed:
    """What has passed of a file: its hash, its line ends, its quotation marks, and whether there was a NUL byte.

    It is itself the file that is read, as far as pyarrow asks for one.
    """

    file: BinaryIO
    quote: bytes
    quotes: int = 0
    holds_nul: bool = False
    closed: bool = False
    _ends: int = 0
    _last: bytes = b""
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, which count as passed."""
        block = self.file.read(size)
        self._hash.update(block)
        self.quotes += block.count(self.quote)
        self.holds_nul |= b"\0" in block
        within = block.count(b"\r\n") if b"\r" in block else 0
        across = self._last == b"\r" and block.startswith(b"\n")
        self._ends += block.count(b"\n") + block.count(b"\r") - within - across
        self._last = block[-1:] or self._last
        return block

    def close(self) -> None:
        """Nothing: whoever opened the file closes it."""

    @property
    def lines(self) -> int:
        """Lines that have passed; the last one counts without a line end too."""
        return self._ends + (self._last not in (b"\n", b"\r"))

    @property
    def sha256(self) -> str:
        """The hash of what has passed."""
        return self._hash.hexdigest()


def pieces(passed: Passed, names: Sequence[str], header: int, delimiter: str) -> Iterator[pa.Table]:
    """The rows of a CSV file below its `header` lines, in pieces, as `cleaned` gives them.

    Raises pa.ArrowInvalid where pyarrow cannot read it.
    """
    with arrow_csv.open_csv(
        pa.PythonFile(passed, mode="r"),
        arrow_csv.ReadOptions(column_names=names, skip_rows=header, block_size=_PIECE, use_threads=False),
        *parsing(names, delimiter, passed.quote.decode()),
    ) as reader:
        for batch in reader:
            yield cleaned(pa.Table.from_batches([batch]))


def parsing(
    names: Sequence[str], delimiter: str, quote: str
) -> tuple[arrow_csv.ParseOptions, arrow_csv.ConvertOptions]:
    """How pyarrow is to read a file of the raw contract: every cell as text, an empty one as null."""
    return (
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=quote, newlines_in_values=True),
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


def spool(tables: Iterable[pa.Table], schema: pa.Schema, folder: Path) -> arrow_dataset.Dataset:
    """Write tables into one file in the folder, as the dataset that has them."""
    path = folder / "printed.parquet"
    with pq.ParquetWriter(path, schema, compression="lz4", write_statistics=False) as writer:
        for table in tables:
            writer.write_table(table.cast(schema))
    return arrow_dataset.dataset(path, schema=schema)
