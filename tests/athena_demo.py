"""The demo's captures in S3, and Athena with its tables, all answered by this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.athena import hours, setup
from demo import account, standin
from demo.athena.backend import Backend
from demo.athena.duck import Duck
from demo.athena.service import Athena as Service
from demo.athena.service import Workgroup
from demo.buckets import Buckets
from demo.moment import Surroundings
from demo.standin import StandIn
from demo.wire import application
from queries import config
from queries.config import Config

END = datetime(2026, 3, 31, 17, tzinfo=UTC)
TESTS = ("fraud-scores", "ticket-routing", "delivery-minutes")


KEYS = {"AWS_ACCESS_KEY_ID": "of-the-tests", "AWS_SECRET_ACCESS_KEY": "of-the-tests"}


@contextmanager
def four_hours(folder: Path) -> Iterator[AthenaDemo]:
    """The last hours of the demo at a tenth of its size, asked with keys of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        found = AthenaDemo(folder, scale=0.1, start=END - timedelta(hours=4))
        try:
            yield found
        finally:
            found.close()


class AthenaDemo:
    """The demo account with its captures in a bucket; ``service`` is the Athena that answers.

    ``path`` is a configuration whose tests are answered by Athena, ``local`` one of the same
    captures that are read on this machine; of both, nothing before ``start`` is asked. ``backend``
    answers in the place of DuckDB.
    """

    def __init__(
        self,
        folder: Path,
        *,
        scale: float = 1.0,
        start: datetime | None = None,
        backend: Backend | None = None,
    ) -> None:
        self.end = END
        self._start = start
        account.generate(folder / "demo", end=END, scale=scale)
        buckets = {name: folder / name for name in ("tables", "answers")}
        for each in buckets.values():
            each.mkdir()
        buckets["captures"] = folder / "demo" / "captures"
        self.buckets = Buckets(buckets)
        workgroup = Workgroup(output="s3://answers/", enforced=False)
        engine = backend or Duck()
        self.service = Service(folder, self.buckets, engine, {"primary": workgroup})
        self.around = Surroundings()
        served = [
            *standin.operations(folder / "demo", self.around),
            # after the stand-in's own: the later one of a name answers
            *self.service.operations(),
            *self.buckets.operations(),
        ]
        self._server = StandIn(application(self.around.faults.guarded(served)))
        self.path = self._written(folder, "athena")
        self.local = self._written(folder, "duckdb")

    def set_up(self, name: str) -> None:
        """Make the tables of a test."""
        loaded = self.config
        setup.carry_out(loaded, setup.plan(loaded, loaded.test(name)))

    def write(self, name: str, *, until: timedelta = timedelta(days=1)) -> None:
        """Make the tables of a test and write its hours that are over so long after its end."""
        self.set_up(name)
        loaded = self.config
        hours.update(loaded, loaded.test(name), now=self.end + until)

    @property
    def config(self) -> Config:
        """The tests as Athena answers them."""
        return config.load(self.path)

    def close(self) -> None:
        """Serve no more."""
        self.service.troubles.release()
        self._server.stop()

    def _written(self, folder: Path, engine: str) -> Path:
        text = (folder / "demo" / "understudy.toml").read_text()
        # a paired log cannot be asked of Athena
        tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
        text = "".join(each for each in tables if not each.startswith("[tests.support-replies"))
        start = "" if self._start is None else f"\\nstart = {self._start.isoformat()}"
        text = re.sub(
            r'^captures = ".*/captures/(.*)$',
            rf'captures = "s3://captures/\1\nengine = "{engine}"{start}',
            text,
            flags=re.MULTILINE,
        )
        path = folder / f"{engine}.toml"
        path.write_text(
            f'cache = "{folder}/cache-{engine}"\n{text}\n[athena]\nwork = "s3://tables/work/"\n'
        )
        text = path.read_text().replace(
            "[aws]\n", f'[aws]\nendpoint_url = "{self._server.url}"\n', 1
        )
        path.write_text(text)
        return path
