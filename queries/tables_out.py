"""How is a Parquet file written from many small tables, so that it is there whole or not at all?"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that are gathered before they are written: small groups of rows are slow to read.
ROWS = 100_000


class TablesOut:
    """A file that is being written; it gets its name when the ``with`` block ends well."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._half = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        self._writer: Any = None
        self._gathered: list[pa.Table] = []
        self._rows = 0

    def __enter__(self) -> TablesOut:
        return self

    def write(self, table: pa.Table) -> None:
        """Append a table; the first one, which may be empty, settles the columns."""
        if self._writer is None:
            from pyarrow import parquet

            self._writer = parquet.ParquetWriter(self._half, table.schema, compression="zstd")
        self._gathered.append(table.cast(self._writer.schema))
        self._rows += table.num_rows
        if self._rows >= ROWS:
            self._flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            if kind is None:
                self._flush()
            self._writer.close()
        if kind is None:
            self._half.replace(self._file)
        else:
            self._half.unlink(missing_ok=True)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.concat_tables(self._gathered))
        self._gathered, self._rows = [], 0
