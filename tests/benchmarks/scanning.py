"""How many bytes does Athena scan for each page, over tables written from generated captures?

The stand-in's Athena counts the bytes of the column chunks that a query touches, as they lie in the
files; DuckDB wrote them. Each page is drawn by itself, as after a pause of more than an hour.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks import generator

ROOT = Path(__file__).parents[2]
PAGES = ("overview", "agreement", "latency", "slices", "drift")
NAME = "generated"
TABLES = ("rows", "pairs", "ambiguous", "account")


@dataclass(frozen=True, slots=True)
class Query:
    """One query, and the bytes that it scanned."""

    what: str
    scanned: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was measured of one set of captures.

    ``captures`` are its bytes in ``objects`` files, ``tables`` the bytes of the tables made of it,
    ``writing`` the queries that made them, ``pages`` those of each page, ``looking`` the one that
    counts pairs straight over the captures. ``cache`` is the local engine's.
    """

    pairs: int
    hours: int
    captures: int
    objects: int
    tables: dict[str, int]
    writing: list[Query]
    pages: dict[str, list[Query]]
    looking: int
    cache: int


def measured(folder: Path, pairs: int, hours: int) -> Scanned:
    """Measure so many pairs in so many hours, unless that was done before."""
    kept = folder / f"scanned-{pairs}-{hours}.json"
    if not kept.exists():
        truth = generator.big(folder / f"scale-{pairs}-{hours}", pairs, hours)
        found = _measure(folder / f"scale-{pairs}-{hours}", truth, pairs, hours)
        kept.write_text(json.dumps(asdict(found)))
    told: dict[str, Any] = json.loads(kept.read_text())
    told["writing"] = [Query(**each) for each in told["writing"]]
    told["pages"] = {page: [Query(**q) for q in qs] for page, qs in told["pages"].items()}
    return Scanned(**told)


def _measure(folder: Path, truth: generator.Truth, pairs: int, hours: int) -> Scanned:
    from actions.athena import hours as writing
    from actions.athena import setup
    from queries import config
    from queries.athena.catalogue import Catalogue
    from queries.athena.names import tables_of
    from queries.athena.session import Session
    from queries.athena.usage import Usage, asking

    with _account(folder) as path:
        loaded = config.load(path)
        test = loaded.test(NAME)
        setup.carry_out(loaded, setup.plan(loaded, test))
        end = generator.FIRST + timedelta(hours=hours)
        done = writing.update(loaded, test, now=end + timedelta(days=1))
        tables = tables_of(test, loaded.athena)
        catalogue = Catalogue(loaded.aws, loaded.athena)
        sizes = {
            table: sum(hour.bytes for hour in catalogue.hours(tables.name(table)).values())
            for table in TABLES
        }
        pages = {page: _page(path, page) for page in PAGES}
        session = Session(loaded.aws, loaded.athena, folder / "athena" / "cache")
        with asking(Usage()) as used:
            counted = session.select(
                f"SELECT count(*) AS n FROM {tables.sql('looking')}", what="looking", at_most=0
            )
        assert counted.one("n") == truth.pairs
        cache = _here(folder)
    return Scanned(
        pairs=truth.pairs,
        hours=hours,
        captures=truth.bytes,
        objects=truth.files,
        tables=sizes,
        writing=[Query(each.what, each.scanned) for each in done.usage.asked],
        pages=pages,
        looking=used.scanned,
        cache=cache,
    )


@contextmanager
def _account(folder: Path) -> Iterator[Path]:
    """Athena, Glue and S3 over the captures of a folder; the path of a configuration of them."""
    from demo.athena.duck import Duck
    from demo.athena.service import Athena, Workgroup
    from demo.buckets import Buckets
    from demo.standin import StandIn
    from demo.wire import application

    # a run that was cut off has left tables of its own
    place = folder / "athena"
    shutil.rmtree(place, ignore_errors=True)
    buckets = {name: place / name for name in ("tables", "answers")}
    for each in buckets.values():
        each.mkdir(parents=True)
    served = Buckets({**buckets, "captures": folder / "captures"})
    workgroup = Workgroup(output="s3://answers/", enforced=True)
    athena = Athena(place, served, Duck(), {"primary": workgroup})
    server = StandIn(application([*athena.operations(), *served.operations()]))
    path = place / "understudy.toml"
    path.write_text(
        f'cache = "{place}/cache"\n'
        f'[aws]\nregion = "eu-central-1"\nendpoint_url = "{server.url}"\n'
        '[athena]\nwork = "s3://tables/work/"\nreuse_minutes = 0\n'
        f'[tests.{NAME}]\nengine = "athena"\ncaptures = "s3://captures/endpoint/"\n'
        'production = "production"\nshadow = "shadow"\n'
    )
    try:
        yield path
        assert athena.untested == []
    finally:
        server.stop()


def _page(path: Path, page: str) -> list[Query]:
    """What one page asks, drawn by a server that knows nothing yet."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    logging.disable(logging.WARNING)
    os.environ["UNDERSTUDY_CONFIG"] = str(path)
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
    app.query_params["test"] = NAME
    if page != "overview":
        app = app.switch_page(f"pages/shadow_test/{page}.py")
    app.run()
    assert not app.exception, app.exception
    assert not app.error, [each.value for each in app.error]
    _, used = app.session_state["asked_of_athena"]
    return [Query(each.what, each.scanned) for each in used.asked]


def _here(folder: Path) -> int:
    """The local engine over the same captures: bytes of its cache."""
    from queries.ingest import ingest
    from queries.samples import Captures

    captures = Captures(location=str(folder / "captures"), production="production", shadow="shadow")
    found = ingest(captures, folder / "athena" / "here")
    files = [found.store.parquet(segment) for segment in found.segments]
    return sum(file.stat().st_size for file in files)
