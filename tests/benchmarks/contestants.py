"""What does each contestant do? One of them in a process of its own: ``contestants.py NAME ...``.

Each imports what it needs first and is measured without that, except ``first_chart``, whose whole
process counts. The last line printed is its time, its peak memory and its answer, as JSON. Peers
must run in an environment without this project's packages, so nothing is imported above.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from datetime import UTC
from pathlib import Path

NAMES = [f"f{at}" for at in range(30)]
# files of columns (30, n): the requests of the first half of the time, and of the second
HALVES = ("reference", "current")


class Watch:
    """Measures what is done within it; ``children`` counts what finished child processes used."""

    def __enter__(self) -> Watch:
        self._cpu, self._wall = self._used(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = time.perf_counter() - self._wall
        self.cpu_s = self._used() - self._cpu

    def tell(self, **answer: object) -> None:
        """Print the result line."""
        said = {
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
            "peak_mb": _peak_mb(),
            "answer": answer,
        }
        sys.stdout.write(json.dumps(said) + "\n")

    @staticmethod
    def _used() -> float:
        both = (
            resource.getrusage(resource.RUSAGE_SELF),
            resource.getrusage(resource.RUSAGE_CHILDREN),
        )
        return sum(used.ru_utime + used.ru_stime for used in both)


def _peak_mb() -> float:
    """The most memory this process has had; ru_maxrss would count its parent's before the start."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _variant(captures: str, variant: str) -> list[Path]:
    return sorted((Path(captures) / "endpoint" / variant).rglob("*.jsonl"))


# --- reading captures


def understudy(captures: str, cache: str) -> None:
    """Ingest to cached, counted Parquet, and pair."""
    import duckdb  # imports are no part of the time, of nobody's
    import pyarrow as pa  # noqa: F401

    from queries import ladder  # noqa: F401
    from queries.ingest import ingest
    from queries.pairing import pair
    from queries.samples import Captures

    what = Captures(location=captures, production="production", shadow="shadow")
    with Watch() as ingesting:
        read = ingest(what, Path(cache))
    peak = _peak_mb()
    with Watch() as pairing:
        paired = pair(read.store, read.of("production"), read.of("shadow"))
    files = [str(read.store.parquet(segment)) for segment in read.of("production")]
    first, score = duckdb.sql(f"SELECT sum(f0), sum(score) FROM read_parquet({files})").fetchall()[
        0
    ]
    ingesting.tell(
        pairing_s=pairing.wall_s,
        pairing_cpu_s=pairing.cpu_s,
        ingest_peak_mb=peak,
        production=sum(segment.rows for segment in read.of("production")),
        shadow=sum(segment.rows for segment in read.of("shadow")),
        rejected=sum(len(segment.rejects) for segment in read.segments),
        lines=sum(segment.lines for segment in read.segments),
        pairs=paired.pairs,
        production_scores=score,
        first_feature=first,
        parquet_bytes=sum(file.stat().st_size for file in Path(cache).glob("*.parquet")),
    )


def notebook(captures: str) -> None:
    """The way of the AWS sample notebooks: json.loads a line, a list of dicts, a merge."""
    import pandas as pd

    with Watch() as watch:
        frames = {}
        for variant in ("production", "shadow"):
            records = []
            for file in _variant(captures, variant):
                with file.open() as lines:
                    for line in lines:
                        document = json.loads(line)
                        captured = document["captureData"]
                        record = {
                            "event_id": document["eventMetadata"]["eventId"],
                            "ts": document["eventMetadata"]["inferenceTime"],
                            "score": float(captured["endpointOutput"]["data"]),
                        }
                        if variant == "production":
                            cells = captured["endpointInput"]["data"].split(",")
                            for name, cell in zip(NAMES, cells, strict=True):
                                record[name] = float(cell) if cell else None
                        records.append(record)
            frames[variant] = pd.DataFrame(records)
        production, shadow = frames["production"], frames["shadow"].drop_duplicates("event_id")
        production["ts"] = pd.to_datetime(production["ts"])
        pairs = production.merge(
            shadow[["event_id", "score"]], on="event_id", suffixes=("", "_shadow")
        )
    watch.tell(
        production=len(production),
        shadow=len(shadow),
        pairs=len(pairs),
        production_scores=float(production["score"].sum()),
        first_feature=float(production["f0"].sum()),
    )


def orjson_parse(captures: str, processes: str) -> None:
    """Parse every line with orjson and keep nothing: side by side in so many processes."""
    from concurrent.futures import ProcessPoolExecutor

    import orjson  # noqa: F401

    files = _variant(captures, "production") + _variant(captures, "shadow")
    count = int(processes)
    with Watch() as watch:
        if count == 1:
            lines = _orjson_lines(files)
        else:
            with ProcessPoolExecutor(count) as pool:
                lines = sum(pool.map(_orjson_lines, [files[at::count] for at in range(count)]))
    watch.tell(lines=lines)


def _orjson_lines(files: list[Path]) -> int:
    import orjson

    loads, lines = orjson.loads, 0
    for file in files:
        for line in file.read_bytes().split(b"\n"):
            if line:
                loads(line)
                lines += 1
    return lines


# --- the first chart, and the questions


def first_chart(captures: str, cache: str) -> None:
    """All that lies between a new process and its first chart: agreement over time."""
    with Watch() as watch:
        from analysis import agreement
        from pages.charts import theme, timelines
        from queries.config import Config, Test
        from queries.opened import open_test
        from queries.windows import bounds, window_of

        test = Test(name="bench", captures=captures, production="production", shadow="shadow")
        opened = open_test(Config(tests=(test,), cache=Path(cache)), test)
        extent = opened.extent()
        assert extent is not None
        window = window_of("all", *extent)
        pairs = opened.engine.run("agreement_by_block", block_s=3600, **bounds(window))
        starts = (pairs["block"].astype("int64") * 3600).astype("datetime64[s]")
        series = agreement.agreement_series(starts, pairs["agreed"], pairs["n"], confidence=0.95)
        drawn = timelines.agreement(series, 0.95, theme.palette("light")).figure.to_json()
    heavy = ("pandas", "scipy", "boto3", "pydantic", "pyarrow", "streamlit")
    watch.tell(
        pairs=int(pairs["paired"].sum()),
        chart=len(drawn),
        heavy=[name for name in heavy if name in sys.modules],
    )


def questions(folder: str, repeats: str) -> None:
    """The median time of each question over a store of generated pairs, asked again and again."""
    from tests.benchmarks import stored

    engine = stored.engine(Path(folder))
    with Watch() as watch:
        times, rows = stored.ask_all(engine, int(repeats))
    watch.tell(times=times, rows=rows, pairs=stored.pairs(engine))


# --- slices


def slices(folder: str) -> None:
    """The search of slices, and any two of them, over a store of generated pairs of 30 features."""
    from types import SimpleNamespace

    from analysis.estimates import Window
    from analysis.policy import Policy
    from queries.reading import InputReading, OutputReading, Reading
    from queries.slices import slices as search
    from tests.benchmarks import stored

    engine = stored.engine(Path(folder))
    names = tuple(f"x{at}" for at in range(stored.NUMERIC + 1))
    numeric = (*[True] * stored.NUMERIC, False)
    reading = Reading(
        kind="binary",
        output=OutputReading("csv", score=0),
        input=InputReading("csv", names=names, numeric=numeric),
        encodings=("CSV", "CSV"),
        batched=False,
        bulk=True,
        guessed=False,
    )
    window = Window(**{key: at.replace(tzinfo=UTC) for key, at in stored.window(engine).items()})
    # as much of an opened test as is asked of it
    opened = SimpleNamespace(
        engine=engine, reading=reading, policy=Policy(), window=lambda text: window
    )
    told: list[float] = []
    with Watch() as watch:
        found = search(opened, "all", progress=told.append)
    watch.tell(
        pairs=found.searched + found.held,
        tested=found.tested,
        confirmed=len(found.confirmed),
        told=len(told),
    )


# --- looks


def look(pairs: str, repeats: str) -> None:
    """Median seconds of one look at a test of so many pairs: its verdict, and the running interval.

    Both from counts and sums; reading each pair's answer once is the least of any other way.
    """
    import numpy as np

    from analysis.bounded import bounded_mean_sequence
    from analysis.policy import Policy
    from analysis.running import running
    from analysis.verdict import judge
    from tests.analysis.conftest import make

    n = int(pairs)
    seen, policy = make(n=n, disagreed=n // 200), Policy()
    series, agreed = seen.agreement.series, np.arange(n) % 200 > 0
    likenesses = np.where(agreed, 1.0, 0.5)
    ways = {
        "judge": lambda: judge(seen, policy),
        "running": lambda: running(series, limit=0.98, confidence=0.95, alpha=0.005, planned=n),
        "read once": lambda: int(agreed.sum()),
        "likeness": lambda: bounded_mean_sequence(likenesses, span=(0.0, 1.0), alpha=0.05),
    }
    times = {}
    with Watch() as watch:
        for name, way in ways.items():
            spent = []
            for _ in range(int(repeats)):
                began = time.perf_counter()
                way()
                spent.append(time.perf_counter() - began)
            times[name] = statistics.median(spent)
    watch.tell(times=times, pairs=seen.pairing.paired, decision=judge(seen, policy).decision)


# --- drift


def _halves(folder: str):
    import numpy as np

    reference, current = (np.load(Path(folder) / f"{name}.npy") for name in HALVES)
    return list(zip(reference, current, strict=True))


def drift_sort(folder: str) -> None:
    """The limit of everything exact: sort both halves of each column."""
    import numpy as np

    halves = _halves(folder)
    with Watch() as watch:
        done = [(np.sort(a), np.sort(b)) for a, b in halves]
    watch.tell(columns=len(done))


def drift_exact(folder: str) -> None:
    """KS, Wasserstein and PSI as the drift page computes them, from unsorted columns."""
    import scipy.special  # noqa: F401

    from analysis.categories import population_stability
    from analysis.sorted_samples import (
        decile_counts,
        ks_distance,
        overlay,
        sort_sample,
        wasserstein,
    )

    halves = _halves(folder)
    with Watch() as watch:
        ks, w1, psi = [], [], []
        for a, b in halves:
            pair = overlay(sort_sample(a).values, sort_sample(b).values)
            ks.append(ks_distance(pair))
            w1.append(wasserstein(pair)[0])
            psi.append(population_stability(*decile_counts(pair)).psi)
    watch.tell(ks=ks, w1=w1, psi=psi)


def drift_scipy(folder: str) -> None:
    """The functions of scipy for the first two; PSI is not among them."""
    import numpy as np
    from scipy import stats

    halves = [(a[~np.isnan(a)], b[~np.isnan(b)]) for a, b in _halves(folder)]
    with Watch() as watch:
        ks = [float(stats.ks_2samp(a, b, method="asymp").statistic) for a, b in halves]
        w1 = [float(stats.wasserstein_distance(a, b)) for a, b in halves]
    watch.tell(ks=ks, w1=w1)


def drift_page(captures: str, cache: str) -> None:
    """The whole computation of the drift page: the second half of all requests against the first.

    From the cached Parquet: reading the columns counts, as does every measure the page shows.
    """
    import scipy.special  # noqa: F401

    from queries import inputs
    from queries.config import Config, Test
    from queries.opened import open_test

    test = Test(name="bench", captures=captures, production="production", shadow="shadow")
    opened = open_test(Config(tests=(test,), cache=Path(cache)), test)
    with Watch() as watch:
        found = inputs.input_drift(opened, "all", "previous")
    watch.tell(
        features={f.name: [f.effect.value, f.wasserstein, f.n_reference] for f in found.features}
    )


def drift_evidently(folder: str) -> None:
    """Evidently's default drift preset on the same rows, ready as two frames."""
    import numpy as np
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    halves = _halves(folder)
    reference = pd.DataFrame({n: a for n, (a, _) in zip(NAMES, halves, strict=True)})
    current = pd.DataFrame({n: b for n, (_, b) in zip(NAMES, halves, strict=True)})
    with Watch() as watch:
        snapshot = Report([DataDriftPreset()]).run(current, reference)
    scores = {}
    for metric in snapshot.dict()["metrics"]:
        column = metric.get("config", {}).get("column")
        if column in NAMES:
            value = float(metric["value"])
            scores[column] = [value, float(np.nanstd(reference[column]))]
    watch.tell(scores=scores)


OURS = ("understudy", "first_chart", "questions", "drift_exact", "drift_page")

if __name__ == "__main__":
    os.environ.pop("OPENBLAS_NUM_THREADS", None)
    if sys.argv[1] in OURS:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the Makefile runs us; peers as they come
    globals()[sys.argv[1]](*sys.argv[2:])
