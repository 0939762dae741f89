"""How is what the stand-in holds kept, while threads and processes change it?"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock


class Held:
    """A JSON document that one at a time looks into and changes.

    ``seed`` makes the first one. It is kept in ``file``, which is replaced as a whole, so that
    another process of the same account, and the next one, see the same.
    """

    def __init__(self, seed: Callable[[], dict[str, Any]], file: Path) -> None:
        self._seed = seed
        self._file = file
        self._alone = threading.Lock()
        beside = file.with_name(file.name + ".lock")
        self._lock = FileLock(beside, thread_local=False, poll_interval=0.005)

    @contextmanager
    def open(self) -> Iterator[dict[str, Any]]:
        """The document; what is changed in it is kept, and nothing of it where the body raises."""
        with self._alone, self._lock:
            before = self._read()
            document = json.loads(before)
            yield document
            after = json.dumps(document, indent=1)
            if after != before:
                self._write(after)

    def _read(self) -> str:
        try:
            return self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return json.dumps(self._seed(), indent=1)

    def _write(self, text: str) -> None:
        new = self._file.with_name(self._file.name + ".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self._file)
