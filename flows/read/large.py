"""Large files: a CSV file as pieces of text columns, so that memory never holds more than a few of them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.dataset as arrow_dataset
import pyarrow.parquet as pq

from flows.nouns import CannotRun, File
from flows.read.declaration import Dialect
from flows.read.text import HEADER, check_header, check_rows, cleaned, decoded, header_of, parsing

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


@dataclass(frozen=True)
class Large:
    """A file that is too large to be held in memory, UTF-8 text with these columns; `file` has its hash."""

    path: Path
    dialect: Dialect
    columns: Sequence[str]
    required: Sequence[str]
    file: File

    def tables(self) -> Iterator[pa.Table]:
        """The rows as `read_csv` gives them, with their number as `row`, piece by piece; the same is refused."""
        with self.path.open("rb") as opened:
            head = opened.read(HEADER).decode("utf-8-sig", errors="ignore")
            names, lines, _ = header_of(self.path, head, self.dialect)
            check_header(self.path, names, self.columns, self.required)
            opened.seek(0)
            passed, rows = Passed(opened, self.dialect.quoteChar.encode()), 0
            try:
                for piece in _pieces(passed, names, lines, self.dialect):
                    yield piece.append_column("row", pa.arange(rows + 1, rows + 1 + piece.num_rows))
                    rows += piece.num_rows
            except pa.ArrowInvalid as error:
                decoded(self.path, self.path.read_bytes(), "utf-8")
                self._check_rows(len(names))
                raise CannotRun(f"{self.path} is not readable as CSV ({error}).") from error
        if passed.holds_nul:
            decoded(self.path, self.path.read_bytes(), "utf-8")
        if passed.lines != rows + 1 or passed.quotes % 2:
            self._check_rows(len(names))
        if passed.sha256 != self.file.sha256:
            raise CannotRun(f"{self.path} was changed while it was read. Run again.")

    def _check_rows(self, columns: int) -> None:
        with self.path.open(encoding="utf-8-sig", newline="") as lines:
            check_rows(self.path, lines, columns, self.dialect)


def _pieces(passed: Passed, names: Sequence[str], header: int, dialect: Dialect) -> Iterator[pa.Table]:
    with arrow_csv.open_csv(
        pa.PythonFile(passed, mode="r"),
        arrow_csv.ReadOptions(column_names=names, skip_rows=header, block_size=_PIECE, use_threads=False),
        *parsing(names, dialect),
    ) as reader:
        for batch in reader:
            yield cleaned(pa.Table.from_batches([batch]))


def spool(tables: Iterable[pa.Table], schema: pa.Schema, folder: Path) -> arrow_dataset.Dataset:
    """Write tables into one file in the folder, as the dataset that has them: one is written while the next is read."""
    path = folder / "printed.parquet"
    with (
        pq.ParquetWriter(path, schema, compression="lz4", write_statistics=False) as writer,
        ThreadPoolExecutor(1) as beside,
    ):
        written: Future[None] | None = None
        for table in tables:
            if written:
                written.result()
            written = beside.submit(writer.write_table, table.cast(schema))
        if written:
            written.result()
    return arrow_dataset.dataset(path, schema=schema)
